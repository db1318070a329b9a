"""What happened (events) and what people ask for (commands), and their form on the wire.

Owns the two unions and their JSON. Events are past tense and carry whole values, so that reducing
them needs no look-up; commands are imperative. Must not know who sends or stores them.
"""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

import msgspec

from kgo_tui.core.model import (
    ContainerView,
    Deployment,
    Quarantine,
    Release,
    Sample,
    SourceView,
    Step,
    Suspension,
)


class EventBase(msgspec.Struct, frozen=True, kw_only=True, tag_field="event"):
    """Base of all events. A durable one is in the event log; others only reach who listens now."""

    durable: ClassVar[bool] = True


class WorkerStarted(EventBase, frozen=True, kw_only=True, tag="worker_started"):
    """The worker took the lock and serves."""

    version: str
    pid: int


class WorkerStopping(EventBase, frozen=True, kw_only=True, tag="worker_stopping"):
    """The worker ends in good order."""

    reason: str


class CheckStarted(EventBase, frozen=True, kw_only=True, tag="check_started"):
    """A check of the remote begins."""

    durable: ClassVar[bool] = False


class CheckFinished(EventBase, frozen=True, kw_only=True, tag="check_finished"):
    """A check ended with this decision (kind and reason as in `policy`)."""

    durable: ClassVar[bool] = False
    kind: str
    reason: str
    source: SourceView | None = None
    checks_today: int = 0


class NextCheckSet(EventBase, frozen=True, kw_only=True, tag="next_check_set"):
    """When the next check is due; None when only a person starts one."""

    durable: ClassVar[bool] = False
    at: datetime | None = None


class DecisionChanged(EventBase, frozen=True, kw_only=True, tag="decision_changed"):
    """What the checks decide is not what they decided before."""

    kind: str
    reason: str


class CommitDetected(EventBase, frozen=True, kw_only=True, tag="commit_detected"):
    """A commit that is to be deployed was seen for the first time."""

    sha: str
    subject: str


class ReleaseAdopted(EventBase, frozen=True, kw_only=True, tag="release_adopted"):
    """What ran at the first start was healthy and became the baseline."""

    release: Release


class DeploymentQueued(EventBase, frozen=True, kw_only=True, tag="deployment_queued"):
    """A deployment exists."""

    deployment: Deployment


class StepStarted(EventBase, frozen=True, kw_only=True, tag="step_started"):
    """A deployment entered a working state."""

    deployment: Deployment
    step: Step


class StepFinished(EventBase, frozen=True, kw_only=True, tag="step_finished"):
    """A working state ended; `deployment.state` is already the next one."""

    deployment: Deployment
    step: Step


class DeploymentEnded(EventBase, frozen=True, kw_only=True, tag="deployment_ended"):
    """A deployment reached a terminal state. `deployed` is the release that the host is on now."""

    deployment: Deployment
    deployed: Release | None
    deployments_today: int = 0


class OutputLine(EventBase, frozen=True, kw_only=True, tag="output_line"):
    """A line that a command of the running deployment printed."""

    durable: ClassVar[bool] = False
    deployment: int
    state: str
    text: str


class ProbeAttempted(EventBase, frozen=True, kw_only=True, tag="probe_attempted"):
    """The health gate used up one of its attempts."""

    durable: ClassVar[bool] = False
    deployment: int
    attempt: int
    attempts: int
    message: str


class SampleTaken(EventBase, frozen=True, kw_only=True, tag="sample_taken"):
    """One health sample."""

    durable: ClassVar[bool] = False
    sample: Sample


class HealthLost(EventBase, frozen=True, kw_only=True, tag="health_lost"):
    """The probe stopped succeeding outside a deployment."""

    sample: Sample


class HealthBack(EventBase, frozen=True, kw_only=True, tag="health_back"):
    """The probe succeeds again; `lost_s` is for how long it did not."""

    sample: Sample
    lost_s: float | None = None


