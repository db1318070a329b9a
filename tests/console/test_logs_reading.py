"""Reading a log: who stands still is never moved; who looks for something comes back."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kgo_tui.console.logs.buffer import Buffer
from kgo_tui.console.logs.page import Paper, Spot
from kgo_tui.console.logs.query import Query
from kgo_tui.console.logs.reading import Reading
from kgo_tui.console.logs.saving import meant
from kgo_tui.core.logs import LogLine


def lines(*texts: str) -> list[LogLine]:
    return [LogLine(text=text, priority=6) for text in texts]


def numbered(count: int, start: int = 0) -> list[LogLine]:
    return lines(*(f"line {n}" for n in range(start, start + count)))


def reading_of(count: int, height: int = 5, most: int = 50_000) -> Reading:
    reading = Reading(Buffer(most_lines=most))
    reading.fit(height, lambda _number: 1)
    reading.feed(numbered(count))
    return reading


def on_screen(reading: Reading) -> list[int]:
    return [spot.number for spot in reading.page()]


def test_who_follows_sees_the_newest() -> None:
    reading = reading_of(100)
    assert on_screen(reading) == [95, 96, 97, 98, 99]
    reading.feed(numbered(3, 100))
    assert on_screen(reading) == [98, 99, 100, 101, 102]
    assert reading.following
    assert reading.unseen == 0


def test_who_scrolled_up_stays_through_a_flood_that_the_buffer_cannot_hold() -> None:
    reading = reading_of(1000, most=1000)
    reading.move(-10)
    seen = [reading.buffer.line(number) for number in on_screen(reading)]
    for start in range(1000, 20_000, 500):
        reading.feed(numbered(500, start))
        assert [reading.buffer.line(number) for number in on_screen(reading)] == seen
    assert len(reading.buffer) <= 1000
    assert reading.unseen == 19_000
    assert reading.buffer.lines[-1].text == "line 19999"
    reading.resume()
    assert reading.unseen == 0
    assert on_screen(reading)[-1] == 19_999
    reading.feed(numbered(1000, 20_000))
    assert len(reading.buffer) == 1000
    assert not any(line.marker for line in reading.buffer.lines), "the gap is behind us"


MOVES = st.one_of(
    st.tuples(st.just("move"), st.integers(-9, 9)),
    st.tuples(st.just("scroll"), st.integers(-9, 9)),
    st.tuples(st.just("scroll_to"), st.integers(-1, 50)),
    st.tuples(st.just("feed"), st.integers(0, 12)),
    st.tuples(st.just("look"), st.sampled_from(["", "1", "7", "none of them", "line"])),
    st.tuples(st.just("fit"), st.integers(1, 7)),
    st.tuples(st.just("choose"), st.just(0)),
    st.tuples(st.just("resume"), st.just(0)),
)


@given(st.lists(MOVES, max_size=25), st.integers(1, 6), st.integers(1, 4))
@settings(max_examples=300)
def test_whatever_one_does(moves: list[tuple[str, int | str]], height: int, tallest: int) -> None:
    """Nothing that comes moves who stands still; the cursor is on the screen; the screen is full."""
    reading = Reading(Buffer(most_lines=40))

    def parts(number: int) -> int:
        return number % tallest + 1

    reading.fit(height, parts)
    fed = 0
    for what, value in moves:
        before, stood = reading.page(), not reading.following
        if what == "feed":
            reading.feed(numbered(int(value), fed))
            fed += int(value)
            assert not stood or reading.page()[: len(before)] == before
        elif what == "look":
            reading.look_for(Query(text=str(value), context=1))
        elif what == "fit":
            height = int(value)
            reading.fit(height, parts)
        elif what in {"choose", "resume"}:
            getattr(reading, what)()
        else:
            getattr(reading, what)(int(value))
        page, shown = reading.page(), reading.listing.shown
        room = sum(map(parts, shown))
        assert len(page) == min(height, room)
        if what in {"move", "scroll", "scroll_to"} and shown:
            assert reading.cursor in {spot.number for spot in page}
        if reading.following and shown:
            assert page[-1] == Spot(shown[-1], parts(shown[-1]) - 1)
        assert len(reading.buffer) <= 40


def test_looking_for_something_and_giving_up_comes_back() -> None:
    reading = reading_of(200)
    reading.move(-50)
    where = reading.page()
    for text in ("1", "19", "199", "1999"):
        reading.look_for(Query(text=text))
    assert on_screen(reading) == []
    assert not reading.following
    reading.look_for(Query())
    assert (reading.page(), reading.cursor) == (where, 149)


def test_from_hit_to_hit_and_not_beyond() -> None:
    reading = reading_of(100)
    reading.look_for(Query(text="5", hides=False))
    assert reading.jump(reading.listing.hits, 1), "who follows has everything above"
    assert reading.cursor == 95
    assert not reading.jump(reading.listing.hits, 1)
    assert reading.jump(reading.listing.hits, -1)
    assert reading.cursor == 85
    assert 85 in on_screen(reading)
    assert reading.jump(reading.listing.hits, 1)
    assert reading.cursor == 95


def test_an_error_that_is_hidden_is_jumped_over() -> None:
    reading = Reading()
    reading.fit(3, lambda _number: 1)
    reading.feed([LogLine(text=text, priority=3) for text in ("a", "b", "a", "b")])
    reading.look_for(Query(text="a", context=0))
    assert reading.jump(reading.buffer.errors, -1)
    assert reading.cursor == 2
    assert reading.jump(reading.buffer.errors, -1)
    assert reading.cursor == 0


def test_a_line_higher_than_the_screen_is_read_part_by_part() -> None:
    reading = Reading()
    reading.feed(numbered(3))
    reading.fit(4, lambda number: 10 if number == 1 else 1)
    reading.go(0)
    tops = []
    for _ in range(9):
        reading.move(1)
        tops.append((reading.page()[0], reading.cursor))
    assert tops[0] == (Spot(0), 1)
    assert tops[1:8] == [(Spot(1, part), 1) for part in range(7)]
    assert tops[8] == (Spot(1, 7), 2)


@pytest.mark.parametrize(
    ("prepare", "expected"),
    [
        (lambda r: None, ["line 97", "line 98", "line 99"]),
        (lambda r: r.look_for(Query(text="line 9")), [f"line {n}" for n in (9, *range(90, 100))]),
        (lambda r: r.move(-2), ["line 97"]),
        (lambda r: (r.move(-4), r.choose(), r.move(2)), ["line 95", "line 96", "line 97"]),
        (lambda r: (r.choose(), r.move(-1), r.choose()), ["line 98"]),
    ],
)
def test_what_is_copied(prepare: object, expected: list[str]) -> None:
    reading = reading_of(100, height=3)
    prepare(reading)  # type: ignore[operator]
    assert [line.text for line in meant(reading)] == expected


@given(
    st.lists(st.integers(1, 5), min_size=1, max_size=12),
    st.integers(-30, 30),
    st.data(),
)
def test_leafing_is_counting_parts(sizes: list[int], by: int, data: st.DataObject) -> None:
    paper = Paper(range(len(sizes)), lambda number: sizes[number])
    spots = [Spot(n, part) for n, size in enumerate(sizes) for part in range(size)]
    at = data.draw(st.integers(0, len(spots) - 1))
    assert paper.moved(spots[at], by) == spots[min(max(at + by, 0), len(spots) - 1)]
    assert paper.page(spots[at], 4) == spots[at : at + 4]
