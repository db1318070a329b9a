"""The part of time that is looked at: cells of equal length, which one is last, where the cursor is.

Owns scrolling and zooming. Pure. Cells are numbered from 1970 on, so that nothing slides while time goes
on: a new cell comes, the others stay what they are.
"""

from __future__ import annotations

from datetime import UTC, datetime

from msgspec.structs import replace

from kgo_tui.core.struct import Struct

LENGTHS = (60, 300, 1200, 3600, 4 * 3600, 12 * 3600, 86400, 3 * 86400, 7 * 86400)
"""Seconds of a cell, from near to far: in 70 cells an hour, 6 h, a day, 3, 12 and 35 days, 10 weeks, 7
and 16 months."""

FIRST = 1
"""Which of these one sees at first."""


class Frame(Struct, frozen=True, kw_only=True):
    """`last` and `cursor` are cells; None goes with time."""

    zoom: int = FIRST
    cells: int = 60
    last: int | None = None
    cursor: int | None = None

    @property
    def cell_s(self) -> int:
        """Seconds of a cell."""
        return LENGTHS[self.zoom]

    def newest(self, now: datetime) -> int:
        """The cell in which now is."""
        return self.at(now)

    def at(self, moment: datetime) -> int:
        """The cell of a moment."""
        return int(moment.timestamp()) // self.cell_s

    def begin(self, cell: int) -> datetime:
        """When a cell begins."""
        return datetime.fromtimestamp(cell * self.cell_s, UTC)

    def seen(self, now: datetime) -> range:
        """The cells that are seen, oldest first."""
        last = self.newest(now) if self.last is None else self.last
        return range(last - self.cells + 1, last + 1)

    def chosen(self, now: datetime) -> int:
        """The cell of the cursor."""
        return self.newest(now) if self.cursor is None else self.cursor


def fitted(frame: Frame, cells: int, now: datetime) -> Frame:
    """As many cells; the cursor stays among them."""
    frame = replace(frame, cells=max(cells, 1))
    return frame if frame.cursor is None else _to(frame, frame.cursor, now)


def moved(frame: Frame, by: int, now: datetime) -> Frame:
    """The cursor some cells on; what is seen goes with it at the edges."""
    return _to(frame, frame.chosen(now) + by, now)


def jumped(frame: Frame, cell: int, now: datetime) -> Frame:
    """The cursor on that cell."""
    return _to(frame, cell, now)


def paged(frame: Frame, pages: int, now: datetime) -> Frame:
    """Half a screen of time back or on, the cursor with it."""
    by = pages * max(frame.cells // 2, 1)
    last = min(frame.seen(now)[-1] + by, frame.newest(now))
    return _to(replace(frame, last=last), frame.chosen(now) + by, now)


def zoomed(frame: Frame, by: int, now: datetime) -> Frame:
    """Longer or shorter cells; the cursor stays at its time, and that where it is on the screen."""
    zoom = min(max(frame.zoom + by, 0), len(LENGTHS) - 1)
    if zoom == frame.zoom:
        return frame
    after = replace(frame, zoom=zoom)
    if frame.cursor is None:
        return replace(after, last=None)
    cell = after.at(frame.begin(frame.cursor))
    right = frame.seen(now)[-1] - frame.cursor
    return _to(replace(after, last=min(cell + right, after.newest(now))), cell, now)


def _to(frame: Frame, cell: int, now: datetime) -> Frame:
    newest = frame.newest(now)
    cell = min(max(cell, 0), newest)
    last = frame.seen(now)[-1]
    last = min(max(last, cell), cell + frame.cells - 1, newest)
    return replace(frame, cursor=None if cell == newest else cell, last=None if last == newest else last)
