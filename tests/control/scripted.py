"""A worker of a few lines behind the real socket: the fake of the `Service` port.

Its log is a list, its feed the real one; what a test wants it to answer is put into its fields.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta

from kgo_tui.control.queries import Details, Events, Health, HealthView, LogRequest, Query, Status
from kgo_tui.core import messages as m
from kgo_tui.core.errors import UsageError
from kgo_tui.core.logs import LogBatch, LogLine
from kgo_tui.core.state import EngineState
from kgo_tui.engine.feed import Feed

START = datetime(2026, 1, 1, tzinfo=UTC)


class ScriptedWorker:
    """Remembers what it was told, and answers what the test put in."""

    def __init__(self) -> None:
        self.feed = Feed(EngineState(instance="test", version="1.2.3"))
        self.log: list[m.Recorded] = []
        self.tidied = 0
        self.asked: list[tuple[m.Command, str]] = []
        self.on_command: Callable[[m.Command], Awaitable[object]] = self._nothing
        self.on_query: Callable[[Query], Awaitable[object]] = self._nothing
        self.on_stream: Callable[[LogRequest], AsyncIterator[LogBatch]] = endless
        self.requests: list[LogRequest] = []
        self.before_events: Callable[[], Awaitable[None]] | None = None

    async def _nothing(self, _asked: object) -> object:
        return None

    def happen(self, event: m.Event, at: datetime | None = None) -> m.Recorded:
        """An event: logged first when it is durable, then published."""
        cursor = None
        if event.durable:
            cursor = len(self.log) + 1
        recorded = m.Recorded(cursor=cursor, at=at or START + timedelta(seconds=len(self.log)), event=event)
        if cursor is not None:
            self.log.append(recorded)
        self.feed.publish(recorded)
        return recorded

    def snapshot(self) -> tuple[int, EngineState]:
        return self.feed.cursor, self.feed.state

    def subscribe(self, listener: Callable[[m.Recorded], None], /) -> Callable[[], None]:
        return self.feed.subscribe(listener)

    async def command(self, command: m.Command, by: str) -> object:
        self.asked.append((command, by))
        return await self.on_command(command)

    async def query(self, query: Query) -> object:
        match query:
            case Events(after=after, limit=limit):
                if self.before_events is not None:
                    await self.before_events()
                found = [r for r in self.log[self.tidied :] if (r.cursor or 0) > (after or 0)]
                return tuple(found[:limit] if after is not None else found[-limit:])
            case Status():
                return self.feed.state
            case Health():
                return HealthView()
            case Details(id=wanted):
                raise UsageError(f"there is no deployment {wanted}", hint="kgo-tui history")
            case _:
                return await self.on_query(query)

    def stream(self, request: LogRequest) -> AsyncIterator[LogBatch]:
        self.requests.append(request)
        return self.on_stream(request)


def said(*texts: str, position: str | None = None, at: datetime | None = None) -> LogBatch:
    """A batch of lines with nothing but texts."""
    return LogBatch(lines=tuple(LogLine(text=text, at=at) for text in texts), position=position)


async def endless(_request: LogRequest) -> AsyncIterator[LogBatch]:
    """A log in which nothing happens."""
    await asyncio.Event().wait()
    yield said("never")


def fault(number: int) -> m.FaultRaised:
    """A durable event that leaves its number in the state."""
    return m.FaultRaised(what="test", message=str(number))


def output(number: int, width: int = 0) -> m.OutputLine:
    """An event that is not kept, about `width` bytes long."""
    return m.OutputLine(deployment=1, state="applying", text=f"{number} {'x' * width}")
