"""A person's hand on one container, and a deployment's on all of them: never both at once.

Owns who may touch containers when. Must not know what a deployment does, nor how a container is
started or stopped.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from kgo_tui.core.errors import Busy
from kgo_tui.core.messages import ContainerActed
from kgo_tui.core.model import ContainerAction
from kgo_tui.engine.world import World


class Hands:
    """Acts on single containers, between deployments or before one touches any."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._held: set[str] = set()
        self._off = asyncio.Event()
        self._off.set()

    async def act(self, container: str, action: ContainerAction, by: str) -> None:
        """Do it, and record who wanted it. Raises Busy, UsageError, CommandFailed, Unreachable."""
        with self._on(container):
            done = await self._world.runtime.act(container, action)
        event = ContainerActed(by=by, service=done.service, container=done.name, action=action)
        await self._world.told(event)

    async def off(self) -> None:
        """Return when nobody has a hand on a container. A deployment that is about to touch them is
        recorded by then, so that nobody begins meanwhile."""
        await self._off.wait()

    @contextmanager
    def _on(self, container: str) -> Iterator[None]:
        self._refuse(container)
        self._held.add(container)
        self._off.clear()
        try:
            yield
        finally:
            self._held.discard(container)
            if not self._held:
                self._off.set()

    def _refuse(self, container: str) -> None:
        running = self._world.feed.state.deployment
        if running is not None and self._world.feed.state.touching:
            raise Busy(
                f"deployment {running.id} ({running.to_commit[:7]}, by {running.by}) is touching containers",
                hint="Ask again when it has ended.",
            )
        if container in self._held:
            raise Busy("this container is being started or stopped already", hint="Wait for its end.")
