"""Time on the stage: scripts that take turns, played as fast as they can or in real time.

Owns the order of their turns and the time of day. A script is a generator: each value it yields is how
many seconds pass before it goes on. Must not know what a script does.
"""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import count

NOW = datetime(2026, 3, 17, 14, 5, tzinfo=UTC)
"""When every still picture begins: a Tuesday afternoon."""

Script = Iterator[float]


class Stage:
    """The scripts that are playing. The clock stands still between turns, except while `perform` runs."""

    def __init__(self, begins: datetime = NOW) -> None:
        self._begins = begins
        self._passed_s = 0.0
        self._since: Callable[[], float] | None = None
        self._turns: list[tuple[float, int, Script]] = []
        self._number = count()
        self._more = asyncio.Event()

    def now(self) -> datetime:
        """The time of day there."""
        return self._begins + timedelta(seconds=self._since() if self._since else self._passed_s)

    def begin(self, script: Script) -> None:
        """Have a script play from now on; its first turn is taken at once when time passes."""
        at = self._since() if self._since else self._passed_s
        heapq.heappush(self._turns, (at, next(self._number), script))
        self._more.set()

    def play(self, until: Callable[[], bool], within_s: float) -> bool:
        """Take turns until the condition holds; False when it does not within that time."""
        end_s = self._passed_s + within_s
        while not until():
            if not self._turns or self._turns[0][0] > end_s:
                self._passed_s = end_s
                return until()
            self._turn()
        return True

    def let_pass(self, seconds: float) -> None:
        """Take every turn of the next seconds."""
        self.play(lambda: False, seconds)

    async def perform(self) -> None:
        """Take turns in real time, until cancelled."""
        loop = asyncio.get_running_loop()
        zero = loop.time() - self._passed_s
        self._since = lambda: loop.time() - zero
        while True:
            self._more.clear()
            wait_s = self._turns[0][0] - self._since() if self._turns else None
            if wait_s is not None and wait_s <= 0:
                self._turn()
                await asyncio.sleep(0)
                continue
            try:
                async with asyncio.timeout(wait_s):
                    await self._more.wait()
            except TimeoutError:
                pass

    def _turn(self) -> None:
        at, _, script = heapq.heappop(self._turns)
        self._passed_s = max(self._passed_s, at)
        pause_s = next(script, None)
        if pause_s is not None:
            heapq.heappush(self._turns, (at + pause_s, next(self._number), script))
