"""One line of a log as pieces: when, how urgent, who, what; and where a hit stands in it.

Owns the columns. Pure. A line that is broken has its columns in its first part only; one that is cut
ends in an ellipsis.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, datetime
from enum import IntEnum

from rich.cells import cell_len

from kgo_tui.console.logs import cells
from kgo_tui.console.logs.cells import Part
from kgo_tui.console.logs.levels import letter, tone
from kgo_tui.console.logs.notes import is_mark
from kgo_tui.console.pieces import Piece, Pieces, Tone, fitted
from kgo_tui.console.times import clock, stamp
from kgo_tui.core.logs import LogLine
from kgo_tui.core.struct import Struct


class Stamp(IntEnum):
    """How much of its time stands before a line."""

    CLOCK = 0
    DAY = 1
    FULL = 2
    NONE = 3


_STAMP_WIDTH = {Stamp.CLOCK: 9, Stamp.DAY: 15, Stamp.FULL: 20, Stamp.NONE: 0}
_SIGNS = 3
"""The gutter at the left, the letter and a blank before the text."""

MOST_NAME = 14
"""Cells for the name of a service."""


class Look(Struct, frozen=True, kw_only=True):
    """How lines are drawn: in how many cells, with which columns (`names` cells for who said it), from
    which cell of the text on, and with which text shown where it stands."""

    width: int = 80
    stamp: Stamp = Stamp.CLOCK
    names: int = 0
    wrap: bool = False
    left: int = 0
    needle: str = ""
    any_case: bool = True

    @property
    def room(self) -> int:
        """Cells for the text."""
        return max(self.width - self._before, 1)

    @property
    def _before(self) -> int:
        return _STAMP_WIDTH[self.stamp] + _SIGNS + (self.names + 1 if self.names else 0)

    def parts(self, line: LogLine) -> tuple[Part, ...]:
        """How the line is broken."""
        return cells.parts(body(line), self.room) if self.wrap else (Part(0, len(line.text)),)


def body(line: LogLine) -> str:
    """The text as it is drawn."""
    return f"── {line.text} ──" if line.marker else line.text


def drawn(line: LogLine, number: int, look: Look, gutter: str) -> Pieces:
    """That part of the line, in exactly the cells there are."""
    text = body(line)
    part = look.parts(line)[number] if look.wrap else _window(text, look)
    tail = () if look.wrap or part.stop >= len(text) else (Piece("…", Tone.DIM),)
    return fitted(
        (*_columns(line, look, gutter, first=number == 0), *_text(line, text, part, look), *tail), look.width
    )


def _window(text: str, look: Look) -> Part:
    longer = cells.is_longer(text, look.left + look.room)
    return cells.window(text, look.left, look.room - longer)


def _columns(line: LogLine, look: Look, gutter: str, *, first: bool) -> Iterator[Piece]:
    yield Piece(gutter, Tone.STRONG)
    if look.stamp is not Stamp.NONE:
        shown = _when(line.at, look.stamp) if first and line.at is not None else ""
        yield Piece(shown.ljust(_STAMP_WIDTH[look.stamp]), Tone.DIM)
    yield Piece(f"{letter(line) if first else ' '} ", tone(line))
    if look.names:
        name = line.service or line.identifier or "" if first else ""
        yield from fitted((Piece(name, Tone.DIM),), look.names)
        yield Piece(" ")


def _when(at: datetime, how: Stamp) -> str:
    if how is Stamp.CLOCK:
        return clock(at)
    return stamp(at) if how is Stamp.FULL else stamp(at)[len("2026-") :]


def _text(line: LogLine, text: str, part: Part, look: Look) -> Iterator[Piece]:
    colour = Tone.BUSY if line.marker else tone(line)
    if colour is Tone.PLAIN and is_mark(line):
        colour = Tone.STRONG
    if part.lead:
        yield Piece(" " * part.lead)
    at = part.start
    for start, stop in cells.occurrences(text, look.needle, part, any_case=look.any_case):
        yield Piece(text[at:start], colour)
        yield Piece(text[start:stop], Tone.MATCH)
        at = stop
    yield Piece(text[at : part.stop], colour)


def name_width(lines: Iterable[LogLine]) -> int:
    """Cells that the names of those who spoke want."""
    return min(max((cell_len(line.service or "") for line in lines), default=0), MOST_NAME)


def stamp_for(lines: Iterable[LogLine], today: date) -> Stamp:
    """The time of day will do where all of it was today."""
    days = (line.at.astimezone().date() for line in lines if line.at is not None)
    return Stamp.CLOCK if all(day == today for day in days) else Stamp.DAY
