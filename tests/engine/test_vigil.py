"""What hangs is told from what is slow: only what hangs silences the watchdog."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from kgo_tui.core.model import State
from kgo_tui.engine.longest import longest
from kgo_tui.engine.monitor import Monitor
from kgo_tui.engine.vigil import Vigil
from kgo_tui.engine.world import Deadlines
from kgo_tui.supervision import Supervision
from tests.engine.clock import FakeClock
from tests.engine.host import APP, Behaviour
from tests.engine.stage import SETTINGS, Stage, configured

pytestmark = pytest.mark.timeout(30)

WATCHDOG_S = 60.0


class Heard:
    """A service manager that writes down what it hears, and when."""

    def __init__(self, clock: FakeClock) -> None:
        self.watchdog_s: float | None = WATCHDOG_S
        self.clock = clock
        self.alive_at: list[float] = []
        self.statuses: list[str] = []
        self.logged: list[tuple[int, str]] = []

    def alive(self) -> None:
        self.alive_at.append(self.clock.monotonic())

    def status(self, text: str) -> None:
        if self.statuses[-1:] != [text]:
            self.statuses.append(text)

    def ready(self) -> None: ...

    def reloading(self) -> None: ...

    def stopping(self) -> None: ...

    def patience(self, seconds: float) -> None: ...

    def say(self, priority: int, text: str, /, **_fields: str) -> None:
        self.logged.append((priority, text))

    def silent_for_s(self) -> float:
        """How long it has heard nothing by now."""
        return self.clock.monotonic() - self.alive_at[-1]


@asynccontextmanager
async def watched(stage: Stage, **options: Any) -> AsyncIterator[Heard]:
    """A worker's loops, and its watchdog."""
    heard = Heard(stage.host.clock)
    supervision = Supervision(heard, stage.world, heard.say, "en")
    stage.world.feed.subscribe(supervision.show)
    tasks = [
        asyncio.create_task(Monitor(stage.engine, **options).run()),
        asyncio.create_task(supervision.attend()),
    ]
    try:
        yield heard
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def test_a_promise_is_kept_until_its_time_is_over() -> None:
    clock = FakeClock()
    vigil = Vigil(clock)
    vigil.within(10, "loop", "a look")
    vigil.within(None, "other", "whatever comes")
    clock.uptime_s = 10
    assert vigil.broken() is None
    clock.uptime_s = 10.1
    assert vigil.broken() == "a look has not ended within 10 s"
    vigil.within(5, "loop", "another look")
    assert vigil.broken() is None
    clock.uptime_s = 20
    vigil.done("loop")
    assert vigil.broken() is None


@pytest.mark.parametrize("state", [s for s in State if s not in {"succeeded", "abandoned", "rolled_back"}])
def test_a_step_may_take_longer_than_all_that_it_waits_for(state: State) -> None:
    deadlines = Deadlines(fetch_s=1e3, check_out_s=1e4, config_s=1e2, pull_s=1e6, up_s=1e5, probe_s=1e2)
    settings = configured(deadlines=deadlines, attempts=100, attempt_interval_s=100.0, outage_patience_s=1e3)
    least = {
        State.PREPARING: 1e4 + 1e2,
        State.PULLING: 1e6,
        State.WAITING_IMAGES: 30 + 1e3,
        State.REVERTING: 1e4,
        State.APPLYING: 1e5 + 1e3,
        State.VERIFYING: 1e4 + 1e3,
        State.ROLLING_BACK: 2e5 + 1e4 + 1e3,
        State.VERIFYING_ROLLBACK: 1e4 + 1e3,
    }.get(state, 1.0)
    assert least < longest(state, settings)
    if least > 1:
        assert longest(state, settings) < 5 * least, "and not for ever longer"


async def test_an_idle_worker_answers_twice_as_often_as_it_is_asked(stage: Stage) -> None:
    async with watched(stage) as heard:
        await stage.wait(6 * 3600)
    pauses = [b - a for a, b in zip(heard.alive_at, heard.alive_at[1:], strict=False)]
    assert max(pauses) <= WATCHDOG_S / 2 + 0.001
    assert len(pauses) >= 6 * 3600 / WATCHDOG_S
    assert heard.logged == []


