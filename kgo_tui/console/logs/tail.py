"""Follows one log through the worker's restarts: each line once, and a note where it had to wait.

Owns the place to go on from, the pauses between tries, and handing over no more than is taken. Must
not know what is shown.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import aclosing
from datetime import datetime

from msgspec.structs import replace

from kgo_tui.console.link import Link
from kgo_tui.console.logs import notes
from kgo_tui.console.logs.inert import inert
from kgo_tui.control.queries import LogRequest
from kgo_tui.core.errors import ConnectionLost, KgoError, UsageError
from kgo_tui.core.logs import LogBatch, LogLine

PAUSES_S = (0.1, 0.3, 1.0, 2.0, 5.0)
"""Before each further try; the last one for ever."""

MOST_WAITING = 5_000
"""Lines that wait to be shown; more stay in the client, which drops its oldest and counts them."""


class Tail:
    """Reads a log into `waiting`, and calls `news` when something is there."""

    def __init__(self, link: Link, request: LogRequest, news: Callable[[], None]) -> None:
        self._link = link
        self._request = request
        self._news = news
        self._waiting: list[LogLine] = []
        self._dropped = 0
        self._taken = asyncio.Event()
        self._last: datetime | None = None
        self._said = ""
        self._failures = 0
        self.away = False

    @property
    def has_news(self) -> bool:
        """Whether there is anything to take."""
        return bool(self._waiting)

    def take(self) -> tuple[list[LogLine], int]:
        """What came since this was last asked, and how many lines were dropped meanwhile: the notes that
        say where are among the others."""
        lines, dropped = self._waiting, self._dropped
        self._waiting, self._dropped = [], 0
        self._taken.set()
        return lines, dropped

    async def run(self) -> None:
        """Read until cancelled."""
        while True:
            client = await self._link.wait_up()
            try:
                async with aclosing(client.stream(self._request)) as batches:
                    async for batch in batches:
                        await self._put(batch)
            except ConnectionLost as error:
                self._lose(notes.away(error))
            except KgoError as error:
                self._refused(error)
            await asyncio.sleep(PAUSES_S[min(self._failures, len(PAUSES_S) - 1)])
            self._failures += 1

    async def _put(self, batch: LogBatch) -> None:
        if self.away:
            self._waiting.append(notes.back())
        self.away, self._said, self._failures = False, "", 0
        if batch.dropped:
            self._dropped += batch.dropped
            self._waiting.append(notes.dropped(batch.dropped))
        self._waiting += map(inert, batch.lines)
        self._request = replace(self._request, after=batch.position or self._request.after)
        self._last = self._waiting[-1].at if batch.lines else self._last
        self._news()
        while len(self._waiting) >= MOST_WAITING:
            self._taken.clear()
            await self._taken.wait()

    def _lose(self, note: LogLine) -> None:
        """Say it once."""
        self.away = True
        if note.text != self._said:
            self._said = note.text
            self._waiting.append(note)
            self._news()

    def _refused(self, error: KgoError) -> None:
        """A place of a log that is no more is given up, and all since its last line asked for."""
        if isinstance(error, UsageError) and self._request.after is not None:
            self._request = replace(self._request, after=None, since=self._last or self._request.since)
        else:
            self._lose(notes.refused(error))
