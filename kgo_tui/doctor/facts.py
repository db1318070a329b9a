"""Facts that several checks ask for: found out once, aside from the loop, or not to be had.

Owns that memory and what stands in for a fact. Must not know any particular one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from functools import wraps
from typing import Any, Protocol, TypeVar

from kgo_tui.adapters.process import in_thread


class NotExamined(Exception):
    """There is nothing to look at, and why; `needs_root` says that root would see it."""

    def __init__(self, reason: str, *, needs_root: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.needs_root = needs_root


class Remembering(Protocol):
    """Whoever has facts keeps them here."""

    facts: dict[str, asyncio.Task[Any]]


S = TypeVar("S", bound=Remembering)
T = TypeVar("T")


def fact(find: Callable[[S], Coroutine[Any, Any, T]]) -> Callable[[S], Awaitable[T]]:
    """A method whose answer, or error, is the same for everyone who asks, also at the same time.
    Who stops waiting for it does not take it from the others."""

    @wraps(find)
    async def known(self: S) -> T:
        task = self.facts.get(find.__name__)
        if task is None:
            task = self.facts[find.__name__] = asyncio.create_task(find(self), name=find.__name__)
            task.add_done_callback(_seen)
        found: T = await asyncio.shield(task)
        return found

    return known


async def aside(look: Callable[[], T]) -> T:
    """What `look` returns or raises, from a thread: a dead file system holds up its own check only."""
    return await in_thread(lambda _stop: look())


def _seen(task: asyncio.Task[Any]) -> None:
    """An error that nobody waits for any more is nobody's concern."""
    if not task.cancelled():
        task.exception()