async def test_a_worker_that_checks_once_a_day_is_not_taken_for_one_that_hangs(stage: Stage) -> None:
    stage.world.settings = configured(interval_s=86400.0, health_between_s=86400.0)
    stage.host.push("b", publish={APP: Behaviour()})
    async with watched(stage) as heard:
        await stage.wait(3 * 86400)
        assert heard.silent_for_s() <= WATCHDOG_S / 2
    assert heard.logged == []


async def test_a_step_that_hangs_beyond_all_its_deadlines_silences_it_and_says_so_once(stage: Stage) -> None:
    stage.host.push("b", publish={APP: Behaviour()})
    stage.host.hangs.add("up")
    longest_s = longest(State.APPLYING, SETTINGS)
    async with watched(stage) as heard:
        await stage.wait(longest_s - 60)
        assert heard.silent_for_s() <= WATCHDOG_S / 2
        await stage.wait(60 + 10 * WATCHDOG_S)
        assert heard.silent_for_s() > 9 * WATCHDOG_S
    reason = f"applying of deployment 2 has not ended within {longest_s:.0f} s"
    assert heard.logged == [(3, f"The watchdog is not answered any more: {reason}")]


async def test_a_pull_that_is_long_but_within_its_deadline_is_left_in_peace(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage.host.push("b", publish={APP: Behaviour()})
    pull = stage.world.runtime.pull

    async def slowly(*arguments: Any) -> Any:
        await stage.wait(stage.world.settings.deadlines.pull_s - 1)
        return await pull(*arguments)

    monkeypatch.setattr(stage.world.runtime, "pull", slowly)
    async with watched(stage) as heard:
        await stage.wait(2000)
    assert stage.world.feed.state.deployed is not None
    assert stage.world.feed.state.deployed.commit[:1] == "b"
    assert (
        max(b - a for a, b in zip(heard.alive_at, heard.alive_at[1:], strict=False)) <= WATCHDOG_S / 2 + 0.001
    )


async def test_a_health_check_that_never_ends_silences_it(stage: Stage) -> None:
    stage.host.probe_hangs = True
    async with watched(stage) as heard:
        await stage.wait(600)
        assert heard.silent_for_s() > 300
    assert "a health check has not ended" in heard.logged[0][1]


async def test_a_look_at_the_containers_that_never_ends_silences_it(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def never() -> Any:
        await asyncio.get_running_loop().create_future()

    monkeypatch.setattr(stage.world.runtime, "containers", never)
    async with watched(stage) as heard:
        await stage.wait(900)
        assert heard.silent_for_s() > 300
    assert "a look at the containers has not ended" in heard.logged[0][1]


async def test_a_fetch_that_never_ends_silences_it(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    async def never() -> None:
        await asyncio.get_running_loop().create_future()

    monkeypatch.setattr(stage.world.source, "fetch", never)
    async with watched(stage) as heard:
        await stage.wait(3600)
        assert heard.silent_for_s() > 600
    assert "a check has not ended" in heard.logged[0][1]


async def test_waiting_for_a_disk_with_space_is_no_hanging(stage: Stage) -> None:
    stage.host.push("b", publish={APP: Behaviour()})
    await stage.reboot()
    stage.plug.full = range(stage.plug.writes + 6, 1_000_000)
    async with watched(stage) as heard:
        await stage.wait(5 * 3600)
        assert stage.world.feed.state.deployment is not None
        assert heard.silent_for_s() <= WATCHDOG_S / 2
    assert heard.logged == []


async def test_nothing_is_answered_that_was_not_asked(stage: Stage) -> None:
    heard = Heard(stage.host.clock)
    heard.watchdog_s = None
    await Supervision(heard, stage.world, heard.say, "en").attend()
    assert heard.alive_at == []
