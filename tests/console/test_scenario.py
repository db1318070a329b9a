"""The played worker keeps the contract of the real one, and the console sees each act."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from rich.cells import cell_len

from kgo_tui.control.client import Client
from kgo_tui.control.queries import (
    Details,
    Events,
    Health,
    History,
    JournalLog,
    LogRequest,
    Missing,
    Releases,
    ServiceLog,
    Usage,
)
from kgo_tui.core import messages as m
from kgo_tui.core.errors import Busy, KgoError, Refused, UsageError
from kgo_tui.core.model import ContainerAction, Deployment, Plan, State
from kgo_tui.demo.scenario.acts import ACTS
from kgo_tui.demo.scenario.day import day
from kgo_tui.demo.scenario.pictures import at_rest
from kgo_tui.demo.scenario.stage import Stage
from kgo_tui.demo.scenario.theatre import Theatre
from tests.console.conftest import SIZES, OpenConsole


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "control.sock"


@pytest.mark.parametrize("act", ACTS)
async def test_the_console_shows_each_act(console: OpenConsole, act: str) -> None:
    async with console(act) as seen:
        assert len(seen.lines()) == 24
        assert seen.lines()[0].startswith("kgo vps-1 production")


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("act", ["hostile", "hostile_deploying"])
async def test_no_foreign_character_is_drawn(console: OpenConsole, act: str, size: tuple[int, int]) -> None:
    async with console(act, size=size) as seen:
        await seen.pass_time(2)
        for keys in (("1",), ("2", "j", "j"), ("3",), ("4",), ("4", "enter"), ("escape", "5")):
            await seen.press(*keys)
            await at_rest(seen.pilot)
            assert not list(foreign(seen.text())), keys
            assert all(cell_len(line) <= size[0] for line in seen.lines())
        assert "␛" in seen.text()  # it is there, and inert


def foreign(text: str) -> Iterator[str]:
    """Characters that act on a terminal; the line feeds of `text` are between its lines."""
    return (
        c for c in text if (ord(c) < 0x20 and c != "\n") or 0x7F <= ord(c) < 0xA0 or c in "\u202e\u2066\u200f"
    )


def test_an_act_is_the_same_each_time(path: Path) -> None:
    for act in ("rolled_back", "waiting"):
        first, second = (Theatre(path, act) for _ in range(2))
        assert first.host.state == second.host.state
        assert first.host.record.lines == second.host.record.lines


async def test_a_deployment_is_played_to_its_end(path: Path) -> None:
    async with Theatre(path, "suspended") as theatre, await Client.connect(path) as client:
        plan = await client.command(m.MakePlan(), Plan)
        assert [c.sha for c in plan.commits] == [theatre.host.branch[-1].sha, theatre.host.branch[-2].sha]
        begun = await client.command(m.Deploy(), Deployment)
        assert (begun.id, begun.state) == (31, State.QUEUED)
        with pytest.raises(Busy, match="deployment 31 is running"):
            await client.command(m.Deploy())
        theatre.stage.let_pass(120)
        details = await client.query(Details(id=31))
        assert details.deployment.state is State.SUCCEEDED
        assert [s.state for s in details.steps] == ["queued", "preparing", "pulling", "applying", "verifying"]
        assert theatre.host.deployed == plan.to_commit == (await client.query(Releases(limit=1)))[0].commit


async def test_a_rollback_quarantines_what_it_leaves(path: Path) -> None:
    async with Theatre(path, "calm") as theatre, await Client.connect(path) as client:
        left = theatre.host.deployed
        begun = await client.command(m.Rollback(), Deployment)
        theatre.stage.let_pass(60)
        assert theatre.host.deployed == begun.to_commit != left
        assert [q.commit for q in theatre.host.state.quarantined] == [left]


async def test_a_release_whose_images_are_gone_is_refused(path: Path) -> None:
    async with Theatre(path, "calm") as theatre, await Client.connect(path) as client:
        oldest = theatre.host.record.releases[-1]
        gone = await client.query(Missing(release=oldest.id))
        assert len(gone) == 3
        assert await client.query(Missing(release=theatre.host.record.releases[1].id)) == ()
        with pytest.raises(KgoError, match="no longer on this host"):
            await client.command(m.Rollback(to=str(oldest.id)))


async def test_a_container_is_stopped_and_started_by_hand(path: Path) -> None:
    async with Theatre(path, "calm") as theatre, await Client.connect(path) as client:
        minio = theatre.host.state.containers[-1]
        assert (await client.query(Usage(container=minio.id))).processes
        await client.command(m.ActOnContainer(container=minio.id, action=ContainerAction.STOP))
        assert theatre.host.state.containers[-1].state == "exited"
        with pytest.raises(UsageError, match="does not run"):
            await client.query(Usage(container=minio.id))
        await client.command(m.ActOnContainer(container=minio.id, action=ContainerAction.START))
        assert theatre.host.state.containers[-1].state == "running"


async def test_a_deployment_is_cancelled_only_before_containers_are_touched(path: Path) -> None:
    async with Theatre(path, "suspended") as theatre, await Client.connect(path) as client:
        await client.command(m.Deploy())
        theatre.stage.let_pass(3)
        await client.command(m.Cancel())
        theatre.stage.let_pass(10)
        last = theatre.host.state.last
        assert last is not None
        assert (last.state, last.cancelled) == (State.ABANDONED, True)
    async with Theatre(path, "deploying"), await Client.connect(path) as client:
        with pytest.raises(Refused, match="applying cannot be cancelled"):
            await client.command(m.Cancel())


async def test_queries_are_answered_as_the_worker_does(path: Path) -> None:
    async with Theatre(path, "big") as theatre, await Client.connect(path) as client:
        page = await client.query(History(limit=3, before=9_000))
        assert [d.id for d in page] == [8_999, 8_998, 8_997]
        with pytest.raises(UsageError, match="no deployment 10001"):
            await client.query(Details(id=10_001))
        now = theatre.stage.now()
        health = await client.query(Health(since=now.replace(year=now.year - 1), limit=10_000))
        assert len(health.samples) > 5_000
        assert len(health.rollups) == 10_000
        last = (await client.query(Events(limit=2)))[-1].cursor
        assert await client.query(Events(after=last, limit=5)) == ()


async def test_logs_are_streamed_and_gone_on_with(path: Path) -> None:
    async with Theatre(path, "calm") as theatre, await Client.connect(path) as client:
        request = LogRequest(source=ServiceLog(services=("backend",)), lines=2, follow=True)
        stream = client.stream(request)
        first = await anext(stream)
        assert [line.service for line in first.lines] == ["backend", "backend"]
        theatre.host.say("worker", "not asked for")
        theatre.host.say("backend", "and one more")
        assert [line.text for line in (await anext(stream)).lines] == ["and one more"]
        await stream.aclose()
        theatre.host.say("backend", "meanwhile")
        again = client.stream(LogRequest(source=request.source, after=first.position))
        assert [line.text for line in (await anext(again)).lines] == ["and one more", "meanwhile"]
        journal = client.stream(LogRequest(source=JournalLog(), lines=500))
        assert {line.deployment for batch in [await anext(journal)] for line in batch.lines} >= {29, 30}


def test_the_day_goes_on_without_end(path: Path) -> None:
    stage = Stage()
    theatre = Theatre(path, "calm", stage=stage)
    gone: list[float] = []
    theatre.host.be_gone = gone.append
    theatre.begin(day(theatre.host))
    stage.let_pass(3 * 3600)
    ends = {d.state for d in theatre.host.record.deployments.values() if d.id > 30}
    assert ends == {State.SUCCEEDED, State.ROLLED_BACK}
    assert len(gone) > 5


async def test_the_console_sees_a_worker_that_goes_and_comes_back(console: OpenConsole) -> None:
    async with console("calm") as seen:
        await seen.theatre.vanish()
        await seen.until(lambda: not seen.app.session.up)
        await seen.theatre.come_back()
        await seen.until(lambda: seen.app.session.up)
