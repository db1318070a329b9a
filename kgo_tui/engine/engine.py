"""The engine: one deployment at a time, asked for by people or by the clock.

Owns what commands mean, single flight within the process, recovery at start and adoption, and how all
of it is left. Must not know sockets or screens; another process is kept out by the lock that the caller
holds.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager

from kgo_tui.core.errors import Busy, KgoError, Refused, StoreError, Unreachable, UsageError
from kgo_tui.core.machine import can_cancel
from kgo_tui.core.messages import (
    CommitDetected,
    ContainersChanged,
    DeploymentQueued,
    Resumed,
    Suspended,
)
from kgo_tui.core.model import Commit, Deployment, Plan, State, Suspension, Trigger
from kgo_tui.core.policy import Decision, Kind
from kgo_tui.engine.check import Checker
from kgo_tui.engine.hands import Hands
from kgo_tui.engine.longest import longest_check, longest_tidying
from kgo_tui.engine.plan import make_plan
from kgo_tui.engine.ports import Change
from kgo_tui.engine.queueing import queue, queue_rollback
from kgo_tui.engine.releases import choose
from kgo_tui.engine.runner import Runner
from kgo_tui.engine.vigil import WORK
from kgo_tui.engine.world import World

log = logging.getLogger(__name__)

OnQueued = Callable[[Deployment], None]


def ignore_queued(_deployment: Deployment) -> None:
    """The `OnQueued` of a caller that only wants the end."""


class Engine:
    """Checks, deploys, rolls back, remembers."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.checker = Checker(world)
        self.hands = Hands(world)
        self._runner = Runner(world, self.hands)
        self._occupied = False
        self._moved = asyncio.Event()
        self.stranded = asyncio.Event()
        """Set when a deployment was left unfinished (the store failed): `recover` carries it on."""

    async def recover(self) -> Deployment | None:
        """Carry on what a crash left unfinished; returns it in its terminal state."""
        async with self._single(recovering=True):
            unfinished = (await self.world.store.load()).unfinished
            if unfinished is None:
                return None
            await self._runner.interrupted(unfinished)
            self.world.tell(DeploymentQueued(deployment=unfinished))
            return await self._carried(unfinished)

    async def check(self) -> Decision:
        """One automatic check, without acting on it."""
        async with self._single():
            await self._adopt()
            return await self.checker.check(automatic=True)

    async def poll(self) -> Deployment | None:
        """One automatic check and the deployment that it leads to, if any. Raises Busy, and what keeps
        the check or the deployment from beginning: SourceError, StoreError, Unreachable."""
        async with self._single():
            obstacle = await self._adopt()
            decision = await self.checker.check(automatic=True)
            if decision.kind is not Kind.DEPLOY or decision.target is None:
                return None
            await self._usable(obstacle)
            await self._detected(decision.target)
            deployment = await queue(self.world, decision.target, Trigger.POLL, "kgo-tui")
            return await self._carried(deployment)

    async def deploy(
        self, commit: str | None, by: str, queued: OnQueued = ignore_queued, *, expect: str | None = None
    ) -> Deployment:
        """Check, then deploy what a person asked for, to its end; `queued` is told once it exists.
        Raises Refused with the reason, Busy, or what made the check fail."""
        async with self._single():
            await self._usable(await self._adopt())
            decision = await self.checker.check(automatic=False, named=commit, expect=expect)
            if decision.kind is not Kind.DEPLOY or decision.target is None:
                raise Refused(decision.reason)
            if commit is None:
                await self._detected(decision.target)
            deployment = await queue(
                self.world, decision.target, Trigger.MANUAL, by, named=commit is not None
            )
            return await self._carried(deployment, queued)

    async def rollback(self, to: str | None, by: str, queued: OnQueued = ignore_queued) -> Deployment:
        """Go back to the last good release or the one named, offline, to its end. Raises UsageError,
        NoBaseline, ImagesGone, Busy, Unreachable."""
        async with self._single():
            await self._usable()
            deployment = await queue_rollback(self.world, await choose(self.world, to), by)
            return await self._carried(deployment, queued)

    async def plan(self, commit: str | None) -> Plan:
        """What deploying would do. Fetches; changes nothing."""
        async with self._single():
            decision = await self.checker.check(automatic=False, named=commit)
            if decision.target is None:
                raise Refused(decision.reason)
            return await make_plan(self.world, decision.target)

    def cancel(self, by: str, deployment: int | None = None) -> None:
        """Give up the running deployment (None: whichever) and hold its commit back. Raises Refused
        once containers are touched."""
        running = self.world.feed.state.deployment
        if running is None or deployment not in {None, running.id}:
            raise Refused(f"deployment {deployment} is over" if deployment else "no deployment is running")
        if not can_cancel(running.state) or not self._runner.cancel(by):
            raise Refused(f"{running.state} cannot be cancelled; roll back when it has ended")

    def leave(self) -> State | None:
        """Begin no further step, but end one in which containers are being replaced. Returns the
        state of such a step; None means that everything can be left, by cancelling it, at once."""
        return self._runner.leave()

    @property
    def left(self) -> asyncio.Event:
        """Set when the step that `leave` returned has ended and its outcome is recorded."""
        return self._runner.left

    async def suspend(self, reason: str, by: str) -> None:
        """Automatic deployment off."""
        suspension = Suspension(reason=reason, by=by, since=self.world.clock.now())
        await self.world.record(Change(suspend=suspension, events=(Suspended(suspension=suspension),)))

    async def resume(self, by: str) -> None:
        """Automatic deployment on again."""
        if self.world.feed.state.suspended is None:
            raise UsageError("automatic deployment is not suspended")
        await self.world.record(Change(resume=True, events=(Resumed(by=by),)))

    async def observe(self) -> None:
        """Look at the containers and tell when they differ from what was known."""
        containers = await self.world.runtime.containers()
        if containers != self.world.feed.state.containers:
            self.world.tell(ContainersChanged(containers=containers))

    @asynccontextmanager
    async def _single(self, *, recovering: bool = False) -> AsyncIterator[None]:
        """One check or deployment at a time. A check is waited for; of a deployment, also one that
        begins while we wait, everyone is told at once: Busy."""
        while True:
            running = self.world.feed.state.deployment
            if running is not None and (self._occupied or not recovering):
                raise Busy(f"deployment {running.id} ({running.to_commit[:7]}, by {running.by}) is running")
            if not self._occupied:
                break
            await self._moved.wait()
        with self._occupying():
            yield

    @asynccontextmanager
    async def between(self) -> AsyncIterator[None]:
        """Between two checks or deployments, however long the one that goes on still takes; nothing
        begins inside."""
        while self._occupied:
            await self._moved.wait()
        with self._occupying():
            yield

    @contextmanager
    def _occupying(self) -> Iterator[None]:
        self._occupied = True
        self.world.vigil.within(longest_check(self.world.settings), WORK, "a check")
        try:
            yield
        finally:
            self._occupied = False
            self.world.vigil.done(WORK)
            self._wake()

    def _wake(self) -> None:
        self._moved.set()
        self._moved = asyncio.Event()

    async def _adopt(self) -> KgoError | None:
        """Adopt what runs, if nothing is recorded yet. Returns what kept us from looking and may be
        gone soon: before that, nothing must be deployed that could not be rolled back."""
        try:
            await self.checker.adopt()
        except (Unreachable, StoreError) as error:
            return error
        except KgoError as error:
            log.info("what runs cannot be adopted: %s", error.message)
        return None

    async def _usable(self, obstacle: KgoError | None = None) -> None:
        """Return when a deployment can begin. Raises RuntimeUnreachable, ComposeMissing, told as a
        fault, or the obstacle."""
        try:
            await self.world.runtime.ready()
        except Unreachable as error:
            await self.world.fault("docker", error)
            raise
        await self.world.works("docker")
        if obstacle is not None:
            raise obstacle

    async def _detected(self, commit: Commit) -> None:
        """Tell of a commit that is new here: not of one that is deployed, nor for every further try."""
        last, deployed = self.world.feed.state.last, self.world.feed.state.deployed
        known = {last and last.to_commit, deployed and deployed.commit}
        if commit.sha not in known:
            await self.world.event(CommitDetected(sha=commit.sha, subject=commit.subject))

    async def _carried(self, deployment: Deployment, queued: OnQueued = ignore_queued) -> Deployment:
        self._wake()
        try:
            queued(deployment)
            ended = await self._runner.run(deployment)
        except Exception:
            self.stranded.set()
            raise
        await self._tidied()
        return ended

    async def _tidied(self) -> None:
        """After each deployment: only images of the releases in the history are kept."""
        self.world.vigil.within(longest_tidying(), WORK, "letting go of old images")
        try:
            keep = max(self.world.settings.keep_releases, 1)  # what is deployed comes first of them
            releases = await self.world.store.releases(limit=keep)
            await self.world.runtime.keep_only([r.images for r in releases])
            await self.observe()
        except Exception as error:  # noqa: BLE001 - the deployment has ended as it has ended
            log.warning("old images are let go of after the next deployment: %s", error)
