"""The lines around the panes: header, tabs, keys. Only what changed in them is drawn again.

Owns drawing a few lines of pieces. Must not know where the facts come from.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from rich.segment import Segment
from textual import events
from textual.geometry import Region
from textual.reactive import var
from textual.strip import Strip

from kgo_tui.console import header
from kgo_tui.console.acting import reason_against
from kgo_tui.console.keys import Key
from kgo_tui.console.panes.pane import right_now
from kgo_tui.console.pieces import TONES, Piece, Pieces, Tone, fitted, width
from kgo_tui.console.session import Session
from kgo_tui.console.speech import say
from kgo_tui.console.widgets.shown import shown
from kgo_tui.console.widgets.toned import Toned


class PieceLines(Toned):
    """Some lines of pieces."""

    COMPONENT_CLASSES = TONES
    DEFAULT_CSS = """
    PieceLines { height: auto; width: 1fr; }
    """

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id, classes=classes)
        self._lines: tuple[Pieces, ...] = ()

    def show(self, *lines: Pieces) -> None:
        """Draw these lines, those that are not there already."""
        before, self._lines = self._lines, lines
        if len(before) != len(lines):
            self.refresh(layout=self.styles.is_auto_height)
            return
        for y, (old, new) in enumerate(zip(before, lines, strict=True)):
            if old != new:
                self.refresh(Region(0, y, self.size.width, 1))

    def get_content_height(self, *_: object) -> int:
        """As many as there are lines."""
        return len(self._lines) or 1

    def render_line(self, y: int) -> Strip:
        """One line."""
        pieces = fitted(self._lines[y], self.size.width) if y < len(self._lines) else ()
        return Strip([Segment(piece.text, self.toned(piece.tone)) for piece in pieces])


class HeaderLines(PieceLines):
    """What host, is it well, what is next; below, why."""

    session: var[Session] = var(Session())
    now: var[datetime] = var(right_now)

    def __init__(self, host: str) -> None:
        super().__init__()
        self._host = host

    def watch_session(self) -> None:
        """Another state of things."""
        self._draw()

    def watch_now(self) -> None:
        """Ages and countdowns."""
        self._draw()

    def on_resize(self) -> None:
        """More room, more facts."""
        self._draw()

    def _draw(self) -> None:
        room = self.size.width
        self.show(
            header.first_line(self.session, self.now, self._host, room),
            header.second_line(self.session, room),
        )


class TabLine(PieceLines):
    """The panes by number, the current one in brackets."""

    current: var[str] = var("")

    def __init__(self, names: Sequence[str]) -> None:
        super().__init__()
        self._names = tuple(names)

    def watch_current(self) -> None:
        """Another pane has the keys."""
        tabs: list[Piece] = []
        for number, name in enumerate(self._names, start=1):
            label = f"{number} {say(name.capitalize())}"
            here = name == self.current
            tabs.append(Piece(f"[{label}]" if here else f" {label} ", Tone.STRONG if here else Tone.DIM))
        self.show(tuple(tabs))


class KeyLine(PieceLines):
    """The keys that a newcomer needs; a click does what the key does. Those that are off now stand in
    brackets; pressed all the same, they say why."""

    session: var[Session | None] = var(None)

    def __init__(self, keys: Sequence[Key]) -> None:
        super().__init__()
        self._keys = tuple(keys)

    def on_mount(self) -> None:
        """Say them."""
        self._draw()

    def watch_session(self) -> None:
        """Others are on."""
        if self.is_mounted:
            self._draw()

    def _draw(self) -> None:
        lead = (Piece(self._lead, Tone.WARN),) if self._lead else ()
        self.show((*lead, *(piece for key in self._keys for piece in self._pieces(key))))

    def _pieces(self, key: Key) -> Pieces:
        name, hint = self._shown(key), say(key.hint)
        if self._is_off(key):
            return (Piece(f"({name} {hint}) ", Tone.DIM),)
        return Piece(name, Tone.STRONG), Piece(f" {hint}  ", Tone.DIM)

    @property
    def _lead(self) -> str:
        return f"{say('read-only')}  " if getattr(self.app, "read_only", False) else ""

    def _is_off(self, key: Key) -> bool:
        read_only = getattr(self.app, "read_only", False)
        if self.session is None:
            return read_only and key.changes
        return reason_against(key.action, self.session, read_only=read_only) is not None

    def _shown(self, key: Key) -> str:
        keymap: Mapping[str, str] = getattr(self.app, "keymap", {})
        return shown(keymap.get(key.id, key.keys))

    async def on_click(self, event: events.Click) -> None:
        """The key under the pointer."""
        x = len(self._lead)
        for key in self._keys:
            x += width(self._pieces(key))
            if event.x < x:
                await self.run_action(key.action if "." in key.action else f"app.{key.action}")
                return
