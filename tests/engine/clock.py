"""Virtual time: sleepers wake in order, and only when nothing else can happen.

Owns the rule that time stands still while anything is ready to run or a thread is at work. Must not
know who sleeps.
"""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import count

START = datetime(2025, 3, 3, 12, 0, tzinfo=UTC)
"""A Monday, at noon."""


class FakeClock:
    """`engine.ports.Clock` in virtual time. `jump` moves the wall clock alone, as an admin would."""

    def __init__(self, uptime_s: float = 0.0) -> None:
        self.uptime_s = uptime_s
        self._wall = START
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []
        self._order = count()
        self._working = 0
        self._armed = False

    def now(self) -> datetime:
        return self._wall + timedelta(seconds=self.uptime_s)

    def monotonic(self) -> float:
        return self.uptime_s

    def jump(self, by: timedelta) -> None:
        self._wall += by

    async def sleep(self, seconds: float) -> None:
        woken = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self.uptime_s + max(seconds, 0.0), next(self._order), woken))
        self._arm()
        await woken

    @contextmanager
    def working(self) -> Iterator[None]:
        """Time stands still inside: a thread is at work, which the event loop cannot see."""
        self._working += 1
        try:
            yield
        finally:
            self._working -= 1
            self._arm()

    def _arm(self) -> None:
        if not self._armed:
            self._armed = True
            asyncio.get_running_loop().call_soon(self._advance)

    def _advance(self) -> None:
        self._armed = False
        while self._sleepers and self._sleepers[0][2].done():
            heapq.heappop(self._sleepers)
        if not self._sleepers or self._working:
            return  # whoever works arms it again
        if asyncio.get_running_loop()._ready:  # type: ignore[attr-defined]
            self._arm()
            return
        at, _, woken = heapq.heappop(self._sleepers)
        self.uptime_s = max(self.uptime_s, at)
        woken.set_result(None)
        self._arm()
