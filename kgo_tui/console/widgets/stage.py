"""The stage: the deployment that runs, live, and how it ended; the same on every console.

Owns when it is on stage: from the beginning of a deployment until a person puts it away. What it says is
`deployments.live`.
"""

from __future__ import annotations

from datetime import datetime

from textual.binding import Binding
from textual.message import Message

from kgo_tui.console.deployments import live
from kgo_tui.console.session import Session
from kgo_tui.console.widgets.lines import PieceLines
from kgo_tui.core.model import Deployment


class Stage(PieceLines, can_focus=True):
    """One deployment. Whoever has it tells it the session, and listens."""

    DEFAULT_CSS = """
    Stage { height: 1fr; width: 1fr; }
    """
    BINDINGS = [
        Binding("enter", "details", id="list.choose", show=False),
        Binding("escape", "put_away", id="stage.away", show=False),
    ]

    class Changed(Message):
        """It is on stage now, or no more. `begins` when a deployment that was not on it takes it."""

        def __init__(self, *, on: bool, begins: bool = False) -> None:
            super().__init__()
            self.on, self.begins = on, begins

    class Details(Message):
        """All of this deployment is wanted."""

        def __init__(self, number: int) -> None:
            super().__init__()
            self.number = number

    def __init__(self) -> None:
        super().__init__()
        self.about: int | None = None
        self._away: int | None = None
        self._drawn: tuple[Session, datetime] | None = None

    @property
    def on(self) -> bool:
        """Whether there is something to see that nobody has put away."""
        return self.about is not None and self.about != self._away

    def tell(self, session: Session, now: datetime) -> None:
        """Things are so now."""
        self._drawn = (session, now)
        before, was_on = self.about, self.on
        d = live.shown(session, self.about)
        self.about = d.id if d is not None else None
        if (self.about, self.on) != (before, was_on):
            self.post_message(
                self.Changed(on=self.on, begins=self.about is not None and self.about != before)
            )
        self._draw(d)

    def recall(self) -> None:
        """On stage again, if there is something to see."""
        if self.about is not None and not self.on:
            self._away = None
            self.post_message(self.Changed(on=True))

    def on_resize(self) -> None:
        """More room, more output."""
        if self._drawn is not None:
            self._draw(live.shown(self._drawn[0], self.about))

    def action_put_away(self) -> None:
        """Show what stood here before."""
        self._away = self.about
        self.post_message(self.Changed(on=False))

    def action_details(self) -> None:
        """All of it."""
        if self.about is not None:
            self.post_message(self.Details(self.about))

    def _draw(self, d: Deployment | None) -> None:
        if d is None or self._drawn is None or not self.on or not self.size.height:
            return
        session, now = self._drawn
        self.show(*live.lines(session, d, now, self.size.width, self.size.height))
