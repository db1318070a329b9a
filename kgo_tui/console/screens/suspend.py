"""Automatic deployment off, with a reason; and on again.

Owns these two dialogs. Must not send anything: they end with the answer.
"""

from __future__ import annotations

from collections.abc import Iterable

from textual.containers import VerticalScroll
from textual.widget import Widget
from textual.widgets import Input

from kgo_tui.console import keys
from kgo_tui.console.pieces import Tone
from kgo_tui.console.screens.confirm import Confirm
from kgo_tui.console.screens.dialog import Dialog, Place, told
from kgo_tui.console.speech import say
from kgo_tui.console.widgets.lines import PieceLines
from kgo_tui.core.model import State, Trigger
from kgo_tui.core.state import EngineState

MOST = 200
"""Characters of a reason."""


class SuspendScreen(Dialog[str | None]):
    """Ends with the reason (which may be empty), or None."""

    AUTO_FOCUS = "Input"
    BINDINGS = keys.bindings(keys.SUSPEND)
    DEFAULT_CSS = """
    SuspendScreen Input { margin-top: 1; }
    """

    def __init__(self, place: Place) -> None:
        super().__init__(place)

    def body(self) -> Iterable[Widget]:
        """What it means, and a line for the reason."""
        with VerticalScroll(can_focus=False):
            yield PieceLines(id="lines")
        yield Input(placeholder=say("Why? Everyone sees it."), max_length=MOST, compact=True)

    def on_mount(self) -> None:
        """Say what this is."""
        super().on_mount()
        self.query_one("Vertical").border_title = say("Suspend automatic deployment")

    def draw(self) -> None:
        """What follows from it."""
        self.show(told(consequences(self.session.state), self.room))
        self.offer(f"{say('Enter')} {say('Suspend')}", on=not self._objection())
        objection = self._objection()
        self.tell(objection or say("Enter suspends, Esc leaves everything as it is."), _tone(objection))

    def _objection(self) -> str:
        state = self.session.state
        if not self.session.up or state is None:
            return say("✗ There is no connection to the worker now; it is tried again by itself.")
        if state.suspended is not None:
            text = say("✗ {by} has suspended it meanwhile: {reason}")
            return text.format(by=state.suspended.by, reason=state.suspended.reason or "-")
        return ""

    def on_input_submitted(self) -> None:
        """Enter in the line."""
        self.action_go()

    def action_go(self) -> None:
        """The reason stands."""
        if not self._objection():
            self.dismiss(self.query_one(Input).value.strip())


def consequences(state: EngineState | None) -> list[str]:
    """What is then not done any more, and what still is."""
    lines = [
        say("New commits are looked for, but not deployed by themselves."),
        say("Deploying with U and rolling back with z still work. P resumes."),
    ]
    d = state.deployment if state else None
    if d is not None and d.trigger is Trigger.POLL and d.state is State.WAITING_IMAGES:
        lines.append(say("Deployment {id}, which waits for images, is given up.").format(id=d.id))
    return lines


def resume_question(state: EngineState) -> Confirm:
    """Whether it is to go on; whoever suspended it may have had a reason."""
    suspended = state.suspended
    by, reason = (suspended.by, suspended.reason) if suspended else ("", "")
    notes = [say("Suspended by {by}: {reason}").format(by=by, reason=reason or "-")]
    if state.source is not None and state.source.behind:
        waiting = say(
            "Commits that wait: {count}. The next check deploys them, if nothing else is against it."
        )
        notes.append(waiting.format(count=state.source.behind))
    return Confirm(say("Let automatic deployment go on?"), *notes, about="suspension", yes=say("resume"))


def _tone(objection: str) -> Tone:
    return Tone.WARN if objection else Tone.STRONG
