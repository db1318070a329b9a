"""The client's end of the connection: frames in, each to whoever waits for it.

Owns the requests that are not answered yet, the open streams and the events that were not read. Must
not know what a caller wants with them.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Any, cast

from kgo_tui.control import protocol as p
from kgo_tui.control.codec import LineSplitter, Malformed, TooLarge, decode_server
from kgo_tui.control.faults import from_wire
from kgo_tui.core.errors import ConnectionLost, KgoError, VersionMismatch
from kgo_tui.core.logs import LogBatch
from kgo_tui.core.messages import Recorded

MAX_EVENTS = 20_000
"""Events that may wait to be read; then the connection is given up rather than the memory."""

MAX_BATCHES = 500
"""Batches of a followed log that may wait to be read; then the oldest are dropped and counted."""


class LogQueue:
    """The lines of one stream that were not read yet."""

    def __init__(self, *, follow: bool) -> None:
        self._follow = follow
        self._batches: deque[LogBatch] = deque()
        self._end: KgoError | None = None
        self._ended = False
        self._changed = asyncio.Event()
        self._dropped = 0

    def put(self, batch: LogBatch) -> None:
        """Add a batch; a followed log that nobody reads loses its oldest."""
        self._batches.append(batch)
        if self._follow and len(self._batches) > MAX_BATCHES:
            oldest = self._batches.popleft()
            self._dropped += oldest.dropped + len(oldest.lines)
        self._changed.set()

    def end(self, error: KgoError | None) -> None:
        """No more will come."""
        self._end, self._ended = error, True
        self._changed.set()

    @property
    def ended(self) -> bool:
        """Whether the worker has said that no more comes, or is gone."""
        return self._ended

    async def get(self) -> LogBatch | None:
        """The next batch, None at the end. Raises the error that ended it."""
        while not self._batches:
            if self._ended:
                if self._end is not None:
                    raise self._end
                return None
            self._changed.clear()
            await self._changed.wait()
        batch, dropped = self._batches.popleft(), self._dropped
        self._dropped = 0
        return LogBatch(lines=batch.lines, position=batch.position, dropped=batch.dropped + dropped)


class Inbox(asyncio.Protocol):
    """What the worker sent. `lost` is set when the connection is over, with `why`."""

    def __init__(self) -> None:
        loop = asyncio.get_running_loop()
        self.hello: asyncio.Future[p.ServerHello] = loop.create_future()
        self.snapshot: asyncio.Future[p.Snapshot] = loop.create_future()
        self.missed: list[Recorded] = []
        self.answers: dict[int, asyncio.Future[p.Ack | p.Result | p.Pong]] = {}
        self.logs: dict[int, LogQueue] = {}
        self.cursor: int | None = None
        self.skipped = 0
        self.why: KgoError | None = None
        self.lost = False
        self._events: deque[Recorded] = deque()
        self._changed = asyncio.Event()
        self._lines = LineSplitter(p.MAX_SERVER_FRAME)
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The transport stands."""
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Bytes came."""
        try:
            for line in self._lines.feed(data):
                self._take(line)
        except (TooLarge, Malformed):
            self.give_up(ConnectionLost("the worker sent what this program does not understand"))

    def connection_lost(self, _exc: Exception | None) -> None:
        """Nothing more will come: everybody who waits is told."""
        self.lost = True
        self.why = self.why or ConnectionLost("the connection to the worker was lost")
        waiting: list[asyncio.Future[Any]] = [self.hello, self.snapshot, *self.answers.values()]
        for future in waiting:
            if not future.done():
                future.set_exception(self.why)
                future.exception()  # nobody need be waiting for it
        for log in self.logs.values():
            if not log.ended:
                log.end(self.why)
        self._changed.set()

    def give_up(self, why: KgoError) -> None:
        """End the connection from this side."""
        self.why = self.why or why
        self._transport.abort()

    async def event(self) -> Recorded:
        """The next event. Raises what ended the connection, after the last event was read."""
        while not self._events:
            if self.lost:
                raise self.why or ConnectionLost("closed")
            self._changed.clear()
            await self._changed.wait()
        return self._events.popleft()

    def _take(self, line: bytes) -> None:
        frame = decode_server(line)
        match frame:
            case p.Happened():
                self._happened(frame)
            case p.Lines() if frame.id in self.logs:
                self.logs[frame.id].put(_batch(frame))
            case p.StreamEnd() if frame.id in self.logs:
                self.logs[frame.id].end(from_wire(frame.error) if frame.error else None)
            case p.Ack() | p.Result() | p.Pong() | p.RefusedFrame():
                self._answered(frame)
            case p.Snapshot():
                self._joined(frame)
            case p.ServerHello():
                self._greeted(frame)
            case p.Bye():
                self.why = self.why or _parting(frame)
            case None:
                self.skipped += 1

    def _happened(self, frame: p.Happened) -> None:
        recorded = Recorded(cursor=frame.cursor, at=frame.at, event=frame.event)
        if frame.cursor is not None:
            self.cursor = frame.cursor
        if not self.snapshot.done():
            self.missed.append(recorded)
            return
        if len(self._events) >= MAX_EVENTS:
            self.give_up(ConnectionLost("this program did not read the worker's events in time"))
            return
        self._events.append(recorded)
        self._changed.set()

    def _joined(self, frame: p.Snapshot) -> None:
        self.cursor = frame.cursor
        if not self.snapshot.done():
            self.snapshot.set_result(frame)

    def _greeted(self, frame: p.ServerHello) -> None:
        if frame.version != p.VERSION:
            self.give_up(_versions(frame.version, f" (kgo-tui {frame.worker_version})"))
        elif not self.hello.done():
            self.hello.set_result(frame)

    def _answered(self, frame: p.Ack | p.Result | p.Pong | p.RefusedFrame) -> None:
        future = self.answers.get(frame.id)
        if future is None or future.done():
            return
        if isinstance(frame, p.RefusedFrame):
            future.set_exception(from_wire(frame.error))
        else:
            future.set_result(frame)


def _batch(frame: p.Lines) -> LogBatch:
    return LogBatch(lines=frame.lines, position=frame.position, dropped=frame.dropped)


def _parting(bye: p.Bye) -> KgoError:
    if bye.cause is p.Cause.VERSION:
        return _versions(bye.version, "")
    return ConnectionLost(f"the worker ended the connection: {bye.reason}")


def _versions(theirs: int, which: str) -> VersionMismatch:
    return VersionMismatch(
        f"the worker{which} speaks version {theirs} of the control protocol, "
        f"this program speaks version {p.VERSION}",
        hint="Bring both to the same kgo-tui version, and restart the worker.",
    )
