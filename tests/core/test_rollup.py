"""Adding up health samples: nothing lost, nothing made up, whatever the spans."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from kgo_tui.core.model import Sample, SampleRollup
from kgo_tui.core.rollup import as_row, rolled

START = datetime(2026, 1, 1, tzinfo=UTC)
SPANS = st.sampled_from([1, 30, 60, 300, 3600, 86400, 604800])
SAMPLES = st.builds(
    Sample,
    at=st.integers(0, 400_000).map(lambda s: START + timedelta(seconds=s / 4)),
    ok=st.booleans(),
    latency_ms=st.none() | st.floats(0, 1e4),
)
ROLLUPS = st.builds(
    lambda n, span, count, bad, ms: SampleRollup(
        at=START + timedelta(seconds=n * span), span_s=span, count=count, ok=max(count - bad, 0),
        latency_avg_ms=ms, latency_max_ms=ms,
    ),
    st.integers(0, 50), st.sampled_from([60, 3600]), st.integers(1, 120), st.integers(0, 5),
    st.none() | st.floats(0, 1e4),
)  # fmt: skip
ROWS = st.lists(SAMPLES.map(as_row) | ROLLUPS, max_size=40)


@given(ROWS, SPANS)
def test_no_sample_is_lost(rows: list[SampleRollup], span_s: int) -> None:
    sums = rolled(rows, span_s)
    assert sum(r.count for r in sums) == sum(r.count for r in rows)
    assert sum(r.ok for r in sums) == sum(r.ok for r in rows)
    known = [r.latency_max_ms for r in rows if r.latency_max_ms is not None]
    assert max((r.latency_max_ms for r in sums if r.latency_max_ms is not None), default=None) == max(
        known, default=None
    )


@given(ROWS, SPANS)
def test_each_row_lies_in_one_that_has_it(rows: list[SampleRollup], span_s: int) -> None:
    sums = rolled(rows, span_s)
    for row in rows:
        home = [
            s
            for s in sums
            if s.span_s == max(span_s, row.span_s) and s.at <= row.at < s.at + timedelta(seconds=s.span_s)
        ]
        assert len(home) == 1
        assert home[0].count - home[0].ok >= row.count - row.ok
    assert [r.at for r in sums] == sorted(r.at for r in sums)


@given(ROWS, SPANS)
def test_twice_is_the_same_as_once(rows: list[SampleRollup], span_s: int) -> None:
    once = rolled(rows, span_s)
    again = rolled(once, span_s)
    assert [(r.at, r.span_s, r.count, r.ok) for r in again] == [(r.at, r.span_s, r.count, r.ok) for r in once]


def test_an_average_lies_between_its_parts() -> None:
    rows = [as_row(Sample(at=START, ok=True, latency_ms=ms)) for ms in (10.0, 20.0, 60.0)]
    assert rolled(rows, 60)[0].latency_avg_ms == 30.0
