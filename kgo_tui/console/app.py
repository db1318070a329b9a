"""The console as a whole: the link to the worker, the screens, themes, and the keys that work everywhere.

Owns what outlives a screen. Must not draw anything, nor know what a pane shows.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from textual.screen import Screen

from kgo_tui.console import keys
from kgo_tui.console.house import HouseApp
from kgo_tui.console.link import Link
from kgo_tui.console.panes.logs import LogsPane
from kgo_tui.console.panes.pane import right_now
from kgo_tui.console.program import Program
from kgo_tui.console.screens.absent import Absent
from kgo_tui.console.screens.deployment import DeploymentScreen
from kgo_tui.console.screens.dialog import Dialog
from kgo_tui.console.screens.main import MainScreen
from kgo_tui.console.session import LinkState, Session, happened, joined, lost
from kgo_tui.control.protocol import ServerHello
from kgo_tui.core.errors import KgoError
from kgo_tui.core.messages import Recorded
from kgo_tui.core.state import EngineState

HERE = Program()
SETTLE_S = 0.1
"""Events that come within that time are drawn together: a slow terminal is not flooded."""


class Console(HouseApp):
    """`kgo-tui` without a command."""

    TITLE = "kgo-tui"
    CSS_PATH = "console.tcss"
    BINDINGS = keys.bindings(keys.GLOBAL)

    def __init__(
        self,
        sockets: Sequence[Path],
        *,
        read_only: bool = False,
        clock: Callable[[], datetime] = right_now,
        host: str | None = None,
        program: Program = HERE,
        theme: str = "dark",
        keymap: Mapping[str, str] | None = None,
    ) -> None:
        """`clock` tells the time of day to all that is drawn, `host` is this machine's name; `program`
        is how kgo-tui is called here; `theme` a name of `console.themes`; `keymap` other keys by id."""
        super().__init__(ansi_color=True if theme == "ansi" else None)
        self.program, self.keymap = program, keymap or {}
        self.host = host or socket.gethostname()
        self.begin_with(theme)
        self.clock = clock
        self.read_only = read_only
        self.link = Link(sockets, self, read_only=read_only)
        self.session = Session()
        self._pending: list[Recorded] = []
        self._settling = False
        self._main = MainScreen(self.host, clock)

    def on_mount(self) -> None:
        """The screen first, then the worker: nothing is waited for before the first paint."""
        self.push_screen(self._main)
        self.learn_keys()
        self.call_after_refresh(self.run_worker, self.link.run(), name="link", exit_on_error=True)

    def link_up(self, hello: ServerHello, missed: Sequence[Recorded], state: EngineState) -> None:
        """Connected; what was missed is in the state already."""
        del missed
        self._pending.clear()
        self._become(
            joined(self.session, state, you=hello.you, version=hello.worker_version, at=self.clock())
        )

    def link_event(self, recorded: Recorded) -> None:
        """The first event of a burst is shown at once, the others together."""
        self._pending.append(recorded)
        if not self._settling:
            self._settling = True
            self._settle()
            self.set_timer(SETTLE_S, self._settled)

    def link_down(self, error: KgoError) -> None:
        """No worker, or none that answers."""
        self._settle()
        self._become(lost(self.session, error, at=self.clock()))

    def _settled(self) -> None:
        self._settling = False
        if self._pending:
            self._settling = True
            self._settle()
            self.set_timer(SETTLE_S, self._settled)

    def _settle(self) -> None:
        pending, self._pending = self._pending, []
        self._become(happened(self.session, pending))

    def _become(self, session: Session) -> None:
        self.session = session
        self._main.session = session
        self._main.set_class(session.state is not None and not session.up, "old")
        for screen in self.screen_stack:
            if isinstance(screen, Dialog | Absent):
                screen.session = session
        self._show_or_hide_absence()

    def _show_or_hide_absence(self) -> None:
        """As long as nothing was ever known, there is nothing to look at but why."""
        shown = any(isinstance(screen, Absent) and not screen.asked for screen in self.screen_stack)
        nothing = self.session.state is None and self.session.link is not LinkState.CONNECTING
        if nothing and not shown:
            screen = Absent(self.host, self.program, self.link.sockets)
            screen.session, screen.now = self.session, self.clock()
            self.push_screen(screen)
        elif shown and not nothing:
            while self.screen is not self._main:
                self.pop_screen()

    @property
    def _background_screens(self) -> list[Screen[Any]]:
        """None below an opaque one. Textual draws the one below all the same: a clock in it that nobody
        sees would have all of the screen on top sent again, each second (5 KiB)."""
        opaque = self._screen_stack and self._screen_stack[-1].styles.background.a == 1
        return [] if opaque else super()._background_screens

    def action_pane(self, name: str) -> None:
        """See MainScreen."""
        self._leave_details()
        self._main.action_pane(name)

    def action_next_pane(self, by: int) -> None:
        """See MainScreen."""
        self._leave_details()
        self._main.action_next_pane(by)

    def _leave_details(self) -> None:
        while isinstance(self.screen, DeploymentScreen):
            self.pop_screen()

    def action_zoom(self, on: bool) -> None:  # noqa: FBT001 - an action's argument
        """See MainScreen."""
        self._main.action_zoom(on)

    def action_log(self, service: str | None) -> None:
        """A service's log in pane 5, all of them for "", the unit's for None."""
        self.action_pane("logs")
        self._main.query_one(LogsPane).show_service(service)

    def log_shown(self) -> str:
        """See HouseApp."""
        return self._main.query_one(LogsPane).exported()

    def action_refresh(self) -> None:
        """Ask everything anew."""
        self.link.try_now()

    async def action_back(self) -> None:
        """Out of the screen on top; out of the last one."""
        if self.screen is self._main or self.session.state is None:
            self.exit()
        else:
            self.pop_screen()
