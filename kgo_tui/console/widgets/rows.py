"""A list of rows with a cursor that stays on its row, whatever comes, goes or is sorted.

Owns drawing line by line (only lines that changed are sent to the terminal), the cursor by key, and
scrolling. Must not know what the rows mean. Cells are drawn as they are: no markup.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from rich.segment import Segment
from textual import events
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from kgo_tui.console import keys
from kgo_tui.console.pieces import TONES, Piece, Pieces, Tone, fitted, plain
from kgo_tui.console.widgets.columns import GAP, Column, Placed, placed
from kgo_tui.console.widgets.toned import Toned


class Row(NamedTuple):
    """`key` says which thing this is, for as long as it exists; `cells` one for each column."""

    key: str
    cells: tuple[Pieces, ...]


class RowList(ScrollView, Toned, can_focus=True):
    """Rows below a line of titles, if the columns have any. `empty` is shown when there is no row."""

    # ScrollView stands first among the bases: styles come from the first one only, scrolling with them.

    COMPONENT_CLASSES = {*TONES, "rows--title", "rows--cursor"}
    DEFAULT_CSS = """
    RowList { height: 1fr; scrollbar-size-vertical: 1; overflow-x: hidden; }
    RowList > .rows--title { color: $foreground-muted; text-style: bold; }
    RowList > .rows--cursor { text-style: reverse; }
    """
    BINDINGS = keys.bindings(keys.LIST)

    class Moved(Message):
        """The cursor is on another row now."""

        def __init__(self, rows: RowList, key: str | None) -> None:
            super().__init__()
            self.rows, self.key = rows, key

        @property
        def control(self) -> RowList:
            """The list."""
            return self.rows

    class Chosen(Moved):
        """Enter, or a click on the row under the cursor."""

    def __init__(self, columns: Sequence[Column], *, empty: str = "", id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._columns = tuple(columns)
        self._titled = int(any(column.title for column in self._columns))
        self._empty = plain(empty, Tone.DIM)
        self._rows: tuple[Row, ...] = ()
        self._index_of: dict[str, int] = {}
        self._places: tuple[Placed, ...] = ()
        self._room = 0
        self._key: str | None = None

    @property
    def key(self) -> str | None:
        """The row under the cursor."""
        return self._key

    @property
    def rows(self) -> tuple[Row, ...]:
        """What is shown."""
        return self._rows

    def show(self, rows: Sequence[Row], *, empty: str | None = None) -> None:
        """Show these rows; lines that stay the same are not drawn again. The cursor stays on its row;
        when that is gone, at its place."""
        before, at, said = self._rows, self._index, self._empty
        self._rows = tuple(rows)
        self._index_of = {row.key: index for index, row in enumerate(self._rows)}
        if empty is not None:
            self._empty = plain(empty, Tone.DIM)
        if self._index < 0:
            self._set_key(min(max(at, 0), len(rows) - 1))
        self.virtual_size = Size(self.size.width, len(self._rows) + self._titled)
        if len(before) != len(self._rows) or (not before and self._empty != said):
            self.refresh()
            return
        for index, (old, new) in enumerate(zip(before, self._rows, strict=True)):
            if old != new or (old.key == self._key) != (index == self._index):
                self._refresh_row(index)

    def move_to(self, key: str) -> None:
        """Put the cursor on that row, if it is there."""
        if key in self._index_of:
            self._go(self._index_of[key])

    def action_cursor(self, by: int) -> None:
        """Some rows up or down."""
        self._go(self._index + by)

    def action_edge(self, index: int) -> None:
        """To the first or the last row."""
        self._go(index if index >= 0 else len(self._rows) - 1)

    def action_page(self, pages: int) -> None:
        """Half a screen up or down."""
        self._go(self._index + pages * max(self.size.height // 2, 1))

    def action_choose(self) -> None:
        """Tell that this row is meant."""
        if self._key is not None:
            self.post_message(self.Chosen(self, self._key))

    def on_click(self, event: events.Click) -> None:
        """A click moves the cursor; one on the cursor chooses."""
        index = event.y - self._titled + self.scroll_offset.y
        if event.y < self._titled or not 0 <= index < len(self._rows):
            return
        if index == self._index and event.chain == 2:  # noqa: PLR2004 - a double click
            self.action_choose()
        self._go(index)

    def on_resize(self) -> None:
        """Another width, other columns."""
        self.virtual_size = Size(self.size.width, len(self._rows) + self._titled)

    def _fit(self) -> int:
        """Cells of a line, beside a scrollbar that may have come or gone."""
        room = self.scrollable_size.width
        if room != self._room:
            self._room, self._places = room, placed(self._columns, room)
        return room

    def render_line(self, y: int) -> Strip:
        """One line of the screen: the titles stay on top, the rows scroll below."""
        if y < self._titled:
            return self._strip(tuple(plain(c.title) for c in self._columns), "rows--title")
        index = y - self._titled + self.scroll_offset.y
        if not self._rows and index == 0:
            return self._filled(self._empty, None)
        if index >= len(self._rows):
            return Strip.blank(self.size.width, self.rich_style)
        row = self._rows[index]
        return self._strip(row.cells, "rows--cursor" if row.key == self._key else None)

    def _strip(self, cells: tuple[Pieces, ...], component: str | None) -> Strip:
        self._fit()
        pieces: list[Piece] = []
        for number, place in enumerate(self._places):
            if number:
                pieces.append(Piece(" " * GAP))
            pieces += fitted(cells[place.cell], place.width, right=place.column.right)
        return self._filled(tuple(pieces), component)

    def _filled(self, pieces: Pieces, component: str | None) -> Strip:
        marked = component is not None and (component != "rows--cursor" or self.has_focus)
        segments = []
        room = self._fit()
        for piece in fitted(pieces, room):
            # Reversed, each tone would be a patch of another colour: the cursor is one even bar.
            over = component if marked and component else piece.tone
            segments.append(Segment(piece.text, self.toned(over)))
        return Strip(segments, room)

    @property
    def _index(self) -> int:
        return self._index_of.get(self._key or "", -1)

    def _go(self, index: int) -> None:
        if not self._rows:
            return
        old = self._index
        self._set_key(min(max(index, 0), len(self._rows) - 1))
        self._refresh_row(old)
        self._refresh_row(self._index)
        self._into_view(self._index)

    def _set_key(self, index: int) -> None:
        key = self._rows[index].key if 0 <= index < len(self._rows) else None
        if key != self._key:
            self._key = key
            self.post_message(self.Moved(self, key))

    def _into_view(self, index: int) -> None:
        visible = max(self.size.height - self._titled, 1)
        top = self.scroll_offset.y
        if index < top:
            self.scroll_to(y=index, animate=False)
        elif index >= top + visible:
            self.scroll_to(y=index - visible + 1, animate=False)

    def _refresh_row(self, index: int) -> None:
        y = index + self._titled - self.scroll_offset.y
        if index >= 0 and self._titled <= y < self.size.height:
            self.refresh(Region(0, y, self.size.width, 1))

    def on_focus(self) -> None:
        """The cursor shows only where keys go."""
        self._refresh_row(self._index)

    def on_blur(self) -> None:
        """See `on_focus`."""
        self._refresh_row(self._index)
