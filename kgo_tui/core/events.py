"""What happened, as values in the past tense.

Owns the events and their union. Each carries whole values, so that reducing it needs no look-up. Must
not know who sends or stores them; import from `core.messages`.
"""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from kgo_tui.core.model import (
    ContainerAction,
    ContainerView,
    Deployment,
    Quarantine,
    Release,
    Sample,
    SourceView,
    Step,
    Suspension,
)
from kgo_tui.core.worker_events import (
    ConfigurationReloaded,
    EventBase,
    FaultCleared,
    FaultRaised,
    WorkerFinishing,
    WorkerStarted,
    WorkerStopping,
)


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


class ContainerActed(EventBase, frozen=True, kw_only=True, tag="container_acted"):
    """A person had something done with a container, and it was done."""

    by: str
    service: str
    container: str
    action: ContainerAction


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
    | WorkerFinishing
    | ConfigurationReloaded
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
    | ContainerActed
    | CommitQuarantined
    | QuarantineLifted
    | Suspended
    | Resumed
    | FaultRaised
    | FaultCleared
    | OwnershipRepaired
    | LocalChangesSaved
)
