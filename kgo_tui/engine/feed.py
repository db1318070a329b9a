"""Tells everyone what happened: folds each event into the state and hands both on.

Owns the current state and the list of listeners. Must not know who listens; a listener is called
in the loop, must return at once, and one that raises is dropped so that it cannot disturb a
deployment.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime

from kgo_tui.core.messages import Event, Recorded
from kgo_tui.core.state import EngineState, reduce

Listener = Callable[[Recorded], None]

log = logging.getLogger(__name__)


class Feed:
    """The state so far and those who follow it."""

    def __init__(self, state: EngineState, cursor: int = 0) -> None:
        self.state = state
        self.cursor = cursor
        self._listeners: list[Listener] = []

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Call `listener` with every event from now on; returns what ends that."""
        self._listeners.append(listener)
        return lambda: self._drop(listener)

    def publish(self, recorded: Recorded) -> None:
        """Fold one event into the state, then tell every listener, in the order they came."""
        self.state = reduce(self.state, recorded)
        if recorded.cursor is not None:
            self.cursor = recorded.cursor
        for listener in tuple(self._listeners):
            try:
                listener(recorded)
            except Exception:
                log.exception("a listener failed and was dropped")
                self._drop(listener)

    def publish_now(self, event: Event, at: datetime) -> None:
        """Publish an event that is not kept."""
        self.publish(Recorded(cursor=None, at=at, event=event))

    def _drop(self, listener: Listener) -> None:
        if listener in self._listeners:
            self._listeners.remove(listener)
