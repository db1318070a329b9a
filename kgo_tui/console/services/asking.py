"""The words around doing something with a container: the question before, the message after.

Owns these sentences. Must not know how it is done.
"""

from __future__ import annotations

from collections.abc import Mapping

from kgo_tui.console.screens.confirm import Confirm
from kgo_tui.console.speech import later, say
from kgo_tui.core.model import ContainerAction, ContainerView

START, STOP, RESTART = ContainerAction.START, ContainerAction.STOP, ContainerAction.RESTART

_QUESTIONS: Mapping[ContainerAction, tuple[str, str, str]] = {
    START: (
        later("Start {service} ({container})?"),
        later("It starts as it is: nothing is pulled and nothing is recreated."),
        later("start"),
    ),
    STOP: (
        later("Stop {service} ({container})?"),
        later("It stays stopped until somebody starts it, or until the next deployment."),
        later("stop"),
    ),
    RESTART: (
        later("Restart {service} ({container})?"),
        later("It does not answer meanwhile."),
        later("restart"),
    ),
}
_DONE: Mapping[ContainerAction, str] = {
    START: later("{container} was started"),
    STOP: later("{container} was stopped"),
    RESTART: later("{container} was restarted"),
}


def question(c: ContainerView, action: ContainerAction) -> Confirm:
    """The dialog that asks for a yes; it is about this very container, not about its line."""
    asked, note, yes = map(say, _QUESTIONS[action])
    return Confirm(asked.format(service=c.service, container=c.name), note, about=c.id, yes=yes)


def done(c: ContainerView, action: ContainerAction) -> str:
    """What to say when it is done."""
    return say(_DONE[action]).format(container=c.name)
