"""What the service manager hears of a running worker: its status line, and that it is alive.

Owns when something is sent, and when the watchdog is no longer answered. Must not know how (it is
given a `Manager`), nor what a worker does.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Protocol

from kgo_tui.core.messages import OutputLine, Recorded, StepStarted
from kgo_tui.engine.world import World
from kgo_tui.message_ids import MESSAGE_IDS
from kgo_tui.phrases import ERROR, LANGUAGES
from kgo_tui.statusline import service_in, standing

Say = Callable[..., None]
"""Logs a line that is no event: its priority, its text, fields for the journal."""

AHEAD_S, EVERY_S = 30.0, 5.0
"""For how long patience is asked at a time, and how often: three may get lost."""

START_AT_MOST_S = 600.0
"""A start that takes longer is no slow disk; the service manager is then to end it."""


class Manager(Protocol):
    """The service manager, or nobody: then each method does nothing."""

    watchdog_s: float | None

    def ready(self) -> None:
        """It has started, or has done with reloading."""
        ...

    def reloading(self) -> None:
        """It reads its configuration anew."""
        ...

    def stopping(self) -> None:
        """It is about to end."""
        ...

    def status(self, text: str) -> None:
        """What it does now."""
        ...

    def alive(self) -> None:
        """It works as it should."""
        ...

    def patience(self, seconds: float) -> None:
        """It will be heard of again within so many seconds, though it starts or stops."""
        ...


@asynccontextmanager
async def starting(manager: Manager) -> AsyncIterator[None]:
    """Ask for patience while the body starts, but not for ever."""

    async def ask() -> None:
        for _ in range(int(START_AT_MOST_S / EVERY_S)):
            manager.patience(AHEAD_S)
            await asyncio.sleep(EVERY_S)

    asking = asyncio.create_task(ask(), name="starting")
    try:
        yield
    finally:
        asking.cancel()


class Supervision:
    """Subscribe `show` to the feed, and let `attend` run beside the loops. `language` may be set at
    any time."""

    def __init__(self, manager: Manager, world: World, say: Say, language: str) -> None:
        self.language = language
        self._manager = manager
        self._world = world
        self._say = say
        self._about = ""
        self._silent: str | None = None

    def show(self, recorded: Recorded) -> None:
        """Bring the status line up to date."""
        match recorded.event:
            case StepStarted():
                self._about = ""
            case OutputLine(text=text):
                self._about = service_in(text, self._world.feed.state) or self._about
            case _:
                pass
        self.tell()

    def tell(self) -> None:
        """Send the status line, if it is news."""
        self._manager.status(standing(self._world.feed.state, self.language, about=self._about))

    async def attend(self) -> None:
        """Answer the watchdog, twice as often as it asks, for as long as everything that was promised
        is kept; that the event loop turns is what this coroutine itself shows."""
        while self._manager.watchdog_s is not None:
            self._answer()
            await self._world.clock.sleep(self._manager.watchdog_s / 2)

    def _answer(self) -> None:
        broken = self._world.vigil.broken()
        if broken is None:
            self._manager.alive()
        elif broken != self._silent:
            said = LANGUAGES[self.language]["watchdog_silent"].format(reason=broken)
            self._say(ERROR, said, MESSAGE_ID=MESSAGE_IDS["watchdog_silent"])
        self._silent = broken
