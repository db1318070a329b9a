"""The worker's loops: checks by the clock or on demand, health between deployments, containers.

Owns when things happen. Must not know what a check or a deployment does, nor who asked.
"""

from __future__ import annotations

import asyncio
import logging
from datetime import datetime, timedelta

from kgo_tui.core.errors import KgoError, StoreError, Unreachable
from kgo_tui.core.messages import (
    FaultCleared,
    FaultRaised,
    HealthBack,
    HealthLost,
    NextCheckSet,
    SampleTaken,
)
from kgo_tui.core.model import Sample
from kgo_tui.engine.engine import Engine

log = logging.getLogger(__name__)

TIDY_EVERY_S = 6 * 3600.0
RECOVER_PAUSE_S = 5.0


class Monitor:
    """Runs an engine until cancelled."""

    def __init__(self, engine: Engine, *, polling: bool = True) -> None:
        self._engine = engine
        self._world = engine.world
        self._polling = polling
        self._wanted = asyncio.Event()
        self._lost_at: datetime | None = None

    def check_soon(self) -> None:
        """Do the next check now rather than when its time has come."""
        self._wanted.set()

    async def run(self) -> None:
        """Recover, then check, sample and watch until cancelled."""
        await self._recover()
        async with asyncio.TaskGroup() as group:
            group.create_task(self._checks(), name="checks")
            group.create_task(self._health(), name="health")
            group.create_task(self._containers(), name="containers")
            group.create_task(self._tidying(), name="tidying")

    async def _recover(self) -> None:
        while True:
            try:
                await self._engine.recover()
            except StoreError as error:
                await self._fault("store", error)
                await self._world.clock.sleep(RECOVER_PAUSE_S)
            else:
                return

    async def _checks(self) -> None:
        while True:
            if self._polling:
                await self._check()
            await self._until_next()

    async def _check(self) -> None:
        try:
            await self._engine.poll()
        except StoreError as error:
            await self._fault("store", error)
            await self._recover()
        except KgoError as error:
            log.debug("the check ended with %s", error)  # told already, as a decision and a fault
        except Exception:
            log.exception("a check failed in a way that nobody foresaw")

    async def _until_next(self) -> None:
        interval_s = self._world.settings.interval_s
        at = self._world.clock.now() + timedelta(seconds=interval_s) if self._polling else None
        self._world.tell(NextCheckSet(at=at))
        sleep = asyncio.create_task(self._world.clock.sleep(interval_s))
        wanted = asyncio.create_task(self._wanted.wait())
        await asyncio.wait({sleep, wanted} if self._polling else {wanted}, return_when="FIRST_COMPLETED")
        for task in (sleep, wanted):
            task.cancel()
        self._wanted.clear()

    async def _health(self) -> None:
        while True:
            if not self._world.feed.state.touching:
                await self._sample(await self._world.prober.probe())
            await self._world.clock.sleep(self._world.settings.health_between_s)

    async def _sample(self, sample: Sample) -> None:
        before, touching = self._world.feed.state.sample, self._world.feed.state.touching
        if not self._world.settings.gated_by_probe or touching:
            return  # a deployment began while we asked: its gate judges
        await self._world.store.add_sample(sample)
        self._world.tell(SampleTaken(sample=sample))
        if before is not None and before.ok and not sample.ok:
            self._lost_at = sample.at
            await self._world.event(HealthLost(sample=sample))
        elif before is not None and not before.ok and sample.ok:
            lost_s = (sample.at - self._lost_at).total_seconds() if self._lost_at else None
            await self._world.event(HealthBack(sample=sample, lost_s=lost_s))

    async def _containers(self) -> None:
        """Look once, then whenever the runtime says that something changed."""
        await self._observe()
        async for _ in self._world.runtime.changes():
            await self._observe()

    async def _observe(self) -> None:
        try:
            await self._engine.observe()
        except Unreachable as error:
            await self._fault("docker", error)
        except KgoError as error:
            log.debug("containers could not be listed: %s", error)
        else:
            if "docker" in self._world.feed.state.faults:
                await self._world.event(FaultCleared(what="docker"))

    async def _fault(self, what: str, error: KgoError) -> None:
        if self._world.feed.state.faults.get(what) == error.message:
            return
        fault = FaultRaised(what=what, message=error.message)
        try:
            await self._world.event(fault)
        except StoreError:
            self._world.tell(fault)  # the store itself is what does not work

    async def _tidying(self) -> None:
        while True:
            try:
                days = self._world.settings.keep_days
                await self._world.store.tidy(now=self._world.clock.now(), keep_days=days)
            except StoreError as error:
                await self._fault("store", error)
            await self._world.clock.sleep(TIDY_EVERY_S)
