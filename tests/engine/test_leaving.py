"""Told to end: what replaces containers is finished and recorded, everything else is left at once."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from kgo_tui.core.errors import CommandFailed, RuntimeUnreachable
from kgo_tui.core.messages import FaultRaised, StepFinished, StepStarted
from kgo_tui.core.model import Deployment, Outcome, State
from tests.engine.host import APP, Behaviour, image_id
from tests.engine.stage import Stage

pytestmark = pytest.mark.timeout(30)


class Gate:
    """Holds the runtime in the middle of `up` until it is opened."""

    def __init__(self, stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
        self.reached, self.opened = asyncio.Event(), asyncio.Event()
        up = stage.world.runtime.up

        async def slowly(*arguments: Any, **options: Any) -> None:
            self.reached.set()
            await self.opened.wait()
            await up(*arguments, **options)

        monkeypatch.setattr(stage.world.runtime, "up", slowly)


async def ended(task: asyncio.Task[Deployment | None]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def carried_on(stage: Stage) -> Deployment:
    await stage.reboot()
    found = await stage.engine.recover()
    assert found is not None
    return found


async def test_an_up_that_runs_is_finished_and_recorded_and_nothing_after_it_begins(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage.host.push("b", publish={APP: Behaviour()})
    gate = Gate(stage, monkeypatch)
    deploying = asyncio.create_task(stage.poll())
    await gate.reached.wait()
    assert stage.engine.leave() is State.APPLYING
    assert not stage.engine.left.is_set()
    gate.opened.set()
    await stage.engine.left.wait()
    await stage.wait(60)
    last = stage.events(StepFinished)[-1]
    assert (last.step.state, last.step.outcome) == (State.APPLYING, Outcome.OK)
    assert stage.events(StepStarted)[-1].step.state is State.APPLYING
    await ended(deploying)
    known = await stage.store.load()
    assert known.unfinished is not None
    assert known.unfinished.state is State.VERIFYING
    assert (await carried_on(stage)).state is State.SUCCEEDED
    assert stage.host.running()[APP] == image_id(APP, "b")


async def test_an_up_that_fails_meanwhile_is_rolled_back_first(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The services would stay down until the next start."""
    stage.host.push("b", publish={APP: Behaviour()})
    stage.host.half_faults["up"] = [CommandFailed("docker compose up failed")]
    gate = Gate(stage, monkeypatch)
    deploying = asyncio.create_task(stage.poll())
    await gate.reached.wait()
    assert stage.engine.leave() is State.APPLYING
    gate.opened.set()
    await stage.engine.left.wait()
    assert [e.step.state for e in stage.events(StepFinished)][-2:] == [State.APPLYING, State.ROLLING_BACK]
    assert stage.host.running()[APP] == image_id(APP, "a")
    await ended(deploying)
    assert (await carried_on(stage)).state is State.ROLLED_BACK


async def test_while_images_are_pulled_it_is_left_at_once_and_containers_are_not_touched_any_more(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage.host.push("b", publish={APP: Behaviour()})
    reached, opened = asyncio.Event(), asyncio.Event()
    pull = stage.world.runtime.pull

    async def slowly(*arguments: Any) -> Any:
        reached.set()
        await opened.wait()
        return await pull(*arguments)

    monkeypatch.setattr(stage.world.runtime, "pull", slowly)
    deploying = asyncio.create_task(stage.poll())
    await reached.wait()
    assert stage.engine.leave() is None
    opened.set()  # it ends before it is cancelled: the next step must not begin
    await stage.wait(60)
    assert stage.events(StepStarted)[-1].step.state is State.PULLING
    assert stage.host.running()[APP] == image_id(APP, "a")
    await ended(deploying)
    assert (await carried_on(stage)).state is State.SUCCEEDED


async def test_while_docker_does_not_answer_there_is_nothing_to_finish(stage: Stage) -> None:
    stage.host.push("b", publish={APP: Behaviour()})
    stage.host.faults["up"] = [RuntimeUnreachable("Docker does not answer")] * 1000
    deploying = asyncio.create_task(stage.poll())
    while not stage.events(FaultRaised):
        await stage.wait(0.5)
    assert stage.engine.leave() is State.APPLYING
    await asyncio.wait_for(stage.engine.left.wait(), 10)
    await ended(deploying)
    stage.host.faults.clear()
    assert (await carried_on(stage)).state is State.SUCCEEDED


async def test_when_nothing_runs_there_is_nothing_to_finish(stage: Stage) -> None:
    assert stage.engine.leave() is None


async def test_between_two_deployments_nothing_begins_and_what_waits_goes_on_afterwards(stage: Stage) -> None:
    stage.host.push("b", publish={APP: Behaviour(ready_after_s=5)})
    deploying = asyncio.create_task(stage.poll())
    await stage.wait(1)
    async with stage.engine.between():
        assert deploying.done(), "it was waited for"
        waiting = asyncio.create_task(stage.engine.check())
        await stage.wait(60)
        assert not waiting.done()
    assert (await waiting).reason.startswith("in sync")
