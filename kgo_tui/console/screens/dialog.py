"""What the dialogs that change something have in common: a box, what is true now, a last line, buttons.

Owns their look and their keys for leaving and scrolling. Enter on what stands ready does nothing, since
that is Cancel. Must not know what any of them is about.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import ClassVar, TypeVar

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.reactive import var
from textual.screen import ModalScreen
from textual.widget import Widget
from textual.widgets import Button

from kgo_tui.console.link import Link
from kgo_tui.console.pieces import Piece, Pieces, Tone, wrapped
from kgo_tui.console.session import Session
from kgo_tui.console.speech import later, say
from kgo_tui.console.widgets.lines import PieceLines
from kgo_tui.core.struct import Struct

T = TypeVar("T")

AROUND = 4
"""Lines of the box that are neither body nor the last line: border, buttons, a gap."""


class Place(Struct, frozen=True, kw_only=True):
    """Where a dialog is opened: what is known, and through what the worker is reached."""

    session: Session
    link: Link
    clock: Callable[[], datetime]
    read_only: bool = False


class Dialog(ModalScreen[T]):
    """Ends with what was begun, or None. The app keeps `session` up to date while it is open; `draw` is
    called when it has changed, and at every new size."""

    MORE: ClassVar[str] = later("↑ ↓ more")
    """What the box says where there is more than it shows."""

    AUTO_FOCUS: ClassVar[str | None] = "#no"
    DEFAULT_CSS = """
    Dialog { align: center middle; }
    Dialog > Vertical {
        width: 100; max-width: 100%; height: auto; max-height: 100%; padding: 0 1;
        border: round $border; background: $surface;
    }
    Dialog VerticalScroll { height: auto; scrollbar-size-vertical: 1; }
    Dialog Horizontal { height: 1; width: 1fr; margin-top: 1; align-horizontal: right; }
    Dialog Button { margin-left: 2; }
    """

    session: var[Session] = var(Session())

    def __init__(self, place: Place) -> None:
        super().__init__()
        self.place = place
        self.set_reactive(Dialog.session, place.session)

    def compose(self) -> ComposeResult:
        """The body, the last line, the buttons."""
        with Vertical():
            yield from self.body()
            yield PieceLines(id="told")
            with Horizontal():
                yield from self.buttons()

    def body(self) -> Iterable[Widget]:
        """What stands in the box; here, lines that scroll."""
        with VerticalScroll(can_focus=False):
            yield PieceLines(id="lines")

    def buttons(self) -> Iterable[Button]:
        """The way out, and the one that does it."""
        yield Button(Content(f"{say('Esc')} {say('Cancel')}"), id="no", compact=True)
        yield Button(Content(""), id="yes", variant="warning", compact=True)

    def draw(self) -> None:
        """Show what is."""
        raise NotImplementedError

    @property
    def room(self) -> int:
        """Cells of a line in the box, beside the scrollbar."""
        return self.query_one("#told").size.width - 1

    @property
    def around(self) -> int:
        """Lines of the box beside what scrolls and the last line."""
        return AROUND

    def show(self, lines: Iterable[Pieces]) -> None:
        """What scrolls."""
        self.query_one("#lines", PieceLines).show(*lines)

    def tell(self, text: str, tone: Tone = Tone.PLAIN) -> None:
        """The last line: what is going on, or why nothing is. Where it needs more lines, what scrolls
        has fewer."""
        lines = list(wrapped(text, self.room, tone, indent=2))
        self.query_one("#told", PieceLines).show(*lines)
        most = max(self.size.height - self.around - len(lines), 1)
        scroll = self.query_one(VerticalScroll)
        scroll.styles.max_height = most
        more = self.query_one("#lines", PieceLines).get_content_height() > most
        self.query_one("Dialog > Vertical").border_subtitle = say(self.MORE) if more else ""

    def offer(self, label: str, *, on: bool = True, what: str = "yes") -> None:
        """The word on the button that does it ("": there is none); in brackets while it does nothing."""
        button = self.query_one(f"#{what}", Button)
        shown = Content(label if on else f"({label})")
        if button.label != shown:
            button.label = shown
            button.refresh(layout=True)
        button.display = bool(label)

    def watch_session(self) -> None:
        """Another state of things."""
        if self.is_mounted and self.room > 0:
            self.draw()

    def on_mount(self) -> None:
        """Draw as soon as the size is known."""
        self.call_after_refresh(self.draw)

    def on_resize(self) -> None:
        """Another size, other line breaks."""
        self.call_after_refresh(self.draw)

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """A click, or Enter."""
        event.stop()
        if event.button.id == "yes":
            self.action_go()
        elif event.button.id == "no":
            self.action_leave()

    def action_go(self) -> None:
        """Do it."""
        raise NotImplementedError

    def action_leave(self) -> None:
        """Nothing is begun."""
        self.dismiss(None)

    def action_scroll(self, lines: int) -> None:
        """Up or down in what is shown."""
        self.query_one(VerticalScroll).scroll_relative(y=lines, animate=False)


def told(lines: Iterable[str], room: int, tone: Tone = Tone.PLAIN) -> Iterator[Pieces]:
    """Sentences below each other."""
    for line in lines:
        yield from wrapped(line, room, tone, indent=2) if line else [(Piece(""),)]
