"""A short list to choose one thing from, over what is on the screen.

Owns this dialog. Must not know what is chosen.
"""

from __future__ import annotations

from collections.abc import Sequence

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.screen import ModalScreen

from kgo_tui.console.speech import say
from kgo_tui.console.widgets.columns import Column
from kgo_tui.console.widgets.rows import Row, RowList

BORDER = 4
"""Lines of the box and the titles."""


class Picker(ModalScreen[str | None]):
    """Ends with the key of the row that was chosen, or None."""

    DEFAULT_CSS = """
    Picker { align: center middle; }
    Picker > Vertical {
        width: 60; max-width: 95%; max-height: 90%; border: round $border; background: $surface;
    }
    """
    BINDINGS = [Binding("escape,q", "leave", id="picker.leave", show=False)]

    def __init__(self, title: str, columns: Sequence[Column], rows: Sequence[Row], *, at: str = "") -> None:
        super().__init__()
        self._title, self._columns, self._rows, self._at = title, columns, tuple(rows), at

    def compose(self) -> ComposeResult:
        """A box with a list."""
        with Vertical() as box:
            box.styles.height = len(self._rows) + BORDER
            yield RowList(self._columns, empty=say("nothing"))

    def on_mount(self) -> None:
        """The cursor on what is chosen now."""
        box, rows = self.query_one(Vertical), self.query_one(RowList)
        box.border_title, box.border_subtitle = self._title, say("Enter: choose   Esc: back")
        rows.show(self._rows)
        rows.move_to(self._at)
        rows.focus()

    @on(RowList.Chosen)
    def _choose(self, message: RowList.Chosen) -> None:
        message.stop()
        self.dismiss(message.key)

    def action_leave(self) -> None:
        """Nothing is chosen."""
        self.dismiss(None)
