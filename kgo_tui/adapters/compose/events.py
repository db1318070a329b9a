"""The engine's events, as a signal that something changed.

Owns listening: one thread on one socket, no polling, and coming back after the engine was away.
Must not know what changed: the reader looks for itself, so no event can be missed for good.
"""

from __future__ import annotations

import asyncio
import time
import weakref
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from kgo_tui.adapters.compose.connection import Connection, start, waker
from kgo_tui.adapters.compose.containers import PROJECT
from kgo_tui.adapters.compose.sdk import Engine

if TYPE_CHECKING:
    from docker import APIClient

COALESCE_S = 0.3
"""Seconds between two reports of change: a deployment makes dozens of events."""

BACKOFF_S = (0.2, 0.5, 1.0, 2.0, 5.0)
"""Waits before the connection is made again; the last one for ever."""

_EVENTS = (
    *("create", "start", "restart", "stop", "die", "kill", "oom", "destroy"),
    *("pause", "unpause", "rename", "update", "health_status"),
)
"""Not exec_*: a health check makes three of them every few seconds, and none changes a container."""

ProjectName = Callable[[], str | None]


class Changes:
    """Yields once it listens (what happened before is not known), then whenever a container of the
    project changed, at most every `COALESCE_S` seconds. Survives the engine's restarts, and yields
    once after each. While the project's name is not known, every project counts.

    No generator: a reader that gives up waiting for the next change may wait again later. Ends
    when it is closed, or when nobody holds it any more.
    """

    def __init__(self, engine: Engine, project: ProjectName) -> None:
        self._changed = asyncio.Event()
        self._not_before = 0.0
        connection = Connection(engine, _open)
        self._close = weakref.finalize(self, connection.close)
        start(_Listener(connection, project, waker(self._changed)).run, "docker-events")

    def __aiter__(self) -> Changes:
        return self

    async def __anext__(self) -> None:
        await self._changed.wait()
        await asyncio.sleep(self._not_before - time.monotonic())
        if not self._close.alive:
            raise StopAsyncIteration
        self._changed.clear()
        self._not_before = time.monotonic() + COALESCE_S

    async def aclose(self) -> None:
        """Stop listening; a reader that waits gets the end."""
        self._close()
        self._changed.set()


def _open(client: APIClient) -> Any:
    filters = {"type": "container", "label": [PROJECT], "event": list(_EVENTS)}
    return client.events(decode=True, filters=filters)


class _Listener:
    """Listens for as long as nobody closes the connection."""

    def __init__(self, connection: Connection, project: ProjectName, wake: Callable[[], None]) -> None:
        self._connection, self._project, self._wake = connection, project, wake
        self._tries = 0

    def run(self) -> None:
        """Listen, and after each end try again; in a thread."""
        while not self._connection.closed.is_set():
            # Whatever went wrong, giving up would leave the console with an old picture for ever.
            with suppress(Exception):
                self._listen()
            self._connection.closed.wait(BACKOFF_S[min(self._tries, len(BACKOFF_S) - 1)])
            self._tries += 1

    def _listen(self) -> None:
        for event in self._connection.read(self._connected):
            attributes = (event.get("Actor") or {}).get("Attributes") or {}
            if self._project() in (None, attributes.get(PROJECT)):
                self._wake()

    def _connected(self) -> None:
        self._tries = 0
        self._wake()
