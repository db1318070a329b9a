"""What a client can ask the worker to tell: the queries, their answers, and log requests.

Owns their fields, bounds and the type of each answer. Must not know how they travel or who answers.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, ClassVar, Generic, TypeVar

import msgspec

from kgo_tui.core.logs import LogWindow
from kgo_tui.core.messages import ContainerId, Recorded
from kgo_tui.core.model import ContainerUsage, Deployment, Evidence, Release, Sample, SampleRollup, Step
from kgo_tui.core.state import EngineState

MAX_ROWS = 10_000
"""Rows that one query may ask for; ask again from the last one for more."""

Rows = Annotated[int, msgspec.Meta(ge=1, le=MAX_ROWS)]
Place = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]

Moment = Annotated[datetime, msgspec.Meta(tz=True)]

Answer = TypeVar("Answer")


class QueryBase(msgspec.Struct, Generic[Answer], frozen=True, kw_only=True, tag_field="query"):
    """Base of all queries; `answer` is the type of the result."""

    answer: ClassVar[Any]


class Status(QueryBase[EngineState], frozen=True, kw_only=True, tag="status"):
    """Everything that is known now."""

    answer: ClassVar[Any] = EngineState


class History(QueryBase[tuple[Deployment, ...]], frozen=True, kw_only=True, tag="history"):
    """Deployments, newest first; `before` leaves out that id and newer ones."""

    answer: ClassVar[Any] = tuple[Deployment, ...]
    limit: Rows = 50
    before: Place | None = None


class DeploymentDetails(msgspec.Struct, frozen=True, kw_only=True):
    """One deployment with its steps in order and what was kept of its failure."""

    deployment: Deployment
    steps: tuple[Step, ...] = ()
    evidence: tuple[Evidence, ...] = ()


class Details(QueryBase[DeploymentDetails], frozen=True, kw_only=True, tag="deployment"):
    """One deployment in full. Refused with UsageError when there is none of that id."""

    answer: ClassVar[Any] = DeploymentDetails
    id: Place


class Events(QueryBase[tuple[Recorded, ...]], frozen=True, kw_only=True, tag="events"):
    """Durable events after a cursor, oldest first; with None the newest ones, oldest of them first."""

    answer: ClassVar[Any] = tuple[Recorded, ...]
    after: Place | None = None
    limit: Rows = 100


class HealthView(msgspec.Struct, frozen=True, kw_only=True):
    """Samples, and rolled-up older ones, each oldest first."""

    samples: tuple[Sample, ...] = ()
    rollups: tuple[SampleRollup, ...] = ()


class Health(QueryBase[HealthView], frozen=True, kw_only=True, tag="health"):
    """The health history since a time (aware), at most `limit` of each kind, the newest ones. With
    `span_s` all of it comes as rollups of that many seconds (longer ones where nothing finer was kept),
    and only what begins before `until`."""

    answer: ClassVar[Any] = HealthView
    since: Moment
    until: Moment | None = None
    span_s: Annotated[int, msgspec.Meta(ge=1, le=31 * 86400)] | None = None
    limit: Rows = 1000


class Releases(QueryBase[tuple[Release, ...]], frozen=True, kw_only=True, tag="releases"):
    """Verified releases, the last verified first."""

    answer: ClassVar[Any] = tuple[Release, ...]
    limit: Rows = 20


class Missing(QueryBase[tuple[str, ...]], frozen=True, kw_only=True, tag="missing"):
    """The images of a release that are no longer on the host, named as service (ref): with none
    missing, a rollback to it needs no network. Refused with UsageError for an unknown release."""

    answer: ClassVar[Any] = tuple[str, ...]
    release: Place


Name = Annotated[str, msgspec.Meta(min_length=1, max_length=255)]


class Usage(QueryBase[ContainerUsage], frozen=True, kw_only=True, tag="usage"):
    """What one container of the project takes now, by its id; takes the engine a second or two.
    Refused with UsageError when there is no such container or it does not run."""

    answer: ClassVar[Any] = ContainerUsage
    container: ContainerId


Query = Status | History | Details | Events | Health | Releases | Missing | Usage


class ServiceLog(msgspec.Struct, frozen=True, kw_only=True, tag_field="of", tag="services"):
    """What these services of the project say, merged by time; none named: all of them. A service
    that is followed goes on with its next container. A name may also be one container's, or its id."""

    services: Annotated[tuple[Name, ...], msgspec.Meta(max_length=64)] = ()


class JournalLog(msgspec.Struct, frozen=True, kw_only=True, tag_field="of", tag="journal"):
    """The journal of the worker's unit; where there is none, the worker's own lines."""


class LogRequest(LogWindow, frozen=True, kw_only=True):
    """Which log, and what part of it."""

    source: ServiceLog | JournalLog
