"""The small parts on their own: the downtime meter, the feed, the plan, the settings."""

from __future__ import annotations

import asyncio
import logging
from datetime import timedelta

import pytest

from kgo_tui.core.errors import ComposeInvalid, Refused
from kgo_tui.core.messages import CheckStarted, FaultRaised, Recorded, Resumed
from kgo_tui.core.model import Drift, PlannedService, State
from kgo_tui.core.state import EngineState
from kgo_tui.engine.feed import Feed
from kgo_tui.engine.meter import DowntimeMeter
from tests.engine.clock import START, FakeClock
from tests.engine.fakes import COMPOSE_FILE
from tests.engine.host import APP, BASIC, DB, Behaviour, Spec, sha
from tests.engine.stage import Stage, configured

pytestmark = pytest.mark.timeout(30)


PATHS = {COMPOSE_FILE: f"/srv/app/{COMPOSE_FILE}"}


class Answers:
    """Answers by a timetable: from each second on, this."""

    def __init__(self, clock: FakeClock, timetable: dict[float, bool | Exception | None]) -> None:
        self._clock = clock
        self._timetable = timetable

    async def probe(self) -> object:
        raise NotImplementedError

    async def answers(self) -> bool | None:
        now = self._clock.monotonic()
        said = next(a for s, a in sorted(self._timetable.items(), reverse=True) if s <= now)
        if isinstance(said, Exception):
            raise said
        return said


@pytest.mark.parametrize(
    ("timetable", "total_ms"),
    [
        ({0: True}, 0),
        ({0: True, 2.05: False, 4.05: True}, 2000),
        ({0: True, 2.05: False, 4.05: True, 6.05: False, 7.05: True}, 3000),
        ({0: True, 8.05: False}, 1900),
        ({0: False}, None),
        ({0: None}, None),
        ({0: False, 3: True}, 0),
        ({0: False, 3.05: True, 5.05: False, 6.05: True}, 1000),
        ({0: True, 2.05: None, 3.05: True}, 0),
        ({0: True, 2.05: ValueError("a defect of the prober"), 3.05: True}, 0),
        ({0: ValueError("a defect of the prober"), 1: True, 2.05: False, 3.05: True}, 1000),
    ],
)
async def test_downtime_is_what_nobody_answered_once_somebody_had(
    timetable: dict[float, bool | Exception | None], total_ms: int | None
) -> None:
    clock = FakeClock()
    async with DowntimeMeter(Answers(clock, timetable), clock) as meter:  # type: ignore[arg-type]
        await clock.sleep(10)
        clock.jump(timedelta(days=365))
        measured = meter.total_ms
    assert measured == (None if total_ms is None else pytest.approx(total_ms, abs=101))
    assert len(asyncio.all_tasks()) == 1, "measuring has ended"


async def test_a_deployment_records_the_downtime_that_was_seen(stage: Stage) -> None:
    stage.host.push("b", publish={APP: Behaviour(ready_after_s=3)})
    ended = await stage.poll()
    assert ended is not None
    assert ended.downtime_ms == pytest.approx(3000, abs=150)


async def test_a_rollback_counts_the_whole_way_there_and_back(stage: Stage) -> None:
    stage.host.push("b", publish={APP: Behaviour(status=500)})
    ended = await stage.poll()
    assert ended is not None
    assert ended.state is State.ROLLED_BACK
    assert ended.downtime_ms == pytest.approx(30_500, abs=700)


async def test_downtime_is_unknown_where_nothing_ever_answered(bare: Stage) -> None:
    bare.world.settings = configured(gated_by_probe=False)
    bare.host.push("a", publish={APP: Behaviour(status=500), DB: Behaviour()})
    ended = await bare.poll()
    assert ended is not None
    assert (ended.state, ended.downtime_ms) == (State.SUCCEEDED, None)


def recorded(cursor: int | None = None) -> Recorded:
    return Recorded(cursor=cursor, at=START, event=FaultRaised(what="git", message="gone"))


def test_a_listener_sees_the_state_that_its_event_made() -> None:
    feed = Feed(EngineState(instance="x", version="0"), cursor=3)
    seen: list[tuple[int, dict[str, str]]] = []
    feed.subscribe(lambda _r: seen.append((feed.cursor, feed.state.faults)))
    feed.publish(recorded(4))
    feed.publish(recorded(None))
    assert seen == [(4, {"git": "gone"}), (4, {"git": "gone"})]


