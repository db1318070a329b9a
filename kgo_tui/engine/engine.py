"""The engine: one deployment at a time, asked for by people or by the clock.

Owns what commands mean, single flight within the process, recovery at start and adoption. Must not
know sockets or screens; another process is kept out by the lock that the caller holds.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from kgo_tui.core.errors import Busy, KgoError, Refused, UsageError
from kgo_tui.core.machine import can_cancel
from kgo_tui.core.messages import (
    CommitDetected,
    ContainersChanged,
    DeploymentQueued,
    QuarantineLifted,
    Resumed,
    Suspended,
)
from kgo_tui.core.model import Commit, Deployment, Plan, Release, Suspension, Trigger
from kgo_tui.core.policy import Decision, Kind, irreversible_paths
from kgo_tui.engine.check import Checker
from kgo_tui.engine.plan import make_plan
from kgo_tui.engine.ports import Change
from kgo_tui.engine.releases import choose
from kgo_tui.engine.runner import Runner
from kgo_tui.engine.world import World

OnQueued = Callable[[Deployment], None]


def ignore_queued(_deployment: Deployment) -> None:
    """The `OnQueued` of a caller that only wants the end."""


class Engine:
    """Checks, deploys, rolls back, remembers."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.checker = Checker(world)
        self._runner = Runner(world)
        self._flight = asyncio.Lock()

    async def recover(self) -> Deployment | None:
        """Carry on what a crash left unfinished; returns it in its terminal state."""
        unfinished = (await self.world.store.load()).unfinished
        if unfinished is None:
            return None
        async with self._single():
            await self._runner.interrupted(unfinished)
            self.world.tell(DeploymentQueued(deployment=unfinished))
            return await self._carried(unfinished)

    async def check(self) -> Decision:
        """One automatic check, without acting on it."""
        async with self._single():
            return await self.checker.check(automatic=True)

    async def poll(self) -> Deployment | None:
        """One automatic check and the deployment that it leads to, if any."""
        async with self._single():
            await self._adopt()
            decision = await self.checker.check(automatic=True)
            if decision.kind is not Kind.DEPLOY or decision.target is None:
                return None
            await self.world.event(CommitDetected(sha=decision.target.sha, subject=decision.target.subject))
            deployment = await self._queue(decision.target, Trigger.POLL, "poll", named=False)
            return await self._carried(deployment)

    async def deploy(self, commit: str | None, by: str, queued: OnQueued = ignore_queued) -> Deployment:
        """Check, then deploy what a person asked for, to its end; `queued` is told once it exists.
        Raises Refused with the reason, Busy, or what made the check fail."""
        async with self._single():
            await self.world.runtime.ready()
            await self._adopt()
            decision = await self.checker.check(automatic=False, named=commit)
            if decision.kind is not Kind.DEPLOY or decision.target is None:
                raise Refused(decision.reason)
            deployment = await self._queue(decision.target, Trigger.MANUAL, by, named=commit is not None)
            queued(deployment)
            return await self._carried(deployment)

    async def rollback(self, to: str | None, by: str, queued: OnQueued = ignore_queued) -> Deployment:
        """Go back to the last good release or the one named, offline, to its end. Raises UsageError,
        ImagesGone, Busy."""
        async with self._single():
            await self.world.runtime.ready()
            deployment = await self._queue_rollback(await choose(self.world, to), by)
            queued(deployment)
            return await self._carried(deployment)

    async def plan(self, commit: str | None) -> Plan:
        """What deploying would do. Fetches; changes nothing."""
        async with self._single():
            decision = await self.checker.check(automatic=False, named=commit)
            if decision.target is None:
                raise Refused(decision.reason)
            return await make_plan(self.world, decision.target)

    def cancel(self) -> None:
        """Give up the running deployment. Raises Refused once containers are touched."""
        running = self.world.feed.state.deployment
        if running is None:
            raise Refused("no deployment is running")
        if not can_cancel(running.state):
            raise Refused(f"{running.state} cannot be cancelled; roll back when it has ended")
        self._runner.cancel()

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

    def _single(self) -> asyncio.Lock:
        running = self.world.feed.state.deployment
        if self._flight.locked() and running is not None:
            raise Busy(f"deployment {running.id} ({running.to_commit[:7]}, by {running.by}) is running")
        return self._flight

    async def _adopt(self) -> None:
        try:
            await self.checker.adopt()
        except KgoError:
            return  # what cannot be looked at cannot be adopted; the check says what is wrong

    async def _carried(self, deployment: Deployment) -> Deployment:
        ended = await self._runner.run(deployment)
        await self._tidied()
        return ended

    async def _tidied(self) -> None:
        """After each deployment: only images of the releases in the history are kept."""
        try:
            releases = await self.world.store.releases(limit=self.world.settings.keep_releases)
            await self.world.runtime.keep_only([r.images for r in releases])
            await self.observe()
        except KgoError:
            return  # tidying is done again after the next deployment

    async def _queue(self, target: Commit, trigger: Trigger, by: str, *, named: bool) -> Deployment:
        state, world = self.world.feed.state, self.world
        view = await world.source.view(state.deployed.commit if state.deployed else None)
        older = named and view.remote is not None and view.remote.sha != target.sha
        base = state.deployed.commit if state.deployed else None
        deployment = Deployment(
            id=await world.store.next_deployment_id(),
            trigger=trigger,
            by=by,
            from_commit=base,
            to_commit=target.sha,
            subject=target.subject,
            baseline=state.deployed.id if state.deployed else None,
            leaves=target.sha,
            holds=view.remote.sha if older and view.remote else None,
            tree_before=view.local.sha if view.local else None,
            irreversible=await self._irreversible(base, target.sha),
            started_at=world.clock.now(),
        )
        lift = target.sha if any(q.commit == target.sha for q in state.quarantined) else None
        lifted = (QuarantineLifted(commit=lift, by=by),) if lift else ()
        events = (*lifted, DeploymentQueued(deployment=deployment))
        await world.record(Change(deployment=deployment, lift=lift, events=events))
        return deployment

    async def _irreversible(self, base: str | None, target: str) -> tuple[str, ...]:
        globs = self.world.settings.irreversible_globs
        if not globs or base is None or base == target:
            return ()
        changed = await self.world.source.changes(base, target)
        return irreversible_paths(tuple(c.path for c in changed if c.status == "A"), globs)

    async def _queue_rollback(self, release: Release, by: str) -> Deployment:
        state, world = self.world.feed.state, self.world
        leaving = state.deployed.commit if state.deployed else None
        deployment = Deployment(
            id=await world.store.next_deployment_id(),
            trigger=Trigger.ROLLBACK,
            by=by,
            from_commit=leaving,
            to_commit=release.commit,
            baseline=release.id,
            leaves=leaving,
            images=release.images,
            started_at=world.clock.now(),
        )
        await world.record(Change(deployment=deployment, events=(DeploymentQueued(deployment=deployment),)))
        return deployment
