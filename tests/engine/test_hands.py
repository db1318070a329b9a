"""A person acts on one container: what is recorded, and that a deployment never does at the same time."""

from __future__ import annotations

import asyncio

import pytest

from kgo_tui.core.errors import Busy, UsageError
from kgo_tui.core.messages import ActOnContainer, ContainerActed, DeploymentEnded, StepStarted
from kgo_tui.core.model import ContainerAction, State
from kgo_tui.service import EngineService
from tests.engine.host import APP, BASIC, Behaviour, Box
from tests.engine.stage import Stage

pytestmark = pytest.mark.timeout(30)

STOP, START = ContainerAction.STOP, ContainerAction.START


def box(stage: Stage, service: str = APP) -> Box:
    return next(box for box in stage.host.boxes if box.service == service)


async def states(stage: Stage, state: State) -> None:
    """Return when a deployment enters that state."""
    while not any(e.step.state is state for e in stage.events(StepStarted)):
        await stage.wait(0.1)


async def test_it_is_done_and_recorded_with_who_wanted_it(stage: Stage) -> None:
    service = EngineService(stage.engine)
    await service.command(ActOnContainer(container=box(stage).id, action=STOP), "ann")
    assert box(stage).stopped
    assert stage.events(ContainerActed) == [
        ContainerActed(by="ann", service=APP, container="demo-app-1", action=STOP)
    ]
    assert [r.event for r in await stage.store.recent_events(limit=1)] == stage.events(ContainerActed)
    await service.command(ActOnContainer(container=box(stage).id, action=START), "ann")
    assert not box(stage).stopped


async def test_what_is_not_the_projects_is_left_alone(stage: Stage) -> None:
    with pytest.raises(UsageError, match="no such container"):
        await stage.engine.hands.act("c99", STOP, "ann")
    assert stage.events(ContainerActed) == []


async def test_while_a_deployment_touches_containers_nobody_else_does(stage: Stage) -> None:
    stage.host.push("b", publish={APP: Behaviour()})
    stage.host.hangs.add("up")
    polling = asyncio.create_task(stage.poll())
    await states(stage, State.APPLYING)
    with pytest.raises(Busy, match=r"deployment 2 \(bbbbbbb, by kgo-tui\) is touching containers"):
        await stage.engine.hands.act(box(stage).id, STOP, "ann")
    assert not any(each.stopped for each in stage.host.boxes)
    polling.cancel()
    await asyncio.gather(polling, return_exceptions=True)


async def test_a_deployment_waits_for_a_hand_on_a_container_before_it_touches_any(stage: Stage) -> None:
    stage.host.push("b", publish={APP: Behaviour()})
    stage.host.hangs.add("act")
    acting = asyncio.create_task(stage.engine.hands.act(box(stage).id, STOP, "ann"))
    polling = asyncio.create_task(stage.poll())
    while (running := stage.world.feed.state.deployment) is None or running.state is not State.APPLYING:
        await stage.wait(0.1)
    await stage.wait(60)
    assert all(e.step.state is not State.APPLYING for e in stage.events(StepStarted)), "it has not begun"
    with pytest.raises(Busy):
        await stage.engine.hands.act("c2", STOP, "leo")
    acting.cancel()
    await asyncio.gather(acting, return_exceptions=True)
    ended = await polling
    assert ended is not None
    assert ended.state is State.SUCCEEDED
    assert len(stage.events(DeploymentEnded)) == 1


async def test_one_container_takes_one_hand_at_a_time_two_containers_two(stage: Stage) -> None:
    stage.host.hangs.add("act")
    first = asyncio.create_task(stage.engine.hands.act(box(stage).id, STOP, "ann"))
    await stage.wait(1)
    with pytest.raises(Busy, match="already"):
        await stage.engine.hands.act(box(stage).id, START, "leo")
    await stage.engine.hands.act(box(stage, "db").id, STOP, "leo")
    assert box(stage, "db").stopped
    first.cancel()
    await asyncio.gather(first, return_exceptions=True)
    await stage.engine.hands.act(box(stage).id, START, "leo")


async def test_a_release_remembers_the_configuration_of_its_containers(stage: Stage) -> None:
    deployed = stage.world.feed.state.deployed
    assert deployed is not None
    assert deployed.configs == {name: spec.hash(spec.ref) for name, spec in BASIC.items()}
    stored = await stage.store.release(deployed.id)
    assert stored is not None
    assert stored.configs == deployed.configs
