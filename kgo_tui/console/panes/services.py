"""Pane 2, Services: every container of the project, and what may be done with one.

Owns its keys and what they lead to. Rows, reasons and words are `console.services`; the worker does
what is asked, only the shell runs with this user's own rights.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from textual import on, work
from textual.app import ComposeResult
from textual.message import Message

from kgo_tui.console import clipboard, keys
from kgo_tui.console.panes.pane import Pane
from kgo_tui.console.pieces import Piece, Pieces, Tone
from kgo_tui.console.screens.facts import Facts
from kgo_tui.console.services import asking, details, reasons, rows, shell, words
from kgo_tui.console.services.usage import UsageWatch
from kgo_tui.console.speech import later, say
from kgo_tui.console.widgets.lines import PieceLines
from kgo_tui.console.widgets.rows import RowList
from kgo_tui.core.errors import KgoError
from kgo_tui.core.messages import ActOnContainer
from kgo_tui.core.model import ContainerAction, ContainerUsage, ContainerView

if TYPE_CHECKING:
    from kgo_tui.console.app import Console


class ServicesPane(Pane):
    """The containers."""

    TITLE = later("Services")
    BINDINGS = keys.bindings(keys.SERVICES)

    class LogsWanted(Message):
        """Somebody wants to read what this service says."""

        def __init__(self, service: str) -> None:
            super().__init__()
            self.service = service

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._busy: dict[str, ContainerAction] = {}
        self._usage: UsageWatch | None = None
        self._details: Facts | None = None

    def compose(self) -> ComposeResult:
        """The list, and a line about the container under the cursor."""
        columns = [column._replace(title=say(column.title)) for column in rows.COLUMNS]
        yield RowList(columns, empty=say("no container yet"), id="services-rows")
        yield PieceLines()

    @property
    def chosen(self) -> ContainerView | None:
        """The container under the cursor, as it is now."""
        return rows.container_of(self.session, self.query_one(RowList).key)

    @property
    def _kgo(self) -> Console:
        return cast("Console", self.app)

    def draw(self) -> None:
        """Show the containers."""
        self.query_one(RowList).show(tuple(rows.rows(self.session, self.now, self._busy)))
        count = len(self.session.state.containers) if self.session.state else 0
        self.titled(f"{say(self.TITLE)} {count or ''}".rstrip())
        self._draw_note()

    def _draw_note(self) -> None:
        self.query_one(PieceLines).show(self._note())
        if self._details is not None and (c := self._of_details()) is not None:
            self._details.show(details.facts(self.session, c, self.now, self._taken(c)))

    def _note(self) -> Pieces:
        """What it takes, when that is asked for; else what the row has no room for."""
        c = self.chosen
        if self._usage is None or c is None:
            return rows.note(self.session, self.query_one(RowList).key)
        found, name = self._taken(c), Piece(f"{c.service or c.name}  ", Tone.STRONG)
        if found is None:
            return name, Piece(self._usage.why_not or say("asking…"), Tone.DIM)
        return name, Piece(words.usage(found))

    def _taken(self, c: ContainerView) -> ContainerUsage | None:
        return self._usage.of(c) if self._usage is not None else None

    def _of_details(self) -> ContainerView | None:
        about = self._details.about if self._details is not None else ""
        found = self.session.state.containers if self.session.state else ()
        return next((c for c in found if c.id == about), None)

    @on(RowList.Moved)
    def _moved(self) -> None:
        if self._usage is not None:
            self._usage.hurry()
        self._draw_note()

    @on(RowList.Chosen)
    def _show_details(self) -> None:
        if (c := self.chosen) is not None:
            facts = details.facts(self.session, c, self.now, self._taken(c))
            self._details = Facts(c.service or c.name, facts, about=c.id)
            self.app.push_screen(self._details, self._left)

    def _left(self, _: None) -> None:
        self._details = None

    def action_act(self, action: str) -> None:
        """Start, stop or restart the container under the cursor, after a yes."""
        wanted, c = ContainerAction(action), self.chosen
        why_not = reasons.why_not_act(self.session, c, wanted, read_only=self._kgo.read_only)
        if why_not or c is None:
            self._tell(why_not, bad=True)
        else:
            meant = c  # whatever the cursor is on by then
            self.app.push_screen(
                asking.question(meant, wanted), lambda yes: self._answered(meant, wanted, yes)
            )

    def _answered(self, c: ContainerView, action: ContainerAction, yes: bool | None) -> None:  # noqa: FBT001
        if yes:
            self._act(c, action)

    @work
    async def _act(self, c: ContainerView, action: ContainerAction) -> None:
        self._busy[c.id] = action
        self.draw()
        try:
            await self._kgo.link.command(ActOnContainer(container=c.id, action=action), type(None))
        except KgoError as error:
            self._tell(str(error), bad=True)
        else:
            self._tell(asking.done(c, action))
        finally:
            self._busy.pop(c.id, None)
            self.draw()

    @work
    async def action_shell(self) -> None:
        """A shell in the container under the cursor."""
        c = self.chosen
        why_not = reasons.why_not_enter(self.session, c, read_only=self._kgo.read_only)
        if not why_not and c is not None:
            why_not = await shell.obstacle(c)
        if why_not or c is None:
            self._tell(why_not, bad=True)
            return
        with self.app.batch_update(), self.app.suspend():
            await shell.enter(c)

    def action_logs(self) -> None:
        """Read what the service under the cursor says."""
        if (c := self.chosen) is not None:
            self.post_message(self.LogsWanted(c.service or c.name))

    def action_usage(self) -> None:
        """What does the container under the cursor take? Asked until pressed again."""
        if self._usage is None:
            self._usage = UsageWatch(self._kgo.link)
            self.run_worker(self._usage.run(self._looked_at, self._draw_note), group="usage", exclusive=True)
        else:
            self._usage = None
            self.workers.cancel_group(self, "usage")
        self._draw_note()

    def _looked_at(self) -> ContainerView | None:
        """The one that is on the screen; nobody is asked about what nobody sees."""
        if self._details is not None:
            return self._of_details()
        return self.chosen if self.region and self.screen.is_current else None

    @work
    async def action_copy(self) -> None:
        """The container's name."""
        if (c := self.chosen) is not None:
            self._tell(await clipboard.copy(c.name, self.app.copy_to_clipboard))

    def _tell(self, text: str, *, bad: bool = False) -> None:
        self.app.notify(text, severity="warning" if bad else "information", markup=False)
