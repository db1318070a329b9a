"""What the worker knows: commits, images, releases, deployments, containers, health.

Owns the nouns of the project as frozen values, and nothing that happens to them. Must not know
how any of them is read, stored or shown. Times are aware datetimes in UTC; durations name their
unit. None always means "not known", never a made-up value.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import msgspec

SHORT_SHA = 7
"""Characters of an abbreviated commit, always 7: image tags are made of it."""


class Struct(msgspec.Struct, frozen=True, kw_only=True):
    """Base of every value in the model."""


class Commit(Struct, frozen=True, kw_only=True):
    """One commit as far as a person or the policy needs it. `sha` is the full 40 characters."""

    sha: str
    subject: str = ""
    author: str = ""
    committed_at: datetime | None = None

    @property
    def short(self) -> str:
        """The first 7 characters."""
        return self.sha[:SHORT_SHA]


class Image(Struct, frozen=True, kw_only=True):
    """The image that a service runs, resolved once: `ref` as the compose file names it, `image_id`
    as the local engine knows it, `digest` as the registry does (None for a locally built one)."""

    ref: str
    image_id: str
    digest: str | None = None


class Release(Struct, frozen=True, kw_only=True):
    """A verified state of the host: the code and the very images. `id` is the deployment's."""

    id: int
    commit: str
    at: datetime
    images: dict[str, Image]
    adopted: bool = False


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
    many of its attempts a health gate used up, `error` the class in `core.errors` that ended it."""

    state: State
    entry: int
    started_at: datetime
    ended_at: datetime | None = None
    outcome: Outcome | None = None
    message: str = ""
    attempts: int | None = None
    error: str | None = None
    commands: tuple[str, ...] = ()


class Deployment(Struct, frozen=True, kw_only=True):
    """One attempt to bring the host from one commit to another.

    `baseline` is the release that a rollback restores (None: there is none yet). `leaves` is the
    commit that is quarantined if the deployment ends as rolled back: the one that failed, or the
    one that an operator rolls back from. `holds` is quarantined when it succeeds: the tip that a
    person passed over by deploying an older commit. `tree_before` is where the work tree was.
    """

    id: int
    trigger: Trigger
    by: str
    from_commit: str | None
    to_commit: str
    subject: str = ""
    baseline: int | None = None
    leaves: str | None = None
    holds: str | None = None
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


class Tls(StrEnum):
    """What a client that verifies would say of the server's certificate."""

    NONE = "none"
    VALID = "valid"
    NOT_YET_VALID = "not_yet_valid"
    EXPIRED = "expired"
    SELF_SIGNED = "self_signed"
    WRONG_HOST = "wrong_host"
    UNTRUSTED = "untrusted"


class Sample(Struct, frozen=True, kw_only=True):
    """One answer of the health probe over all its URLs (the first bad answer, else the last good)."""

    at: datetime
    ok: bool
    url: str = ""
    status_code: int | None = None
    latency_ms: float | None = None
    tls: Tls | None = None
    tls_days_left: int | None = None
    error: str | None = None


class SampleRollup(Struct, frozen=True, kw_only=True):
    """Many samples as one: `span_s` seconds from `at`, how many, how many good, latency in ms."""

    at: datetime
    span_s: int
    count: int
    ok: int
    latency_avg_ms: float | None = None
    latency_max_ms: float | None = None


class Service(Struct, frozen=True, kw_only=True):
    """One service as the compose file at hand declares it. `config_hash` is Compose's own; a
    container that carries another one is recreated by `up`."""

    name: str
    image: str
    builds: bool = False
    config_hash: str = ""
    replicas: int = 1
    healthcheck: bool = False
    fixed_name: bool = False
    host_ports: bool = False


class ContainerView(Struct, frozen=True, kw_only=True):
    """One container of the project as the engine shows it now."""

    id: str
    name: str
    service: str
    image: str
    image_id: str
    state: str
    health: str | None = None
    exit_code: int | None = None
    restarts: int = 0
    restart_policy: str = ""
    created_at: datetime | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None
    config_hash: str = ""
    ports: tuple[str, ...] = ()
    oneoff: bool = False


class PathChange(Struct, frozen=True, kw_only=True):
    """A path that differs between two commits: A added, M modified, D deleted (git's letters)."""

    status: str
    path: str


class SourceView(Struct, frozen=True, kw_only=True):
    """The repository as seen after a fetch, or offline: where it stands against its remote.

    `descends` is False when HEAD is not an ancestor of the remote branch; `deployed_descends`
    says the same of the deployed commit. None: not known.
    """

    path: str
    branch: str
    remote_url: str | None = None
    local: Commit | None = None
    remote: Commit | None = None
    ahead: int | None = None
    behind: int | None = None
    descends: bool | None = None
    deployed_descends: bool | None = None
    local_changes: tuple[str, ...] = ()
    fetched_at: datetime | None = None


class Evidence(Struct, frozen=True, kw_only=True):
    """What is kept of a failure: each item has a title and the text, newest lines last."""

    title: str
    text: str


class Drift(StrEnum):
    """What a plan says of one service."""

    KEPT = "kept"
    RECREATED = "recreated"
    NEW = "new"
    REMOVED = "removed"
    ORPHANED = "orphaned"


class PlannedService(Struct, frozen=True, kw_only=True):
    """One service in a plan: what happens to it, and its image before and after (refs)."""

    name: str
    change: Drift
    image_before: str | None = None
    image_after: str | None = None


class Plan(Struct, frozen=True, kw_only=True):
    """What a deployment would do, without doing it."""

    from_commit: str | None
    to_commit: str
    commits: tuple[Commit, ...] = ()
    services: tuple[PlannedService, ...] = ()
    irreversible: tuple[str, ...] = ()
    expected_downtime_ms: int | None = None
