"""The plan: what deploying would do; and the yes to it.

Owns the dialog: asking the worker, showing that it is asked, and sending what was shown, never anything
else. Must not know how a plan is drawn, nor what becomes of the deployment.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from textual import on, work
from textual.content import Content
from textual.widgets import Button

from kgo_tui.console import keys, plans
from kgo_tui.console.pieces import Pieces, Tone
from kgo_tui.console.plans import Planning
from kgo_tui.console.screens.dialog import Dialog, Place, told
from kgo_tui.console.speech import say
from kgo_tui.console.times import span
from kgo_tui.core.errors import KgoError
from kgo_tui.core.messages import MakePlan
from kgo_tui.core.model import Deployment, Plan
from kgo_tui.core.struct import SHORT_SHA

TICK_S = 1.0


class PlanScreen(Dialog[Deployment | None]):
    """Ends with the deployment that was begun. Unless `armed` it only shows; U arms it."""

    BINDINGS = keys.bindings(keys.PLAN)
    DEFAULT_CSS = """
    PlanScreen #no { min-width: 24; }
    """

    def __init__(self, place: Place, *, armed: bool) -> None:
        super().__init__(place)
        self.armed = armed
        self.planning = Planning()
        self._since: datetime = place.clock()

    def on_mount(self) -> None:
        """Ask at once."""
        super().on_mount()
        self.query_one("Vertical").border_title = say("Deploy now") if self.armed else say("Plan")
        self.set_interval(TICK_S, self._tick)
        self.action_again()

    def draw(self) -> None:
        """The plan as it stands, and what a yes would do."""
        way_out = say("Cancel") if self.armed else say("Back")
        self.query_one("#no", Button).label = Content(f"{say('Esc')} {way_out}")
        self.show(self._lines())
        self._draw_offer()
        self._draw_last()

    def _lines(self) -> tuple[Pieces, ...]:
        plan, state = self.planning.plan, self.session.state
        if plan is not None and state is not None:
            return tuple(plans.lines(plan, state, self.place.clock(), self.room))
        if (error := self.planning.error) is not None:
            return tuple(told([error.message, error.hint], self.room))
        return ()

    def buttons(self) -> Iterable[Button]:
        """What arms stands where Cancel is afterwards: the second click of two is no yes."""
        yield Button(Content(""), id="arm", compact=True)
        yield from super().buttons()

    def _draw_offer(self) -> None:
        plan = self.planning.plan
        possible = plan is not None and not self.planning.sent
        on, sha = self._objection() is None, plan.to_commit[:SHORT_SHA] if plan else ""
        self.offer(f"y {say('Deploy')} {sha}" if possible and self.armed else "", on=on)
        self.offer(f"U {say('Deploy')}…" if possible and not self.armed else "", on=on, what="arm")

    def _draw_last(self) -> None:
        planning, waited = self.planning, span((self.place.clock() - self._since).total_seconds())
        if planning.waits:
            self.tell(plans.asking(planning, waited), Tone.BUSY)
        else:
            self.tell(*plans.verdict(planning, self._objection(), armed=self.armed))

    def _objection(self) -> str | None:
        return plans.objection(self.planning, self.session, read_only=self.place.read_only)

    def _tick(self) -> None:
        if self.planning.waits:
            self._draw_last()

    def _become(self, planning: Planning) -> None:
        self.planning = planning
        if self.is_mounted and self.room > 0:
            self.draw()

    def action_again(self) -> None:
        """Ask for the plan (once more)."""
        if not self.planning.sent:
            self._since = self.place.clock()
            self._ask()

    @work(exclusive=True)
    async def _ask(self) -> None:
        self._become(Planning())
        try:
            plan = await self.place.link.command(MakePlan(), Plan)
        except KgoError as error:
            self._become(Planning(error=error))
        else:
            self._become(Planning(plan=plan))

    @on(Button.Pressed, "#arm")
    def action_arm(self) -> None:
        """From looking to deploying."""
        if not self.armed and self.planning.plan is not None and self._objection() is None:
            self.armed = True
            self.query_one("#no", Button).focus()
            self.query_one("Vertical").border_title = say("Deploy now")
            self.draw()

    def action_go(self) -> None:
        """Yes to what is shown."""
        if self.armed and not self.planning.sent and self._objection() is None:
            self._since = self.place.clock()
            self._deploy()

    @work(exclusive=True)
    async def _deploy(self) -> None:
        shown, state = self.planning.plan, self.session.state
        if shown is None or state is None:
            return
        self._become(Planning(plan=shown, sent=True))
        try:
            begun = await self.place.link.command(plans.command(shown, state), Deployment)
        except KgoError as error:
            self._become(Planning(plan=shown, refused=error))
        else:
            self.dismiss(begun)

    def action_leave(self) -> None:
        """Leave; what was sent already goes on."""
        if self.planning.sent:
            text = say("It was sent already: if the worker takes it, the deployment shows here.")
            self.app.notify(text, markup=False)
        self.dismiss(None)
