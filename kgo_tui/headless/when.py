"""Times as people type them: `--since` on the command line.

Owns the forms that are understood. Must not know what the time is for. A small part of what
systemd.time(7) describes, and RFC 3339.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from kgo_tui.core.errors import UsageError

FORMS = (
    "today, yesterday, 10 minutes ago, 2h, 1h30m, 14:05, 2026-01-31, 2026-01-31 14:05:06, RFC 3339, @SECONDS"
)

_UNITS = {
    "s": 1, "sec": 1, "second": 1,
    "m": 60, "min": 60, "minute": 60,
    "h": 3600, "hr": 3600, "hour": 3600,
    "d": 86400, "day": 86400,
    "w": 604800, "week": 604800,
}  # fmt: skip
_SPAN = re.compile(r"(\d{1,9})\s*([a-z]+)\s*")
_CLOCK = re.compile(r"\d{1,2}:\d{2}(:\d{2})?")


def parse_when(text: str, now: datetime) -> datetime:
    """The moment that `text` names, in UTC; a time without a zone is the system's local time. `now`
    is aware. Raises UsageError for what is no time."""
    words = text.strip()
    try:
        when = _relative(words.lower(), now) or _absolute(words, now)
        return when.astimezone(UTC)
    except (ValueError, OverflowError):
        raise UsageError(f"{text!r} is no time", hint=f"Understood are: {FORMS}.") from None


def _relative(words: str, now: datetime) -> datetime | None:
    """`now`, a day by name, or so long ago."""
    midnight = now.astimezone().replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None)
    named = {"now": now, "today": midnight, "yesterday": midnight - timedelta(days=1)}
    if words in named:
        return named[words].astimezone()
    span = words.removesuffix("ago").removeprefix("-").strip()
    found = _SPAN.findall(span)
    if not found or _SPAN.sub("", span):
        return None
    return now - timedelta(seconds=sum(int(number) * _seconds(unit) for number, unit in found))


def _seconds(unit: str) -> int:
    one = unit.removesuffix("s") or unit
    if one not in _UNITS:
        raise ValueError(unit)
    return _UNITS[one]


def _absolute(words: str, now: datetime) -> datetime:
    if words.startswith("@"):
        return datetime.fromtimestamp(float(words[1:]), UTC)
    if _CLOCK.fullmatch(words):
        words = f"{now.astimezone():%Y-%m-%d} {'0' * (words[1] == ':')}{words}"
    return datetime.fromisoformat(words)
