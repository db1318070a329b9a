"""How one reads a log: follow it or stand still, where one stands, what one looks for and has chosen.

Owns the reader's place and every movement. Pure. Who has stopped following is never moved by what
comes: the place is a line's number, and what is on the screen is held in the buffer.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence

from kgo_tui.console.logs.buffer import NOTHING, Buffer
from kgo_tui.console.logs.listing import Listing
from kgo_tui.console.logs.page import Paper, Spot
from kgo_tui.console.logs.query import Query
from kgo_tui.core.logs import LogLine

AROUND = 200
"""Lines before and after the screen that are held too."""


class Reading:
    """One reader's view of one log. While `following`, there is no cursor."""

    def __init__(self, buffer: Buffer | None = None) -> None:
        self.buffer = Buffer() if buffer is None else buffer
        self.listing = Listing(self.buffer, Query())
        self.following = True
        self.dropped = 0
        self.unseen = 0
        self.cursor = -1
        self.anchor: int | None = None
        self._origin: tuple[int, int] | None = None
        self._top = Spot(0)
        self._height = 1
        self._parts: Callable[[int], int] = lambda _number: 1

    @property
    def query(self) -> Query:
        """What is looked for."""
        return self.listing.query

    @property
    def paper(self) -> Paper:
        """What one leafs through."""
        return Paper(self.listing.shown, self._parts)

    def fit(self, height: int, parts: Callable[[int], int]) -> None:
        """The screen is that high, and lines have that many parts from now on."""
        self._height, self._parts = max(height, 1), parts
        if not self.following and self.page():
            self._turn_to(self.page()[0])
            if self.is_shown(self.cursor):
                self._reveal(self.cursor)

    def feed(self, lines: Sequence[LogLine], dropped: int = 0) -> None:
        """Lines came; some more were dropped on the way."""
        self.dropped += dropped
        before = len(self.listing.shown)
        self.listing.take(self.buffer.extend(lines))
        if not self.following:
            self.unseen += len(self.listing.shown) - before
        for gone in self.buffer.trim(self._held()):
            self.listing.forget(gone)

    def look_for(self, query: Query) -> None:
        """Look for something else. Until one moves, one comes back to where one was before."""
        if self._origin is None:
            rows = [row for row, spot in enumerate(self.page()) if spot.number == self.cursor]
            self._origin = (self.cursor, rows[0] if rows else 0)
        self.listing, self.anchor = Listing(self.buffer, query), None
        spot = self.paper.near(Spot(self._origin[0]))
        if not self.following and spot is not None:
            self.cursor = spot.number
            self._turn_to(self.paper.moved(spot, -self._origin[1]))

    def page(self) -> list[Spot]:
        """What is on the screen, from top to bottom."""
        paper = self.paper
        top = paper.near(self._top)
        if top is None:
            return []
        return paper.page(paper.top_of_end(self._height) if self.following else top, self._height)

    def is_shown(self, number: int) -> bool:
        """Whether that line is not hidden."""
        shown = self.listing.shown
        at = bisect_left(shown, number)
        return at < len(shown) and shown[at] == number

    def pause(self) -> None:
        """Stand still, the cursor on the last line of the screen."""
        page = self.page()
        if self.following and page:
            self.following, self.unseen = False, 0
            self._top, self.cursor = page[0], page[-1].number

    def resume(self) -> None:
        """Follow, and forget what was chosen."""
        self.following, self.unseen = True, 0
        self.cursor, self.anchor, self._origin = -1, None, None

    def move(self, by: int) -> None:
        """The cursor so many lines down; through a line that is not all on the screen, part by part."""
        self.pause()
        page, shown = self.page(), self.listing.shown
        if not page:
            return
        edge = page[-1] if by > 0 else page[0]
        if edge.number == self.cursor and edge.part != (self._parts(edge.number) - 1 if by > 0 else 0):
            self.scroll(by)
        else:
            at = bisect_left(shown, self.cursor) + by
            self.go(shown[min(max(at, 0), len(shown) - 1)])

    def scroll(self, by: int) -> None:
        """The page so many parts of lines down; the cursor stays on it."""
        self.pause()
        page = self.page()
        if page:
            self._show_from(self.paper.moved(page[0], by))

    def scroll_to(self, index: int) -> None:
        """The page that begins with that one of the shown lines."""
        self.pause()
        shown = self.listing.shown
        if shown:
            self._show_from(Spot(shown[min(max(index, 0), len(shown) - 1)]))

    def go(self, number: int) -> None:
        """The cursor to a line that is shown, and that into view."""
        self.pause()
        self.cursor, self._origin = number, None
        self._reveal(number)

    def jump(self, places: Sequence[int], direction: int) -> bool:
        """To the next of these sorted numbers that is shown, above with -1; whether there is one. Who
        follows has everything above."""
        if self.following:
            at, direction = len(places) - 1, -1
        elif direction > 0:
            at = bisect_right(places, self.cursor)
        else:
            at = bisect_left(places, self.cursor) - 1
        while 0 <= at < len(places):
            if self.is_shown(places[at]):
                self.go(places[at])
                return True
            at += direction
        return False

    def choose(self) -> None:
        """Begin or end a choice of lines at the cursor."""
        self.pause()
        self.anchor = self.cursor if self.anchor is None else None

    def point(self, number: int, *, extend: bool) -> None:
        """The cursor to a line on the screen; choosing all up to there."""
        self.pause()
        if not extend:
            self.anchor = None
        elif self.anchor is None and number != self.cursor:
            self.anchor = self.cursor
        self.go(number)

    def choice(self) -> range:
        """The numbers from where the choice began to the cursor; the cursor's alone without one."""
        if self.following:
            return NOTHING
        first, last = sorted((self.cursor, self.cursor if self.anchor is None else self.anchor))
        return range(first, last + 1)

    def chosen(self) -> list[int]:
        """The lines of the choice that are shown."""
        choice, shown = self.choice(), self.listing.shown
        return shown[bisect_left(shown, choice.start) : bisect_left(shown, choice.stop)]

    def _show_from(self, top: Spot) -> None:
        self._origin = None
        self._turn_to(top)
        page = self.page()
        self.cursor = min(max(self.cursor, page[0].number), page[-1].number)

    def _reveal(self, number: int) -> None:
        """Turn the page as little as shows the line; when it is far, leave a third of the page above."""
        page, paper, height = self.page(), self.paper, self._height
        first, last = Spot(number), Spot(number, self._parts(number) - 1)
        is_there = first <= page[-1] and last >= page[0]
        if (page[0] <= first and last <= page[-1]) or (is_there and last.part >= height):
            return
        if paper.moved(first, height) < page[0] or paper.moved(page[-1], height) < first:
            self._turn_to(paper.moved(first, -(height // 3)))
        else:
            self._turn_to(first if first < page[0] else min(paper.moved(last, 1 - height), first))

    def _turn_to(self, top: Spot) -> None:
        """No further than to where the last line is at the bottom: there, what comes would move it."""
        self._top = min(top, self.paper.top_of_end(self._height))

    def _held(self) -> range:
        """The numbers that must stay."""
        page = [] if self.following else self.page()
        if not page:
            return NOTHING
        around = min(AROUND, self.buffer.most_lines // 4)
        first, last = min(page[0].number, self.cursor), max(page[-1].number, self.cursor)
        return range(max(first - around, 0), last + around + 1)
