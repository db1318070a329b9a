"""What is known of one thing, by name and value, over what is on the screen.

Owns this dialog: scrolling, copying, closing. Must not know what the facts are about.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from rich.cells import cell_len
from textual import work
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from kgo_tui.console import clipboard, keys
from kgo_tui.console.speech import say
from kgo_tui.core.text import clean_block

MOST = 4_000
"""Characters of one value that are shown."""


class Fact(NamedTuple):
    """`style` colours the value: one of the theme's text colours, such as `$text-warning`. A fact
    without a name is a sentence of its own."""

    name: str
    value: str
    style: str = ""


class Facts(ModalScreen[None]):
    """Shows facts until it is left; `show` brings newer ones while it is open."""

    BINDINGS = keys.bindings(keys.FACTS)
    DEFAULT_CSS = """
    Facts { align: center middle; }
    Facts > VerticalScroll {
        width: 100; max-width: 100%; height: auto; max-height: 100%; padding: 0 1;
        border: round $border; background: $surface; scrollbar-size-vertical: 1;
    }
    Facts Static { height: auto; width: 1fr; }
    """

    def __init__(self, title: str, facts: Sequence[Fact], *, about: str) -> None:
        """`about` is the key of the thing, so that whoever opened this knows what it is of."""
        super().__init__()
        self.about = about
        self._title = clean_block(title)[:MOST]
        self._facts = tuple(facts)

    def compose(self) -> ComposeResult:
        """A box with text in it."""
        with VerticalScroll() as box:
            box.border_title = Content(self._title).markup
            yield Static()

    def on_mount(self) -> None:
        """The text takes the keys, so that it scrolls."""
        box = self.query_one(VerticalScroll)
        box.border_subtitle = say("y: copy   Esc: back")
        box.focus()
        self._draw()

    def show(self, facts: Sequence[Fact]) -> None:
        """Newer facts of the same thing."""
        if tuple(facts) != self._facts:
            self._facts = tuple(facts)
            if self.is_mounted:
                self._draw()

    def _draw(self) -> None:
        self.query_one(Static).update(_drawn(self._facts))

    def action_leave(self) -> None:
        """Back to where one was."""
        self.dismiss(None)

    def action_scroll(self, lines: int) -> None:
        """Up or down."""
        self.query_one(VerticalScroll).scroll_relative(y=lines, animate=False)

    @work
    async def action_copy(self) -> None:
        """All of it."""
        text = "\n".join(_line(fact) for fact in self._facts)
        told = await clipboard.copy(text, self.app.copy_to_clipboard)
        self.app.notify(told, markup=False)


def _drawn(facts: Sequence[Fact]) -> Content:
    wide = max((cell_len(fact.name) for fact in facts), default=0)
    lines = [_content(fact, wide) for fact in facts]
    return Content("\n").join(lines)


def _content(fact: Fact, wide: int) -> Content:
    value = Content.styled(clean_block(fact.value)[:MOST], fact.style)
    if not fact.name:
        return value
    return Content.assemble((fact.name + " " * (wide + 2 - cell_len(fact.name)), "$text-muted"), value)


def _line(fact: Fact) -> str:
    return clean_block(f"{fact.name}: {fact.value}" if fact.name else fact.value)
