"""The worker's loops: checks by the clock or on demand, health between deployments, containers.

Owns when things happen. Must not know what a check or a deployment does, nor who asked.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable
from datetime import timedelta

from kgo_tui.core.errors import Busy, KgoError, StoreError, Unreachable
from kgo_tui.core.messages import (
    FaultRaised,
    HealthBack,
    HealthLost,
    NextCheckSet,
    Recorded,
    Resumed,
    SampleTaken,
)
from kgo_tui.core.model import Sample
from kgo_tui.engine.engine import Engine
from kgo_tui.engine.longest import SLACK_S, longest_look, longest_sample

log = logging.getLogger(__name__)

TIDY_EVERY_S = 6 * 3600.0
RECOVER_PAUSE_S = 5.0
WATCH_PAUSE_S = 5.0
"""Before the containers are watched anew after that broke off."""


class Monitor:
    """Runs an engine until cancelled."""

    def __init__(self, engine: Engine, *, polling: bool = True) -> None:
        self._engine = engine
        self._world = engine.world
        self._polling = polling
        self._wanted = asyncio.Event()
        last = self._world.feed.state.sample
        self._well = last.ok if last else None
        self._lost_s: float | None = None
        self._loops: asyncio.Task[None] | None = None

    def check_soon(self) -> None:
        """Do the next check now rather than when its time has come."""
        self._wanted.set()

    async def run(self) -> None:
        """Recover and check, sample and watch, until cancelled."""
        unsubscribe = self._world.feed.subscribe(self._hear)
        try:
            while True:
                self._loops = asyncio.create_task(self._all_loops(), name="loops")
                await asyncio.wait({self._loops})
                if not self._loops.cancelled():
                    self._loops.result()
        finally:
            await self.renew()
            unsubscribe()

    async def renew(self) -> None:
        """Begin all loops anew, with what the world holds now. Returns when nothing of before goes
        on; call it inside `Engine.between`, so that no deployment is cut off."""
        if self._loops is not None and not self._loops.done():
            self._loops.cancel()
            await asyncio.wait({self._loops})

    async def _all_loops(self) -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(self._checks(), name="checks")
            group.create_task(self._recovering(), name="recovering")
            group.create_task(self._health(), name="health")
            group.create_task(self._containers(), name="containers")
            group.create_task(self._tidying(), name="tidying")

    def _hear(self, recorded: Recorded) -> None:
        """Whoever resumes wants to see what waited go out now."""
        if isinstance(recorded.event, Resumed):
            self.check_soon()

    async def _recovering(self) -> None:
        """Whoever asked for it, a deployment that the store's failure interrupted is carried on."""
        while True:
            await self._engine.stranded.wait()
            self._engine.stranded.clear()
            await self._recover()

    async def _recover(self) -> None:
        while not await self._survives(self._engine.recover()):
            await self._world.clock.sleep(RECOVER_PAUSE_S)

    async def _checks(self) -> None:
        await self._recover()
        if not self._polling:
            await self._survives(self._engine.checker.look())  # offline: what is known is shown at least
        while True:
            if self._polling and await self._survives(self._engine.poll()):
                await self._survives(self._world.works("store"))
            await self._until_next()

    async def _survives(self, turn: Awaitable[object]) -> bool:
        """Whether it ended well. What fails is told, and the loop that asked for it goes on."""
        try:
            await turn
        except Busy:
            return True  # whoever is at it sees to it
        except StoreError as error:
            await self._fault("store", error)
        except KgoError as error:
            log.debug("%s", error)  # told already, as a decision and a fault
        except Exception:
            log.exception("the worker met what nobody foresaw, and goes on")
        else:
            return True
        return False

    async def _until_next(self) -> None:
        interval_s = self._world.settings.interval_s
        at = self._world.clock.now() + timedelta(seconds=interval_s) if self._polling else None
        self._world.tell(NextCheckSet(at=at))
        self._within(interval_s + SLACK_S if self._polling else None, "checks", "the pause between checks")
        sleep = asyncio.create_task(self._world.clock.sleep(interval_s))
        wanted = asyncio.create_task(self._wanted.wait())
        try:
            await asyncio.wait({sleep, wanted} if self._polling else {wanted}, return_when="FIRST_COMPLETED")
        finally:
            sleep.cancel()
            wanted.cancel()
            self._world.vigil.done("checks")  # what the engine then does, it promises itself
        self._wanted.clear()

    async def _health(self) -> None:
        while True:
            self._within(longest_sample(self._world.settings), "health", "a health check")
            if self._world.settings.gated_by_probe and not self._world.feed.state.touching:
                await self._survives(self._sample())
            between_s = self._world.settings.health_between_s
            self._within(between_s + SLACK_S, "health", "the pause between health checks")
            await self._world.clock.sleep(between_s)

    async def _sample(self) -> None:
        sample = await self._world.prober.probe()
        if self._world.feed.state.touching:
            return  # a deployment began while we asked: its gate judges
        self._world.tell(SampleTaken(sample=sample))
        await self._turned(sample)
        await self._world.store.add_sample(sample)
        await self._world.works("store")

    async def _turned(self, sample: Sample) -> None:
        """Record a turn for the worse or the better; one that cannot be recorded is tried again."""
        now = self._world.clock.monotonic()
        if self._well is True and not sample.ok:
            self._lost_s = now if self._lost_s is None else self._lost_s
            await self._world.event(HealthLost(sample=sample))
        elif self._well is False and sample.ok:
            lost_s = None if self._lost_s is None else round(now - self._lost_s, 3)  # None: not seen by us
            await self._world.event(HealthBack(sample=sample, lost_s=lost_s))
            self._lost_s = None
        self._well = sample.ok

    async def _containers(self) -> None:
        """Look once, then whenever the runtime says that something changed."""
        while True:
            await self._survives(self._observe())
            await self._survives(self._observed())
            self._within(WATCH_PAUSE_S + SLACK_S, "containers", "the pause before containers are watched")
            await self._world.clock.sleep(WATCH_PAUSE_S)

    async def _observed(self) -> None:
        async for _ in self._world.runtime.changes():
            await self._survives(self._observe())

    async def _observe(self) -> None:
        self._within(longest_look(self._world.settings), "containers", "a look at the containers")
        try:
            await self._engine.observe()
        except Unreachable as error:
            await self._fault("docker", error)
        else:
            await self._world.works("docker")
        finally:
            self._world.vigil.done("containers")  # the next one is when something changes

    def _within(self, seconds: float | None, loop: str, doing: str) -> None:
        self._world.vigil.within(seconds, loop, doing)

    async def _fault(self, what: str, error: KgoError) -> None:
        try:
            await self._world.fault(what, error)
        except StoreError:  # the store itself is what does not work
            self._world.tell(FaultRaised(what=what, message=error.message))

    async def _tidying(self) -> None:
        while True:
            days = self._world.settings.keep_days
            await self._survives(self._world.store.tidy(now=self._world.clock.now(), keep_days=days))
            await self._world.clock.sleep(TIDY_EVERY_S)
