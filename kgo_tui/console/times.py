"""Times, ages and sizes in the few cells that a terminal has.

Owns these forms. Pure: the time of day is given.
"""

from __future__ import annotations

from datetime import datetime

from kgo_tui.console.speech import later, say

_UNITS = ((86400, later("d")), (3600, "h"), (60, "m"), (1, "s"))
TEN = 10


def age(at: datetime | None, now: datetime) -> str:
    """How long ago, in one unit: 12s, 5m, 3h, 2d; nothing for what is not known."""
    return "" if at is None else span((now - at).total_seconds())


def span(seconds: float) -> str:
    """A duration in the largest unit that fits."""
    whole = max(int(seconds), 0)
    size, unit = next(((s, u) for s, u in _UNITS if whole >= s), (1, "s"))
    return f"{whole // size}{say(unit)}"


def countdown(at: datetime, now: datetime) -> str:
    """What is left until then, as m:ss."""
    left = max(round((at - now).total_seconds()), 0)
    return f"{left // 60}:{left % 60:02d}"


def duration(seconds: float | None) -> str:
    """A measured duration: 0.4 s, 12 s, 3m 05s; nothing for what is not known."""
    if seconds is None:
        return ""
    if seconds < TEN:
        return f"{seconds:.1f} s"
    if seconds < 60:  # noqa: PLR2004 - a minute
        return f"{seconds:.0f} s"
    return f"{int(seconds) // 60}m {int(seconds) % 60:02d}s"


def clock(at: datetime) -> str:
    """The local time of day."""
    return f"{at.astimezone():%H:%M:%S}"


def stamp(at: datetime) -> str:
    """The local date and time."""
    return f"{at.astimezone():%Y-%m-%d %H:%M:%S}"
