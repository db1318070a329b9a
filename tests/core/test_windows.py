"""Deployment windows: what the texts mean, over midnight and over the week's end."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kgo_tui.core.windows import Window, is_open, next_open, parse_window

MONDAY = datetime(2025, 3, 3)  # noqa: DTZ001 - the host's local time; windows know no zones


def at(day: int, time: str) -> datetime:
    """That time on that day of a week that begins on a Monday (0)."""
    hours, minutes = time.split(":")
    return MONDAY + timedelta(days=day, hours=int(hours), minutes=int(minutes))


@pytest.mark.parametrize(
    ("text", "days", "start", "end"),
    [
        ("mon-fri 08:00-18:00", {0, 1, 2, 3, 4}, 480, 1080),
        ("sat,sun 22:00-02:00", {5, 6}, 1320, 120),
        ("03:00-05:00", set(range(7)), 180, 300),
        ("  MON 8:00-9:30 ", {0}, 480, 570),
        ("fri-mon 00:00-24:00", {4, 5, 6, 0}, 0, 1440),
        ("mon,wed-thu,sun 01:00-02:00", {0, 2, 3, 6}, 60, 120),
    ],
)
def test_a_window_is_read(text: str, days: set[int], start: int, end: int) -> None:
    assert parse_window(text) == Window(days=frozenset(days), start=start, end=end)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "write for example"),
        ("mon-fri", "write for example"),
        ("08:00", "write for example"),
        ("08:00-09:00-10:00", "write for example"),
        ("8-9", "write for example"),
        ("08:60-09:00", "08:60 is not a time of day"),
        ("08:00-24:01", "24:01 is not a time of day"),
        ("08:00-08:00", "a window of no length"),
        ("lun 08:00-09:00", "'lun' is not a weekday"),
        ("mon- 08:00-09:00", "'mon-' is not a weekday"),
        ("mon,,tue 08:00-09:00", "'' is not a weekday"),
        ("mon-tue-wed 08:00-09:00", "is not a weekday"),
    ],
)
def test_what_is_no_window_is_refused_in_words(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        parse_window(text)


@pytest.mark.parametrize(
    ("text", "opened", "closed"),
    [
        ("mon-fri 08:00-18:00", [(0, "08:00"), (4, "17:59")], [(0, "07:59"), (4, "18:00"), (5, "12:00")]),
        ("sat 22:00-02:00", [(5, "22:00"), (6, "01:59")], [(5, "01:00"), (6, "02:00"), (6, "22:00")]),
        ("sun 22:00-02:00", [(6, "23:00"), (0, "01:00")], [(0, "23:00"), (6, "01:00")]),
        ("22:00-02:00", [(d, t) for d in range(7) for t in ("22:00", "00:00", "01:59")], [(3, "02:00")]),
        ("mon 00:00-24:00", [(0, "00:00"), (0, "23:59")], [(1, "00:00"), (6, "23:59")]),
        ("tue 24:00-01:00", [(2, "00:30")], [(1, "00:30"), (2, "01:00")]),
    ],
)
def test_open_and_closed(text: str, opened: list[tuple[int, str]], closed: list[tuple[int, str]]) -> None:
    window = (parse_window(text),)
    assert [o for o in opened if not is_open(window, at(*o))] == []
    assert [c for c in closed if is_open(window, at(*c))] == []


def test_no_window_means_always_and_any_of_several_is_enough() -> None:
    assert is_open((), MONDAY)
    assert next_open((), MONDAY) == MONDAY
    both = (parse_window("mon 08:00-09:00"), parse_window("sat 08:00-09:00"))
    assert is_open(both, at(5, "08:30"))


@pytest.mark.parametrize(
    ("texts", "now", "opens"),
    [
        (["mon-fri 08:00-18:00"], at(0, "07:00"), at(0, "08:00")),
        (["mon-fri 08:00-18:00"], at(0, "12:34"), at(0, "12:34")),
        (["mon-fri 08:00-18:00"], at(4, "18:00"), at(7, "08:00")),
        (["mon 08:00-09:00"], at(0, "09:00"), at(7, "08:00")),
        (["sat 22:00-02:00"], at(6, "02:00"), at(12, "22:00")),
        (["sun 03:00-04:00", "tue 03:00-04:00"], at(0, "05:00"), at(1, "03:00")),
        (["tue 24:00-01:00"], at(0, "05:00"), at(2, "00:00")),
    ],
)
def test_the_next_opening(texts: list[str], now: datetime, opens: datetime) -> None:
    assert next_open(tuple(parse_window(t) for t in texts), now) == opens


minutes = st.integers(0, 1439)
windows = st.tuples(
    st.sets(st.integers(0, 6), min_size=1),
    minutes,
    minutes,
).filter(lambda w: w[1] != w[2])


@given(st.lists(windows, min_size=1, max_size=3), st.integers(0, 7 * 1440 - 1))
def test_the_next_opening_is_open_and_nothing_before_it_is(
    given_: list[tuple[set[int], int, int]], minute: int
) -> None:
    several = tuple(Window(days=frozenset(d), start=s, end=e) for d, s, e in given_)
    now = MONDAY + timedelta(minutes=minute)
    opens = next_open(several, now)
    assert opens is not None, "every window opens within a week"
    assert is_open(several, opens)
    between = int((opens - now).total_seconds() // 60)
    assert not any(is_open(several, now + timedelta(minutes=m)) for m in range(0, between, 7))


@settings(max_examples=25)
@given(windows)
def test_a_window_is_open_for_its_length_on_each_day_that_it_has(given_: tuple[set[int], int, int]) -> None:
    days, start, end = given_
    window = Window(days=frozenset(days), start=start, end=end)
    opened = sum(is_open((window,), MONDAY + timedelta(minutes=m)) for m in range(7 * 1440))
    assert opened == len(days) * ((end - start) % 1440)
