"""One log stream on one connection: lines in batches, dropped rather than piled up.

Owns batching, and the rule that a log which runs on loses its oldest lines to a slow reader, while
what was in it before the reader came waits for the reader. Must not know where lines come from.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing
from datetime import UTC, datetime
from typing import cast

from msgspec.structs import replace

from kgo_tui.control.faults import DEFECT, to_wire
from kgo_tui.control.limits import Limits
from kgo_tui.control.outbox import Outbox, Stalled
from kgo_tui.control.protocol import Lines, StreamEnd
from kgo_tui.core.errors import KgoError
from kgo_tui.core.logs import LogBatch, LogLine

TICK_S = 0.05
"""How long a line may wait for others to travel with, if one was sent just before."""

BATCH = 16 * 1024
"""Characters that are sent without waiting for more."""

MAX_LINE = 16 * 1024
"""Characters of one line; the rest is cut off, visibly."""

Source = Callable[[], AsyncIterator[LogBatch]]

log = logging.getLogger(__name__)


class LogStream:
    """Pumps lines from a source to an outbox until the source ends or the task is cancelled."""

    def __init__(self, request: int, outbox: Outbox, limits: Limits, *, follow: bool) -> None:
        self._id = request
        self._outbox = outbox
        self._limits = limits
        self._follow = follow
        self._opened = datetime.now(UTC)
        self._held: deque[LogLine] = deque()
        self._size = 0
        self._dropped = 0
        self._position: str | None = None
        self._timer: asyncio.TimerHandle | None = None

    async def run(self, source: Source) -> None:
        """Send all lines, then `stream_end`. Raises Stalled when nobody reads.
        Cancelled, it sends nothing more."""
        try:
            end = await self._outcome(source)
            await self._outbox.drained(self._limits.stream_drain_s)
        finally:
            self._stop_timer()
        self._send()
        self._outbox.send(end)

    async def _outcome(self, source: Source) -> StreamEnd:
        try:
            await self._pump(source())
        except KgoError as error:
            return StreamEnd(id=self._id, reason="failed", error=to_wire(error))
        except Stalled:
            raise
        except Exception:
            log.exception("a log stream failed")
            return StreamEnd(id=self._id, reason="failed", error=DEFECT)
        return StreamEnd(id=self._id, reason="ended")

    async def _pump(self, source: AsyncIterator[LogBatch]) -> None:
        # Every source is an async generator in practice; a plain iterator has nothing to close.
        if not hasattr(source, "aclose"):
            async for batch in source:
                await self._take(batch)
            return
        async with aclosing(cast("AsyncGenerator[LogBatch, None]", source)) as batches:
            async for batch in batches:
                await self._take(batch)

    async def _take(self, batch: LogBatch) -> None:
        waits = not self._follow or self._is_past(batch)
        self._hold(batch)
        if not waits:
            self._drop()
        if self._size >= BATCH:
            await self._make_room(waits=waits)
        if self._timer is None:
            self._tick()

    def _is_past(self, batch: LogBatch) -> bool:
        at = batch.lines[-1].at if batch.lines else None
        return at is not None and at < self._opened

    async def _make_room(self, *, waits: bool) -> None:
        if waits:
            await self._outbox.drained(self._limits.stream_drain_s)
        if self._outbox.eased:
            self._send()
        await asyncio.sleep(0)  # a source that never runs dry must not keep the loop for itself

    def _hold(self, batch: LogBatch) -> None:
        for line in batch.lines:
            short = line if len(line.text) <= MAX_LINE else replace(line, text=line.text[:MAX_LINE] + " …")
            self._held.append(short)
            self._size += len(short.text) + 1
        self._dropped += batch.dropped
        self._position = batch.position or self._position

    def _drop(self) -> None:
        while self._size > self._limits.held_lines and len(self._held) > 1:
            self._size -= len(self._held.popleft().text) + 1
            self._dropped += 1

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _tick(self) -> None:
        """Send what is held; what comes soon after is then held until the next tick."""
        self._timer = None
        if not self._held and self._position is None:
            return
        if self._outbox.eased:
            self._send()
        self._timer = asyncio.get_running_loop().call_later(TICK_S, self._tick)

    def _send(self) -> None:
        if self._held or self._position:
            lines = tuple(self._held)
            self._outbox.send(Lines(id=self._id, lines=lines, position=self._position, dropped=self._dropped))
        self._held.clear()
        self._size = self._dropped = 0
        self._position = None
