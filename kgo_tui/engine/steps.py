"""What each working state does to the world, and how it ended.

Owns one coroutine per state of `core.machine`, each safe to enter again after a crash. Must not
know what comes next, nor write the store: the runner does both.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from datetime import timedelta

import msgspec

from kgo_tui.core.errors import CommandFailed, KgoError, NotPublished
from kgo_tui.core.model import Deployment, Evidence, Image, Outcome, State, Trigger
from kgo_tui.engine.acts import baseline_of, bring_home, bring_up, check_out, stop_dropped, teller
from kgo_tui.engine.gate import Gate, Verdict
from kgo_tui.engine.plan import declared_at
from kgo_tui.engine.world import World

FIRST_RETRY_S, RETRY_CAP_S = 5.0, 30.0
"""Pauses between two looks for images that CI has not published yet."""


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """How an entry into a state ended; `images`, `retry_at` and `wait_until` become the record's."""

    outcome: Outcome
    message: str = ""
    attempts: int | None = None
    error: str | None = None
    hint: str = ""
    images: dict[str, Image] | None = None
    retry_in_s: float | None = None
    evidence: tuple[Evidence, ...] = ()


Step = Callable[[World, Deployment], Coroutine[None, None, Result]]
OK = Result(outcome=Outcome.OK)


async def queued(_world: World, _deployment: Deployment) -> Result:
    """Nothing to do: the record is what matters."""
    return OK


async def preparing(world: World, deployment: Deployment) -> Result:
    """Bring the work tree to the target; the compose file there must parse."""
    again = deployment.entries.get(State.PREPARING, 1) > 1
    await check_out(
        world, deployment, deployment.to_commit, save=world.settings.rules.save_local_changes or again
    )
    await world.runtime.services(world.settings.variables(deployment.to_commit))
    return OK


async def pulling(world: World, deployment: Deployment) -> Result:
    """Resolve every image once and keep it; all of them or none."""
    variables = world.settings.variables(deployment.to_commit)
    try:
        images = await world.runtime.pull(variables, teller(world, deployment))
    except NotPublished as missing:
        return _not_published(world, deployment, missing)
    await world.runtime.keep(images)
    return Result(outcome=Outcome.OK, images=images)


async def waiting_images(world: World, deployment: Deployment) -> Result:
    """Wait until it is time to look again, unless a newer commit or the deadline comes first."""
    now = world.clock.now()
    if deployment.wait_until is not None and now >= deployment.wait_until:
        return Result(
            outcome=Outcome.GIVEN_UP, message=deployment.failure or "images were not published in time"
        )
    if deployment.retry_at is not None and deployment.retry_at > now:
        # Capped: somebody may have set the clock back since it was written.
        await world.clock.sleep(min((deployment.retry_at - now).total_seconds(), RETRY_CAP_S))
    suspended = world.feed.state.suspended
    if deployment.trigger is Trigger.POLL and suspended is not None:
        return Result(outcome=Outcome.GIVEN_UP, message=f"suspended by {suspended.by} while waiting")
    if deployment.trigger is Trigger.POLL and (newer := await _newer(world, deployment)):
        return Result(outcome=Outcome.SUPERSEDED, message=f"superseded by {newer}")
    return OK


async def reverting(world: World, deployment: Deployment) -> Result:
    """Work tree and image names back to the baseline; containers were never touched."""
    baseline = await baseline_of(world, deployment)
    home = baseline.commit if baseline else deployment.tree_before
    if home is not None:
        await bring_home(world, deployment, home)
    if baseline is not None:
        try:
            await world.runtime.restore(baseline.images)
        except KgoError as error:  # the containers run on all the same; `up` restores the names again
            return Result(outcome=Outcome.OK, message=error.message)
    return OK


async def applying(world: World, deployment: Deployment) -> Result:
    """Bring up exactly the images just recorded; what the commit dropped is stopped."""
    try:
        await bring_up(world, deployment, deployment.images, deployment.to_commit)
    except CommandFailed as error:
        return failed(error, await _evidence(world))
    await stop_dropped(world, deployment.to_commit, await _had(world, deployment))
    return OK


async def verifying(world: World, deployment: Deployment) -> Result:
    """The health gate, for the target."""
    return await _judge(world, deployment, deployment.to_commit, deployment.images)


