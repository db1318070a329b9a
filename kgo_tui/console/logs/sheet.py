"""The rows of the screen: each line of the log with all that its drawing depends on.

Owns which cell stands in the gutter, and how many parts lines have at this width. Pure. Two rows that
are equal look equal, so that only the others are drawn again.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable
from datetime import date
from typing import NamedTuple

from msgspec.structs import replace

from kgo_tui.console.logs.drawn import Look, Stamp, name_width, stamp_for
from kgo_tui.console.logs.notes import BEGINS, ENDS
from kgo_tui.console.logs.page import Spot
from kgo_tui.console.logs.query import Query
from kgo_tui.console.logs.reading import Reading
from kgo_tui.core.logs import LogLine

SIDEWAYS = 8
"""Cells that one key goes to the side."""

MOST_COUNTED = 10_000
"""Lines whose parts are remembered."""


class Row(NamedTuple):
    """One line of the screen."""

    line: LogLine
    part: int
    gutter: str
    chosen: bool


class Sheet:
    """A reading on a screen of a given size, on a given day. When `look` changes, all is to be drawn."""

    def __init__(self, reading: Reading, look: Look | None = None, *, named: bool = False) -> None:
        self.reading = reading
        self.look = look or Look()
        self._named = named
        self.today = date.min
        self._height = 1
        self._parts: dict[int, int] = {}

    def begin(self, reading: Reading, *, named: bool) -> None:
        """Another log, with the names of those who speak if they are several."""
        self.reading, self._named = reading, named
        self._become(replace(self.look, names=0, needle="", left=0))

    def fit(self, width: int, height: int) -> None:
        """Another size."""
        self._height = height
        self._become(replace(self.look, width=max(width, 1)))

    def look_for(self, query: Query) -> None:
        """Something else is looked for."""
        self.reading.look_for(query)
        self._become(replace(self.look, needle=query.highlight, any_case=query.any_case))

    def sideways(self, by: int) -> None:
        """What stands further right, where lines are not broken."""
        if not self.look.wrap:
            self._become(replace(self.look, left=max(self.look.left + by * SIDEWAYS, 0)))

    def wrap(self) -> None:
        """Break long lines, or cut them."""
        self._become(replace(self.look, wrap=not self.look.wrap, left=0))

    def stamps(self) -> None:
        """As much of the time as is needed; all of it; none."""
        following = {Stamp.FULL: Stamp.NONE, Stamp.NONE: Stamp.CLOCK}
        self._become(replace(self.look, stamp=following.get(self.look.stamp, Stamp.FULL)))

    def rows(self) -> list[Row]:
        """From top to bottom."""
        reading, page = self.reading, self.reading.page()
        choice = reading.choice()
        return [
            Row(reading.buffer.line(spot.number), spot.part, self._gutter(spot), spot.number in choice)
            for spot in page
        ]

    def adjusted(self, rows: list[Row]) -> bool:
        """Whether the columns had to change for these rows: a longer name, another day."""
        lines, look = [row.line for row in rows], self.look
        if self._named:
            look = replace(look, names=max(look.names, name_width(lines)))
        if look.stamp in {Stamp.CLOCK, Stamp.DAY}:
            look = replace(look, stamp=stamp_for(lines, self.today))
        if look == self.look:
            return False
        self._become(look)
        return True

    def bar(self) -> tuple[int, int]:
        """How many lines are shown in all, and which of them is at the top."""
        page, shown = self.reading.page(), self.reading.listing.shown
        return len(shown), bisect_left(shown, page[0].number) if page else 0

    def _become(self, look: Look) -> None:
        self.look = look
        self._parts.clear()
        self.reading.fit(self._height, self._counting())

    def _counting(self) -> Callable[[int], int]:
        if not self.look.wrap:
            return lambda _number: 1
        buffer, look, known = self.reading.buffer, self.look, self._parts

        def count(number: int) -> int:
            if number not in known:
                if len(known) >= MOST_COUNTED:
                    known.clear()
                known[number] = len(look.parts(buffer.line(number)))
            return known[number]

        return count

    def _gutter(self, spot: Spot) -> str:
        """One cell: the cursor, a mark, a deployment, that lines are hidden just above, that the line
        begins further left."""
        reading, number = self.reading, spot.number
        if spot.part:
            return " "
        if not reading.following and number == reading.cursor:
            return ">"
        if number in reading.buffer.own:
            return "*"
        if (event := reading.buffer.line(number).event) in {BEGINS, ENDS}:
            return "▶" if event == BEGINS else "■"
        if reading.query.narrows and self._hides_above(number):
            return "┄"
        return "‹" if self.look.left else " "

    def _hides_above(self, number: int) -> bool:
        shown, numbers = self.reading.listing.shown, self.reading.buffer.numbers
        at = bisect_left(shown, number)
        before = bisect_left(numbers, shown[at - 1]) + 1 if at else 0
        return before < bisect_left(numbers, number)
