"""Pane 4, Deployments: the history, newest first; in its place the live stage while one runs.

Owns asking for the history, page by page as the cursor comes near its end, and which of the two is shown.
The rows are `deployments.listing`.
"""

from __future__ import annotations

from datetime import datetime
from typing import Protocol, cast

from textual import on, work
from textual.app import ComposeResult
from textual.message import Message

from kgo_tui.console import keys
from kgo_tui.console.deployments import ledger, words
from kgo_tui.console.deployments.ledger import PAGE, Ledger
from kgo_tui.console.deployments.listing import Listing, columns
from kgo_tui.console.link import Link
from kgo_tui.console.panes.pane import Pane
from kgo_tui.console.speech import later, say
from kgo_tui.console.widgets.rows import RowList
from kgo_tui.console.widgets.stage import Stage
from kgo_tui.control.queries import History
from kgo_tui.core.errors import KgoError
from kgo_tui.core.model import Deployment

NEAR = 25
"""Rows from the end at which older ones are asked for."""


class _Linked(Protocol):
    link: Link


class RollbackWanted(Message):
    """A person wants to go back to the release that this good deployment left; to be asked for, not done.
    `release` is its id, which `Rollback(to=...)` takes."""

    def __init__(self, deployment: Deployment) -> None:
        super().__init__()
        self.deployment = deployment
        self.release = words.release_of(deployment)


class DeploymentsPane(Pane):
    """What was deployed, and what is being deployed."""

    TITLE = later("Deployments")
    BINDINGS = keys.bindings(keys.DEPLOYMENTS)
    DEFAULT_CSS = """
    DeploymentsPane Stage { display: none; }
    DeploymentsPane.staged Stage { display: block; }
    DeploymentsPane.staged RowList { display: none; }
    """

    class Opened(Message):
        """A deployment is to be shown in full."""

        def __init__(self, number: int) -> None:
            super().__init__()
            self.number = number

    class Staged(Message):
        """The stage took the place of the list (`on`), or gave it back."""

        def __init__(self, *, on: bool) -> None:
            super().__init__()
            self.on = on

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._ledger = Ledger()
        self._listing = Listing()
        self._changed = -1
        self._drawn: tuple[object, ...] = ()
        self._asking = False

    @property
    def rows(self) -> RowList:
        """The list."""
        return self.query_one(RowList)

    @property
    def stage(self) -> Stage:
        """What runs."""
        return self.query_one(Stage)

    @property
    def chosen(self) -> Deployment | None:
        """The deployment that keys are about."""
        number = self.stage.about if self.stage.on else int(self.rows.key or 0)
        return next((d for d in self._deployments() if d.id == number), None)

    def compose(self) -> ComposeResult:
        """The list, and the stage in its place."""
        yield RowList(columns(), id="deployment-rows")
        yield Stage()

    def on_mount(self) -> None:
        """More rows as one scrolls."""
        self.watch(self.rows, "scroll_y", self._go_on, init=False)

    def draw(self) -> None:
        """Show the deployments; ask anew when there are others."""
        self.stage.tell(self.session, self.now)
        if self.session.changed != self._changed and self.session.up:
            self._changed = self.session.changed
            self._ask_newest()
        self._draw_rows()

    def land(self) -> None:
        """The stage or the list takes the keys."""
        (self.stage if self.stage.on else self.rows).focus()

    def _draw_rows(self) -> None:
        state = self.session.state
        minute = self.now.replace(second=0, microsecond=0)
        about = (self._ledger, state and state.deployment, state and state.last, self._when(minute))
        if about != self._drawn:
            self._drawn = about
            empty = say("no deployment yet") if self._ledger.asked else "…"
            self.rows.show(self._listing.rows(self._deployments(), self.now), empty=empty)

    def _when(self, minute: datetime) -> datetime:
        """Ages go on by the second only where one is that young."""
        newest = next(iter(self._deployments()), None)
        return self.now if newest is not None and newest.started_at >= minute else minute

    def _deployments(self) -> tuple[Deployment, ...]:
        return ledger.with_live(self._ledger.known, self.session.state)

    @work(exclusive=True, group="newest")
    async def _ask_newest(self) -> None:
        link = cast("_Linked", self.app).link
        try:
            page = await link.query(History(limit=PAGE))
        except KgoError:
            self._changed = -1  # the next connection asks again
            return
        self._ledger = ledger.newest(self._ledger, page, PAGE)
        self._draw_rows()

    @work(exclusive=True, group="older")
    async def _ask_older(self) -> None:
        asked, known = self._ledger.page, self._ledger.known
        try:
            page = await cast("_Linked", self.app).link.query(History(limit=asked, before=known[-1].id))
        except KgoError:
            return
        finally:
            self._asking = False
        if self._ledger.known[-1:] == known[-1:]:
            self._ledger = ledger.older(self._ledger, page, asked)
            self._draw_rows()

    @on(RowList.Moved)
    def _go_on(self) -> None:
        rows = self.rows
        at = max(self._index(), round(rows.scroll_y) + rows.size.height)
        if at >= len(rows.rows) - NEAR and self._ledger.more and self._ledger.known and not self._asking:
            self._asking = True
            self._ask_older()

    def _index(self) -> int:
        key = self.rows.key
        return next((n for n, row in enumerate(self.rows.rows) if row.key == key), 0)

    @on(RowList.Chosen)
    def _open(self, message: RowList.Chosen) -> None:
        message.stop()
        self.post_message(self.Opened(int(message.key or 0)))

    @on(Stage.Details)
    def _open_staged(self, message: Stage.Details) -> None:
        message.stop()
        self.post_message(self.Opened(message.number))

    @on(Stage.Changed)
    def _set_stage(self, message: Stage.Changed) -> None:
        message.stop()
        had_keys = self.has_focus_within
        self.set_class(message.on, "staged")
        self.stage.tell(self.session, self.now)
        if had_keys:
            self.land()
        if message.begins or not message.on:
            self.post_message(self.Staged(on=message.on))

    async def action_rollback_to(self) -> None:
        """Go back to the release under the cursor; where that is none, choose one."""
        d = self.chosen
        if d is not None and words.is_good(d) and not self.stage.on:
            self.post_message(RollbackWanted(d))
        else:
            await self.run_action("app.rollback")

    def action_recall(self) -> None:
        """What runs, or ended last, on the stage again."""
        self.stage.recall()
