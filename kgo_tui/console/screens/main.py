"""The main screen: the header, five panes, the key line, and how they share the terminal.

Owns layout, which pane has the keys, and zoom. Must not know what a pane shows, nor the worker.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from textual import on
from textual.app import ComposeResult
from textual.containers import Container
from textual.reactive import var
from textual.screen import Screen
from textual.widgets import Input

from kgo_tui.console import keys
from kgo_tui.console.panes.deployments import DeploymentsPane
from kgo_tui.console.panes.git import GitPane
from kgo_tui.console.panes.health import HealthPane
from kgo_tui.console.panes.logs import LogsPane
from kgo_tui.console.panes.pane import Pane, right_now
from kgo_tui.console.panes.services import ServicesPane
from kgo_tui.console.screens.deployment import DeploymentScreen
from kgo_tui.console.session import Session
from kgo_tui.console.widgets.lines import HeaderLines, KeyLine, TabLine

TICK_S = 1.0
PANES: tuple[tuple[str, Callable[..., Pane]], ...] = (
    ("git", GitPane),
    ("services", ServicesPane),
    ("health", HealthPane),
    ("deployments", DeploymentsPane),
    ("logs", LogsPane),
)


class MainScreen(Screen[None]):
    """Everything at a glance."""

    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (110, "-medium"), (180, "-wide")]
    VERTICAL_BREAKPOINTS = [(0, "-low"), (30, "-high")]

    # `var`, for a `reactive` would draw the whole screen again, each second.
    session: var[Session] = var(Session())
    now: var[datetime] = var(right_now)

    def __init__(self, host: str, clock: Callable[[], datetime] = right_now) -> None:
        super().__init__()
        self._host, self._clock = host, clock
        self._before_stage: str | None = None
        self.set_reactive(MainScreen.now, clock())

    def compose(self) -> ComposeResult:
        """The header, the panes, the key line."""
        yield HeaderLines(self._host).data_bind(MainScreen.session, MainScreen.now)
        yield TabLine([name for name, _ in PANES])
        with Container(id="panes"):
            for name, pane in PANES:
                yield pane(id=name).data_bind(MainScreen.session, MainScreen.now)
        yield KeyLine([key for key in keys.GLOBAL if key.hint]).data_bind(MainScreen.session)

    def on_mount(self) -> None:
        """Time goes on."""
        self.set_interval(TICK_S, self.tick)
        self.action_pane("git")

    @on(ServicesPane.LogsWanted)
    def _show_logs(self, message: ServicesPane.LogsWanted) -> None:
        self.query_one(LogsPane).show_service(message.service)
        self.action_pane("logs")

    @on(DeploymentsPane.Opened)
    def _open_deployment(self, message: DeploymentsPane.Opened) -> None:
        screen = DeploymentScreen(message.number)
        self.app.push_screen(screen.data_bind(MainScreen.session, MainScreen.now))

    @on(DeploymentsPane.Staged)
    def _make_room(self, message: DeploymentsPane.Staged) -> None:
        """Where only one pane is seen, what runs takes its place, and gives it back."""
        current = self.query_one(TabLine).current
        seen = self.query_one(DeploymentsPane).display
        if message.on and not seen and not isinstance(self.focused, Input):
            self._before_stage = current if current != "deployments" else None
            self.action_pane("deployments")
        elif not message.on and self._before_stage and current == "deployments":
            self.action_pane(self._before_stage)
            self._before_stage = None

    def tick(self) -> None:
        """See what time it is."""
        self.now = self._clock()

    def action_pane(self, name: str) -> None:
        """Give the keys to a pane; in a narrow terminal it takes the stage."""
        if name not in dict(PANES):
            return
        for pane in self.query(Pane):
            pane.set_class(pane.id == name, "current")
        self.query_one(TabLine).current = name
        self.query_one(f"#{name}", Pane).land()

    def action_next_pane(self, by: int) -> None:
        """The next one or the one before."""
        names = [name for name, _ in PANES]
        at = names.index(self.query_one(TabLine).current)
        self.action_pane(names[(at + by) % len(names)])

    def action_zoom(self, on: bool) -> None:  # noqa: FBT001 - an action's argument
        """Only the pane that has the keys, or all again."""
        self.set_class(on, "zoomed")
