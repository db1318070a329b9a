"""There is no worker to look at: why, what is being done about it, and what the doctor finds.

Owns this screen. Shown as long as nothing was ever known; whoever has seen a state keeps seeing it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, cast

from textual import on, work
from textual.app import ComposeResult
from textual.content import Content
from textual.reactive import var
from textual.screen import Screen
from textual.widgets import Static

from kgo_tui.console import clipboard, diagnosis, keys
from kgo_tui.console.panes.pane import right_now
from kgo_tui.console.program import Program
from kgo_tui.console.screens.facts import Facts
from kgo_tui.console.session import LinkState, Session
from kgo_tui.console.speech import say
from kgo_tui.console.starting import Starting, Told, socket_found
from kgo_tui.console.widgets.lines import HeaderLines, KeyLine
from kgo_tui.console.widgets.rows import RowList
from kgo_tui.core.findings import Diagnosis
from kgo_tui.core.text import clean_block

if TYPE_CHECKING:
    from kgo_tui.console.app import Console


TICK_S = 1.0


class Absent(Screen[None]):
    """`session` and `now` as in MainScreen. `asked`: a person wants the doctor, worker or not."""

    BINDINGS = keys.bindings(keys.ABSENT)
    DEFAULT_CSS = """
    Absent > HeaderLines { dock: top; }
    Absent > KeyLine { dock: bottom; height: 1; }
    Absent > Static { height: auto; padding: 1 1 0 1; }
    Absent > RowList { margin-top: 1; min-height: 5; }
    """

    session: var[Session] = var(Session())
    now: var[datetime] = var(right_now)

    def __init__(self, host: str, program: Program, sockets: Sequence[Path], *, asked: bool = False) -> None:
        super().__init__()
        self.asked = asked
        self._host, self._program, self._sockets = host, program, tuple(sockets)
        self._told = Told("")
        self._found: Diagnosis | str | None = None
        self._starting = Starting(program, sockets, lambda: self.session.up)

    def compose(self) -> ComposeResult:
        """The header, what is known, what the doctor finds."""
        yield HeaderLines(self._host).data_bind(Absent.session, Absent.now)
        yield Static(markup=False)
        columns = [column._replace(title=say(column.title)) for column in diagnosis.COLUMNS]
        yield RowList(columns, empty=say("the doctor has not looked yet"))
        yield KeyLine(keys.ABSENT)

    def on_mount(self) -> None:
        """Do something about it."""
        self.query_one(RowList).focus()
        self.set_interval(TICK_S, self._tick)
        self.watch_session()
        never = self.session.link is LinkState.NO_WORKER and not self.asked
        if never and not self._kgo.read_only:
            self._start(asked=False)
        else:
            self.action_doctor()

    @property
    def _kgo(self) -> Console:
        return cast("Console", self.app)

    def _tick(self) -> None:
        self.now = self._kgo.clock()

    def watch_session(self) -> None:
        """Why there is none may change."""
        if self.is_mounted:
            self.query_one(Static).update(Content("\n").join(map(Content, self._lines())))

    def _lines(self) -> list[str]:
        session = self.session
        lines = [clean_block(text) for text in (session.why, session.hint) if text]
        if session.link is LinkState.NO_WORKER:
            lines = [say("No worker answers. Looked for:")]
            lines += [f"  {clean_block(str(path))}: {socket_found(path)}" for path in self._sockets]
        lines += ["", self._told.text, self._told.way] if self._told.text else []
        if isinstance(self._found, Diagnosis):
            lines += ["", diagnosis.summary(self._found)]
        elif self._found is not None:
            lines += ["", self._found]
        return lines

    def _tell(self, told: Told) -> None:
        self._told = told
        self._kgo.link.try_now()
        self.watch_session()

    @work(exclusive=True, group="start")
    async def _start(self, *, asked: bool) -> None:
        await self._starting.run(self._tell, asked=asked)
        if self._told.bad:
            self.action_doctor()

    def action_transient(self) -> None:
        """Try it (again): a worker for a while."""
        if self._kgo.read_only:
            self._kgo.tell(say("A read-only console starts no worker."), bad=True)
        else:
            self._start(asked=True)

    @work(exclusive=True, group="doctor")
    async def action_doctor(self) -> None:
        """What is wrong here?"""
        self._found = say("the doctor is looking …")
        self.watch_session()
        self._found = await diagnosis.examined(self._program)
        if isinstance(self._found, Diagnosis):
            self.query_one(RowList).show(tuple(diagnosis.rows(self._found)))
        self.watch_session()

    @on(RowList.Chosen)
    def _chosen(self, message: RowList.Chosen) -> None:
        message.stop()
        found = self._found.findings if isinstance(self._found, Diagnosis) else ()
        for finding in found:
            if finding.id == message.key:
                self.app.push_screen(Facts(finding.title, tuple(diagnosis.facts(finding)), about=finding.id))

    @work
    async def action_copy(self) -> None:
        """The command that mends what the cursor is on."""
        found = self._found.findings if isinstance(self._found, Diagnosis) else ()
        chosen = next((f for f in found if f.id == self.query_one(RowList).key), None)
        text = (chosen.mend or chosen.found) if chosen else "\n".join(self._lines())
        told = await clipboard.copy(text, self.app.copy_to_clipboard)
        self.app.notify(told, markup=False)
