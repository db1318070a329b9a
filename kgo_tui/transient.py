"""A worker for a while: it ends when nobody needs it any more, and goes when a lasting one comes.

Owns when it is idle, and how it is sent away. Must not know what a worker does, nor who started it.
"""

from __future__ import annotations

import contextlib
import os
import signal
from pathlib import Path
from typing import Protocol

from kgo_tui.control.client import Client
from kgo_tui.core.errors import KgoError
from kgo_tui.core.state import Activity
from kgo_tui.engine.world import World

IDLE_S = 60.0
"""So long it stays when the last client has left, in case that one comes back."""

LOOKS = 20
"""How often it is looked at, in that time."""


class Served(Protocol):
    """Who is there: the control server knows."""

    @property
    def connections(self) -> int:
        """Clients that are connected now."""
        ...

    @property
    def commands(self) -> int:
        """Commands that have not been answered."""
        ...


async def idle(served: Served, world: World, after_s: float) -> None:
    """Return when nobody was connected and nothing ran for so long."""
    since = world.clock.monotonic()
    while world.clock.monotonic() - since < after_s:
        await world.clock.sleep(after_s / LOOKS)
        if served.connections or served.commands or world.feed.state.activity is not Activity.IDLE:
            since = world.clock.monotonic()


async def sent_away(socket: Path) -> bool:
    """Have the worker that serves there end, if it is one for a while; whether there was such a one.
    Returns when it serves no more: a step that replaces containers comes to its end first."""
    try:
        async with await Client.connect(socket) as client:
            if client.snapshot is None or not client.snapshot.state.worker.transient:
                return False
            os.kill(client.hello.pid, signal.SIGTERM)
            with contextlib.suppress(KgoError):
                async for _ in client.events():
                    pass
    except (KgoError, OSError):
        return False
    return True
