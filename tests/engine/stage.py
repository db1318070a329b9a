"""Puts an engine on a simulated host, kills it, starts it again, and says what is left.

Owns how a test gets from nothing to a host with a verified release. Must not judge.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar, cast

from msgspec.structs import replace

from kgo_tui.core.messages import Event, Recorded
from kgo_tui.core.model import Deployment, State, Step
from kgo_tui.core.state import EngineState
from kgo_tui.engine.engine import Engine
from kgo_tui.engine.feed import Feed
from kgo_tui.engine.world import Settings, World
from tests.engine.fakes import FakeProber, FakeRuntime, FakeSource, WatchedStore
from tests.engine.host import APP, BASIC, DB, Behaviour, Compose, Host
from tests.engine.plug import Plug

T = TypeVar("T")
E = TypeVar("E", bound=Event)

SETTINGS = Settings(branch="main", stable_for_s=2.0, attempts=3, attempt_interval_s=10.0)


class Stage:
    """One host and one program on it, which may be started again and again."""

    engine: Engine
    world: World
    store: WatchedStore

    def __init__(self, host: Host, path: Path, settings: Settings = SETTINGS) -> None:
        self.host = host
        self.path = path
        self.settings = settings
        self.plug = Plug()
        self.told: list[Recorded] = []

    async def boot(self, plug: Plug | None = None) -> None:
        """A new process: nothing in memory but what the store knows."""
        self.plug = plug or Plug()
        self.store = cast("WatchedStore", await WatchedStore.open(self.path, now=self.host.clock.now))
        self.store.plug, self.store.clock = self.plug, self.host.clock
        known = await self.store.load()
        state = EngineState(
            instance="test",
            version="0",
            deployed=known.deployed,
            deployment=known.unfinished,
            last=known.last,
            suspended=known.suspended,
            quarantined=known.quarantined,
            sample=known.sample,
        )
        self.world = World(
            source=FakeSource(self.host, self.plug),
            runtime=FakeRuntime(self.host, self.plug),
            prober=FakeProber(self.host),
            store=self.store,
            clock=self.host.clock,
            feed=Feed(state, known.cursor),
            settings=self.settings,
        )
        self.world.feed.subscribe(self.told.append)
        self.engine = Engine(self.world)

    async def close(self) -> None:
        """End in good order."""
        self.store.plug = Plug()  # a dead process's file is closed by its kernel
        await self.store.close()

    async def reboot(self, plug: Plug | None = None) -> None:
        """The process ends, another one starts."""
        await self.close()
        await self.boot(plug)

    async def killed(self, work: Coroutine[Any, Any, T]) -> bool:
        """Do the work until it ends or the plug is pulled; whether it was pulled."""
        task = asyncio.create_task(work)
        pulled = asyncio.create_task(self.plug.pulled.wait())
        await asyncio.wait({task, pulled}, return_when=asyncio.FIRST_COMPLETED)
        pulled.cancel()
        if not self.plug.pulled.is_set():
            await task
            return False
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        return True

    async def poll(self) -> Deployment | None:
        return await self.engine.poll()

    async def wait(self, seconds: float) -> None:
        """Let virtual time go by."""
        await self.host.clock.sleep(seconds)

    def events(self, kind: type[E]) -> list[E]:
        """What was told of that kind, in order."""
        return [r.event for r in self.told if isinstance(r.event, kind)]

    async def walked(self, deployment: Deployment) -> list[str]:
        """The states of a deployment in the order in which they were entered."""
        return [str(s.state) for s in await self.steps(deployment)]

    async def steps(self, deployment: Deployment) -> tuple[Step, ...]:
        return await self.store.steps(deployment.id)


async def baseline(stage: Stage, compose: Compose = BASIC) -> None:
    """A host on release a, deployed by the engine itself: app-a, db-a."""
    stage.host.push("a", compose, publish={APP: Behaviour(), DB: Behaviour()})
    ended = await stage.poll()
    assert ended is not None
    assert ended.state is State.SUCCEEDED
    stage.told.clear()


def configured(**changes: Any) -> Settings:
    """The settings of the tests, with some of them changed."""
    return replace(SETTINGS, **changes)
