"""What is outside goes away in the middle: waited for, told, and in the end not waited for."""

from __future__ import annotations

import asyncio

import pytest

from kgo_tui.core.errors import Busy, RuntimeUnreachable, StoreError, StoreFull
from kgo_tui.core.messages import DeploymentEnded, FaultCleared, FaultRaised
from kgo_tui.core.model import Deployment, State
from tests.engine.host import APP, DB, Behaviour, image_id, sha
from tests.engine.plug import Plug
from tests.engine.stage import Stage, configured

pytestmark = pytest.mark.timeout(30)

GONE = RuntimeUnreachable("Docker does not answer")
OLD, NEW = {APP: image_id(APP, "a"), DB: image_id(DB, "a")}, {APP: image_id(APP, "b"), DB: image_id(DB, "a")}


async def test_docker_gone_twice_while_applying_is_waited_for_and_told_once(stage: Stage) -> None:
    stage.host.push("b", publish={APP: Behaviour()})
    stage.host.faults["up"] = [GONE, GONE]
    ended = await stage.poll()
    assert ended is not None
    assert ended.state is State.SUCCEEDED
    assert stage.host.running() == NEW
    assert [e.what for e in stage.events(FaultRaised)] == ["docker"]
    assert [e.what for e in stage.events(FaultCleared)] == ["docker"]
    assert stage.world.feed.state.faults == {}


async def test_docker_gone_while_verifying_gets_a_fresh_window(stage: Stage) -> None:
    stage.host.push("b", publish={APP: Behaviour(ready_after_s=20)})
    stage.host.faults["containers"] = [None, None, GONE]
    ended = await stage.poll()
    assert ended is not None
    assert ended.state is State.SUCCEEDED


async def test_docker_gone_for_longer_than_the_patience_is_rolled_back_when_it_returns(stage: Stage) -> None:
    stage.world.settings = configured(outage_patience_s=60.0)
    stage.host.push("b", publish={APP: Behaviour()})
    stage.host.half_faults["up"] = [GONE]
    stage.world.feed.subscribe(
        lambda r: (
            setattr(stage.host, "docker_back_s", stage.host.clock.monotonic() + 90)
            if isinstance(r.event, FaultRaised)
            else None
        )
    )
    ended = await stage.poll()
    assert ended is not None
    assert (ended.state, ended.failure) == (State.ROLLED_BACK, "Docker does not answer")
    assert stage.host.running() == OLD
    assert stage.world.feed.state.faults == {}, "the fault of the failed step is cleared by the next one"


async def test_docker_that_never_returns_ends_with_a_person(stage: Stage) -> None:
    stage.world.settings = configured(outage_patience_s=60.0)
    stage.host.push("b", publish={APP: Behaviour()})
    stage.host.faults["up"] = [GONE] * 1000
    ended = await stage.poll()
    assert ended is not None
    assert ended.state is State.ROLLBACK_FAILED
    assert stage.world.feed.state.suspended is not None
    assert [e.what for e in stage.events(FaultRaised)] == ["docker"], "the same failure is told once"


@pytest.mark.parametrize("write", range(14))
async def test_a_store_that_is_full_at_any_write_leaves_nothing_half_told(stage: Stage, write: int) -> None:
    stage.host.push("b", publish={APP: Behaviour()})
    await stage.reboot(Plug(full=range(write, write + 2)))
    try:
        await stage.poll()
    except StoreFull:
        full = True
    else:
        full = False
    if full:
        told = {r.cursor for r in stage.told if r.cursor is not None}
        assert told <= {r.cursor for r in await stage.store.events(after=0, limit=1000)}
        assert stage.world.feed.state.deployed == (await stage.store.load()).deployed
        assert stage.events(DeploymentEnded) == []
        with pytest.raises(StoreFull):
            await _carry_on(stage)  # it is still full
        await _carry_on(stage)
        await stage.poll()
    assert stage.host.running() == NEW
    known = await stage.store.load()
    assert known.deployed is not None
    assert known.deployed.commit == sha("b")
    assert known.unfinished is None


async def _carry_on(stage: Stage) -> None:
    if (await stage.store.load()).unfinished is None:
        await stage.poll()
    else:
        await stage.engine.recover()


async def test_a_deployment_that_the_store_left_behind_is_not_run_over(stage: Stage) -> None:
    stage.host.push("b", publish={APP: Behaviour()})
    await stage.reboot(Plug(full=range(6, 7)))
    with pytest.raises(StoreFull):
        await stage.engine.deploy(None, "ann")
    assert stage.engine.stranded.is_set()
    for ask in (stage.engine.poll, stage.engine.check, lambda: stage.engine.deploy(None, "bob")):
        with pytest.raises(Busy, match="deployment 2"):
            await ask()
    ended = await stage.engine.recover()
    assert ended is not None
    assert (ended.state, ended.by) == (State.SUCCEEDED, "ann")
    assert await stage.engine.recover() is None


async def test_a_check_that_the_store_failed_is_over_all_the_same(stage: Stage) -> None:
    await stage.close()
    with pytest.raises(StoreError):
        await stage.poll()
    assert stage.world.feed.state.checking is False
    await stage.boot()


async def test_of_six_who_deploy_at_once_one_does(stage: Stage) -> None:
    stage.host.push("b", publish={APP: Behaviour(ready_after_s=5)})
    started_s = stage.host.clock.monotonic()
    told_after_s: list[float] = []

    async def ask(number: int) -> Deployment:
        try:
            return await stage.engine.deploy(None, f"user {number}")
        except Busy:
            told_after_s.append(stage.host.clock.monotonic() - started_s)
            raise

    results = await asyncio.gather(*(ask(n) for n in range(6)), return_exceptions=True)
    done = [r for r in results if isinstance(r, Deployment)]
    assert [d.state for d in done] == [State.SUCCEEDED]
    assert [type(r) for r in results if not isinstance(r, Deployment)] == [Busy] * 5
    assert max(told_after_s) < 1, "told at once, not when the deployment has ended"
    assert len(await stage.store.deployments(limit=9)) == 2


async def test_while_one_deploys_everything_else_is_told_who_does(stage: Stage) -> None:
    stage.host.push("b", publish={APP: Behaviour(ready_after_s=5)})
    deploying = asyncio.create_task(stage.engine.deploy(None, "ann"))
    await stage.wait(1)
    for ask in (
        stage.engine.poll,
        stage.engine.check,
        lambda: stage.engine.plan(None),
        lambda: stage.engine.rollback(None, "bob"),
        stage.engine.recover,
    ):
        with pytest.raises(Busy, match=r"deployment 2 \(bbbbbbb, by ann\) is running"):
            await ask()
    assert (await deploying).state is State.SUCCEEDED
    assert await stage.poll() is None


async def test_a_deploy_waits_for_a_check_that_leads_to_nothing(stage: Stage) -> None:
    results = await asyncio.gather(stage.engine.check(), stage.engine.deploy(None, "ann"))
    assert results[1].state is State.SUCCEEDED


async def test_a_caller_that_is_cancelled_leaves_room_for_the_next(stage: Stage) -> None:
    stage.host.push("b", publish={APP: Behaviour(ready_after_s=5)})
    polling = asyncio.create_task(stage.poll())
    await stage.wait(1)
    polling.cancel()
    await asyncio.gather(polling, return_exceptions=True)
    ended = await stage.engine.recover()
    assert ended is not None
    assert ended.state is State.SUCCEEDED
    assert ended.downtime_ms is None, "nobody measured all of it"
