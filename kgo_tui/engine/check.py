"""One check: fetch, look, decide; and what first start adopts. Nothing is changed on the host.

Owns the gathering of facts for `core.policy` and the plan. Must not run deployments.
"""

from __future__ import annotations

from collections.abc import Awaitable, Sequence

from kgo_tui.core.errors import KgoError, UsageError
from kgo_tui.core.messages import (
    CheckFinished,
    CheckStarted,
    DecisionChanged,
    FaultCleared,
    FaultRaised,
    ReleaseAdopted,
)
from kgo_tui.core.model import Commit, ContainerView, Image, Release, SourceView
from kgo_tui.core.policy import Decision, Facts, Kind, count_tries, decide
from kgo_tui.core.state import DecisionView
from kgo_tui.engine.gate import inspect
from kgo_tui.engine.ports import Change
from kgo_tui.engine.world import World

TRIES_DEPTH = 20
"""How far back failed tries of one commit are counted."""


class Checker:
    """Decides what to do next, and tells."""

    def __init__(self, world: World) -> None:
        self._world = world

    async def check(self, *, automatic: bool, named: str | None = None) -> Decision:
        """Fetch and decide. Raises Unreachable, SourceError and UnknownCommit, told as a fault."""
        self._world.tell(CheckStarted())
        try:
            await self._guarded("git", self._world.source.fetch())
            decision, view = await self._decide(automatic=automatic, named=named)
        except KgoError as error:
            await self._told(Decision(kind=Kind.REFUSE, reason=error.message), None)
            raise
        await self._told(decision, view)
        return decision

    async def look(self) -> Decision:
        """Decide from what the last fetch left, offline; for status and tests."""
        return (await self._decide(automatic=True, named=None))[0]

    async def adopt(self) -> Release | None:
        """Take what runs as the baseline when nothing is recorded and it is healthy."""
        world = self._world
        if world.feed.state.deployed is not None:
            return None
        view = await world.source.view(None)
        services = await world.runtime.services(
            world.settings.variables(view.local.sha) if view.local else {}
        )
        containers = await world.runtime.containers()
        images = await world.runtime.running_images()
        if view.local is None or not images or inspect(containers, services, images, _as_is(containers)):
            return None
        if world.settings.gated_by_probe and not (await world.prober.probe()).ok:
            return None
        return await self._adopted(view.local, images)

    async def _adopted(self, commit: Commit, images: dict[str, Image]) -> Release:
        world = self._world
        await world.runtime.keep(images)
        number = await world.store.next_deployment_id()
        release = Release(id=number, commit=commit.sha, at=world.clock.now(), images=images, adopted=True)
        await world.record(
            Change(release=release, deployed=release.id, events=(ReleaseAdopted(release=release),))
        )
        return release

    async def _decide(self, *, automatic: bool, named: str | None) -> tuple[Decision, SourceView]:
        world, state = self._world, self._world.feed.state
        view = await world.source.view(state.deployed.commit if state.deployed else None)
        target = await self._named(named) if named else None
        tip = target or view.remote
        history = await world.store.deployments(limit=TRIES_DEPTH)
        now = world.clock.now()
        facts = Facts(
            source=view,
            deployed=state.deployed,
            now=now,
            local_now=now.astimezone(),
            quarantined=state.quarantined,
            suspended=state.suspended,
            last=history[0] if history else None,
            tries=count_tries(history, tip.sha) if tip else 0,
        )
        return decide(facts, world.settings.rules, automatic=automatic, named=target), view

    async def _named(self, name: str) -> Commit:
        commit = await self._world.source.resolve(name)
        if not await self._world.source.on_branch(commit.sha):
            branch = self._world.settings.branch
            raise UsageError(
                f"{commit.short} is not on the branch {branch}",
                hint=f"Push it to {branch} first; only what is on the branch is deployed.",
            )
        return commit

    async def _guarded(self, what: str, work: Awaitable[None]) -> None:
        faults = self._world.feed.state.faults
        try:
            await work
        except KgoError as error:
            if faults.get(what) != error.message:  # a repeated failure is told once
                await self._world.event(FaultRaised(what=what, message=error.message))
            raise
        if what in faults:
            await self._world.event(FaultCleared(what=what))

    async def _told(self, decision: Decision, view: SourceView | None) -> None:
        world, before = self._world, self._world.feed.state.decision
        today = await world.store.count("checks", world.clock.now().date().isoformat())
        if before != DecisionView(kind=decision.kind, reason=decision.reason):
            await world.event(DecisionChanged(kind=decision.kind, reason=decision.reason))
        world.tell(
            CheckFinished(
                kind=decision.kind,
                reason=decision.reason,
                source=view,
                checks_today=today,
            )
        )


def _as_is(containers: Sequence[ContainerView]) -> dict[str, int]:
    """Restarts of the past do not speak against what is adopted."""
    return {c.id: c.restarts for c in containers}
