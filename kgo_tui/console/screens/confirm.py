"""A question with yes and no, for what has consequences.

Owns how such a question looks and which keys answer it: nothing happens by Enter on what stands ready,
since that is Cancel. Must not know what is done after a yes.
"""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Button, Static

from kgo_tui.console import keys
from kgo_tui.console.speech import say
from kgo_tui.core.text import clean_block


class Confirm(ModalScreen[bool]):
    """True for yes. Foreign text in the question is drawn inert."""

    AUTO_FOCUS: ClassVar[str] = "#no"
    BINDINGS = keys.bindings(keys.CONFIRM)
    DEFAULT_CSS = """
    Confirm { align: center middle; }
    Confirm > VerticalScroll {
        width: 72; max-width: 100%; height: auto; max-height: 100%; padding: 0 1;
        border: round $border; background: $surface;
    }
    Confirm Static { height: auto; width: 1fr; }
    Confirm .question { text-style: bold; }
    Confirm .note { color: $text-muted; }
    Confirm Horizontal { height: 1; width: 1fr; margin-top: 1; align-horizontal: right; }
    Confirm Button { margin-left: 2; }
    """

    def __init__(self, question: str, *notes: str, about: str, yes: str) -> None:
        """Ask `question`, with `notes` below it. `about` is the key of the thing that is meant (never
        where it stands in a list); `yes` the word on the button."""
        super().__init__()
        self.about = about
        self._question, self._yes = clean_block(question), yes
        self._notes = tuple(map(clean_block, notes))

    def compose(self) -> ComposeResult:
        """The question, the notes, and Cancel in focus."""
        with VerticalScroll(can_focus=False):
            yield Static(self._question, markup=False, classes="question")
            yield from (Static(note, markup=False, classes="note") for note in self._notes)
            with Horizontal():
                yield Button(Content(f"{say('Esc')} {say('Cancel')}"), id="no", compact=True)
                yield Button(Content(f"y {self._yes}"), id="yes", variant="warning", compact=True)

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """A click, or Enter."""
        event.stop()
        self.dismiss(event.button.id == "yes")

    def action_answer(self, yes: bool) -> None:  # noqa: FBT001 - an action's argument
        """The answer by its key."""
        self.dismiss(yes)
