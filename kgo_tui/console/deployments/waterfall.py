"""The steps of a deployment on a common axis of time: what waited for what, and how long each took.

Owns the geometry of the bars. Pure. Where there is no room for bars, each step says when it began.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from kgo_tui.console.deployments import words
from kgo_tui.console.pieces import Piece, Pieces, Tone, fitted
from kgo_tui.console.times import duration
from kgo_tui.core.model import Step

NAME, TOOK = 24, 8
SMALLEST = 16
"""Cells below which bars say nothing."""


class Axis(NamedTuple):
    """Where time lies: from `begin`, `seconds` long, in so many `cells` (0: no bars)."""

    begin: datetime
    seconds: float
    cells: int


def axis(steps: Sequence[Step], now: datetime, room: int) -> Axis | None:
    """The axis on which all of these steps lie."""
    if not steps:
        return None
    begin = min(s.started_at for s in steps)
    end = max(s.ended_at or max(now, s.started_at) for s in steps)
    cells = room - NAME - TOOK - 2
    return Axis(begin, max((end - begin).total_seconds(), 0.001), cells if cells >= SMALLEST else 0)


def line(s: Step, along: Axis, now: datetime) -> Pieces:
    """A step: its name, how long it took, its bar or when it began."""
    took = fitted((Piece(duration(words.seconds(s, now))),), TOOK, right=True)
    named = fitted((words.step(s),), NAME)
    if not along.cells:
        after = duration(max((s.started_at - along.begin).total_seconds(), 0))
        return (*named, *took, Piece(f"  +{after}", Tone.DIM))
    start, stop = span(s, along, now)
    tone = words.step(s).tone
    rest = " " * (along.cells - stop)
    return (
        *named,
        *took,
        Piece("  "),
        Piece("·" * start, Tone.DIM),
        Piece("█" * (stop - start), tone),
        Piece(rest),
    )


def span(s: Step, along: Axis, now: datetime) -> tuple[int, int]:
    """The cells of a step's bar: at least one, however short it was."""
    per_s = along.cells / along.seconds
    began = (s.started_at - along.begin).total_seconds() * per_s
    ended = began + words.seconds(s, now) * per_s
    start = min(max(int(began), 0), along.cells - 1)
    return start, min(max(round(ended), start + 1), along.cells)


def scale(along: Axis) -> Pieces:
    """The axis in words: where it begins, its middle, its end."""
    if not along.cells:
        return ()
    middle, end = duration(along.seconds / 2), duration(along.seconds)
    half = along.cells // 2
    text = "0 s".ljust(half) + middle.ljust(along.cells - half)
    text = text[: along.cells - len(end)] + end
    return (Piece(" " * (NAME + TOOK + 2)), Piece(text, Tone.DIM))
