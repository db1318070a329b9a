"""What the worker knows: commits, images, releases, deployments, containers, health.

Owns the nouns of the project as frozen values, and nothing that happens to them. Must not know
how any of them is read, stored or shown. Times are aware datetimes in UTC; durations name their
unit. None always means "not known", never a made-up value.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from kgo_tui.core.struct import SHORT_SHA, Commit, Struct
from kgo_tui.core.views import (
    ContainerAction,
    ContainerUsage,
    ContainerView,
    Drift,
    PathChange,
    Plan,
    PlannedService,
    Sample,
    SampleRollup,
    Service,
    SourceView,
    Tls,
)

__all__ = [
    "SHORT_SHA",
    "Commit",
    "ContainerAction",
    "ContainerUsage",
    "ContainerView",
    "Deployment",
    "Drift",
    "Evidence",
    "Image",
    "Outcome",
    "PathChange",
    "Plan",
    "PlannedService",
    "Quarantine",
    "Release",
    "Sample",
    "SampleRollup",
    "Service",
    "SourceView",
    "State",
    "Step",
    "Struct",
    "Suspension",
    "Tls",
    "Trigger",
]


class Image(Struct, frozen=True, kw_only=True):
    """The image that a service runs, resolved once: `ref` as the compose file names it, `image_id`
    as the local engine knows it, `digest` as the registry does (None for a locally built one)."""

    ref: str
    image_id: str
    digest: str | None = None


class Release(Struct, frozen=True, kw_only=True):
    """A verified state of the host: the code and the very images. `id` is the deployment's, `branch`
    the one that was followed (None: not known). `configs` are the configuration hashes of its
    containers by service, as Compose noted them (empty: not known)."""

    id: int
    commit: str
    at: datetime
    images: dict[str, Image]
    adopted: bool = False
    branch: str | None = None
    configs: dict[str, str] = {}


class Trigger(StrEnum):
    """What asked for a deployment."""

    POLL = "poll"
    MANUAL = "manual"
    ROLLBACK = "rollback"
    PUSH = "push"


class State(StrEnum):
    """The states of a deployment; the transitions between them are `machine.TABLE`."""

    QUEUED = "queued"
    PREPARING = "preparing"
    PULLING = "pulling"
    WAITING_IMAGES = "waiting_images"
    REVERTING = "reverting"
    APPLYING = "applying"
    VERIFYING = "verifying"
    ROLLING_BACK = "rolling_back"
    VERIFYING_ROLLBACK = "verifying_rollback"
    SUCCEEDED = "succeeded"
    ABANDONED = "abandoned"
    ROLLED_BACK = "rolled_back"
    ROLLBACK_FAILED = "rollback_failed"


class Outcome(StrEnum):
    """How one entry into a state ended."""

    OK = "ok"
    FAILED = "failed"
    NOT_PUBLISHED = "not_published"
    GIVEN_UP = "given_up"
    SUPERSEDED = "superseded"
    CANCELLED = "cancelled"
    NO_BASELINE = "no_baseline"
    INTERRUPTED = "interrupted"


class Step(Struct, frozen=True, kw_only=True):
    """One entry into a working state. `entry` counts from 1 within that state; `attempts` is how
    many of its attempts a health gate used up, `error` the class in `core.errors` that ended it,
    `hint` that error's way out."""

    state: State
    entry: int
    started_at: datetime
    ended_at: datetime | None = None
    outcome: Outcome | None = None
    message: str = ""
    attempts: int | None = None
    error: str | None = None
    hint: str = ""
    commands: tuple[str, ...] = ()

    @property
    def told(self) -> str:
        """The message, with the way out where there is one."""
        return f"{self.message} ({self.hint})" if self.hint else self.message


class Deployment(Struct, frozen=True, kw_only=True):
    """One attempt to bring the host from one commit to another.

    `baseline` is the release that a rollback restores (None: there is none yet). `leaves` is the
    commit that is quarantined if the deployment ends as rolled back: the one that failed, or the
    one that an operator rolls back from. `holds` is quarantined when it succeeds: the tip that a
    person passed over by deploying an older commit. `tree_before` is where the work tree was;
    `cancelled` says that a person gave it up; `branch` is the one that was followed.
    """

    id: int
    trigger: Trigger
    by: str
    from_commit: str | None
    to_commit: str
    branch: str | None = None
    subject: str = ""
    baseline: int | None = None
    leaves: str | None = None
    holds: str | None = None
    cancelled: bool = False
    tree_before: str | None = None
    state: State = State.QUEUED
    entries: dict[State, int] = {}
    images: dict[str, Image] = {}
    started_at: datetime
    ended_at: datetime | None = None
    duration_s: float | None = None
    downtime_ms: int | None = None
    retry_at: datetime | None = None
    wait_until: datetime | None = None
    irreversible: tuple[str, ...] = ()
    failure: str | None = None


class Quarantine(Struct, frozen=True, kw_only=True):
    """A commit that automatic deployment leaves alone, and why."""

    commit: str
    reason: str
    at: datetime
    deployment: int | None = None


class Suspension(Struct, frozen=True, kw_only=True):
    """Automatic deployment is off: why, who said so and since when."""

    reason: str
    by: str
    since: datetime


class Evidence(Struct, frozen=True, kw_only=True):
    """What is kept of a failure: each item has a title and the text, newest lines last."""

    title: str
    text: str
