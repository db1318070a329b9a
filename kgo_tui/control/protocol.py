"""The frames that the worker and its clients exchange: one JSON object per line, UTF-8, version 1.

Owns their names, fields and bounds. Must not know sockets or how either side works.

A client says `hello` first. The worker answers `hello`, then (when asked to subscribe) the durable
events that the client missed, one `snapshot`, and from then on every `event` as it happens; answers
to what the client asks for carry the id that the client chose. `bye` is the last frame of a
connection that the worker ends on purpose. Fields that one side does not know are ignored, so a
field may be added without a new version; anything else raises `VERSION`.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal

import msgspec

from kgo_tui.control.queries import LogRequest, Query
from kgo_tui.core.logs import LogLine
from kgo_tui.core.messages import Command, Event
from kgo_tui.core.state import EngineState

VERSION = 1
"""Both sides must speak the same; unequal ones part with a `bye` that names both."""

MAX_CLIENT_FRAME = 64 * 1024
"""Bytes of a frame from a client, without its newline; a longer one ends the connection."""

MAX_SERVER_FRAME = 16 * 1024 * 1024
"""Bytes of a frame that a client takes from a worker."""

Id = Annotated[int, msgspec.Meta(ge=0, le=2**53 - 1)]
"""Chosen by the client, unique among its unfinished requests. Exact in every JSON reader."""

Cursor = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]
"""A place in the event log; 0 is before its beginning."""


class Frame(msgspec.Struct, frozen=True, kw_only=True, tag_field="frame"):
    """Base of all frames."""


class ClientHello(Frame, frozen=True, kw_only=True, tag="hello"):
    """Who comes: with `subscribe`, a snapshot and events are wanted; `cursor` is the last durable
    event seen before, None for a newcomer."""

    version: int
    name: Literal["console", "cli"] = "cli"
    subscribe: bool = True
    cursor: Cursor | None = None


class AskCommand(Frame, frozen=True, kw_only=True, tag="command"):
    """Do this. Answered by `ack` or `refused`; goes on when the client leaves."""

    id: Id
    command: Command


class AskQuery(Frame, frozen=True, kw_only=True, tag="query"):
    """Tell this. Answered by `result` or `refused`; forgotten when the client leaves."""

    id: Id
    query: Query


class OpenStream(Frame, frozen=True, kw_only=True, tag="stream"):
    """Send log lines. Answered by `lines` and one `stream_end`."""

    id: Id
    log: LogRequest


class CancelStream(Frame, frozen=True, kw_only=True, tag="cancel_stream"):
    """End the stream of that id; one that is unknown or already ended is no error."""

    id: Id


class Ping(Frame, frozen=True, kw_only=True, tag="ping"):
    """Answered by `pong` at once."""

    id: Id


ClientFrame = ClientHello | AskCommand | AskQuery | OpenStream | CancelStream | Ping


class ServerHello(Frame, frozen=True, kw_only=True, tag="hello"):
    """Who serves. `you` is the client's user as the kernel tells it; commands bear that name."""

    version: int
    worker_version: str
    pid: int
    instance: str
    you: str


class Snapshot(Frame, frozen=True, kw_only=True, tag="snapshot"):
    """Everything known, as of `cursor`. `complete` is False when the client's cursor was no longer
    in the log, so that not every event it missed could be sent before this."""

    cursor: int
    state: EngineState
    complete: bool = True


class Happened(Frame, frozen=True, kw_only=True, tag="event"):
    """One event; `cursor` is None for one that is not kept."""

    cursor: int | None
    at: datetime
    event: Event


class Ack(Frame, frozen=True, kw_only=True, tag="ack"):
    """The command was accepted; `result` is its own (null where it has none)."""

    id: int
    result: msgspec.Raw = msgspec.Raw(b"null")


class Fault(msgspec.Struct, frozen=True, kw_only=True):
    """An error on the wire: `kind` is the class's name in `core.errors`, `details` its fields."""

    kind: str
    message: str
    hint: str = ""
    details: dict[str, str | int | tuple[str, ...] | None] = {}


class RefusedFrame(Frame, frozen=True, kw_only=True, tag="refused"):
    """The command or query was not done, and why."""

    id: int
    error: Fault


class Result(Frame, frozen=True, kw_only=True, tag="result"):
    """The answer to a query, of the query's own type."""

    id: int
    result: msgspec.Raw


class Lines(Frame, frozen=True, kw_only=True, tag="lines"):
    """Log lines, oldest first. `dropped` counts older ones left out just before these, because the
    reader was slower than the log. `position`, given as `after` in another request for the same
    log, goes on behind the last of them, also at the next worker."""

    id: int
    lines: tuple[LogLine, ...] = ()
    position: str | None = None
    dropped: int = 0


class StreamEnd(Frame, frozen=True, kw_only=True, tag="stream_end"):
    """No more lines come: the log ended, the client cancelled, or an error."""

    id: int
    reason: Literal["ended", "cancelled", "failed"]
    error: Fault | None = None


class Pong(Frame, frozen=True, kw_only=True, tag="pong"):
    """The answer to `ping`."""

    id: int


class Cause(StrEnum):
    """Why the worker ends a connection on purpose."""

    GARBAGE = "garbage"
    TOO_LARGE = "too_large"
    NO_HELLO = "no_hello"
    VERSION = "version"
    SLOW = "slow"
    FULL = "full"
    FAULT = "fault"
    SHUTDOWN = "shutdown"


class Bye(Frame, frozen=True, kw_only=True, tag="bye"):
    """The last frame before the worker closes the connection; `reason` is for people."""

    cause: Cause
    reason: str
    version: int = VERSION


ServerFrame = ServerHello | Snapshot | Happened | Ack | RefusedFrame | Result | Lines | StreamEnd | Pong | Bye
