"""Going back: choose the release, see what that changes, type its commit.

Owns the dialog. It holds the id of the release that is meant, never a row; when another one is under the
cursor, what was typed is gone. Must not know how rows and sentences are made.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from textual import on, work
from textual.containers import VerticalScroll
from textual.widget import Widget
from textual.widgets import Input

from kgo_tui.console import goingback, keys
from kgo_tui.console.goingback import Choice
from kgo_tui.console.pieces import Tone
from kgo_tui.console.screens.dialog import AROUND, Dialog, Place, told
from kgo_tui.console.speech import later, say
from kgo_tui.console.times import span
from kgo_tui.console.widgets.lines import PieceLines
from kgo_tui.console.widgets.rows import RowList
from kgo_tui.control.queries import History, Missing, Releases
from kgo_tui.core.errors import KgoError
from kgo_tui.core.messages import Rollback
from kgo_tui.core.model import Deployment, Release
from kgo_tui.core.struct import SHORT_SHA

MOST, PAST = 20, 200
"""Releases that are offered, and deployments looked back on for their subjects and migrations."""

TICK_S = 1.0

LIST = 6
"""Lines of the list of releases."""


class RollbackScreen(Dialog[Deployment | None]):
    """Ends with the rollback that was begun, or None."""

    MORE = later("PgUp PgDn more")
    AUTO_FOCUS = "RowList"
    BINDINGS = keys.bindings(keys.ROLLBACK)
    DEFAULT_CSS = """
    RollbackScreen RowList { height: 6; margin-bottom: 1; }
    RollbackScreen Input { margin-top: 1; }
    """

    def __init__(self, place: Place, *, at: int | None = None) -> None:
        """`at` is the release that the cursor is on at first, if it is one that can be gone back to."""
        super().__init__(place)
        self._at = at
        self.choice: Choice | None = None
        self.error: KgoError | None = None
        self.sent = False
        self._since: datetime = place.clock()
        self._missing: dict[int, tuple[str, ...]] = {}
        self._was = _deployed(self)

    def body(self) -> Iterable[Widget]:
        """The releases, what going there changes, and a line to type in."""
        columns = [column._replace(title=say(column.title)) for column in goingback.COLUMNS]
        yield RowList(columns, empty=say("… asking the worker which releases there are"))
        with VerticalScroll(can_focus=False):
            yield PieceLines(id="lines")
        yield Input(compact=True)

    def on_mount(self) -> None:
        """Ask at once."""
        super().on_mount()
        self.query_one("Vertical").border_title = say("Roll back")
        self.set_interval(TICK_S, self._tick)
        self.action_again()

    @property
    def around(self) -> int:
        """The list and the line to type in take room, too."""
        return AROUND + LIST + 3

    @property
    def chosen(self) -> Release | None:
        """The release that is meant."""
        return self.choice.release(self.query_one(RowList).key) if self.choice else None

    def watch_session(self) -> None:
        """Another release is deployed meanwhile: all that is shown was about the one before."""
        if self.is_mounted and self._was != (now := _deployed(self)) and not self.sent:
            self._was = now
            self.query_one(Input).value = ""
            self.action_again()
        super().watch_session()

    def draw(self) -> None:
        """The releases, and what the chosen one means."""
        self._draw_rows()
        release, state = self.chosen, self.session.state
        field = self.query_one(Input)
        field.display = release is not None
        if release is not None and state is not None and self.choice is not None:
            found = self._missing.get(release.id)
            shown = goingback.lines(release, self.choice, state, found, self.room)
            self.show(shown)
            field.placeholder = say("type {sha}").format(sha=release.commit[:SHORT_SHA])
        elif self.error is not None:
            said = told([self.error.message, self.error.hint], self.room)
            self.show(said)
        self._draw_last()

    def _draw_rows(self) -> None:
        releases, state = self.query_one(RowList), self.session.state
        if self.choice is None or state is None:
            empty = say("… asking the worker which releases there are")
            releases.show((), empty="" if self.error else empty)
            return
        releases.show(
            tuple(goingback.rows(self.choice, state, self.place.clock())), empty=say("no other release")
        )

    def _draw_last(self) -> None:
        release = self.chosen
        can = release is not None and not self.sent
        label = f"{say('Enter')} {say('Roll back')}" if can else ""
        self.offer(label, on=self._objection() is None and self._typed())
        self.tell(*self._last(release))

    def _last(self, release: Release | None) -> tuple[str, Tone]:
        waited = span((self.place.clock() - self._since).total_seconds())
        if self.sent:
            return say("… asking the worker to go back, {time}").format(time=waited), Tone.BUSY
        if self.error is not None and release is not None:
            return f"✗ {self.error.message}. {self.error.hint}", Tone.BAD
        if self.error is not None:
            return say("✗ no answer. ^r asks again."), Tone.BAD
        if self.choice is None:
            return "", Tone.PLAIN
        if (reason := self._objection()) is not None or release is None:
            return f"✗ {reason}", Tone.WARN
        typing = not self.query_one(RowList).has_focus
        return goingback.next_step(release, typing=typing, typed=self._typed())

    def _typed(self) -> bool:
        release = self.chosen
        return release is not None and goingback.is_typed(self.query_one(Input).value, release)

    def _objection(self) -> str | None:
        release = self.chosen
        found = self._missing.get(release.id) if release else None
        return goingback.objection(release, found, self.session, read_only=self.place.read_only)

    def _tick(self) -> None:
        if self.sent:
            self._draw_last()

    def action_again(self) -> None:
        """Ask which releases there are (once more)."""
        if not self.sent:
            self.error = None
            self._missing.clear()
            self._ask()

    @work(exclusive=True, group="releases")
    async def _ask(self) -> None:
        link = self.place.link
        try:
            releases = await link.query(Releases(limit=MOST))
            past = await link.query(History(limit=PAST))
        except KgoError as error:
            self.error = error
        else:
            if self.session.state is not None:
                self.choice = goingback.choice(releases, past, self.session.state)
        self.draw()
        if self._at is not None:
            self.query_one(RowList).move_to(str(self._at))
            self._at = None
        self._look()

    @work(exclusive=True, group="images")
    async def _look(self) -> None:
        """Are the images of the chosen release still here?"""
        release = self.chosen
        if release is None or release.id in self._missing:
            return
        try:
            self._missing[release.id] = await self.place.link.query(Missing(release=release.id))
        except KgoError:
            return  # the worker looks again before it begins
        self.draw()

    @on(RowList.Moved)
    def _moved(self) -> None:
        self.query_one(Input).value = ""
        self.error = None if self.choice is not None else self.error
        self.draw()
        self._look()

    @on(RowList.Chosen)
    def _to_type(self) -> None:
        self.query_one(Input).focus()
        self.draw()

    @on(Input.Changed)
    def _typing(self) -> None:
        self._draw_last()

    @on(Input.Submitted)
    def _entered(self) -> None:
        self.action_go()

    def action_choose(self, by: int) -> None:
        """Another release, also while the line has the keys."""
        self.query_one(RowList).action_cursor(by)

    def action_go(self) -> None:
        """Go back, if that is what was typed."""
        release = self.chosen
        if release is None or self.sent or self._objection() is not None:
            return
        if self._typed():
            self._go_back(release)
        else:
            self.query_one(Input).focus()
            self.draw()

    @work(exclusive=True, group="going")
    async def _go_back(self, release: Release) -> None:
        self.sent, self.error, self._since = True, None, self.place.clock()
        self.draw()
        try:
            begun = await self.place.link.command(Rollback(to=str(release.id)), Deployment)
        except KgoError as error:
            self.sent, self.error = False, error
            self.query_one(Input).value = ""
            self.draw()
        else:
            self.dismiss(begun)

    def action_leave(self) -> None:
        """Leave; what was sent already goes on."""
        if self.sent:
            text = say("It was sent already: if the worker takes it, the rollback shows here.")
            self.app.notify(text, markup=False)
        self.dismiss(None)


def _deployed(screen: RollbackScreen) -> tuple[int, str] | None:
    release = screen.session.state and screen.session.state.deployed
    return (release.id, release.commit) if release else None
