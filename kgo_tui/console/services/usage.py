"""What the container under the cursor takes, asked of the worker again and again while somebody looks.

Owns the pace and the last answer. Must not know how it is drawn.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from kgo_tui.console.link import Link
from kgo_tui.control.queries import Usage
from kgo_tui.core.errors import KgoError
from kgo_tui.core.model import ContainerUsage, ContainerView

PAUSE_S = 2.0
"""Between two questions; each makes the engine look for a second or two."""


class UsageWatch:
    """Asks about one container at a time."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self._about = ""
        self._found: ContainerUsage | None = None
        self._again = asyncio.Event()
        self.why_not = ""
        """Why the last question had no answer."""

    async def run(self, chosen: Callable[[], ContainerView | None], news: Callable[[], None]) -> None:
        """Ask until cancelled; `news` is called after each answer."""
        while True:
            self._again.clear()
            if (c := chosen()) is not None:
                await self._ask(c.id)
                news()
            try:
                async with asyncio.timeout(PAUSE_S):
                    await self._again.wait()
            except TimeoutError:
                pass

    def of(self, c: ContainerView) -> ContainerUsage | None:
        """The last answer, if it was about this one."""
        return self._found if self._about == c.id else None

    def hurry(self) -> None:
        """Somebody looks at another container: ask about it now."""
        self._again.set()

    async def _ask(self, container: str) -> None:
        try:
            found = await self._link.query(Usage(container=container))
        except KgoError as error:
            self._about, self._found, self.why_not = container, None, error.message
        else:
            self._about, self._found, self.why_not = container, found, ""
