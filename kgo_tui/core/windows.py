"""When automatic deployment is allowed: weekly windows, parsed and asked. Pure.

Owns the text form of a window ("mon-fri 08:00-18:00", "sat,sun 22:00-02:00", "03:00-05:00") and
whether a local time falls into one. Must not know time zones: it is given the host's local time.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from kgo_tui.core.model import Struct

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_WINDOW = re.compile(r"(?:([a-z,\-]+)\s+)?(\d{1,2}):(\d{2})-(\d{1,2}):(\d{2})")
_DAY_MINUTES = 24 * 60


class Window(Struct, frozen=True, kw_only=True):
    """Minutes of the day on some weekdays (0 is Monday). An end before the start is the next day's."""

    days: frozenset[int]
    start: int
    end: int


def parse_window(text: str) -> Window:
    """Read one window. Raises ValueError with a sentence that says what is expected."""
    match = _WINDOW.fullmatch(text.strip().lower())
    if match is None:
        raise ValueError(f"{text!r} is not a window; write for example 'mon-fri 08:00-18:00'")
    days, start_h, start_m, end_h, end_m = match.groups()
    start, end = _minute(start_h, start_m), _minute(end_h, end_m)
    if start == end:
        raise ValueError(f"{text!r} is a window of no length")
    return Window(days=_days(days) if days else frozenset(range(7)), start=start, end=end)


def is_open(windows: tuple[Window, ...], local: datetime) -> bool:
    """Whether `local` is inside any window; no windows at all means always."""
    return not windows or any(_inside(w, local) for w in windows)


def next_open(windows: tuple[Window, ...], local: datetime) -> datetime | None:
    """The first minute from `local` on, within eight days, at which a window is open."""
    minute = local.replace(second=0, microsecond=0)
    starts = (
        minute.replace(hour=0, minute=0) + timedelta(days=day, minutes=w.start)
        for w in windows
        for day in range(9)
    )
    later = sorted(s for s in starts if s >= local and is_open(windows, s))
    return local if is_open(windows, local) else next(iter(later), None)


def _inside(window: Window, local: datetime) -> bool:
    minute, day = local.hour * 60 + local.minute, local.weekday()
    if window.start < window.end:
        return day in window.days and window.start <= minute < window.end
    yesterday = (day - 1) % 7
    return (day in window.days and minute >= window.start) or (
        yesterday in window.days and minute < window.end
    )


def _minute(hours: str, minutes: str) -> int:
    total = int(hours) * 60 + int(minutes)
    if int(minutes) > 59 or total > _DAY_MINUTES:  # noqa: PLR2004 - sixty minutes to an hour
        raise ValueError(f"{hours}:{minutes} is not a time of day")
    return total


def _days(text: str) -> frozenset[int]:
    days: set[int] = set()
    for part in text.split(","):
        first, dash, last = part.partition("-")
        if first not in DAYS or (dash and last not in DAYS):
            raise ValueError(f"{part!r} is not a weekday or a range of them ({', '.join(DAYS)})")
        start, end = DAYS.index(first), DAYS.index(last or first)
        days |= {day % 7 for day in range(start, end + 1 if end >= start else end + 8)}
    return frozenset(days)
