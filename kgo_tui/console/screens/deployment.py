"""One deployment in full: summary, steps on an axis of time, commands, output, evidence; live while it runs.

Owns asking for it, and its keys. What stands there is `deployments.document`, what is folded or looked for
`deployments.folding`.
"""

from __future__ import annotations

from datetime import datetime
from typing import Protocol, cast

from textual import on, work
from textual.app import ComposeResult
from textual.reactive import var
from textual.screen import Screen
from textual.widgets import Input

from kgo_tui.console import clipboard, keys
from kgo_tui.console.deployments import document, words
from kgo_tui.console.deployments.document import Subject
from kgo_tui.console.deployments.folding import Folding
from kgo_tui.console.link import Link
from kgo_tui.console.panes.deployments import RollbackWanted
from kgo_tui.console.panes.pane import right_now
from kgo_tui.console.session import Session
from kgo_tui.console.speech import say
from kgo_tui.console.widgets.columns import Column
from kgo_tui.console.widgets.lines import KeyLine, PieceLines
from kgo_tui.console.widgets.rows import RowList
from kgo_tui.control.queries import DeploymentDetails, Details
from kgo_tui.core.errors import KgoError
from kgo_tui.core.model import Step

ARROW = 2
"""Cells before every line."""


class _Linked(Protocol):
    link: Link


class DeploymentScreen(Screen[None]):
    """`session` and `now` are to be bound to the main screen's."""

    BINDINGS = keys.bindings(keys.DETAILS)
    AUTO_FOCUS = "RowList"
    DEFAULT_CSS = """
    DeploymentScreen > .title { dock: top; }
    DeploymentScreen > RowList { scrollbar-gutter: stable; }
    DeploymentScreen > Input { dock: bottom; display: none; border: none; height: 1; padding: 0 1; }
    DeploymentScreen > Input.open { display: block; }
    """

    session: var[Session] = var(Session())
    now: var[datetime] = var(right_now)

    def __init__(self, number: int) -> None:
        super().__init__()
        self.number = number
        self.folding = Folding()
        self._found: DeploymentDetails | None = None
        self._why_not = ""
        self._asked: object = None
        self._drawn: object = None

    @property
    def rows(self) -> RowList:
        """The lines."""
        return self.query_one(RowList)

    def compose(self) -> ComposeResult:
        """A line that stays, the document, the keys."""
        yield PieceLines(classes="title")
        yield RowList((Column("", 1, grow=1),), empty="…")
        yield Input(compact=True, placeholder=say("search"), select_on_focus=False)
        yield KeyLine([key for key in keys.DETAILS if key.hint])

    def on_mount(self) -> None:
        """As far as it is known."""
        self.draw()

    def on_resize(self) -> None:
        """Other room, other breaks."""
        self.call_after_refresh(self.draw)

    def watch_session(self) -> None:
        """It goes on, maybe."""
        if self.is_mounted:
            self.draw()

    def watch_now(self) -> None:
        """A bar grows."""
        if self.is_mounted:
            self.draw()

    @property
    def subject(self) -> Subject | None:
        """What is known of it: what runs is told by events, the rest was asked for."""
        state, found = self.session.state, self._found
        live = (
            next((d for d in (state.deployment, state.last) if d and d.id == self.number), None)
            if state
            else None
        )
        d = live or (found.deployment if found else None)
        if d is None:
            return None
        asked = found.steps if found else ()
        told = state.steps if state and live else ()
        output = tuple(line for line in self.session.output if line.deployment == self.number)
        return Subject(d, _best(asked, told), found.evidence if found else (), output)

    def draw(self) -> None:
        """Show what is known; ask when something was added that is not told by events."""
        subject = self.subject
        wanted = (self.session.changed, subject and [s.outcome for s in subject.steps])
        if wanted != self._asked and self.session.up:
            self._asked = wanted
            self._ask()
        if subject is None:
            self.rows.show((), empty=self._why_not or "…")
            return
        runs = subject.deployment.ended_at is None
        about = (subject, self.now if runs else None, self.rows.scrollable_size.width)
        if about != self._drawn:
            self._drawn = about
            self.query_one(PieceLines).show(document.title(subject.deployment))
            room = max(self.rows.scrollable_size.width - ARROW, 1)
            self.folding.become(document.lines(subject, self.now, room))
            self._show()

    def _show(self, key: str | None = None) -> None:
        self.rows.show(self.folding.rows())
        if key is not None:
            self.rows.move_to(key)

    @work(exclusive=True, group="details")
    async def _ask(self) -> None:
        try:
            self._found = await cast("_Linked", self.app).link.query(Details(id=self.number))
        except KgoError as error:
            self._why_not = str(error)
        self._drawn = None
        self.draw()

    @on(RowList.Chosen)
    def _turn(self, message: RowList.Chosen) -> None:
        message.stop()
        if message.key is not None:
            self._show(self.folding.turn(message.key))

    def action_turn(self) -> None:
        """Fold or unfold, whichever it is not."""
        self.rows.action_choose()

    def action_fold(self, to: bool) -> None:  # noqa: FBT001 - an action's argument
        """Fold or unfold what the cursor is on."""
        if self.rows.key is not None:
            self._show(self.folding.turn(self.rows.key, to=to))

    def action_find(self) -> None:
        """Type what to look for."""
        line = self.query_one(Input)
        line.add_class("open")
        line.focus()

    @on(Input.Submitted)
    def _look_for(self, event: Input.Submitted) -> None:
        event.stop()
        self._leave_find(event.value)
        self.action_hit(1)

    def _leave_find(self, needle: str) -> None:
        self.query_one(Input).remove_class("open")
        self.rows.focus()
        self.folding.needle = needle
        self._show()

    def action_hit(self, direction: int) -> None:
        """The next line that has it, or the one before."""
        key = self.folding.hit(self.rows.key, direction)
        if key is not None:
            self._show(key)
        elif self.folding.needle:
            self.app.notify(say("no hit there"), markup=False)

    async def action_leave(self) -> None:
        """Out of what one is in: the line to type in, the search, the screen."""
        line = self.query_one(Input)
        if line.has_focus or self.folding.needle:
            line.value = ""
            self._leave_find("")
        else:
            await self.run_action("app.back")

    @work
    async def action_copy(self) -> None:
        """The part under the cursor."""
        text = self.folding.section(self.rows.key)
        told = await clipboard.copy(text, self.app.copy_to_clipboard)
        count = text.count("\n") + 1
        self.app.notify(say("{count} lines: {told}").format(count=count, told=told), markup=False)

    async def action_rollback_to(self) -> None:
        """Go back to the release that this one left; where it left none, choose one."""
        subject = self.subject
        if subject is not None and words.is_good(subject.deployment):
            self.app.post_message(RollbackWanted(subject.deployment))
        else:
            await self.run_action("app.rollback")


def _best(asked: tuple[Step, ...], told: tuple[Step, ...]) -> tuple[Step, ...]:
    """Events are ahead of answers, but a worker that was started again tells only what came since."""
    return told if len(told) >= len(asked) else asked
