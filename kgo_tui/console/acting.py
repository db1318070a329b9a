"""Why a key does nothing now, and what would turn it on.

Owns these reasons, for the keys that work everywhere. Pure; the worker has the last word all the same:
what it refuses is told in its own words. Must not know how anything is done.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from kgo_tui.console.session import Session
from kgo_tui.console.speech import later, say
from kgo_tui.core.machine import can_cancel
from kgo_tui.core.model import Deployment, State, Trigger
from kgo_tui.core.state import EngineState
from kgo_tui.core.struct import SHORT_SHA

READ_ONLY = later("This console was started with --read-only: it can change nothing.")
WRITABLE = later("Leave it and start kgo-tui without --read-only (or console.read_only = false).")

CHANGING = frozenset({"deploy", "rollback", "rollback_to", "suspend", "cancel"})
"""What a read-only console cannot do; it may look at a plan."""


def reason_against(action: str, session: Session, *, read_only: bool = False) -> str | None:
    """Why this action is off now and what would turn it on; None when it is on."""
    action = action.rpartition(".")[2]
    if action not in _OWN:
        return None
    if read_only and action in CHANGING:
        return f"{say(READ_ONLY)} {say(WRITABLE)}"
    if not session.up or session.state is None:
        return _away(session)
    if session.state.worker.stopping:
        return say(
            "The worker is stopping and takes no commands. When it is back, this console connects by itself."
        )
    return _OWN[action](session.state)


def _away(session: Session) -> str:
    why = session.why or say("connecting")
    way = session.hint or say("It is tried again by itself.")
    return say("There is no connection to the worker: {why}. {way}").format(why=why, way=way)


def _while_running(state: EngineState) -> str | None:
    d = state.deployment
    if d is None:
        return None
    way = say("x gives it up.") if can_cancel(d.state) else say("Wait until it has ended.")
    return f"{running(d)} {way}"


def running(d: Deployment) -> str:
    """That a deployment runs, which one, and who started it."""
    words = {Trigger.ROLLBACK: say("Rollback {id} to {sha}, begun by {by}, is running ({state}).")}
    text = words.get(d.trigger, say("Deployment {id} of {sha}, begun by {by}, is running ({state})."))
    return text.format(id=d.id, sha=d.to_commit[:SHORT_SHA], by=d.by, state=in_words(d.state))


def in_words(state: State) -> str:
    """A state as people say it."""
    return say(str(state).replace("_", " "))


def _against_rollback(state: EngineState) -> str | None:
    if state.deployment is None and state.deployed is None:
        return say("There is nothing to go back to: no release was deployed and verified yet. U deploys.")
    return _while_running(state)


def _against_cancel(state: EngineState) -> str | None:
    d = state.deployment
    if d is None:
        return say("No deployment is running, so there is nothing to give up.")
    if can_cancel(d.state):
        return None
    if d.state is State.REVERTING:
        return say("Deployment {id} is being given up already.").format(id=d.id)
    if d.state in {State.ROLLING_BACK, State.VERIFYING_ROLLBACK}:
        return say("The host is being brought back already; a rollback is not left half-way.")
    return say(
        "Deployment {id} is changing containers ({state}), so it cannot be given up any more. "
        "When it has ended, z rolls back."
    ).format(id=d.id, state=in_words(d.state))


def _never(_state: EngineState) -> None:
    return None


_OWN: Mapping[str, Callable[[EngineState], str | None]] = {
    "deploy": _while_running,
    "plan": _while_running,
    "rollback": _against_rollback,
    "rollback_to": _against_rollback,
    "suspend": _never,
    "cancel": _against_cancel,
}
