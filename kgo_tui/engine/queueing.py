"""The first record of a deployment: what it is to bring, from where, and where it can go back to.

Owns what a deployment knows of the host at the moment that it is queued. Must not decide whether it
may be; what is written here is carried on after any crash.
"""

from __future__ import annotations

from kgo_tui.core.messages import DeploymentQueued
from kgo_tui.core.model import Commit, Deployment, Release, Trigger
from kgo_tui.core.policy import irreversible_paths
from kgo_tui.engine.ports import Change
from kgo_tui.engine.world import World


async def queue(
    world: World, target: Commit, trigger: Trigger, by: str, *, named: bool = False
) -> Deployment:
    """Record a deployment of `target`. `named`: a person chose this very commit, so that a newer one
    is held back when it succeeds. Raises StoreError, SourceError."""
    state = world.feed.state
    view = await world.source.view(state.deployed.commit if state.deployed else None)
    older = named and view.remote is not None and view.remote.sha != target.sha
    base = state.deployed.commit if state.deployed else None
    deployment = Deployment(
        id=await world.store.next_deployment_id(),
        trigger=trigger,
        by=by,
        from_commit=base,
        to_commit=target.sha,
        branch=world.settings.branch,
        subject=target.subject,
        baseline=state.deployed.id if state.deployed else None,
        leaves=target.sha,
        holds=view.remote.sha if older and view.remote else None,
        tree_before=view.local.sha if view.local else None,
        irreversible=await _irreversible(world, base, target.sha),
        started_at=world.clock.now(),
    )
    return await _recorded(world, deployment)


async def queue_rollback(world: World, release: Release, by: str) -> Deployment:
    """Record a rollback to `release`. Raises StoreError."""
    state = world.feed.state
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
    return await _recorded(world, deployment)


async def _recorded(world: World, deployment: Deployment) -> Deployment:
    await world.record(Change(deployment=deployment, events=(DeploymentQueued(deployment=deployment),)))
    return deployment


async def _irreversible(world: World, base: str | None, target: str) -> tuple[str, ...]:
    globs = world.settings.irreversible_globs
    if not globs or base is None or base == target:
        return ()
    changed = await world.source.changes(base, target)
    return irreversible_paths(tuple(c.path for c in changed if c.status == "A"), globs)
