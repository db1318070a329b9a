"""Sizes and times in words for people. Pure."""

from __future__ import annotations

_KIB = 1024
MIB = _KIB**2
GIB = _KIB**3


def size(count: float) -> str:
    """Bytes in the largest unit that fits."""
    for limit, unit in ((GIB, "GiB"), (MIB, "MiB"), (_KIB, "KiB")):
        if count >= limit:
            return f"{count / limit:.1f} {unit}"
    return f"{count:.0f} B"


def span(seconds: float) -> str:
    """Seconds in the largest unit that fits."""
    for length, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= length:
            return f"{seconds / length:.0f} {unit}"
    return f"{seconds:.0f} s"


def few(names: tuple[str, ...] | list[str], most: int = 3) -> str:
    """The first names, and how many more there are."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
