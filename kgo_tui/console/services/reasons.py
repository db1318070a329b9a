"""Why a container cannot be started, stopped, restarted or entered now, and what would help.

Owns these reasons. Pure; the worker has the last word all the same.
"""

from __future__ import annotations

from kgo_tui.console.session import Session
from kgo_tui.console.speech import say
from kgo_tui.core.model import ContainerAction, ContainerView

RUNS = frozenset({"running", "restarting", "paused"})


def why_not_act(
    session: Session, c: ContainerView | None, action: ContainerAction, *, read_only: bool
) -> str:
    """The reason against it; nothing when there is none."""
    state = session.state
    if reason := why_not_touch(session, c, read_only=read_only):
        return reason
    if state is not None and state.touching and state.deployment is not None:
        d = state.deployment
        return say("Deployment {id} by {by} is touching containers: wait for its end.").format(
            id=d.id, by=d.by
        )
    running = c is not None and c.state in RUNS
    if action is ContainerAction.START and running:
        return say("It runs already: r restarts it.")
    if action is ContainerAction.STOP and not running:
        return say("It does not run: S starts it.")
    return ""


def why_not_enter(session: Session, c: ContainerView | None, *, read_only: bool) -> str:
    """The reason against a shell in it; nothing when there is none."""
    if reason := why_not_touch(session, c, read_only=read_only):
        return reason
    return "" if c is not None and c.state == "running" else say("It does not run: S starts it.")


def why_not_touch(session: Session, c: ContainerView | None, *, read_only: bool) -> str:
    """What stands against anything at all."""
    if read_only:
        return say("This console was started with --read-only: it can change nothing.")
    if not session.up:
        return say("There is no connection to the worker now; it is tried again by itself.")
    return "" if c is not None else say("There is no container on this line: U deploys, which makes one.")
