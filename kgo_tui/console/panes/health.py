"""Pane 3, Health: the history of the probe, with what was deployed on the same axis of time.

Owns asking for the part of time that is looked at, and the keys that move in it. What is drawn is
`health.picture`.
"""

from __future__ import annotations

from typing import Protocol, cast

from msgspec.structs import replace
from textual import events, on, work
from textual.app import ComposeResult
from textual.message import Message

from kgo_tui.console import keys
from kgo_tui.console.deployments import ledger
from kgo_tui.console.deployments.ledger import Ledger
from kgo_tui.console.health import cells, frame, known, picture, strip
from kgo_tui.console.health.frame import Frame
from kgo_tui.console.health.known import Known
from kgo_tui.console.link import Link
from kgo_tui.console.panes.deployments import DeploymentsPane
from kgo_tui.console.panes.pane import Pane
from kgo_tui.console.speech import later
from kgo_tui.console.widgets.lines import PieceLines
from kgo_tui.control.queries import History
from kgo_tui.core.errors import KgoError

MARKED = 200
"""Deployments that are asked for at once to be marked."""

MOST_MARKED = 2000
MONTH_FRESH = 60
"""Live samples after which the month is asked for anew."""


class _Linked(Protocol):
    link: Link


class HealthView(PieceLines, can_focus=True):
    """The lines; tells when its size changed and which cell was clicked."""

    DEFAULT_CSS = """
    HealthView { height: 1fr; }
    """

    class Resized(Message):
        """Other room."""

    class Clicked(Message):
        """A click on that cell, counted from the left."""

        def __init__(self, cell: int) -> None:
            super().__init__()
            self.cell = cell

    def on_resize(self) -> None:
        """Other room, other cells."""
        self.post_message(self.Resized())

    def on_click(self, event: events.Click) -> None:
        """The cursor goes there."""
        if event.x >= picture.MARGIN:
            self.post_message(self.Clicked(event.x - picture.MARGIN))


class HealthPane(Pane):
    """Was it well, and since when not."""

    TITLE = later("Health")
    BINDINGS = keys.bindings(keys.HEALTH)

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self.frame = Frame()
        self.known = Known()
        self.ledger = Ledger()
        self._changed = -1
        self._drawn: tuple[object, ...] = ()

    @property
    def view(self) -> HealthView:
        """What is drawn."""
        return self.query_one(HealthView)

    def compose(self) -> ComposeResult:
        """Lines."""
        yield HealthView()

    @on(HealthView.Resized)
    def draw(self) -> None:
        """Show what is known; ask for what is not."""
        size = self.view.size
        if not size.width or not size.height:
            return
        state = self.session.state
        before = self.known.sample
        self.known = known.with_sample(self.known, state.sample if state else None)
        self.frame = frame.fitted(self.frame, picture.cells_for(size.width), self.now)
        turned = before is not None and self.known.sample is not None and before.ok != self.known.sample.ok
        self._ask_for_what_lacks(turned=turned)
        self._show()

    def _ask_for_what_lacks(self, *, turned: bool) -> None:
        if not self.session.up:
            return
        anew = self.session.changed != self._changed
        self._changed = self.session.changed
        if anew or turned or len(self.known.late) > MONTH_FRESH:
            self._ask_month()
        if anew or not known.will_do(self.known, self.frame, self.now):
            self._ask_frame()
        if anew:
            self._ask_marks()

    def _show(self) -> None:
        size, minute = self.view.size, self.now.replace(second=0, microsecond=0)
        state = self.session.state
        running = (state.deployment, state.last) if state else None
        about = (self.known, self.ledger, self.frame, size, minute, running)
        if about == self._drawn:
            return
        self._drawn = about
        history = replace(self.ledger, known=ledger.with_live(self.ledger.known, state))
        self.view.show(*picture.lines(self.known, history, self.frame, self.now, size))

    @work(exclusive=True, group="frame")
    async def _ask_frame(self) -> None:
        asked = known.request(self.frame, self.now)
        at = self.frame
        try:
            view = await cast("_Linked", self.app).link.query(asked)
        except KgoError:
            return
        self.known = known.answered(self.known, at, asked, view)
        self._show()

    @work(exclusive=True, group="month")
    async def _ask_month(self) -> None:
        link = cast("_Linked", self.app).link
        try:
            hours = (await link.query(known.month(self.now))).rollups
            asked = known.around(hours)
            minutes = (await link.query(asked)).rollups if asked else ()
        except KgoError:
            return
        self.known = replace(self.known, hours=hours, minutes=minutes, late=())
        self._show()

    @work(exclusive=True, group="marks")
    async def _ask_marks(self) -> None:
        """The newest deployments, and older ones as far as one looks back."""
        link = cast("_Linked", self.app).link
        try:
            self.ledger = ledger.newest(self.ledger, await link.query(History(limit=MARKED)), MARKED)
            while self._lacks_marks():
                page = await link.query(History(limit=MARKED, before=self.ledger.known[-1].id))
                self.ledger = ledger.older(self.ledger, page, MARKED)
                self._show()
        except KgoError:
            return
        self._show()

    def _lacks_marks(self) -> bool:
        deployments, seen = self.ledger.known, self.frame.seen(self.now)
        if not deployments or not self.ledger.more or len(deployments) >= MOST_MARKED:
            return False
        return deployments[-1].started_at > self.frame.begin(seen.start)

    def _look(self, at: Frame) -> None:
        self.frame = at
        self.draw()
        if self._lacks_marks():
            self._ask_marks()

    @on(HealthView.Clicked)
    def _go_to(self, message: HealthView.Clicked) -> None:
        self._look(frame.jumped(self.frame, self.frame.seen(self.now)[0] + message.cell, self.now))

    def action_move(self, by: int) -> None:
        """A cell back or on."""
        self._look(frame.moved(self.frame, by, self.now))

    def action_page(self, pages: int) -> None:
        """Half a screen back or on."""
        self._look(frame.paged(self.frame, pages, self.now))

    def action_now(self) -> None:
        """The newest, and on with time."""
        self._look(replace(self.frame, last=None, cursor=None))

    def action_span(self, by: int) -> None:
        """Longer or shorter cells."""
        self._look(frame.zoomed(self.frame, by, self.now))

    def action_trouble(self, direction: int) -> None:
        """The next cell with a failure, or the one before, as far as is known."""
        at = self.frame.chosen(self.now)
        whole = range(self.frame.newest(self.now) + 1)
        found = cells.cells(self.known.all_rows, self.frame.cell_s, whole)
        bad = sorted(n for n, cell in found.items() if cell.bad and (n - at) * direction > 0)
        if bad:
            self._look(frame.jumped(self.frame, bad[0] if direction > 0 else bad[-1], self.now))

    def action_deployment(self, direction: int) -> None:
        """The next deployment, or the one before, as far as they are known."""
        at = self.frame.chosen(self.now)
        marked = sorted(n for n in strip.by_cell(self.ledger.known, self.frame) if (n - at) * direction > 0)
        if marked:
            self._look(frame.jumped(self.frame, marked[0] if direction > 0 else marked[-1], self.now))

    def action_choose(self) -> None:
        """The deployment in the cursor's cell, in full."""
        known_ones = ledger.with_live(self.ledger.known, self.session.state)
        here = strip.by_cell(known_ones, self.frame).get(self.frame.chosen(self.now), ())
        if here:
            self.post_message(DeploymentsPane.Opened(here[0].id))
