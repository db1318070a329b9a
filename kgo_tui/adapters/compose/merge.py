"""The logs of several containers as one, in the order of their stamps.

Owns the order, and how long a line waits for an older one from elsewhere. Must not know where the
lines come from.
"""

from __future__ import annotations

from collections.abc import Collection

from kgo_tui.adapters.compose.tap import Tap
from kgo_tui.core.logs import LogLine

ORDER_S = 0.1
"""How long a line of one container waits for an older one of another that was heard just before:
the engine sends each log on a connection of its own, and some are later than others."""

BATCH = 16 * 1024
"""Characters of lines that are given out together, about."""

LINE_COST = 8


def merged(taps: Collection[Tap], *, patient: bool) -> list[LogLine]:
    """The next lines, oldest first; none when they have to wait. With `patient` they wait for every
    log that has not ended, else only for those that were heard within `ORDER_S`."""
    lines: list[LogLine] = []
    size = 0
    waiting = {id(tap): tap for tap in taps if not _is_dry(tap)}
    blocked = _blocked(taps, patient=patient)
    while waiting and not blocked and size < BATCH:
        tap = min(waiting.values(), key=_stamp)
        line = tap.pop().line
        lines.append(line)
        size += len(line.text) + LINE_COST
        if not tap.lines and _is_dry(tap):
            del waiting[id(tap)]
            blocked = _blocked(taps, patient=patient)
    return lines


def wait_s(taps: Collection[Tap], *, patient: bool) -> float | None:
    """Seconds after which lines that wait now may go; None when only news can change that."""
    if patient or not any(tap.lines for tap in taps):
        return None
    return max(0.0, *(ORDER_S - tap.quiet_s for tap in taps if not tap.lines and not tap.ended))


def _is_dry(tap: Tap) -> bool:
    if not tap.lines:
        tap.refill()
    return not tap.lines


def _blocked(taps: Collection[Tap], *, patient: bool) -> bool:
    return any(_is_awaited(tap, patient=patient) for tap in taps)


def _is_awaited(tap: Tap, *, patient: bool) -> bool:
    ended = tap.ended  # looked at first: what is put in before the end is found after it
    return _is_dry(tap) and not ended and (patient or tap.quiet_s < ORDER_S)


def _stamp(tap: Tap) -> str:
    return tap.lines[0].stamp
