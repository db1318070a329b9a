"""What a client can ask the worker to tell: the queries, their answers, and log requests.

Owns their fields, bounds and the type of each answer. Must not know how they travel or who answers.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, ClassVar, Generic, TypeVar

import msgspec

from kgo_tui.core.messages import Recorded
from kgo_tui.core.model import Deployment, Evidence, Release, Sample, SampleRollup, Step
from kgo_tui.core.state import EngineState

MAX_ROWS = 10_000
"""Rows that one query may ask for; ask again from the last one for more."""

MAX_LINES = 100_000
"""Past log lines that one stream may ask for."""

Rows = Annotated[int, msgspec.Meta(ge=1, le=MAX_ROWS)]
Place = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]

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
    """The health history since a time (aware), at most `limit` of each kind, the newest ones."""

    answer: ClassVar[Any] = HealthView
    since: Annotated[datetime, msgspec.Meta(tz=True)]
    limit: Rows = 1000


class Releases(QueryBase[tuple[Release, ...]], frozen=True, kw_only=True, tag="releases"):
    """Verified releases, the last verified first."""

    answer: ClassVar[Any] = tuple[Release, ...]
    limit: Rows = 20


Query = Status | History | Details | Events | Health | Releases


class ContainerLog(msgspec.Struct, frozen=True, kw_only=True, tag_field="of", tag="container"):
    """The log of one container of the project, by name or id."""

    container: Annotated[str, msgspec.Meta(min_length=1, max_length=255)]


class JournalLog(msgspec.Struct, frozen=True, kw_only=True, tag_field="of", tag="journal"):
    """The worker's own journal."""


class LogRequest(msgspec.Struct, frozen=True, kw_only=True):
    """Which log, the last `lines` of it, and with `follow` what comes after them. `since` (aware)
    and `priority` (syslog's 0-7, that urgent or more) narrow it where the source can."""

    source: ContainerLog | JournalLog
    lines: Annotated[int, msgspec.Meta(ge=0, le=MAX_LINES)] = 200
    follow: bool = False
    since: Annotated[datetime, msgspec.Meta(tz=True)] | None = None
    priority: Annotated[int, msgspec.Meta(ge=0, le=7)] | None = None
