"""What is kept of a log and what of it is shown: line by line the same as from scratch."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kgo_tui.console.logs.buffer import Buffer
from kgo_tui.console.logs.levels import UNSAID, letter, level_of
from kgo_tui.console.logs.listing import Listing
from kgo_tui.console.logs.query import Query
from kgo_tui.core.logs import LogLine

LINES = st.builds(
    LogLine,
    text=st.sampled_from(["err", "ERR", "all is well", "Error: err", "", "é err 漢字"]),
    priority=st.sampled_from([None, 0, 3, 4, 6, 7]),
    event=st.sampled_from([None, None, None, "deployment_queued"]),
    marker=st.sampled_from([False, False, False, True]),
)
QUERIES = st.builds(
    Query,
    text=st.sampled_from(["", "err", "ERR", "!err", "!", "漢"]),
    level=st.sampled_from([None, 3, 4, 7]),
    hides=st.booleans(),
    context=st.integers(0, 4),
)
BATCHES = st.lists(st.lists(LINES, max_size=8), max_size=12)


def expected(lines: list[LogLine], query: Query) -> tuple[list[int], list[int]]:
    """The numbers of what is shown and of hits, found in the simplest way."""

    def has(text: str) -> bool:
        negated = query.text.startswith("!") and query.text != "!"
        needle = query.text[1:] if negated else query.text
        return (needle in (text.lower() if needle == needle.lower() else text)) is not negated

    own = [n for n, line in enumerate(lines) if not line.marker]
    urgent = {n for n in own if query.level is None or level_of(lines[n]) <= query.level}
    hits = {n for n in urgent if has(lines[n].text)} if query.text or query.level is not None else set()
    if query.level is None and not (query.text and query.hides):
        return list(range(len(lines))), sorted(hits)
    kept = hits if query.hides else urgent
    notes = {n for n, line in enumerate(lines) if line.marker}
    near = {n for n in range(len(lines)) if any(abs(n - k) <= query.context for k in kept)}
    return sorted(near | notes), sorted(hits)


@given(BATCHES, QUERIES)
def test_batch_by_batch_is_the_same_as_all_at_once(batches: list[list[LogLine]], query: Query) -> None:
    buffer = Buffer()
    listing = Listing(buffer, query)
    for batch in batches:
        listing.take(buffer.extend(batch))
    everything = [line for batch in batches for line in batch]
    assert (listing.shown, listing.hits) == expected(everything, query)
    assert (Listing(buffer, query).shown, Listing(buffer, query).hits) == (listing.shown, listing.hits)


@given(BATCHES, QUERIES, st.integers(8, 20))
def test_letting_go_changes_nothing_of_what_stays(
    batches: list[list[LogLine]], query: Query, most: int
) -> None:
    buffer = Buffer(most_lines=most)
    listing = Listing(buffer, query)
    for batch in batches:
        listing.take(buffer.extend(batch))
        for gone in buffer.trim():
            listing.forget(gone)
    everything = [line for batch in batches for line in batch]
    shown, hits = expected(everything, query)
    first = max(len(everything) - most, 0)
    assert buffer.lines == everything[first:]
    assert listing.shown == [n for n in shown if n >= first]
    assert listing.hits == [n for n in hits if n >= first]
    assert buffer.errors == [n for n in range(first, len(everything)) if level_of(everything[n]) <= 3]


@given(BATCHES, QUERIES, st.integers(0, 10), st.integers(1, 4))
@settings(max_examples=200)
def test_what_is_held_stays_and_a_note_counts_what_went(
    batches: list[list[LogLine]], query: Query, at: int, size: int
) -> None:
    buffer, held = Buffer(most_lines=8), range(at, at + size)
    listing = Listing(buffer, query)
    for batch in batches:
        listing.take(buffer.extend(batch))
        for gone in buffer.trim(held):
            listing.forget(gone)
        assert len(buffer) <= 8
    everything = [line for batch in batches for line in batch]
    kept = {n: line for n, line in zip(buffer.numbers, buffer.lines, strict=True) if not _stands_for(line)}
    assert all(everything[n] == line for n, line in kept.items())
    was_there = [n for n in held if n < len(everything) and held.start <= min(len(everything), 8)]
    assert [n for n in was_there if n in kept] == was_there
    if everything:
        assert buffer.numbers[-1] == len(everything) - 1, "the newest line is always there"
    for before, number, line in zip([-1, *buffer.numbers], buffer.numbers, buffer.lines, strict=False):
        if _stands_for(line):
            assert line.text.endswith(f": {number - before}")
            assert number in listing.shown
        else:
            assert number == before + 1 or before < held.start
    shown, hits = expected(everything, query)
    assert [n for n in listing.shown if n in kept] == [n for n in shown if n in kept]
    assert listing.hits == [n for n in hits if n in kept]


def _stands_for(line: LogLine) -> bool:
    return line.marker and "let go" in line.text


def test_bytes_are_bounded_too() -> None:
    buffer = Buffer(most_lines=1000, most_bytes=10_000)
    for _ in range(100):
        buffer.extend([LogLine(text="x" * 300), LogLine(text="é" * 300)])
        buffer.trim()
        assert sum(len(line.text.encode()) for line in buffer.lines) <= 10_000
    assert len(buffer) > 8


def test_a_thousand_more_cost_a_thousand_however_many_there_are() -> None:
    """Against the same thousand in an empty log; the best of some tries, for the machine is shared."""

    def cost(already: int) -> float:
        buffer = Buffer()
        listing = Listing(buffer, Query(text="number 7", context=2))
        listing.take(buffer.extend(numbered(already)))
        batch = list(numbered(1000))
        best = 1.0
        for _ in range(5):
            began = time.perf_counter()
            listing.take(buffer.extend(batch))
            for gone in buffer.trim():
                listing.forget(gone)
            best = min(best, time.perf_counter() - began)
        return best

    assert cost(50_000) < 5 * cost(0)


def numbered(count: int) -> Iterator[LogLine]:
    return (LogLine(text=f"line of a log, number {n}", priority=6) for n in range(count))


@pytest.mark.parametrize(
    ("text", "level", "sign"),
    [
        ("2026-01-01T00:00:00Z ERROR koprogo: no", 3, "e"),
        ("[error] 12#12: upstream", 3, "e"),
        ('{"level":"warn","msg":"x"}', 4, "w"),
        ("time=12 level=INFO msg=started", 6, "i"),
        ("ERROR:  relation does not exist", 3, "e"),
        ("PANIC", 3, "e"),
        ("DEBUG it goes on", 7, "d"),
        ("no error found, terror averted", UNSAID, " "),
        ("ERRORS are counted", UNSAID, " "),
        ("x" * 300 + " ERROR far behind", UNSAID, " "),
    ],
)
def test_a_line_without_a_priority_may_say_it_itself(text: str, level: int, sign: str) -> None:
    line = LogLine(text=text)
    assert (level_of(line), letter(line)) == (level, sign)


def test_a_stated_priority_is_believed_and_capital() -> None:
    letters = [letter(LogLine(text="ERROR", priority=p)) for p in range(8)]
    assert letters == list("EEEEWNID")
    assert level_of(LogLine(text="", priority=99)) == 7
