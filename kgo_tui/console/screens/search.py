"""A list that becomes shorter with every letter that one types, over what is on the screen.

Owns this dialog and its keys. Must not know what is listed: it is given a function from text to rows.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input

from kgo_tui.console import keys
from kgo_tui.console.speech import say
from kgo_tui.console.widgets.columns import Column
from kgo_tui.console.widgets.rows import Row, RowList

HEADING = "# "
"""What the key of a row begins with that is no choice."""

Rows = Callable[[str], Sequence[Row]]


class Search(ModalScreen[str | None]):
    """Ends with the key of the row that was chosen, or None."""

    BINDINGS = keys.bindings(keys.SEARCH)
    DEFAULT_CSS = """
    Search { align: center top; }
    Search > Vertical {
        width: 110; max-width: 100%; height: 100%; border: round $border; background: $surface;
    }
    Search Input { border: none; height: 1; padding: 0 1; background: $surface; }
    """

    def __init__(self, title: str, columns: Sequence[Column], rows: Rows, *, typing: bool = True) -> None:
        """`typing`: letters go into the search at once, else after the key for it."""
        super().__init__()
        self._title, self._columns, self._rows, self._typing = title, columns, rows, typing

    def compose(self) -> ComposeResult:
        """The line to type in, the list."""
        with Vertical() as box:
            box.border_title = Content(self._title).markup
            way = say("type to search") if self._typing else say("/: search")
            box.border_subtitle = Content(f"{way}   {say('Enter: do it')}   {say('Esc: back')}").markup
            yield Input(compact=True, select_on_focus=False, placeholder=say("search"))
            yield RowList(self._columns, empty=say("nothing is called that"))

    def on_mount(self) -> None:
        """All of it."""
        self._show("")
        self.query_one(Input if self._typing else RowList).focus()

    def _show(self, text: str) -> None:
        rows = self.query_one(RowList)
        found = self._rows(text)
        rows.show(found)
        first = next((row.key for row in found if not row.key.startswith(HEADING)), None)
        if text and first is not None:
            rows.move_to(first)

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        self._show(event.value)

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self.dismiss(self.query_one(RowList).key)

    @on(RowList.Chosen)
    def _chosen(self, message: RowList.Chosen) -> None:
        message.stop()
        self.dismiss(message.key)

    def action_search(self) -> None:
        """Letters go into the search."""
        self.query_one(Input).focus()

    def action_move(self, by: int) -> None:
        """Up or down while one types."""
        self.query_one(RowList).action_cursor(by)

    def action_page(self, by: int) -> None:
        """Half a screen."""
        self.query_one(RowList).action_page(by)

    def action_leave(self) -> None:
        """First what was typed, then all of it."""
        line = self.query_one(Input)
        if line.value:
            line.value = ""
        else:
            self.dismiss(None)
