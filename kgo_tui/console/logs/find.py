"""The line in which one types what to look for: the log follows every letter.

Owns this input and its two meanings, filter and search. Must not know the log.
"""

from __future__ import annotations

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal
from textual.content import Content
from textual.message import Message
from textual.timer import Timer
from textual.widgets import Input, Static

from kgo_tui.console.speech import say

SETTLE_S = 0.08
"""After the last letter, before the log is looked through."""


class FindLine(Horizontal):
    """Hidden until `begin`."""

    DEFAULT_CSS = """
    FindLine { height: 1; display: none; }
    FindLine.open { display: block; }
    FindLine > Static { width: auto; color: $text-accent; }
    FindLine > Input { width: 1fr; border: none; height: 1; padding: 0 1; }
    """
    BINDINGS = [
        Binding("tab", "other", id="find.other", show=False),
        Binding("escape", "give_up", id="find.give_up", show=False),
    ]

    class Typed(Message):
        """What is looked for now."""

        def __init__(self, text: str, *, hides: bool) -> None:
            super().__init__()
            self.text, self.hides = text, hides

    class Done(Message):
        """The keys go back to the log; all that was looked for is forgotten if it was given up."""

        def __init__(self, *, given_up: bool) -> None:
            super().__init__()
            self.given_up = given_up

    def __init__(self) -> None:
        super().__init__()
        self._hides = True
        self._timer: Timer | None = None

    def compose(self) -> ComposeResult:
        """What it does, and the text."""
        yield Static()
        yield Input(compact=True, select_on_focus=False)

    def begin(self, text: str) -> None:
        """Take the keys."""
        self.add_class("open")
        self._say_what()
        line = self.query_one(Input)
        with line.prevent(Input.Changed):
            line.value = text
        line.cursor_position = len(text)
        line.focus()

    @on(Input.Changed)
    def _changed(self, event: Input.Changed) -> None:
        event.stop()
        self._stop()
        self._timer = self.set_timer(SETTLE_S, self._tell)

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self._tell()
        self._end(given_up=False)

    def action_other(self) -> None:
        """Filter or search."""
        self._hides = not self._hides
        self._say_what()
        self._tell()

    def action_give_up(self) -> None:
        """Look for nothing."""
        self._stop()
        self._end(given_up=True)

    def _tell(self) -> None:
        self._stop()
        self.post_message(self.Typed(self.query_one(Input).value, hides=self._hides))

    def _stop(self) -> None:
        if self._timer is not None:
            self._timer.stop()
            self._timer = None

    def _end(self, *, given_up: bool) -> None:
        self.remove_class("open")
        self.post_message(self.Done(given_up=given_up))

    def _say_what(self) -> None:
        what = say("filter (Tab: search):") if self._hides else say("search (Tab: filter):")
        self.query_one(Static).update(Content(f" {what}"))