def test_a_listener_that_fails_is_dropped_and_disturbs_nobody(caplog: pytest.LogCaptureFixture) -> None:
    feed = Feed(EngineState(instance="x", version="0"))
    seen: list[Recorded] = []
    calls: list[Recorded] = []

    def bad(event: Recorded) -> None:
        calls.append(event)
        raise ZeroDivisionError("planted")

    feed.subscribe(bad)
    end = feed.subscribe(seen.append)
    with caplog.at_level(logging.ERROR):
        feed.publish(recorded())
        feed.publish(recorded())
    assert (len(calls), len(seen)) == (1, 2)
    assert "a listener failed" in caplog.text
    end()
    end()
    feed.publish_now(CheckStarted(), START)
    assert len(seen) == 2
    assert feed.state.checking


async def test_a_listener_that_fails_changes_no_deployment(stage: Stage) -> None:
    stage.host.push("b", publish={APP: Behaviour()})

    def bad(_event: Recorded) -> None:
        raise ZeroDivisionError("planted")

    stage.world.feed.subscribe(bad)
    ended = await stage.poll()
    assert ended is not None
    assert ended.state is State.SUCCEEDED


async def test_a_fault_is_told_when_it_is_news(stage: Stage) -> None:
    world = stage.world
    for message in ("gone", "gone", "denied", "gone"):
        await world.fault("registry", Refused(message))
    await world.works("registry")
    await world.works("registry")
    assert [e.message for e in stage.events(FaultRaised)] == ["gone", "denied", "gone"]
    assert world.feed.state.faults == {}
    await world.event(Resumed(by="ann"))
    assert world.feed.cursor == stage.told[-1].cursor


async def test_a_plan_says_what_would_happen_and_does_none_of_it(stage: Stage) -> None:
    stage.world.settings = configured(compose_paths=PATHS, irreversible_globs=("migrations/**",))
    changed = {APP: Spec(ref="reg/app:2"), "cron": Spec(ref="reg/cron:1")}
    stage.host.push("b", BASIC, added=("migrations/1.sql",))
    stage.host.push("c", changed)
    before = stage.host.copy()

    plan = await stage.engine.plan(None)

    assert (plan.from_commit, plan.to_commit) == (sha("a"), sha("c"))
    assert [c.sha for c in plan.commits] == [sha("c"), sha("b")]
    assert plan.irreversible == ("migrations/1.sql",)
    assert plan.services == (
        PlannedService(
            name=APP, change=Drift.RECREATED, image_before="reg/app:latest", image_after="reg/app:2"
        ),
        PlannedService(name="cron", change=Drift.NEW, image_after="reg/cron:1"),
        PlannedService(name=DB, change=Drift.ORPHANED, image_before="reg/db:1"),
    )
    assert plan.expected_downtime_ms is None, "the first deployment had nothing that could be down"
    assert (stage.host.tree, stage.host.boxes, stage.host.names) == (before.tree, before.boxes, before.names)


async def test_a_plan_of_nothing_keeps_everything_and_expects_the_median_downtime(stage: Stage) -> None:
    for letter, ready_after_s in (("b", 1.0), ("c", 3.0), ("d", 2.0)):
        stage.host.push(letter, publish={APP: Behaviour(ready_after_s=ready_after_s)})
        assert (await stage.poll()) is not None
    stage.world.settings = configured(compose_paths=PATHS, remove_orphans=True)
    stage.host.start("gone", Spec(ref="reg/db:1"), next(iter(stage.host.here)))
    plan = await stage.engine.plan(None)
    assert plan.commits == ()
    assert {s.name: s.change for s in plan.services} == {
        APP: Drift.KEPT,
        DB: Drift.KEPT,
        "gone": Drift.REMOVED,
    }
    assert plan.expected_downtime_ms == pytest.approx(2000, abs=150)


async def test_a_plan_of_what_does_not_parse_says_so(stage: Stage) -> None:
    stage.world.settings = configured(compose_paths=PATHS)
    stage.host.push("b", None)
    with pytest.raises(ComposeInvalid):
        await stage.engine.plan(None)


def test_compose_gets_the_tag_of_the_commit_only_when_one_is_wanted() -> None:
    assert configured().variables(sha("a")) == {}
    assert configured(image_tag="{branch}-{sha7}").variables(sha("a")) == {"IMAGE_TAG": "main-aaaaaaa"}