async def rolling_back(world: World, deployment: Deployment) -> Result:
    """Code and images of the baseline, offline; a second try recreates everything."""
    baseline = await baseline_of(world, deployment)
    if baseline is None:
        return Result(outcome=Outcome.NO_BASELINE, message="there is no verified release to go back to")
    if deployment.irreversible and world.settings.halt_when_irreversible:
        return Result(outcome=Outcome.FAILED, message=f"halted, not rolled back: {_listed(deployment)}")
    await check_out(world, deployment, baseline.commit, save=True)
    await world.runtime.keep(baseline.images)
    try:
        await bring_up(world, deployment, baseline.images, baseline.commit)
    except CommandFailed:
        await bring_up(world, deployment, baseline.images, baseline.commit, force_recreate=True)
    deployed = world.feed.state.deployed  # what an operator leaves; else the baseline itself
    left = {*deployment.images, *(deployed.images if deployed else ())}
    await stop_dropped(world, baseline.commit, left)
    return OK


async def verifying_rollback(world: World, deployment: Deployment) -> Result:
    """The health gate, for the baseline."""
    baseline = await baseline_of(world, deployment)
    if baseline is None:
        return Result(outcome=Outcome.FAILED, message="there is no verified release to go back to")
    return await _judge(world, deployment, baseline.commit, baseline.images)


STEPS: dict[State, Step] = {
    State.QUEUED: queued,
    State.PREPARING: preparing,
    State.PULLING: pulling,
    State.WAITING_IMAGES: waiting_images,
    State.REVERTING: reverting,
    State.APPLYING: applying,
    State.VERIFYING: verifying,
    State.ROLLING_BACK: rolling_back,
    State.VERIFYING_ROLLBACK: verifying_rollback,
}


def failed(error: KgoError, evidence: tuple[Evidence, ...] = ()) -> Result:
    """The result of a step that an error ended, with the command's output as evidence."""
    output = getattr(error, "output", "")
    said = (Evidence(title="output", text=output),) if output else ()
    return Result(
        outcome=Outcome.FAILED,
        message=error.message,
        error=type(error).__name__,
        hint=error.hint,
        evidence=(*said, *evidence),
    )


def _listed(deployment: Deployment) -> str:
    return f"it brought {', '.join(deployment.irreversible)} (rollback.when_irreversible)"


def _not_published(world: World, deployment: Deployment, missing: NotPublished) -> Result:
    now, patience = world.clock.now(), world.settings.wait_for_images_s
    started = deployment.wait_until - timedelta(seconds=patience) if deployment.wait_until else now
    if patience <= 0 or now >= started + timedelta(seconds=patience):
        return Result(outcome=Outcome.FAILED, message=missing.message)
    looks = deployment.entries.get(State.WAITING_IMAGES, 0)
    pause = min(FIRST_RETRY_S * 1.5**looks, RETRY_CAP_S, patience)
    return Result(outcome=Outcome.NOT_PUBLISHED, message=missing.message, retry_in_s=pause)


async def _newer(world: World, deployment: Deployment) -> str | None:
    try:
        await world.source.fetch()
        view = await world.source.view(deployment.from_commit)
    except KgoError:
        return None  # trouble with the remote is no newer commit; the wait for images goes on
    tip = view.remote
    return tip.short if tip is not None and tip.sha != deployment.to_commit else None


async def _had(world: World, deployment: Deployment) -> set[str]:
    """The services that were there before; without a baseline, those that the work tree declared."""
    if (baseline := await baseline_of(world, deployment)) is not None:
        return set(baseline.images)
    try:
        before = deployment.tree_before
        return {s.name for s in await declared_at(world, before)} if before else set()
    except KgoError:  # nothing readable was there
        return set()


async def _judge(world: World, deployment: Deployment, commit: str, images: dict[str, Image]) -> Result:
    services = await world.runtime.services(world.settings.variables(commit))
    verdict = await Gate(world, deployment.id, services, images).judge()
    if verdict.passed:
        return Result(outcome=Outcome.OK, message=verdict.message, attempts=verdict.attempts)
    return Result(
        outcome=Outcome.FAILED,
        message=verdict.message,
        attempts=verdict.attempts,
        evidence=await _evidence(world, verdict),
    )


async def _evidence(world: World, verdict: Verdict | None = None) -> tuple[Evidence, ...]:
    """What speaks of the failure; that it cannot be had changes nothing about the failure."""
    said = verdict.answers if verdict else ()
    answers = (Evidence(title="probe", text="\n".join(said)),) if said else ()
    try:
        suspects = (verdict and verdict.containers) or await world.runtime.containers()
        return (*answers, *await world.runtime.evidence(suspects))
    except KgoError as error:
        return (*answers, Evidence(title="no evidence", text=error.message))
