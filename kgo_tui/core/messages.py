"""What happened (events) and what people ask for (commands), and their form on the wire.

Owns the two unions and their JSON. Commands are imperative. Must not know who sends or stores them.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import msgspec

from kgo_tui.core.events import (
    CheckFinished,
    CheckStarted,
    CommitDetected,
    CommitQuarantined,
    ContainerActed,
    ContainersChanged,
    DecisionChanged,
    DeploymentEnded,
    DeploymentQueued,
    Event,
    HealthBack,
    HealthLost,
    LocalChangesSaved,
    NextCheckSet,
    OutputLine,
    OwnershipRepaired,
    ProbeAttempted,
    QuarantineLifted,
    ReleaseAdopted,
    Resumed,
    SampleTaken,
    StepFinished,
    StepStarted,
    Suspended,
)
from kgo_tui.core.model import ContainerAction
from kgo_tui.core.worker_events import (
    ConfigurationReloaded,
    EventBase,
    FaultCleared,
    FaultRaised,
    WorkerFinishing,
    WorkerStarted,
    WorkerStopping,
)

__all__ = [
    "ActOnContainer",
    "Cancel",
    "Check",
    "CheckFinished",
    "CheckStarted",
    "Command",
    "CommandBase",
    "CommitDetected",
    "CommitQuarantined",
    "ConfigurationReloaded",
    "ContainerActed",
    "ContainerId",
    "ContainersChanged",
    "DecisionChanged",
    "Deploy",
    "DeploymentEnded",
    "DeploymentQueued",
    "Event",
    "EventBase",
    "FaultCleared",
    "FaultRaised",
    "HealthBack",
    "HealthLost",
    "LocalChangesSaved",
    "MakePlan",
    "NextCheckSet",
    "OutputLine",
    "OwnershipRepaired",
    "ProbeAttempted",
    "QuarantineLifted",
    "Recorded",
    "ReleaseAdopted",
    "Resume",
    "Resumed",
    "Rollback",
    "SampleTaken",
    "StepFinished",
    "StepStarted",
    "Suspend",
    "Suspended",
    "WorkerFinishing",
    "WorkerStarted",
    "WorkerStopping",
    "decode_event",
    "encode_event",
]


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
    """Deploy the tip of the branch, or `commit`; converges when nothing changed. With `expect`, only
    if that commit is the tip by then: a plan was shown for it."""

    commit: str | None = None
    expect: str | None = None


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
    """Give up the running deployment, or only the one of that id; possible until containers are
    touched."""

    deployment: int | None = None


ContainerId = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9][\w.-]{0,254}\Z")]
"""Docker's own form of ids and names."""


class ActOnContainer(CommandBase, frozen=True, kw_only=True, tag="act_on_container"):
    """Start, stop or restart one container of the project, by its id."""

    container: ContainerId
    action: ContainerAction


Command = Check | Deploy | Rollback | MakePlan | Suspend | Resume | Cancel | ActOnContainer

_events: msgspec.json.Decoder[Event] = msgspec.json.Decoder(Event)
_encoder = msgspec.json.Encoder()


def encode_event(event: Event) -> bytes:
    """The event as one line of JSON, without the newline."""
    return _encoder.encode(event)


def decode_event(data: bytes | str) -> Event:
    """The event of `encode_event`. Raises msgspec.ValidationError for anything else."""
    return _events.decode(data)
