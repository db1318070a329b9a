"""The worker's own lines as a log: what it logged, and what it logs from now on.

Owns the way from events to lines for whoever reads them over the socket where there is no journal.
The lines are the same that `monitor` prints there, made anew from the event log.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence

from kgo_tui.control.queries import MAX_ROWS
from kgo_tui.core.errors import UsageError
from kgo_tui.core.logs import LogBatch, LogLine, LogWindow
from kgo_tui.core.messages import Recorded
from kgo_tui.engine.world import World
from kgo_tui.phrases import DEBUG, line
from kgo_tui.records import IDENTIFIER, fields_of

BACKLOG = 1000
"""Events that wait for a reader at most; the oldest go first, counted."""

BATCH = 200
"""Lines that travel together."""

_PREFIX = "events:"

Placed = tuple[int | None, LogLine]
"""A line and its event's cursor."""


async def own_lines(world: World, window: LogWindow, language: str) -> AsyncGenerator[LogBatch, None]:
    """The wanted part of what is remembered, then with `follow` every new line. Of events that are
    not kept (attempts of the probe) there are lines only while one listens. Raises UsageError for a
    position of another log."""
    hearing = _Hearing()
    unsubscribe = world.feed.subscribe(hearing.hear)
    try:
        place = world.feed.cursor
        async for page in _pages(world, window):
            lines = _told(page, window, language)
            if window.after is None:
                lines = lines[len(lines) - min(window.lines, len(lines)) :]
            place = max(place, page[-1].cursor or 0) if page else place
            for begin in range(0, len(lines), BATCH):
                yield _batch(lines[begin : begin + BATCH])
        yield LogBatch(position=f"{_PREFIX}{place}")
        while window.follow:
            recorded, dropped = await hearing.next()
            if recorded.cursor is None or recorded.cursor > place:
                place = recorded.cursor or place
                lines = [(place, said) for _, said in _told([recorded], window, language)]
                yield _batch(lines, dropped)
    finally:
        unsubscribe()


async def _pages(world: World, window: LogWindow) -> AsyncGenerator[Sequence[Recorded], None]:
    """What is remembered of the wanted time, oldest first."""
    if window.after is None:
        yield await world.store.recent_events(limit=MAX_ROWS)
        return
    after = _cursor(window.after)
    while page := await world.store.events(after=after, limit=MAX_ROWS):
        yield page
        after = page[-1].cursor or after


def _cursor(position: str) -> int:
    number = position.removeprefix(_PREFIX)
    if number == position or not (number.isascii() and number.isdigit()) or int(number) >= 1 << 63:
        raise UsageError("that position is of another log")
    return int(number)


def _batch(lines: Sequence[Placed], dropped: int = 0) -> LogBatch:
    position = f"{_PREFIX}{lines[-1][0]}" if lines else None
    return LogBatch(lines=tuple(said for _, said in lines), position=position, dropped=dropped)


def _told(events: Sequence[Recorded], window: LogWindow, language: str) -> list[Placed]:
    return [(each.cursor, said) for each in events if (said := _line(each, window, language)) is not None]


def _line(recorded: Recorded, window: LogWindow, language: str) -> LogLine | None:
    said = line(recorded.event, language)
    if said is None or said.priority > (DEBUG if window.priority is None else window.priority):
        return None
    if window.after is None and window.since is not None and recorded.at < window.since:
        return None
    fields = fields_of(recorded.event, "")
    number = fields.get("KGO_DEPLOYMENT")
    return LogLine(
        text=said.text,
        at=recorded.at,
        priority=said.priority,
        identifier=IDENTIFIER,
        event=fields["KGO_EVENT"],
        deployment=int(number) if number else None,
    )


class _Hearing:
    """Events from the moment on at which one began to listen."""

    def __init__(self) -> None:
        self._waiting: asyncio.Queue[Recorded] = asyncio.Queue(BACKLOG)
        self._dropped = 0

    def hear(self, recorded: Recorded) -> None:
        """Take an event; returns at once."""
        if self._waiting.full():
            self._waiting.get_nowait()
            self._dropped += 1
        self._waiting.put_nowait(recorded)

    async def next(self) -> tuple[Recorded, int]:
        """The next event, and how many were lost before it."""
        recorded = await self._waiting.get()
        dropped, self._dropped = self._dropped, 0
        return recorded, dropped
