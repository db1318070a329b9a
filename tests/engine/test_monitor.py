"""The worker's loops: when things happen, and that nothing that fails in one ends the others."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest

from kgo_tui.core.errors import CommandFailed, RuntimeUnreachable
from kgo_tui.core.messages import (
    CheckFinished,
    CheckStarted,
    ContainersChanged,
    DeploymentEnded,
    FaultCleared,
    FaultRaised,
    HealthBack,
    HealthLost,
    NextCheckSet,
    SampleTaken,
    StepStarted,
)
from kgo_tui.core.model import State
from kgo_tui.engine.monitor import Monitor
from tests.engine.clock import START
from tests.engine.fakes import FakeRuntime
from tests.engine.host import APP, Behaviour, image_id, sha
from tests.engine.plug import Plug
from tests.engine.stage import Stage, configured

pytestmark = pytest.mark.timeout(30)


@asynccontextmanager
async def monitored(stage: Stage, *, polling: bool = True) -> AsyncIterator[Monitor]:
    """A worker at work; its end is asked for, never a failure of its own."""
    monitor = Monitor(stage.engine, polling=polling)
    loops = asyncio.create_task(monitor.run())
    try:
        yield monitor
        assert not loops.done(), loops.exception()
    finally:
        loops.cancel()
        await asyncio.gather(loops, return_exceptions=True)


async def test_a_push_is_deployed_at_the_next_interval(stage: Stage) -> None:
    async with monitored(stage):
        await stage.wait(10)
        stage.host.push("b", publish={APP: Behaviour()})
        await stage.wait(165)
        assert stage.host.running()[APP] == image_id(APP, "a")
        await stage.wait(20)
        assert stage.host.running()[APP] == image_id(APP, "b")
        assert stage.world.feed.state.next_check_at == stage.events(NextCheckSet)[-1].at
        await stage.wait(3600)
    assert len(stage.events(CheckFinished)) == 22, "one at the start, then one every three minutes"


async def test_a_check_that_is_wanted_soon_does_not_wait(stage: Stage) -> None:
    async with monitored(stage) as monitor:
        await stage.wait(10)
        stage.host.push("b", publish={APP: Behaviour()})
        monitor.check_soon()
        await stage.wait(5)
        assert stage.host.running()[APP] == image_id(APP, "b")


async def test_resuming_checks_at_once(stage: Stage) -> None:
    async with monitored(stage):
        await stage.wait(10)
        await stage.engine.suspend("fire drill", "ada")
        stage.host.push("b", publish={APP: Behaviour()})
        await stage.wait(200)
        assert stage.host.running()[APP] == image_id(APP, "a")
        await stage.engine.resume("ada")
        await stage.wait(20)
        assert stage.host.running()[APP] == image_id(APP, "b")


async def test_a_check_wanted_during_a_deployment_follows_it(stage: Stage) -> None:
    stage.host.push("b", publish={APP: Behaviour(ready_after_s=20)})
    async with monitored(stage) as monitor:
        await stage.wait(10)
        stage.host.push("c", publish={APP: Behaviour()})
        monitor.check_soon()
        await stage.wait(40)
        assert stage.host.running()[APP] == image_id(APP, "c")


async def test_without_polling_nothing_is_checked(stage: Stage) -> None:
    stage.host.push("b", publish={APP: Behaviour()})
    async with monitored(stage, polling=False):
        await stage.wait(3600)
        assert stage.events(NextCheckSet) == [NextCheckSet(at=None)]
    assert stage.events(CheckStarted) == []


async def test_a_bad_commit_is_deployed_once_in_a_week(stage: Stage) -> None:
    stage.host.push("b", publish={APP: Behaviour(status=500)})
    stage.world.settings = configured(interval_s=1800.0, health_between_s=1800.0)
    async with monitored(stage):
        await stage.wait(7 * 86400)
    assert [e.deployment.state for e in stage.events(DeploymentEnded)] == [State.ROLLED_BACK]


async def test_health_that_is_lost_and_comes_back_is_told_with_how_long(stage: Stage) -> None:
    async with monitored(stage):
        await stage.wait(100)
        healthy, stage.host.images[image_id(APP, "a")] = (
            stage.host.images[image_id(APP, "a")],
            Behaviour(status=503),
        )
        await stage.wait(60)
        stage.host.clock.jump(timedelta(days=-365))  # somebody sets the clock
        await stage.wait(60)
        stage.host.images[image_id(APP, "a")] = healthy
        await stage.wait(60)
    (lost,) = stage.events(HealthLost)
    (back,) = stage.events(HealthBack)
    assert (lost.sample.status_code, back.sample.status_code) == (503, 200)
    assert back.lost_s == pytest.approx(120, abs=30)
    assert len(await stage.store.samples(since=START - timedelta(days=730), limit=1000)) >= 8


async def test_health_lost_before_this_process_came_back_after_an_unknown_time(stage: Stage) -> None:
    stage.host.images[image_id(APP, "a")] = Behaviour(status=503)
    async with monitored(stage):
        await stage.wait(60)
    assert stage.events(HealthLost) == [], "what was never seen well was not lost"
    await stage.reboot()
    async with monitored(stage):
        stage.host.images[image_id(APP, "a")] = Behaviour()
        await stage.wait(60)
    assert [e.lost_s for e in stage.events(HealthBack)] == [None]


async def test_a_deployment_judges_for_itself(stage: Stage) -> None:
    stage.world.settings = configured(health_between_s=1.0)
    stage.host.push("b", publish={APP: Behaviour(status=500)})
    async with monitored(stage):
        await stage.wait(120)
    assert [e.deployment.state for e in stage.events(DeploymentEnded)] == [State.ROLLED_BACK]
    assert stage.events(HealthLost) == []


async def test_without_urls_nothing_is_sampled(stage: Stage) -> None:
    stage.world.settings = configured(gated_by_probe=False)
    async with monitored(stage):
        await stage.wait(300)
    assert stage.events(SampleTaken) == []


async def test_containers_are_told_when_they_change_and_only_then(stage: Stage) -> None:
    runtime = stage.world.runtime
    assert isinstance(runtime, FakeRuntime)
    async with monitored(stage):
        await stage.wait(10)
        stage.host.boxes[0].stopped = True
        runtime.changed.set()
        await stage.wait(1)
        runtime.changed.set()
        await stage.wait(1)
    told = [[c.state for c in e.containers] for e in stage.events(ContainersChanged)]
    assert told[-1] == ["exited", "running"]
    assert len(told) == 1, "the engine knew the containers from its own deployment"


async def test_docker_gone_and_back_is_told(stage: Stage) -> None:
    runtime = stage.world.runtime
    assert isinstance(runtime, FakeRuntime)
    async with monitored(stage):
        await stage.wait(10)
        stage.host.docker_back_s = stage.host.clock.monotonic() + 60
        runtime.changed.set()
        await stage.wait(30)
        assert stage.world.feed.state.faults == {"docker": "Docker does not answer"}
        await stage.wait(60)
        assert stage.world.feed.state.faults == {}
    assert [e.what for e in stage.events(FaultRaised)] == ["docker"]
    assert [e.what for e in stage.events(FaultCleared)] == ["docker"]


async def test_watching_that_breaks_off_is_taken_up_again(stage: Stage) -> None:
    stage.host.faults["changes"] = [RuntimeUnreachable("cut"), ValueError("a defect"), CommandFailed("odd")]
    runtime = stage.world.runtime
    assert isinstance(runtime, FakeRuntime)
    async with monitored(stage):
        await stage.wait(60)
        stage.host.boxes[0].stopped = True
        runtime.changed.set()
        await stage.wait(1)
        assert stage.world.feed.state.containers[0].state == "exited"


async def test_a_defect_in_a_check_or_a_probe_ends_no_loop(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage.host.faults["fetch"] = [ZeroDivisionError("planted")]
    planned: list[Exception] = [ZeroDivisionError("planted")]
    probe = stage.world.prober.probe

    async def probing() -> object:
        if planned:
            raise planned.pop()
        return await probe()

    monkeypatch.setattr(stage.world.prober, "probe", probing)
    async with monitored(stage):
        await stage.wait(100)
        stage.host.push("b", publish={APP: Behaviour()})
        await stage.wait(200)
    assert stage.host.running()[APP] == image_id(APP, "b")
    assert len(stage.events(SampleTaken)) >= 8


async def test_a_full_store_ends_nothing_and_its_end_is_told(stage: Stage) -> None:
    """No space for ten minutes in the middle of a deployment that nobody waits for."""
    stage.host.push("b", publish={APP: Behaviour()})
    await stage.reboot(Plug(full=range(8, 40)))
    async with monitored(stage):
        await stage.wait(5)
        assert "store" in stage.world.feed.state.faults
        assert stage.world.feed.state.deployment is not None
        await stage.wait(600)
        assert stage.world.feed.state.faults == {}
        assert stage.world.feed.state.deployment is None
    assert stage.host.running()[APP] == image_id(APP, "b")
    assert [e.deployment.state for e in stage.events(DeploymentEnded)] == [State.SUCCEEDED]


async def test_what_a_person_began_is_carried_on_after_the_store_failed_even_without_polling(
    stage: Stage,
) -> None:
    stage.host.push("b", publish={APP: Behaviour()})
    await stage.reboot(Plug(full=range(8, 12)))
    async with monitored(stage, polling=False):
        asked = asyncio.create_task(stage.engine.deploy(None, "ann"))
        await stage.wait(120)
        assert isinstance((await asyncio.gather(asked, return_exceptions=True))[0], Exception)
        known = await stage.store.load()
        assert known.unfinished is None
        assert known.deployed is not None
        assert known.deployed.commit == sha("b")
        assert stage.world.feed.state.faults == {}


async def test_a_loss_of_health_that_could_not_be_recorded_is_recorded_later(stage: Stage) -> None:
    await stage.reboot()
    async with monitored(stage, polling=False):
        await stage.wait(60)
        stage.plug.full = range(stage.plug.writes, stage.plug.writes + 3)
        stage.host.images[image_id(APP, "a")] = Behaviour(status=503)
        await stage.wait(300)
    assert len(stage.events(HealthLost)) == 1
    assert stage.world.feed.state.faults == {}


async def test_an_unfinished_deployment_is_carried_on_at_start_while_all_else_goes_on(stage: Stage) -> None:
    stage.host.push("b", publish={APP: Behaviour(ready_after_s=25)})
    polling = asyncio.create_task(stage.poll())
    await stage.wait(2)
    polling.cancel()
    await asyncio.gather(polling, return_exceptions=True)
    await stage.reboot()
    stage.told.clear()
    async with monitored(stage):
        await stage.wait(5)
        assert stage.world.feed.state.containers != ()
        assert stage.world.feed.state.activity == "deploying"
        await stage.wait(60)
        assert stage.world.feed.state.activity == "idle"
    assert [e.deployment.state for e in stage.events(DeploymentEnded)] == [State.SUCCEEDED]
    assert {e.step.state for e in stage.events(StepStarted)} == {State.VERIFYING}
    assert len(stage.events(CheckFinished)) >= 1, "and then the checks begin"
