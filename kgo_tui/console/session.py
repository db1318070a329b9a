"""What the console knows now: the connection, the worker's state, the output of what runs.

Owns this one value and how each event changes it; every pane draws from it. Pure. Must not know
widgets or sockets.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum

from msgspec.structs import replace

from kgo_tui.console.services import marks
from kgo_tui.core import messages as m
from kgo_tui.core.errors import KgoError, NotAllowed, NoWorker, VersionMismatch
from kgo_tui.core.model import ContainerView, Deployment
from kgo_tui.core.state import EngineState, reduce
from kgo_tui.core.struct import Struct

MOST_OUTPUT = 400
"""Lines of a running deployment's output that are kept to be shown."""


class LinkState(StrEnum):
    """The connection to the worker."""

    CONNECTING = "connecting"
    UP = "up"
    LOST = "lost"
    NO_WORKER = "no_worker"
    NOT_ALLOWED = "not_allowed"
    VERSION = "version"


class Output(Struct, frozen=True):
    """A line that a running deployment printed, in which of its states."""

    state: str
    text: str
    deployment: int = 0


class Session(Struct, frozen=True, kw_only=True):
    """All that is shown. `state` stays when the connection is lost: the last that was known, with
    `since` telling how old that is. `changed` counts what concerns the list of deployments; `marks`
    are by the container's name."""

    link: LinkState = LinkState.CONNECTING
    why: str = ""
    hint: str = ""
    since: datetime | None = None
    you: str = ""
    worker_version: str = ""
    state: EngineState | None = None
    output: tuple[Output, ...] = ()
    attempt: m.ProbeAttempted | None = None
    changed: int = 0
    marks: dict[str, str] = {}

    @property
    def up(self) -> bool:
        """Whether what is shown is what is."""
        return self.link is LinkState.UP


_WHY = (
    (NoWorker, LinkState.NO_WORKER),
    (NotAllowed, LinkState.NOT_ALLOWED),
    (VersionMismatch, LinkState.VERSION),
)


def joined(session: Session, state: EngineState, *, you: str, version: str, at: datetime) -> Session:
    """A connection stands, and this is the worker's state."""
    return replace(
        session,
        link=LinkState.UP,
        why="",
        hint="",
        since=at,
        you=you,
        worker_version=version,
        state=state,
        output=_still_of(session.output, state.deployment),
        marks=marks.changed(session.marks, _containers(session), state.containers),
        changed=session.changed + 1,
    )


def _still_of(output: tuple[Output, ...], running: Deployment | None) -> tuple[Output, ...]:
    """While there was no connection, another one may have begun."""
    return output if running and output and output[-1].deployment == running.id else ()


def lost(session: Session, error: KgoError, *, at: datetime) -> Session:
    """There is no connection, and why. How long already stays, while the reason is the same."""
    link = next((state for kind, state in _WHY if isinstance(error, kind)), LinkState.LOST)
    since = at if session.up or session.since is None else session.since
    return replace(session, link=link, why=error.message, hint=error.hint, since=since)


def happened(session: Session, recorded: Iterable[m.Recorded]) -> Session:
    """The session after these events."""
    for one in recorded:
        session = _after(_marked(session, one.event), one)
    return session


def _after(session: Session, recorded: m.Recorded) -> Session:
    event = recorded.event
    state = session.state and reduce(session.state, recorded)
    match event:
        case m.DeploymentQueued():
            return replace(session, state=state, output=(), attempt=None, changed=session.changed + 1)
        case m.StepStarted():
            return replace(session, state=state, attempt=None)
        case m.DeploymentEnded() | m.ReleaseAdopted():
            return replace(session, state=state, attempt=None, changed=session.changed + 1)
        case m.OutputLine(deployment=number, state=during, text=text):
            line = Output(during, text, number)
            return replace(session, output=(*session.output[1 - MOST_OUTPUT :], line))
        case m.ProbeAttempted():
            return replace(session, attempt=event)
        case _:
            return session if state is session.state else replace(session, state=state)


def _marked(session: Session, event: m.Event) -> Session:
    """How containers are is noted when one changed, and as often as health is sampled."""
    match event:
        case m.ContainersChanged(containers=containers):
            return replace(session, marks=marks.changed(session.marks, _containers(session), containers))
        case m.SampleTaken():
            return replace(session, marks=marks.observed(session.marks, _containers(session)))
        case _:
            return session


def _containers(session: Session) -> tuple[ContainerView, ...]:
    return session.state.containers if session.state else ()
