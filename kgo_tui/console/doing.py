"""What the keys that change something do: ask first, send, say what was begun or why not.

Owns this for deploying, rolling back, suspending and giving up. Must not know how a dialog looks, nor
how what is begun is then watched.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial

from textual import work
from textual.app import App

from kgo_tui.console.acting import reason_against
from kgo_tui.console.link import Link
from kgo_tui.console.panes.deployments import RollbackWanted
from kgo_tui.console.screens.confirm import Confirm
from kgo_tui.console.screens.dialog import Place
from kgo_tui.console.screens.plan import PlanScreen
from kgo_tui.console.screens.rollback import RollbackScreen
from kgo_tui.console.screens.suspend import SuspendScreen, resume_question
from kgo_tui.console.session import Session
from kgo_tui.console.speech import say
from kgo_tui.core.errors import KgoError
from kgo_tui.core.messages import Cancel, Command, Resume, Suspend
from kgo_tui.core.model import Deployment, Trigger
from kgo_tui.core.struct import SHORT_SHA
from kgo_tui.core.text import clean_block

MAIN = 2
"""Screens when nothing lies over the main one, which stands on Textual's own."""

READ_S = 12.0
"""How long a refusal stays: it is a sentence or two."""


class DoingApp(App[None]):
    """The part of the console that acts."""

    session: Session
    link: Link
    read_only: bool
    clock: Callable[[], datetime]

    def tell(self, text: str, *, bad: bool = False) -> None:
        """Say something for a while. Foreign text in it is inert."""
        self.notify(
            clean_block(text),
            severity="warning" if bad else "information",
            timeout=READ_S if bad else None,
            markup=False,
        )

    def may(self, action: str) -> bool:
        """Whether it can be done now; if not, says why and what would help."""
        reason = reason_against(action, self.session, read_only=self.read_only)
        if reason is not None:
            self.tell(reason, bad=True)
        return reason is None

    def action_deploy(self) -> None:
        """The plan, then a yes."""
        if self.may("deploy"):
            self.push_screen(PlanScreen(self._place(), armed=True), self._begun)

    def action_plan(self) -> None:
        """The plan alone."""
        if self.may("plan"):
            self.push_screen(PlanScreen(self._place(), armed=False), self._begun)

    def action_rollback(self) -> None:
        """Choose a release, type its commit."""
        if self.may("rollback"):
            self.push_screen(RollbackScreen(self._place()), self._begun)

    def on_rollback_wanted(self, message: RollbackWanted) -> None:
        """The same, with the cursor on the release that a pane has shown."""
        message.stop()
        if self.may("rollback"):
            self.push_screen(RollbackScreen(self._place(), at=message.release), self._begun)

    def action_suspend(self) -> None:
        """Off, with a reason; or on again."""
        state = self.session.state
        if not self.may("suspend") or state is None:
            return
        if state.suspended is None:
            self.push_screen(SuspendScreen(self._place()), self._suspend)
        else:
            self.push_screen(resume_question(state), self._resume)

    def action_cancel(self) -> None:
        """Give up what runs, after a yes."""
        running = self.session.state.deployment if self.session.state else None
        if self.may("cancel") and running is not None:
            self.push_screen(cancel_question(running), partial(self._cancel, running.id))

    def _place(self) -> Place:
        return Place(session=self.session, link=self.link, clock=self.clock, read_only=self.read_only)

    def _begun(self, deployment: Deployment | None) -> None:
        """Say so, and make room for what is shown of it: details of another one are left."""
        if deployment is None:
            return
        self.tell(begun(deployment))
        while len(self.screen_stack) > MAIN:
            self.pop_screen()

    def _suspend(self, reason: str | None) -> None:
        if reason is not None:
            self._send(Suspend(reason=reason), say("Automatic deployment is suspended. P resumes it."))

    def _resume(self, yes: bool | None) -> None:  # noqa: FBT001 - a dialog's answer
        if yes:
            self._send(Resume(), say("Automatic deployment goes on."))

    def _cancel(self, number: int, yes: bool | None) -> None:  # noqa: FBT001 - a dialog's answer
        if yes:
            told = say("Deployment {id} is being given up.").format(id=number)
            self._send(Cancel(deployment=number), told)

    @work
    async def _send(self, command: Command, done: str) -> None:
        try:
            await self.link.command(command, type(None))
        except KgoError as error:
            self.tell(str(error), bad=True)
        else:
            self.tell(done)


def begun(d: Deployment) -> str:
    """What has begun, in words."""
    text = say("Deployment {id} of {sha} has begun.")
    if d.trigger is Trigger.ROLLBACK:
        text = say("Rollback {id} to {sha} has begun.")
    return text.format(id=d.id, sha=d.to_commit[:SHORT_SHA])


def cancel_question(d: Deployment) -> Confirm:
    """Whether this very deployment is to be given up, and what follows."""
    question = say("Give up deployment {id} of {sha}, begun by {by}?")
    held = say("The commit is quarantined: not deployed again by itself until a newer one arrives.")
    return Confirm(
        question.format(id=d.id, sha=d.to_commit[:SHORT_SHA], by=d.by),
        say("Containers have not been touched; the work tree goes back to where it was."),
        *((held,) if d.trigger is not Trigger.ROLLBACK else ()),
        about=f"deployment {d.id}",
        yes=say("give up"),
    )
