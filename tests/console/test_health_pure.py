"""Cells of time: no sample lost, nothing unknown that looks good, the cursor always on the screen."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from kgo_tui.console.deployments.ledger import Ledger
from kgo_tui.console.health import facts, frame, known, picture, strip
from kgo_tui.console.health.cells import Cell, Uptime, cells, last_outage, uptime
from kgo_tui.console.health.frame import LENGTHS, Frame
from kgo_tui.console.health.known import Known
from kgo_tui.console.pieces import Pieces, width
from kgo_tui.control.queries import HealthView
from kgo_tui.core.model import Deployment, Sample, SampleRollup, State, Tls, Trigger

NOW = datetime(2026, 3, 17, 14, 5, tzinfo=UTC)
SPANS = st.sampled_from([0, 60, 300, 3600, 86400])


def row(back_s: int, span_s: int, count: int, bad: int) -> SampleRollup:
    at = int((NOW - timedelta(seconds=back_s)).timestamp())
    aligned = at // span_s * span_s if span_s else at
    return SampleRollup(
        at=datetime.fromtimestamp(aligned, UTC), span_s=span_s, count=count, ok=max(count - bad, 0),
        latency_avg_ms=40.0, latency_max_ms=80.0,
    )  # fmt: skip


ROWS = st.lists(
    st.builds(row, st.integers(0, 200_000), SPANS, st.integers(1, 9), st.integers(0, 9)), max_size=40
)
ZOOMS = st.integers(0, len(LENGTHS) - 1)
FRAMES = st.builds(
    lambda zoom, count, back: Frame(
        zoom=zoom, cells=count, last=None if not back else int(NOW.timestamp()) // LENGTHS[zoom] - back
    ),
    ZOOMS, st.integers(1, 200), st.integers(0, 300),
)  # fmt: skip


def text(pieces: Pieces) -> str:
    return "".join(piece.text for piece in pieces)


@given(ROWS, ZOOMS)
def test_no_sample_is_lost(rows: list[SampleRollup], zoom: int) -> None:
    cell_s = LENGTHS[zoom]
    whole = range(int(NOW.timestamp()) // cell_s + 2)
    found = cells(rows, cell_s, whole)
    fine = [r for r in rows if r.span_s <= cell_s]
    assert sum(c.samples for c in found.values() if not c.blurred) <= sum(r.count for r in fine)
    if len(fine) == len(rows):
        assert sum(c.samples for c in found.values()) == sum(r.count for r in rows)
        assert sum(c.bad for c in found.values()) == sum(r.count - r.ok for r in rows)
    for r in rows:
        first = int(r.at.timestamp()) // cell_s
        assert found[first].samples >= r.count
        assert found[first].bad >= r.count - r.ok


@given(ROWS, FRAMES)
def test_what_is_not_known_is_blank_and_what_failed_is_never_good(
    rows: list[SampleRollup], at: Frame
) -> None:
    seen = at.seen(NOW)
    drawn = text(strip.health(cells(rows, at.cell_s, seen), seen))
    assert len(drawn) == len(seen)
    for number, glyph in zip(seen, drawn, strict=True):
        begin, end = number * at.cell_s, (number + 1) * at.cell_s
        here = [r for r in rows if r.at.timestamp() < end and r.at.timestamp() + max(r.span_s, 1) > begin]
        assert (glyph == strip.NONE) == (not here)
        assert (glyph == strip.GOOD) == (bool(here) and all(r.ok == r.count for r in here))
        assert (glyph == strip.BAD) == (bool(here) and all(r.ok == 0 for r in here))


@given(ROWS, FRAMES, st.integers(1, 9))
def test_latency_is_blank_only_where_it_is_unknown(rows: list[SampleRollup], at: Frame, height: int) -> None:
    seen = at.seen(NOW)
    found = cells(rows, at.cell_s, seen)
    bars = [text(line) for line in strip.latency(found, seen, height)]
    assert len(bars) == height
    for n, number in enumerate(seen):
        assert (bars[-1][n] == " ") == (number not in found)
    if any(number in found for number in seen):
        assert "█" in bars[0] or height == 1 or any("█" in bar for bar in bars)


KEYS = st.lists(st.tuples(st.sampled_from(["move", "page", "zoom", "fit"]), st.integers(-90, 90)))


@given(ZOOMS, KEYS)
def test_the_cursor_is_always_seen_and_never_in_the_future(zoom: int, keys: list[tuple[str, int]]) -> None:
    at = Frame(zoom=zoom)
    for key, by in keys:
        match key:
            case "move":
                at = frame.moved(at, by, NOW)
            case "page":
                at = frame.paged(at, by // 30, NOW)
            case "zoom":
                at = frame.zoomed(at, by // 30, NOW)
            case _:
                at = frame.fitted(at, abs(by) + 1, NOW)
        seen = at.seen(NOW)
        assert at.cells == len(seen)
        assert seen[-1] <= at.newest(NOW)
        assert at.chosen(NOW) in seen


def test_a_zoom_keeps_the_moment_under_the_cursor() -> None:
    at = frame.moved(Frame(zoom=0, cells=70), -500, NOW)
    when = at.begin(at.chosen(NOW))
    for by in (1, 1, 2):
        at = frame.zoomed(at, by, NOW)
        begin = at.begin(at.chosen(NOW))
        assert begin <= when < begin + timedelta(seconds=at.cell_s)
    near = frame.zoomed(at, -2, NOW)
    assert begin <= near.begin(near.chosen(NOW)) < begin + timedelta(seconds=at.cell_s)


@given(FRAMES)
def test_labels_stand_at_their_times(at: Frame) -> None:
    seen = at.seen(NOW)
    drawn = strip.scale(at, seen)
    assert len(drawn) == len(seen)
    for place in (n for n, char in enumerate(drawn) if char == "╵"):
        begin = at.begin(seen[place])
        label = drawn[place + 1 : place + 6]
        assert label in {f"{begin.astimezone():%H:%M}", f"{begin.astimezone():%m-%d}"}


@pytest.mark.parametrize(
    ("samples", "good", "percent"),
    [(0, 0, "-"), (9, 9, "100 %"), (100_000, 99_999, "99.99 %"), (3, 2, "66.66 %"), (5, 0, "0.00 %")],
)
def test_uptime_is_never_rounded_up(samples: int, good: int, percent: str) -> None:
    assert Uptime(samples, good).percent == percent


def test_uptime_of_a_span() -> None:
    rows = [row(n * 3600, 3600, 10, 10 if n == 3 else 0) for n in range(48)]
    assert uptime(rows, NOW - timedelta(hours=2)) == Uptime(20, 20)
    assert uptime(rows, NOW - timedelta(hours=24)) == Uptime(240, 230)


def test_the_last_outage_is_the_newest_run_of_failures() -> None:
    rows = [row(60 * n, 60, 2, 2 if n in {90, 50, 48, 47} else 0) for n in range(100, -1, -1)]
    last = last_outage(rows)
    assert last is not None
    assert (last.begin, last.end) == (NOW - timedelta(minutes=50), NOW - timedelta(minutes=46))
    assert last.over
    still = last_outage(rows[:54])
    assert still is not None
    assert not still.over
    assert last_outage([row(60, 60, 2, 0)]) is None


def test_live_samples_count_once_and_ask_nothing() -> None:
    at = Frame(cells=10)
    first = Sample(at=NOW, ok=True)
    now_known = known.with_sample(Known(), first)
    asked = known.request(at, NOW)
    now_known = known.answered(now_known, at, asked, HealthView(samples=(first,)))
    now_known = known.with_sample(now_known, first)
    assert sum(r.count for r in now_known.all_rows) == 1
    later = NOW + timedelta(seconds=30)
    now_known = known.with_sample(now_known, Sample(at=later, ok=False))
    assert known.will_do(now_known, at, later)
    assert uptime(now_known.all_rows, NOW - timedelta(hours=1)) == Uptime(2, 1)
    scrolled = replace(at, last=at.newest(NOW) - 400)
    assert not known.will_do(now_known, scrolled, NOW)
    assert not known.will_do(now_known, replace(at, zoom=4), NOW)


def deployed(number: int, back: timedelta, state: State) -> Deployment:
    return Deployment(
        id=number, trigger=Trigger.POLL, by="x", from_commit=None, to_commit="f" * 40, state=state,
        started_at=NOW - back,
    )  # fmt: skip


def test_of_several_deployments_in_a_cell_the_worst_is_marked() -> None:
    at = Frame(zoom=6, cells=10)
    some = [
        deployed(1, timedelta(0), State.SUCCEEDED),
        deployed(2, timedelta(minutes=1), State.ROLLBACK_FAILED),
        deployed(3, timedelta(days=1), State.ABANDONED),
        deployed(4, timedelta(days=1), State.SUCCEEDED),
        deployed(5, timedelta(days=2), State.ROLLED_BACK),
        deployed(6, timedelta(days=3), State.PULLING),
    ]
    seen = at.seen(NOW)
    assert text(strip.marks(strip.by_cell(some, at), seen)).rstrip() == "      ▶↩▲✗"
    assert text(strip.marks({}, seen, seen[4])) == "░░░░      "


@pytest.mark.parametrize(
    ("tls", "days", "said"),
    [
        (Tls.VALID, 64, "✓ TLS valid, 64 days left"),
        (Tls.VALID, 3, "! TLS valid, 3 days left"),
        (Tls.SELF_SIGNED, None, "✗ TLS self-signed"),
        (Tls.NONE, None, ""),
    ],
)
def test_the_certificate_in_words(tls: Tls, days: int | None, said: str) -> None:
    assert text(facts.certificate(Sample(at=NOW, ok=True, tls=tls, tls_days_left=days))) == said


def test_a_cell_in_words() -> None:
    at = Frame(zoom=0)
    number = at.newest(NOW)
    assert "░ not known" in text(facts.cell(at, number, Cell(), (), NOW))
    some = Cell(10, 8, 400.0, 10, 90.0)
    assert text(facts.cell(at, number, some, (), NOW)).endswith("✗ 2 of 10 failed  40 ms, most 90 ms")


@given(ROWS, FRAMES, st.integers(10, 220), st.integers(6, 30))
def test_the_picture_fits(rows: list[SampleRollup], at: Frame, room: int, height: int) -> None:
    at = frame.fitted(at, picture.cells_for(room), NOW)
    sample = Sample(at=NOW, ok=True, status_code=200, latency_ms=41, tls=Tls.VALID, tls_days_left=64)
    told = replace(known.with_sample(Known(), sample), rows=tuple(rows), late=())
    lines = picture.lines(told, Ledger(), at, NOW, (room, height))
    assert 1 <= len(lines) <= height
    axis = next(line for line in lines if text(line).startswith("health"))
    assert width(axis) == room
