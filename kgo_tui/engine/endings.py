"""What is written together with a terminal state: one transaction that says what the host is on.

Owns the consequences of each ending (release, quarantine, suspension). Must not know how the
deployment got there.
"""

from __future__ import annotations

from msgspec.structs import replace

from kgo_tui.core.drift import configs
from kgo_tui.core.errors import KgoError
from kgo_tui.core.messages import CommitQuarantined, DeploymentEnded, QuarantineLifted, Suspended
from kgo_tui.core.model import Deployment, Quarantine, Release, State, Suspension, Trigger
from kgo_tui.engine.ports import Change
from kgo_tui.engine.world import World

OURSELVES = "kgo-tui"
"""Who suspends when a rollback failed."""


async def ending(world: World, deployment: Deployment, change: Change, took_s: float | None = None) -> Change:
    """`change` completed by all that the terminal state of `deployment` says. `took_s` is its
    measured duration, None when no single process saw all of it: then the records' times tell."""
    now = world.clock.now()
    if took_s is None:
        took_s = max((now - deployment.started_at).total_seconds(), 0.0)
    deployment = replace(deployment, ended_at=now, duration_s=round(took_s, 3), retry_at=None)
    change = replace(change, deployment=deployment)
    match deployment.state:
        case State.SUCCEEDED:
            change = await _succeeded(world, deployment, change)
        case State.ROLLED_BACK:
            change = await _rolled_back(world, deployment, change)
        case State.ROLLBACK_FAILED:
            change = _rollback_failed(world, deployment, change)
        case State.ABANDONED if _given_up(deployment):
            # Whoever cancels does not want to see it deployed again three minutes later. What a
            # rollback was to leave goes on, and is as good as before.
            reason = deployment.failure or "cancelled"
            change = _quarantine(world, change, deployment, deployment.to_commit, reason)
        case _:
            pass
    deployed = change.release or world.feed.state.deployed
    today = await world.store.count("deployments", now.date().isoformat())
    ended = DeploymentEnded(deployment=deployment, deployed=deployed, deployments_today=today)
    return replace(change, events=(*change.events, ended))


def _given_up(deployment: Deployment) -> bool:
    return deployment.cancelled and deployment.trigger is not Trigger.ROLLBACK


async def _succeeded(world: World, deployment: Deployment, change: Change) -> Change:
    release = Release(
        id=deployment.id,
        commit=deployment.to_commit,
        at=world.clock.now(),
        images=deployment.images,
        branch=deployment.branch,
        configs=await _configs(world),
    )
    change = _lift(world, replace(change, release=release, deployed=release.id), deployment)
    if deployment.holds is None or deployment.holds in _quarantined(world):
        return change
    reason = f"held back: {deployment.by} deployed {deployment.to_commit[:7]} instead"
    return _quarantine(world, change, deployment, deployment.holds, reason)


async def _rolled_back(world: World, deployment: Deployment, change: Change) -> Change:
    baseline = None if deployment.baseline is None else await world.store.release(deployment.baseline)
    if baseline is None:
        return change
    release = replace(baseline, at=world.clock.now(), configs=await _configs(world) or baseline.configs)
    change = replace(change, release=release, deployed=baseline.id)
    if deployment.trigger is Trigger.ROLLBACK:
        change = _lift(world, change, deployment)
    if deployment.leaves in {None, baseline.commit}:
        return change
    reason = deployment.failure or f"{deployment.by} rolled back from it"
    return _quarantine(world, change, deployment, deployment.leaves or "", reason)


def _rollback_failed(world: World, deployment: Deployment, change: Change) -> Change:
    reason = f"deployment {deployment.id} could not be rolled back"
    suspension = Suspension(reason=reason, by=OURSELVES, since=world.clock.now())
    events = (*change.events, Suspended(suspension=suspension))
    change = replace(change, suspend=suspension, events=events)
    if deployment.leaves is None:
        return change
    return _quarantine(world, change, deployment, deployment.leaves, deployment.failure or reason)


async def _configs(world: World) -> dict[str, str]:
    """What was just verified; an engine that fails now must not spoil a deployment that went well."""
    try:
        return configs(await world.runtime.containers())
    except KgoError:
        return {}


def _lift(world: World, change: Change, deployment: Deployment) -> Change:
    """What a person asked for and the gate let pass is good again; one that was abandoned is not."""
    if deployment.to_commit not in _quarantined(world):
        return change
    lifted = QuarantineLifted(commit=deployment.to_commit, by=deployment.by)
    return replace(change, lift=deployment.to_commit, events=(*change.events, lifted))


def _quarantined(world: World) -> set[str]:
    return {q.commit for q in world.feed.state.quarantined}


def _quarantine(world: World, change: Change, deployment: Deployment, commit: str, reason: str) -> Change:
    one = Quarantine(commit=commit, reason=reason, at=world.clock.now(), deployment=deployment.id)
    return replace(change, quarantine=one, events=(*change.events, CommitQuarantined(quarantine=one)))
