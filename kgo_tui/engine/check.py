"""One check: fetch, look, decide; and what first start adopts. Nothing is changed on the host.

Owns the gathering of facts for `core.policy` and the plan. Must not run deployments.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from kgo_tui.core.drift import configs
from kgo_tui.core.errors import KgoError, SourceError, StoreError, UsageError
from kgo_tui.core.messages import (
    CheckFinished,
    CheckStarted,
    DecisionChanged,
    ReleaseAdopted,
)
from kgo_tui.core.model import Commit, ContainerView, Image, Release, SourceView, State
from kgo_tui.core.policy import Decision, Facts, Kind, count_tries, decide, moved_on
from kgo_tui.core.state import DecisionView
from kgo_tui.engine.acts import as_owner
from kgo_tui.engine.gate import inspect
from kgo_tui.engine.ports import Change
from kgo_tui.engine.world import World

TRIES_DEPTH = 20
"""How far back failed tries of one commit are counted."""


class Checker:
    """Decides what to do next, and tells."""

    def __init__(self, world: World) -> None:
        self._world = world

    async def check(
        self, *, automatic: bool, named: str | None = None, expect: str | None = None
    ) -> Decision:
        """Fetch and decide. Raises Unreachable and SourceError, told as a fault; UnknownCommit and
        UsageError for what was named. `expect` is the tip that a person has seen. Everyone is told
        what happens by itself (the automatic decision), whoever asks."""
        self._world.tell(CheckStarted())
        try:
            await self._fetch()
            facts = await self._facts()
        except KgoError as error:
            await self._told(Decision(kind=Kind.REFUSE, reason=error.message), await self._offline())
            raise
        decision = decide(facts, self._world.settings.rules, automatic=True)
        await self._told(decision, facts.source)
        if automatic:
            return decision
        return moved_on(facts.source, expect) or await self._by_hand(facts, named)

    async def look(self) -> Decision:
        """Decide from what the last fetch left, offline, and tell; for who only wants to see."""
        facts = await self._facts()
        decision = decide(facts, self._world.settings.rules, automatic=True)
        self._finished(decision, facts.source, self._world.feed.state.worker.checks_today)
        return decision

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
        declared = {s.name for s in services}  # the project may hold more, which is not ours to look after
        images = {name: i for name, i in (await world.runtime.running_images()).items() if name in declared}
        if view.local is None or not images or inspect(containers, services, images, _as_is(containers)):
            return None
        if world.settings.gated_by_probe and not (await world.prober.probe()).ok:
            return None
        # Of a commit that is not on the branch it is not known where it comes from.
        branch = world.settings.branch if view.descends else None
        return await self._adopted(view.local, images, branch, configs(containers))

    async def _adopted(
        self, commit: Commit, images: dict[str, Image], branch: str | None, found: dict[str, str]
    ) -> Release:
        world = self._world
        await world.runtime.keep(images)
        number, now = await world.store.next_deployment_id(), world.clock.now()
        release = Release(
            id=number, commit=commit.sha, at=now, images=images, adopted=True, branch=branch, configs=found
        )
        await world.record(
            Change(release=release, deployed=release.id, events=(ReleaseAdopted(release=release),))
        )
        return release

    async def _by_hand(self, facts: Facts, named: str | None) -> Decision:
        target = await self._named(named) if named else None
        return decide(facts, self._world.settings.rules, automatic=False, named=target)

    async def _facts(self) -> Facts:
        world, state = self._world, self._world.feed.state
        view = await self._view()
        history = await world.store.deployments(limit=TRIES_DEPTH)
        now = world.clock.now()
        return Facts(
            source=view,
            deployed=state.deployed,
            now=now,
            local_now=now.astimezone(),
            quarantined=state.quarantined,
            suspended=state.suspended,
            last=history[0] if history else None,
            last_touching=next((d for d in history if d.state is not State.ABANDONED), None),
            tries=count_tries(history, view.remote.sha) if view.remote else 0,
        )

    async def _offline(self) -> SourceView | None:
        """What can be seen all the same, of a remote that does not answer."""
        try:
            return await self._view()
        except KgoError:
            return None

    async def _view(self) -> SourceView:
        """The repository, with the commits that wait where they can be told."""
        source, deployed = self._world.source, self._world.feed.state.deployed
        view = await source.view(deployed.commit if deployed else None)
        if deployed is None or view.remote is None or view.remote.sha == deployed.commit:
            return view
        try:
            return replace(view, waiting=await source.commits(deployed.commit, view.remote.sha))
        except SourceError:  # the deployed commit is not in this clone
            return view

    async def _named(self, name: str) -> Commit:
        commit = await self._world.source.resolve(name)
        if not await self._world.source.on_branch(commit.sha):
            branch = self._world.settings.branch
            raise UsageError(
                f"{commit.short} is not on the branch {branch}",
                hint=f"Push it to {branch} first; only what is on the branch is deployed.",
            )
        return commit

    async def _fetch(self) -> None:
        try:
            await as_owner(self._world, self._world.source.fetch)
        except KgoError as error:
            await self._world.fault("git", error)
            raise
        await self._world.works("git")

    async def _told(self, decision: Decision, view: SourceView | None) -> None:
        today = self._world.feed.state.worker.checks_today
        try:
            today = await self._remembered(decision)
        except StoreError as error:  # the check is over all the same; the next one tells what it decides
            decision = Decision(kind=Kind.REFUSE, reason=error.message)
            raise
        finally:
            self._finished(decision, view, today)

    def _finished(self, decision: Decision, view: SourceView | None, today: int) -> None:
        kind, reason = decision.kind, decision.reason
        self._world.tell(CheckFinished(kind=kind, reason=reason, source=view, checks_today=today))

    async def _remembered(self, decision: Decision) -> int:
        """Count the check and record a decision that is news; how many checks there were today."""
        world, before = self._world, self._world.feed.state.decision
        today = await world.store.count("checks", world.clock.now().date().isoformat())
        if before != DecisionView(kind=decision.kind, reason=decision.reason):
            await world.event(DecisionChanged(kind=decision.kind, reason=decision.reason))
        return today


def _as_is(containers: Sequence[ContainerView]) -> dict[str, int]:
    """Restarts of the past do not speak against what is adopted."""
    return {c.id: c.restarts for c in containers}
