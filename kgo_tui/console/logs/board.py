"""A pane with a log in it: the title over it, looking for something, jumping, marking.

Owns what one does with lines that are there. Must not know where they come from.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace
from textual import on
from textual.app import ComposeResult
from textual.timer import Timer

from kgo_tui.console.logs import notes
from kgo_tui.console.logs.find import FindLine
from kgo_tui.console.logs.query import Query
from kgo_tui.console.logs.reading import Reading
from kgo_tui.console.logs.view import LogView
from kgo_tui.console.panes.pane import Pane
from kgo_tui.console.speech import say
from kgo_tui.console.widgets.lines import PieceLines

TITLE_S = 0.5
"""Seconds that the counts in the title may be behind."""


class LogBoard(Pane):
    """The base of the Logs pane. `query_now` stays when another log is read."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self.query_now = Query()
        self._title_timer: Timer | None = None

    @property
    def view(self) -> LogView:
        """What is drawn."""
        return self.query_one(LogView)

    @property
    def reading(self) -> Reading:
        """What is read."""
        return self.view.reading

    def compose(self) -> ComposeResult:
        """The title, the log, the line to type in."""
        yield PieceLines()
        yield LogView()
        yield FindLine()

    def land(self) -> None:
        """The log takes the keys."""
        self.view.focus()

    def draw_title(self) -> None:
        """Say which log this is, and how it is read."""
        raise NotImplementedError

    def came(self) -> None:
        """What comes is drawn at once; how much of it there is, now and then."""
        self.view.came()
        if self._title_timer is None:
            self._title_timer = self.set_timer(TITLE_S, self._moved)

    @on(LogView.Moved)
    def _moved(self) -> None:
        if self._title_timer is not None:
            self._title_timer.stop()
            self._title_timer = None
        self.draw_title()

    def _look_for(self, query: Query) -> None:
        self.query_now = query
        self.view.look_for(query)

    def action_find(self) -> None:
        """Type what to look for."""
        self.query_one(FindLine).begin(self.query_now.text)

    @on(FindLine.Typed)
    def _typed(self, message: FindLine.Typed) -> None:
        self._look_for(replace(self.query_now, text=message.text, hides=message.hides))

    @on(FindLine.Done)
    def _done(self, message: FindLine.Done) -> None:
        if message.given_up:
            self._look_for(replace(self.query_now, text=""))
        self.view.focus()

    def action_clear(self) -> None:
        """First what was chosen, then what was looked for."""
        if self.reading.anchor is not None:
            self.reading.anchor = None
            self.view.update()
        else:
            self._look_for(Query(context=self.query_now.context))

    def action_context(self) -> None:
        """More lines around hits, at last none."""
        self._look_for(self.query_now.with_next_context())

    def action_level(self) -> None:
        """Errors; warnings too; notices too; all."""
        self._look_for(self.query_now.with_next_level())

    def action_hit(self, direction: int) -> None:
        """The next hit or the one before."""
        self._jump(self.reading.listing.hits, direction, say("no hit there"))

    def action_error(self, direction: int) -> None:
        """The next error or the one before."""
        self._jump(self.reading.buffer.errors, direction, say("no error there"))

    def action_marked(self, direction: int) -> None:
        """The next deployment, note or mark, or the one before."""
        places = sorted({*self.reading.buffer.marks, *self.reading.buffer.own})
        self._jump(places, direction, say("no deployment and no mark there"))

    def _jump(self, places: Sequence[int], direction: int, otherwise: str) -> None:
        if self.reading.jump(places, direction):
            self.view.update()
        else:
            self.app.notify(otherwise, markup=False)

    def action_mark(self) -> None:
        """Mark a line; who follows, marks what comes from now on."""
        if self.reading.following:
            self.reading.feed([notes.marked(self.now)])
        else:
            self.reading.buffer.toggle(self.reading.cursor)
        self.view.update()
