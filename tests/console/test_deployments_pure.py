"""Pages of the history joined without a gap, rows that are made once, bars that stand where time does."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from kgo_tui.console.deployments import ledger, waterfall, words
from kgo_tui.console.deployments.document import Subject, lines
from kgo_tui.console.deployments.folding import Folding
from kgo_tui.console.deployments.ledger import Ledger
from kgo_tui.console.deployments.listing import Listing
from kgo_tui.console.deployments.wrapped import by_words, wrapped
from kgo_tui.console.pieces import width
from kgo_tui.console.session import Output, Session, joined
from kgo_tui.core.model import Deployment, Evidence, Outcome, State, Step, Trigger
from kgo_tui.core.state import EngineState
from kgo_tui.demo.scenario import hostile

NOW = datetime(2026, 3, 17, 14, 5, tzinfo=UTC)


def deployment(number: int, state: State = State.SUCCEEDED, **more: object) -> Deployment:
    given: dict[str, object] = {
        "id": number,
        "trigger": Trigger.POLL,
        "by": "kgo-tui",
        "from_commit": f"{number - 1:040x}",
        "to_commit": f"{number:040x}",
        "state": state,
        "started_at": NOW - timedelta(hours=50_000 - number),
    }
    return Deployment(**{**given, **more})  # type: ignore[arg-type]


def page(newest: int, count: int) -> tuple[Deployment, ...]:
    return tuple(deployment(n) for n in range(newest, max(newest - count, 0), -1))


def ids(of: Ledger) -> list[int]:
    return [d.id for d in of.known]


def test_pages_are_joined_until_the_first_deployment() -> None:
    known = ledger.newest(Ledger(), page(120, 50), 50)
    while known.more:
        limit = known.page
        known = ledger.older(known, page(known.known[-1].id - 1, limit), limit)
    assert ids(known) == list(range(120, 0, -1))


def test_newer_ones_come_on_top_and_older_ones_stay() -> None:
    known = ledger.older(ledger.newest(Ledger(), page(100, 50), 50), page(50, 50), 50)
    known = ledger.newest(known, page(103, 50), 50)
    assert ids(known) == list(range(103, 0, -1))


def test_what_would_leave_a_gap_is_forgotten() -> None:
    known = ledger.newest(Ledger(), page(100, 50), 50)
    known = ledger.newest(known, page(500, 50), 50)
    assert ids(known) == list(range(500, 450, -1))
    assert known.more


@given(st.lists(st.integers(1, 300), min_size=1, max_size=12))
def test_there_is_never_a_gap_whatever_comes_in_between(newest: list[int]) -> None:
    known = Ledger()
    for number in sorted(newest):
        known = ledger.newest(known, page(number, 50), 50)
        if known.more:
            known = ledger.older(known, page(known.known[-1].id - 1, known.page), known.page)
        assert ids(known) == list(range(number, known.known[-1].id - 1, -1))


def test_what_runs_is_on_top_before_anyone_has_answered() -> None:
    state = EngineState(
        instance="x", version="1", deployment=deployment(8, State.PULLING), last=deployment(7)
    )
    assert [d.id for d in ledger.with_live(page(7, 3), state)] == [8, 7, 6, 5]
    assert [d.id for d in ledger.with_live((), state)] == [8, 7]
    ended = replace(state, deployment=None, last=deployment(8))
    live = ledger.with_live((deployment(8, State.PULLING), *page(7, 2)), ended)
    assert [d.state for d in live] == [State.SUCCEEDED] * 3


def test_output_of_another_deployment_is_not_kept_over_a_lost_connection() -> None:
    said = (Output("pulling", "of the eighth", 8),)
    running = EngineState(instance="x", version="1", deployment=deployment(8, State.PULLING))
    other = replace(running, deployment=deployment(9, State.PULLING))
    session = Session(output=said)
    assert joined(session, running, you="", version="", at=NOW).output == said
    assert joined(session, other, you="", version="", at=NOW).output == ()
    assert joined(session, replace(running, deployment=None), you="", version="", at=NOW).output == ()


def test_rows_are_made_once() -> None:
    listing = Listing()
    some = page(10_000, 10_000)
    first = listing.rows(some, NOW)
    again = listing.rows(some, NOW + timedelta(seconds=1))
    assert all(one is other for one, other in zip(first, again, strict=True))
    began = time.perf_counter()
    listing.rows(some, NOW + timedelta(seconds=2))
    assert time.perf_counter() - began < 0.2


def test_a_failure_is_told_and_a_rollback_that_was_asked_for_is_none() -> None:
    failed = deployment(3, State.ROLLED_BACK, failure="status 404\nsecond line")
    asked = deployment(3, State.ROLLED_BACK, trigger=Trigger.ROLLBACK, by="ada", failure="left", baseline=1)
    texts = ["".join(p.text for cell in row.cells for p in cell) for row in Listing().rows([failed], NOW)]
    assert "status 404" in texts[0]
    assert "second" not in texts[0]
    assert words.why(asked) == ""
    assert (words.is_good(asked), words.release_of(asked)) == (True, 1)
    assert not words.is_good(failed)
    assert "not deployed again" in words.fate(failed)


def step(state: State, start: float, end: float | None, entry: int = 1, **more: object) -> Step:
    return Step(
        state=state,
        entry=entry,
        started_at=NOW + timedelta(seconds=start),
        ended_at=None if end is None else NOW + timedelta(seconds=end),
        outcome=Outcome.OK if end is not None else None,
        **more,  # type: ignore[arg-type]
    )


@given(st.lists(st.floats(0, 5000), min_size=1, max_size=30), st.integers(1, 200))
def test_every_bar_is_seen_and_stands_on_its_axis(lengths: list[float], room: int) -> None:
    steps, at = [], 0.0
    for n, seconds in enumerate(lengths):
        steps.append(step(State.PULLING, at, at + seconds, entry=n + 1))
        at += seconds
    along = waterfall.axis(steps, NOW, room)
    assert along is not None
    before = 0
    for one in steps:
        assert width(waterfall.line(one, along, NOW)) <= max(room, waterfall.NAME + waterfall.TOOK + 12)
        if along.cells:
            start, stop = waterfall.span(one, along, NOW)
            assert before <= start < stop <= along.cells
            before = start


def test_where_there_is_no_room_for_bars_each_step_says_when_it_began() -> None:
    steps = [step(State.PREPARING, 0, 2), step(State.PULLING, 2, None)]
    along = waterfall.axis(steps, NOW + timedelta(seconds=9), 44)
    assert along is not None
    text = "".join(p.text for p in waterfall.line(steps[1], along, NOW + timedelta(seconds=9)))
    assert text.split() == ["▶", "pulling", "7.0", "s", "+2.0", "s"]


@pytest.mark.parametrize("text", [*hostile.TEXTS, "a long sentence of words " * 20])
@pytest.mark.parametrize("cells", [1, 7, 40])
def test_broken_texts_fit_and_are_inert(text: str, cells: int) -> None:
    for broken in (wrapped(text, cells), by_words(text, cells)):
        assert broken
        for line in broken:
            assert not [c for c in line if ord(c) < 0x20 or 0x7F <= ord(c) < 0xA0 or c in "\u202e\u2066"]
    glued = "".join(wrapped(text, cells)).replace(" ", "")
    assert len(glued) >= len(text.replace(" ", "").replace("\n", "")) - text.count("\t") - text.count("\r")


def document(**more: object) -> Folding:
    d = deployment(31, State.ROLLED_BACK, failure="because", ended_at=NOW)
    evidence = (Evidence(title="log", text="\n".join(f"line {n} of it {'x' * 90}" for n in range(40))),)
    steps = (step(State.APPLYING, 0, 4, commands=("docker compose up",)),)
    folding = Folding()
    folding.become(lines(Subject(d, steps, evidence), NOW, 78))
    return folding


def test_a_search_finds_what_is_folded_and_unfolds_it() -> None:
    folding = document()
    assert not any("line 33" in "".join(p.text for p in row.cells[0]) for row in folding.rows())
    folding.needle = "LINE 33"
    key = folding.hit(None, 1)
    assert key is not None
    assert key in {row.key for row in folding.rows()}
    assert folding.hit(key, 1) == key, "the only one: round and back"


def test_hits_go_round_both_ways() -> None:
    folding = document()
    folding.needle = "line 1"
    keys, at = [], None
    for _ in range(12):
        at = folding.hit(at, 1)
        keys.append(at)
    assert len(set(keys)) == 11, "1 and 10 to 19"
    assert keys[11] == keys[0]
    assert folding.hit(keys[5], -1) == keys[4]
    assert folding.hit(keys[0], -1) == keys[10]


def test_a_copy_is_of_the_section_and_not_broken() -> None:
    folding = document()
    folding.turn("evidence/0", to=True)
    text = folding.section("evidence/0/7/0")
    assert text.splitlines()[0] == "Evidence: log  40 lines"
    assert text.splitlines()[8] == f"  line 7 of it {'x' * 90}"
    assert folding.section("why/0") == "why       because"


def test_folding_an_inner_line_folds_what_it_lies_under() -> None:
    folding = document()
    folding.turn("evidence/0", to=True)
    assert folding.turn("evidence/0/3/0", to=False) == "evidence/0"
    assert not any(row.key.startswith("evidence/0/") for row in folding.rows())
