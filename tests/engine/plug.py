"""Pulls the plug of one simulated process: at a numbered point of its work, everything stops.

Owns the count of points and what being dead means: nothing that the process does after it has any
effect. Must not know what the points are.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import NoReturn


class Plug:
    """The life of one process; `at` is the point at which it ends (None: never)."""

    def __init__(self, at: int | None = None, full: range = range(0)) -> None:
        self.at = at
        self.full = full
        self.writes = 0
        self.points: list[str] = []
        self.pulled = asyncio.Event()

    async def point(self, name: str) -> None:
        """One instant at which a process may be killed."""
        if self.pulled.is_set():
            await self.dead()
        self.points.append(name)
        if self.at is not None and len(self.points) > self.at:
            self.pulled.set()
            await self.dead()

    @asynccontextmanager
    async def around(self, name: str) -> AsyncIterator[None]:
        """Points before and after a call that succeeds."""
        await self.point(f"before {name}")
        yield
        await self.point(f"after {name}")

    async def dead(self) -> NoReturn:
        """What every call of a dead process meets: it neither acts nor learns anything."""
        await asyncio.get_running_loop().create_future()
        raise AssertionError("nobody wakes the dead")
