"""What the services of a project say, as one stream of lines that outlives their containers.

Owns which containers are read and from which place on, and going on with the next ones. Must not
know who reads, nor how one log is read (`tap`, `frames`) or several are put in order (`merge`).
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial

from kgo_tui.adapters.compose import containers
from kgo_tui.adapters.compose.chosen import Source, chosen, is_lasting, must_be_known, sources
from kgo_tui.adapters.compose.connection import Connection, waker
from kgo_tui.adapters.compose.events import Changes
from kgo_tui.adapters.compose.frames import Stamped, open_log, stamped
from kgo_tui.adapters.compose.merge import merged, wait_s
from kgo_tui.adapters.compose.places import (
    BEGINNING,
    NOT_BEGUN,
    Place,
    continued,
    decode,
    encode,
    seconds_before,
    stamp_of,
)
from kgo_tui.adapters.compose.sdk import Engine
from kgo_tui.adapters.compose.tap import Tap
from kgo_tui.core.errors import KgoError, Unreachable
from kgo_tui.core.logs import LogBatch, LogLine, LogWindow

LOOK_S = 0.3
"""Seconds between two looks at which containers there are."""

AGAIN_S = 2.0
"""Seconds until the next look while the engine does not answer."""


SURE_S = 5.0
"""Seconds of silence after which a log that was opened is taken to hold nothing of what is wanted."""


@dataclass(frozen=True)
class Wanted:
    """What a reader wants: services of a project, or containers by name or ID (none: all services),
    what part of their logs, and what must not be shown of it."""

    project: str
    names: Sequence[str]
    window: LogWindow
    redact: Callable[[str], str] = field(repr=False)


class ServiceLogs:
    """One reader's stream."""

    def __init__(self, engine: Engine, wanted: Wanted) -> None:
        """Raises UsageError for a position of another log."""
        self._engine, self._wanted, self._window = engine, wanted, wanted.window
        self._after = {} if self._window.after is None else decode(self._window.after)
        self._taps: dict[str, Tap] = {}
        self._news = asyncio.Event()
        self._wake = waker(self._news)
        self._notes: list[LogLine] = []
        self._lasting = False
        self._look_at: float | None = None
        self._away = False

    async def batches(self) -> AsyncGenerator[LogBatch, None]:
        """The lines, in batches. A log that is followed ends only when all its names are containers.
        Raises UsageError for a name that is nothing, RuntimeUnreachable, CommandFailed."""
        changes: Changes | None = None
        try:
            await self._look_first()
            if self._lasting:
                changes = Changes(self._engine, lambda: self._wanted.project)
                watching = asyncio.create_task(self._watch(changes))
            if self._window.follow and not self._window.lines and self._window.after is None:
                yield LogBatch(position=self._position)
            while True:
                self._news.clear()
                await self._look_again()
                if lines := self._next():
                    yield LogBatch(lines=tuple(lines), position=self._position)
                elif self._is_over():
                    break
                else:
                    await self._something()
            self._raise()
        finally:
            for tap in self._taps.values():
                tap.close()
            if changes is not None:
                await changes.aclose()
                await watching

    async def _watch(self, changes: Changes) -> None:
        async for _ in changes:
            self._look_soon()
            self._news.set()

    def _next(self) -> list[LogLine]:
        lines = [*self._notes, *merged(self._taps.values(), patient=not self._window.follow)]
        self._notes.clear()
        return lines

    @property
    def _position(self) -> str:
        return encode({**self._after, **{tap.container: tap.place for tap in self._taps.values()}})

    def _is_over(self) -> bool:
        for tap in self._taps.values():
            if tap.is_drained and not tap.noticed:
                self._notice_end(tap)
        return not (self._lasting or self._notes) and all(tap.is_drained for tap in self._taps.values())

    def _notice_end(self, tap: Tap) -> None:
        """A container's log ended: has it been replaced, or started again?"""
        tap.noticed = True
        if not self._lasting:
            return
        self._look_soon()
        if isinstance(tap.error, KgoError) and not isinstance(tap.error, Unreachable):
            self._notes.append(LogLine(text=f"{tap.service}: {tap.error.message}", marker=True))

    def _raise(self) -> None:
        for tap in self._taps.values():
            if tap.error is not None:
                raise tap.error

    async def _something(self) -> None:
        """Return when there may be more to give out."""
        waits = [wait_s(self._taps.values(), patient=not self._window.follow)]
        if self._look_at is not None:
            waits.append(max(0.0, self._look_at - time.monotonic()))
        with suppress(TimeoutError):
            async with asyncio.timeout(min((each for each in waits if each is not None), default=None)):
                await self._news.wait()

    # Which containers there are

    async def _ask(self) -> list[Source]:
        project = self._wanted.project
        return sources(await self._engine.ask(lambda client: containers.of_project(client, project)))

    async def _look_first(self) -> None:
        found, names = await self._ask(), self._wanted.names
        must_be_known(found, names, self._wanted.project)
        self._lasting = self._window.follow and is_lasting(found, names)
        for source in chosen(found, names):
            self._take_up(source, fresh=self._window.after is None)

    def _look_soon(self) -> None:
        if self._look_at is None:
            self._look_at = time.monotonic() + LOOK_S

    async def _look_again(self) -> None:
        """Take up what is new, if it is time to look. While the engine is away, try again."""
        if self._look_at is None or time.monotonic() < self._look_at:
            return
        self._look_at = None
        try:
            found = await self._ask()
        except KgoError as error:
            self._look_at = time.monotonic() + AGAIN_S
            if not self._away:
                self._notes.append(LogLine(text=error.message, marker=True))
            self._away = True
            return
        self._away = False
        for source in chosen(found, self._wanted.names):
            self._take_up(source, fresh=False)
        self._forget_all_but({source.id for source in found})

    def _forget_all_but(self, there: set[str]) -> None:
        self._after = {each: place for each, place in self._after.items() if each in there}
        self._taps = {each: tap for each, tap in self._taps.items() if each in there or not tap.is_drained}

    def _take_up(self, source: Source, *, fresh: bool) -> None:
        """Read a container's log, unless it is being read or was read to its end."""
        tap = self._taps.get(source.id)
        if source.started_at is None or (tap is not None and not tap.may_go_on(source)):
            return
        place = tap.place if tap is not None else self._after.get(source.id)
        if fresh or place == NOT_BEGUN:
            self._open_tail(source)
        elif place is not None:
            self._open(source, Tap(source, place), begin=place)
        else:
            tap = Tap(source, BEGINNING)
            tap.lines.append(_new(source))
            self._open(source, tap, begin=BEGINNING)

    def _open_tail(self, source: Source) -> None:
        since, lines = self._window.since, self._window.lines
        begin = BEGINNING if since is None else Place(stamp_of(since), 0)
        now = Place(stamp_of(datetime.now(UTC)), 0)
        self._open(source, Tap(source, now, sure_s=SURE_S if lines else 0.0), begin=begin, tail=lines)

    def _open(self, source: Source, tap: Tap, *, begin: Place, tail: int | None = None) -> None:
        asked = partial(
            open_log,
            container=source.id,
            tty=source.tty,
            follow=self._window.follow,
            tail="all" if tail is None else tail,
            since_s=seconds_before(begin),
        )
        connection = Connection(self._engine, asked)

        def lines(connected: Callable[[], None]) -> Iterator[Stamped]:
            said = stamped(connection.read(connected), source.service, self._wanted.redact)
            return continued(said, begin, source.service)

        tap.open(connection, lines, self._wake)
        self._taps[source.id] = tap


def _new(source: Source) -> Stamped:
    text = f"{source.service}: new container {source.name} {source.id}"
    line = LogLine(text=text, at=source.started_at, service=source.service, marker=True)
    return Stamped(stamp_of(source.started_at or datetime.now(UTC)), line)
