"""What all panes have in common: a title, the session that they draw, the time of day.

Owns the base class. Must not know which panes there are.
"""

from __future__ import annotations

from datetime import UTC, datetime

from textual.containers import Vertical
from textual.reactive import var

from kgo_tui.console.session import Session
from kgo_tui.console.speech import say


def right_now() -> datetime:
    """The time of day, for a pane that has not been told one yet."""
    return datetime.now(UTC)


class Pane(Vertical):
    """A part of the main screen. `session` and `now` are bound to the screen's own; a subclass has a
    `TITLE`, composes its widgets and draws in `draw`, which is called when either has changed."""

    TITLE = ""
    DEFAULT_CSS = """
    Pane { height: 1fr; }
    """

    # `var`: a change draws what `draw` finds to be different, not the whole pane.
    session: var[Session] = var(Session())
    now: var[datetime] = var(right_now)

    def on_mount(self) -> None:
        """Say what this is, where the layout has a border."""
        self.titled(say(self.TITLE))

    def titled(self, title: str) -> None:
        """Say this in the border. Saying the same again would draw the whole pane once more."""
        if title != self.border_title:
            self.border_title = title

    def watch_session(self) -> None:
        """Another state of things."""
        if self.is_mounted:
            self.draw()

    def watch_now(self) -> None:
        """Ages go on."""
        if self.is_mounted:
            self.draw()

    def draw(self) -> None:
        """Show the session. Widgets leave alone what is as before."""
        raise NotImplementedError

    def land(self) -> None:
        """Take the keys."""
        for child in self.query("*"):
            if child.focusable:
                child.focus()
                return
