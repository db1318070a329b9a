"""The log on the screen: draws the rows of a sheet, and takes the keys that move about.

Owns drawing and the scroll bar. Only rows that changed are sent to the terminal: while one stands
still, what comes costs nothing. Must not know where lines come from.
"""

from __future__ import annotations

from rich.segment import Segment
from rich.style import Style
from textual.app import ComposeResult
from textual.geometry import Region
from textual.message import Message
from textual.scrollbar import ScrollBar
from textual.strip import Strip
from textual.timer import Timer

from kgo_tui.console import keys
from kgo_tui.console.logs.drawn import drawn
from kgo_tui.console.logs.pointed import Pointed
from kgo_tui.console.logs.query import Query
from kgo_tui.console.logs.reading import Reading
from kgo_tui.console.logs.sheet import Row, Sheet
from kgo_tui.console.pieces import TONES, Tone

FINENESS = 2
"""Steps in a cell of the scroll bar."""

BAR_S = 1.0
"""Seconds that the scroll bar may be behind what comes."""


class LogView(Pointed, can_focus=True):
    """A sheet, drawn. After changing its reading call `update`."""

    COMPONENT_CLASSES = TONES | {"log--chosen"}
    ALLOW_SELECT = False
    DEFAULT_CSS = """
    LogView { height: 1fr; width: 1fr; }
    LogView > ScrollBar { dock: right; width: 1; height: 100%; }
    LogView > .log--chosen { text-style: reverse; }
    """
    BINDINGS = keys.bindings(keys.LOG_MOVES)

    class Moved(Message):
        """The place changed, or what is looked for, or how much there is."""

    def __init__(self) -> None:
        super().__init__()
        self.sheet = Sheet(Reading())
        self._rows: list[Row] = []
        self._bar = (0, 0, 0)
        self._bar_timer: Timer | None = None

    @property
    def reading(self) -> Reading:
        """What is read."""
        return self.sheet.reading

    def compose(self) -> ComposeResult:
        """The scroll bar; the lines are drawn."""
        yield ScrollBar()

    def begin(self, reading: Reading, *, named: bool) -> None:
        """Show another log."""
        self.sheet.begin(reading, named=named)
        self.redraw()

    def look_for(self, query: Query) -> None:
        """Filter or search."""
        self.sheet.look_for(query)
        self.redraw()

    def redraw(self) -> None:
        """Draw everything."""
        self._rows = []
        self.update()
        self.refresh()

    def update(self) -> None:
        """Draw what is not on the screen as it should be."""
        self._draw_rows()
        self._place_bar()
        self.post_message(self.Moved())

    def came(self) -> None:
        """Lines came: the same, but the bar takes its time. It is a column of its own, as dear to a
        slow terminal as many lines."""
        self._draw_rows()
        if self._bar_timer is None:
            self._bar_timer = self.set_timer(BAR_S, self._place_bar)

    def _draw_rows(self) -> None:
        old, self._rows = self._rows, self.sheet.rows()
        if self.sheet.adjusted(self._rows):
            old, self._rows = [], self.sheet.rows()
        if len(old) != len(self._rows):
            self.refresh()
        else:
            for y, (before, now) in enumerate(zip(old, self._rows, strict=True)):
                if before != now:
                    self.refresh(Region(0, y, self.size.width, 1))

    def render_line(self, y: int) -> Strip:
        """One line of the screen."""
        if y >= len(self._rows):
            return Strip.blank(self.size.width, self.toned())
        row = self._rows[y]
        chosen = row.chosen and self.has_focus
        pieces = drawn(row.line, row.part, self.sheet.look, row.gutter)
        segments = [Segment(piece.text, self._style(piece.tone, chosen=chosen)) for piece in pieces]
        return Strip([*segments, Segment(" ", self.toned())])

    def _style(self, tone: Tone, *, chosen: bool) -> Style:
        """A chosen line is turned round as a whole, but for the hits in it, which are so elsewhere."""
        if not chosen:
            return self.toned(tone)
        return self.toned(Tone.STRONG if tone is Tone.MATCH else "log--chosen")

    def on_resize(self) -> None:
        """Another width breaks lines elsewhere."""
        self.sheet.fit(self.size.width - 1, self.size.height)
        self.redraw()

    def on_focus(self) -> None:
        """The cursor shows only where keys go."""
        self.refresh()

    def on_blur(self) -> None:
        """See `on_focus`."""
        self.refresh()

    def action_move(self, by: int) -> None:
        """The cursor."""
        self.reading.move(by)
        self.update()

    def action_extend(self, by: int) -> None:
        """The cursor, choosing the lines that it passes."""
        if self.reading.anchor is None:
            self.reading.choose()
        self.action_move(by)

    def action_page(self, halves: int) -> None:
        """Half a screen, or a whole one."""
        self.reading.scroll(halves * max(self.size.height // 2, 1))
        self.update()

    def action_first(self) -> None:
        """The oldest line."""
        if self.reading.listing.shown:
            self.reading.go(self.reading.listing.shown[0])
            self.update()

    def action_follow(self) -> None:
        """The newest line, from now on."""
        self.reading.resume()
        self.update()

    def action_toggle_follow(self) -> None:
        """Follow, or stand still."""
        (self.reading.pause if self.reading.following else self.reading.resume)()
        self.update()

    def action_choose(self) -> None:
        """Begin to choose lines, or stop."""
        self.reading.choose()
        self.update()

    def action_sideways(self, by: int) -> None:
        """What stands further right."""
        self.sheet.sideways(by)
        self.redraw()

    def action_wrap(self) -> None:
        """Break long lines, or cut them."""
        self.sheet.wrap()
        self.redraw()

    def action_stamps(self) -> None:
        """Times with dates, without, or none."""
        self.sheet.stamps()
        self.redraw()

    def settle_bar(self) -> None:
        """Place the scroll bar now and exactly, so that a picture is the same each time."""
        self._bar = (0, 0, 0)
        self._place_bar()

    def _place_bar(self) -> None:
        """Only when it would look different."""
        if self._bar_timer is not None:
            self._bar_timer.stop()
            self._bar_timer = None
        lines, top = self.sheet.bar()
        height = self.size.height
        fine = height * FINENESS / max(lines, 1)
        looks = (height, round(height * fine), round(top * fine))
        if looks != self._bar:
            self._bar, bar = looks, self.query_one(ScrollBar)
            bar.window_virtual_size, bar.window_size, bar.position = max(lines, 1), height, top
