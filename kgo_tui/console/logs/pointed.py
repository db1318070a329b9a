"""The mouse in a log: the wheel, a click, a drag over lines, the scroll bar.

Owns what each of these means. Must not know how a log is drawn.
"""

from __future__ import annotations

from textual import events
from textual.scrollbar import ScrollDown, ScrollTo, ScrollUp

from kgo_tui.console.logs.reading import Reading
from kgo_tui.console.widgets.toned import Toned

WHEEL = 3
"""Lines that a notch of the wheel goes."""


class Pointed(Toned):
    """The base of the log's widget."""

    @property
    def reading(self) -> Reading:
        """What is read."""
        raise NotImplementedError

    def update(self) -> None:
        """Draw it as it is now."""
        raise NotImplementedError

    def action_page(self, halves: int) -> None:
        """Half a screen, or a whole one."""
        raise NotImplementedError

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Back."""
        event.stop()
        self.reading.scroll(-WHEEL)
        self.update()

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """On; who follows is at the end already."""
        event.stop()
        if not self.reading.following:
            self.reading.scroll(WHEEL)
            self.update()

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """The cursor to the line under the pointer; dragged on, lines are chosen."""
        self._point(event.y, extend=event.shift)

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """See `on_mouse_down`."""
        if event.button and not self.reading.following:
            self._point(event.y, extend=True)

    def on_scroll_to(self, message: ScrollTo) -> None:
        """The scroll bar was dragged."""
        message.stop()
        if message.y is not None:
            self.reading.scroll_to(round(message.y))
            self.update()

    def on_scroll_up(self, message: ScrollUp) -> None:
        """A click above its handle."""
        message.stop()
        self.action_page(-2)

    def on_scroll_down(self, message: ScrollDown) -> None:
        """A click below it."""
        message.stop()
        self.action_page(2)

    def _point(self, y: int, *, extend: bool) -> None:
        page = self.reading.page()
        if 0 <= y < len(page):
            self.reading.point(page[y].number, extend=extend)
            self.update()
