"""One log stream on one connection: lines in batches, dropped rather than piled up.

Owns batching, and the rule that a followed log loses its oldest lines to a slow reader while one
that is read to its end waits for it. Must not know where lines come from.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing
from typing import cast

from kgo_tui.control.faults import DEFECT, to_wire
from kgo_tui.control.limits import Limits
from kgo_tui.control.outbox import Outbox, Stalled
from kgo_tui.control.protocol import Lines, StreamEnd
from kgo_tui.core.errors import KgoError

TICK_S = 0.05
"""How long a line may wait for others to travel with."""

BATCH = 16 * 1024
"""Characters that are sent without waiting for more."""

MAX_LINE = 16 * 1024
"""Characters of one line; the rest is cut off, visibly."""

Source = Callable[[], AsyncIterator[str]]

log = logging.getLogger(__name__)


class LogStream:
    """Pumps lines from a source to an outbox until the source ends or the task is cancelled."""

    def __init__(self, request: int, outbox: Outbox, limits: Limits, *, follow: bool) -> None:
        self._id = request
        self._outbox = outbox
        self._limits = limits
        self._follow = follow
        self._held: deque[str] = deque()
        self._size = 0
        self._dropped = 0
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

    async def _pump(self, source: AsyncIterator[str]) -> None:
        # Every source is an async generator in practice; a plain iterator has nothing to close.
        if not hasattr(source, "aclose"):
            async for line in source:
                await self._take(line)
            return
        async with aclosing(cast("AsyncGenerator[str, None]", source)) as lines:
            async for line in lines:
                await self._take(line)

    async def _take(self, line: str) -> None:
        self._hold(line if len(line) <= MAX_LINE else line[:MAX_LINE] + " …")
        if self._size >= BATCH:
            await self._make_room()
        if self._held:
            self._start_timer()

    async def _make_room(self) -> None:
        if not self._follow:
            await self._outbox.drained(self._limits.stream_drain_s)
        if self._outbox.eased:
            self._send()
        await asyncio.sleep(0)  # a source that never runs dry must not keep the loop for itself

    def _hold(self, line: str) -> None:
        self._held.append(line)
        self._size += len(line) + 1
        while self._size > self._limits.held_lines and len(self._held) > 1:
            self._size -= len(self._held.popleft()) + 1
            self._dropped += 1

    def _start_timer(self) -> None:
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(TICK_S, self._tick)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _tick(self) -> None:
        self._stop_timer()
        if self._outbox.eased:
            self._send()
        else:
            self._start_timer()

    def _send(self) -> None:
        if self._held:
            self._outbox.send(Lines(id=self._id, lines=tuple(self._held), dropped=self._dropped))
        self._held.clear()
        self._size = self._dropped = 0
