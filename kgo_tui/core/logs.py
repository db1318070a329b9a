"""Log lines as values: what was said, by whom and when, and the place in a log to go on from.

Owns the line, the batch in which lines travel, and what a reader can ask of any log. Must not know
where lines come from, nor how they are shown.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

import msgspec

from kgo_tui.core.struct import Struct

MAX_LINES = 100_000
"""Past lines that one reader may ask for."""

MAX_POSITION = 32 * 1024
"""Characters of a position; one container takes about 50 of them."""

Priority = Annotated[int, msgspec.Meta(ge=0, le=7)]
"""syslog's severity (RFC 5424 section 6.2.1): 0 is the most urgent."""

Position = Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_POSITION)]
"""A place in a log, opaque to its reader: only the kind of log that gave it out can go on from it."""


class LogLine(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One line, made inert. What is not known is None.

    `at` is aware, UTC. `service` and `stream` are a container's, `identifier` (the program that
    wrote it), `event` and `deployment` the journal's. A `marker` is a note about the log itself
    (a gap, a new container), not a line of it.
    """

    text: str
    at: datetime | None = None
    priority: int | None = None
    service: str | None = None
    stream: Literal["stdout", "stderr"] | None = None
    identifier: str | None = None
    event: str | None = None
    deployment: int | None = None
    marker: bool = False


class LogBatch(Struct, frozen=True, kw_only=True):
    """Lines, oldest first. Reading goes on after the last of them at `position` (None: no better
    place is known than the one before). `dropped` counts older ones left out just before these."""

    lines: tuple[LogLine, ...] = ()
    position: str | None = None
    dropped: int = 0


class LogWindow(Struct, frozen=True, kw_only=True):
    """The part of a log that is wanted: its last `lines` (of several services: of each), and with
    `follow` what comes after them. `since` (aware) and `priority` (that urgent or more) narrow it
    where the log can. With `after` it is all that follows that position; `lines` and `since` count
    then only for a log of which nothing had come yet, and are best given as before.
    """

    lines: Annotated[int, msgspec.Meta(ge=0, le=MAX_LINES)] = 200
    follow: bool = False
    since: Annotated[datetime, msgspec.Meta(tz=True)] | None = None
    priority: Priority | None = None
    after: Position | None = None