class ContainersChanged(EventBase, frozen=True, kw_only=True, tag="containers_changed"):
    """The project's containers, as they are now."""

    durable: ClassVar[bool] = False
    containers: tuple[ContainerView, ...]


class CommitQuarantined(EventBase, frozen=True, kw_only=True, tag="commit_quarantined"):
    """A commit is not deployed automatically any more."""

    quarantine: Quarantine


class QuarantineLifted(EventBase, frozen=True, kw_only=True, tag="quarantine_lifted"):
    """A person deployed it explicitly."""

    commit: str
    by: str


class Suspended(EventBase, frozen=True, kw_only=True, tag="suspended"):
    """Automatic deployment was switched off."""

    suspension: Suspension


class Resumed(EventBase, frozen=True, kw_only=True, tag="resumed"):
    """Automatic deployment was switched on again."""

    by: str


class FaultRaised(EventBase, frozen=True, kw_only=True, tag="fault_raised"):
    """Something needed does not work (`what`: git, docker, compose, store, …)."""

    what: str
    message: str


class FaultCleared(EventBase, frozen=True, kw_only=True, tag="fault_cleared"):
    """It works again."""

    what: str


class OwnershipRepaired(EventBase, frozen=True, kw_only=True, tag="ownership_repaired"):
    """Files of the repository were given back to its owner."""

    paths: int


class LocalChangesSaved(EventBase, frozen=True, kw_only=True, tag="local_changes_saved"):
    """Files changed by hand were put aside before a commit was brought in."""

    deployment: int
    saved: tuple[str, ...]


Event = (
    WorkerStarted
    | WorkerStopping
    | CheckStarted
    | CheckFinished
    | NextCheckSet
    | DecisionChanged
    | CommitDetected
    | ReleaseAdopted
    | DeploymentQueued
    | StepStarted
    | StepFinished
    | DeploymentEnded
    | OutputLine
    | ProbeAttempted
    | SampleTaken
    | HealthLost
    | HealthBack
    | ContainersChanged
    | CommitQuarantined
    | QuarantineLifted
    | Suspended
    | Resumed
    | FaultRaised
    | FaultCleared
    | OwnershipRepaired
    | LocalChangesSaved
)


class Recorded(msgspec.Struct, frozen=True, kw_only=True):
    """An event with its place and time. `cursor` grows with each durable event and is None for one
    that is not kept; a reader that comes back asks for what comes after the last it saw."""

    cursor: int | None
    at: datetime
    event: Event


class CommandBase(msgspec.Struct, frozen=True, kw_only=True, tag_field="command"):
    """Base of all commands."""


class Check(CommandBase, frozen=True, kw_only=True, tag="check"):
    """Check now."""


class Deploy(CommandBase, frozen=True, kw_only=True, tag="deploy"):
    """Deploy the tip of the branch, or `commit`; converges when nothing changed."""

    commit: str | None = None


class Rollback(CommandBase, frozen=True, kw_only=True, tag="rollback"):
    """Go back to the last good release, or to the one named by deployment id or commit."""

    to: str | None = None


class MakePlan(CommandBase, frozen=True, kw_only=True, tag="plan"):
    """Say what deploying would do."""

    commit: str | None = None


class Suspend(CommandBase, frozen=True, kw_only=True, tag="suspend"):
    """Automatic deployment off."""

    reason: str = ""


class Resume(CommandBase, frozen=True, kw_only=True, tag="resume"):
    """Automatic deployment on."""


class Cancel(CommandBase, frozen=True, kw_only=True, tag="cancel"):
    """Give up the running deployment; possible until containers are touched."""


Command = Check | Deploy | Rollback | MakePlan | Suspend | Resume | Cancel

_events: msgspec.json.Decoder[Event] = msgspec.json.Decoder(Event)
_encoder = msgspec.json.Encoder()


def encode_event(event: Event) -> bytes:
    """The event as one line of JSON, without the newline."""
    return _encoder.encode(event)


def decode_event(data: bytes | str) -> Event:
    """The event of `encode_event`. Raises msgspec.ValidationError for anything else."""
    return _events.decode(data)
