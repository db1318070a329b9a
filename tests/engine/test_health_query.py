"""The health history as a client asks for it: as it was taken, or at one resolution."""

from __future__ import annotations

from datetime import timedelta

import pytest

from kgo_tui.control.queries import Health, HealthView
from kgo_tui.core.model import Sample
from kgo_tui.service import EngineService
from tests.engine.stage import Stage

pytestmark = pytest.mark.timeout(30)


async def asked(stage: Stage, query: Health) -> HealthView:
    answer = await EngineService(stage.engine).query(query)
    assert isinstance(answer, HealthView)
    return answer


async def test_with_a_span_all_of_it_comes_as_rows_of_that_span(stage: Stage) -> None:
    now = stage.world.clock.now()
    for n in range(10):
        await stage.store.add_sample(Sample(at=now - timedelta(minutes=n), ok=n != 3, latency_ms=20.0))
    since = now - timedelta(hours=1)
    whole = await asked(stage, Health(since=since))
    assert len(whole.samples) == 10
    rolled = await asked(stage, Health(since=since, span_s=86400))
    assert rolled.samples == ()
    assert (sum(r.count for r in rolled.rollups), sum(r.ok for r in rolled.rollups)) == (10, 9)
    earlier = await asked(stage, Health(since=since, until=now - timedelta(minutes=4), span_s=60))
    assert sum(r.count for r in earlier.rollups) == 5
    assert all(r.span_s == 60 for r in earlier.rollups)


async def test_a_clock_that_was_put_back_hides_nothing(stage: Stage) -> None:
    now = stage.world.clock.now()
    await stage.store.add_sample(Sample(at=now + timedelta(hours=2), ok=True))
    rolled = await asked(stage, Health(since=now, span_s=60))
    assert sum(r.count for r in rolled.rollups) == 1
