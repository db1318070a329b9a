"""Walks one deployment through its states: persist, act, persist the outcome.

Owns the order of writing and acting, the bounds on entries, patience with outages, where it can be
left, and what is written with a terminal state. Must not know what a step does.
"""

from __future__ import annotations

import asyncio
import logging
from datetime import timedelta

from msgspec.structs import replace

from kgo_tui.core.errors import KgoError, Unreachable
from kgo_tui.core.machine import (
    can_cancel,
    exhausted,
    follow,
    is_terminal,
    replaces_containers,
    touches_containers,
)
from kgo_tui.core.messages import StepFinished, StepStarted
from kgo_tui.core.model import Deployment, Outcome, State, Step
from kgo_tui.engine.endings import ending
from kgo_tui.engine.hands import Hands
from kgo_tui.engine.longest import longest
from kgo_tui.engine.meter import DowntimeMeter
from kgo_tui.engine.ports import Change
from kgo_tui.engine.steps import STEPS, Result, failed
from kgo_tui.engine.vigil import WORK
from kgo_tui.engine.world import World

log = logging.getLogger(__name__)

OUTAGE_PAUSES_S = (1.0, 2.0, 5.0, 10.0)
"""Pauses between tries while Docker does not answer; the last one repeats."""


class Runner:
    """Runs deployments; one at a time, which the caller sees to."""

    def __init__(self, world: World, hands: Hands) -> None:
        self._world = world
        self._hands = hands
        self._cancelled = asyncio.Event()
        self._cancelled_by = ""
        self._too_late = False
        self._began_s: float | None = None
        self._at: State | None = None
        self._leaving = self._finishing = False
        self.left = asyncio.Event()
        """Set when nothing goes on any more that `leave` found not to be left half-way."""

    def leave(self) -> State | None:
        """Go on only while containers are being replaced, then stand still until cancelled. Returns
        the state in which they are now; None means that it can be left at once."""
        self._leaving = True
        self._finishing = self._at is not None and replaces_containers(self._at)
        return self._at if self._finishing else None

    def cancel(self, by: str) -> bool:
        """Give up the running deployment at its next chance; False when there is none any more."""
        if not self._too_late:
            self._cancelled_by = by
            self._cancelled.set()
        return not self._too_late

    async def run(self, deployment: Deployment) -> Deployment:
        """Carry the deployment on from its recorded state to a terminal one, and return it."""
        resumed = touches_containers(deployment.state)
        self._too_late = not can_cancel(deployment.state)
        self.left.clear()
        self._began_s = None if deployment.entries else self._world.clock.monotonic()
        try:
            while not touches_containers(deployment.state) and not is_terminal(deployment.state):
                deployment = await self._enter(deployment)
            if is_terminal(deployment.state):
                return deployment
            await self._hands.off()
            if resumed:  # what was down until now, nobody measured
                return await self._touching(replace(deployment, downtime_ms=None), None)
            async with DowntimeMeter(self._world.prober, self._world.clock) as meter:
                return await self._touching(deployment, meter)
        finally:
            self._cancelled.clear()
            self._too_late = False
            self._at = None
            self.left.set()

    async def _touching(self, deployment: Deployment, meter: DowntimeMeter | None) -> Deployment:
        while not is_terminal(deployment.state):
            deployment = await self._enter(deployment, meter=meter)
        return deployment

    async def interrupted(self, deployment: Deployment) -> None:
        """Close the step that a crash left open; the deployment itself stays where it was."""
        for step in await self._world.store.steps(deployment.id):
            if step.ended_at is None:
                closed = replace(step, ended_at=self._world.clock.now(), outcome=Outcome.INTERRUPTED)
                await self._world.record(Change(step=closed, deployment=deployment))

    async def _enter(self, deployment: Deployment, *, meter: DowntimeMeter | None = None) -> Deployment:
        if self._leaving and not (self._finishing and replaces_containers(deployment.state)):
            await self._stand_still()
        self._at = deployment.state
        may_take_s = longest(deployment.state, self._world.settings)
        self._world.vigil.within(may_take_s, WORK, f"{deployment.state} of deployment {deployment.id}")
        if exhausted(deployment):
            reason = f"{deployment.state} was entered {deployment.entries[deployment.state]} times"
            return await self._leave(deployment, self._step(deployment), _given_up(deployment, reason))
        entry = deployment.entries.get(deployment.state, 0) + 1
        deployment = replace(deployment, entries={**deployment.entries, deployment.state: entry})
        step = self._step(deployment)
        started = StepStarted(deployment=deployment, step=step)
        await self._world.record(Change(deployment=deployment, step=step, events=(started,)))
        commands: list[str] = []
        self._world.runtime.heard(commands.append)
        result = await self._act(deployment)
        self._too_late = not can_cancel(follow(deployment, result.outcome))
        if meter is not None:
            deployment = replace(deployment, downtime_ms=meter.total_ms)
        return await self._leave(deployment, replace(step, commands=tuple(commands)), result)

    async def _stand_still(self) -> None:
        """The record tells where to go on; whoever made us leave cancels us here."""
        self.left.set()
        await asyncio.get_running_loop().create_future()

    def _step(self, deployment: Deployment) -> Step:
        entry = deployment.entries.get(deployment.state, 1)
        return Step(state=deployment.state, entry=entry, started_at=self._world.clock.now())

    async def _act(self, deployment: Deployment) -> Result:
        """The step's result; before containers are touched, giving up is a result as well."""
        if touches_containers(deployment.state) or deployment.state is State.REVERTING:
            return await self._patiently(deployment)
        work = asyncio.create_task(STEPS[deployment.state](self._world, deployment))
        stop = asyncio.create_task(self._cancelled.wait())
        try:
            await asyncio.wait({work, stop}, return_when=asyncio.FIRST_COMPLETED)
            if self._cancelled.is_set():
                return Result(outcome=Outcome.CANCELLED, message=f"cancelled by {self._cancelled_by}")
            return work.result()
        except KgoError as error:
            return failed(error)
        except Exception as error:  # noqa: BLE001 - a defect of ours must not leave the host half-way
            return _unforeseen(error)
        finally:
            for task in (work, stop):
                task.cancel()
            await asyncio.gather(work, stop, return_exceptions=True)

    async def _patiently(self, deployment: Deployment) -> Result:
        """Repeat the step while something outside does not answer, up to the operator's patience."""
        clock, tries = self._world.clock, 0
        deadline = clock.monotonic() + self._world.settings.outage_patience_s
        while True:
            try:
                result = await STEPS[deployment.state](self._world, deployment)
            except Unreachable as error:
                if clock.monotonic() >= deadline:
                    return failed(error)
                await self._world.fault("docker", error)
                if self._leaving:
                    await self._stand_still()  # nothing is replaced while Docker does not answer
                await clock.sleep(OUTAGE_PAUSES_S[min(tries, len(OUTAGE_PAUSES_S) - 1)])
                tries += 1
            except KgoError as error:
                return failed(error)
            except Exception as error:  # noqa: BLE001 - as above
                return _unforeseen(error)
            else:
                await self._world.works("docker")
                return result

    async def _leave(self, deployment: Deployment, step: Step, result: Result) -> Deployment:
        """Write outcome and next state together, and with a terminal one all that it says."""
        now = self._world.clock.now()
        step = replace(
            step,
            ended_at=now,
            outcome=result.outcome,
            message=result.message,
            attempts=result.attempts,
            error=result.error,
            hint=result.hint,
        )
        after = self._advanced(deployment, result)
        finished = StepFinished(deployment=after, step=step)
        change = Change(deployment=after, step=step, events=(finished,), evidence=result.evidence)
        if is_terminal(after.state):
            change = await ending(self._world, after, change, self._took_s())
        await self._world.record(change)
        return after if change.deployment is None else change.deployment

    def _took_s(self) -> float | None:
        """Seconds since it began, as measured; None when it began in another process."""
        return None if self._began_s is None else self._world.clock.monotonic() - self._began_s

    def _advanced(self, deployment: Deployment, result: Result) -> Deployment:
        now, settings = self._world.clock.now(), self._world.settings
        after = replace(deployment, state=follow(deployment, result.outcome))
        if result.images is not None:
            after = replace(after, images=result.images, retry_at=None, failure=None)  # the wait is over
        if result.retry_in_s is not None:
            until = after.wait_until or now + timedelta(seconds=settings.wait_for_images_s)
            retry = min(now + timedelta(seconds=result.retry_in_s), until)
            after = replace(after, retry_at=retry, wait_until=until)
        if result.outcome is not Outcome.OK:
            cancelled = after.cancelled or result.outcome is Outcome.CANCELLED
            after = replace(after, failure=_worded(deployment, result), cancelled=cancelled)
        return after


def _unforeseen(error: Exception) -> Result:
    """A defect of ours counts as a failure of the step, so that the host still ends somewhere safe."""
    log.error("a step failed in a way that nobody foresaw", exc_info=error)
    return failed(KgoError(f"internal error ({type(error).__name__}: {error})"))


def _worded(deployment: Deployment, result: Result) -> str:
    """The failure in words; a failed rollback tells what it was to undo as well."""
    said = result.message or str(result.outcome)
    undoing = touches_containers(deployment.state) and deployment.failure is not None
    return f"{deployment.failure}; then: {said}" if undoing else said


def _given_up(deployment: Deployment, reason: str) -> Result:
    waiting = deployment.state is State.WAITING_IMAGES
    return Result(outcome=Outcome.GIVEN_UP if waiting else Outcome.FAILED, message=reason)
