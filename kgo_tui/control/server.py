"""The worker's control socket: accepts clients, tells them everything, takes their commands.

Owns the listening socket and the connections' life. Must not know what the worker does.
"""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Callable
from typing import Self

from kgo_tui.control.connection import Connection
from kgo_tui.control.house import House
from kgo_tui.control.limits import Limits
from kgo_tui.control.listener import SocketFile
from kgo_tui.control.outbox import Hub
from kgo_tui.control.protocol import Cause
from kgo_tui.control.service import Service

DEFAULT_LIMITS = Limits()
CANCEL_S = 1.0
"""How long a cancelled command may take to give up."""


class ControlServer:
    """Serves `service` at `path`, for its owner and `group` (name or id; None: as created).

    `sock` is a listening socket that somebody else made (systemd): then `path` and `group` are not
    touched. `version` is the worker's, `instance` its name, both for people.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        service: Service,
        *,
        instance: str,
        version: str,
        group: str | int | None = None,
        sock: socket.socket | None = None,
        limits: Limits = DEFAULT_LIMITS,
    ) -> None:
        self._file = SocketFile(path, group)
        self._given = sock
        self._house = House(
            service=service,
            instance=instance,
            version=version,
            pid=os.getpid(),
            limits=limits,
            hub=Hub(limits),
        )
        self._server: asyncio.Server | None = None
        self._unsubscribe: Callable[[], None] | None = None

    @property
    def connections(self) -> int:
        """Clients that are connected now."""
        return len(self._house.connections)

    @property
    def commands(self) -> int:
        """Commands that were accepted and have not been answered."""
        return len(self._house.commands)

    async def start(self) -> None:
        """Begin to serve. Raises Busy when another worker does at this path, ConfigError when the
        path or the group cannot be used."""
        sock = self._given or self._file.open()
        sock.settimeout(0)  # a given one may block
        self._unsubscribe = self._house.service.subscribe(self._house.hub.publish)
        # create_server, not create_unix_server: that one would remove the file of a given socket.
        self._server = await asyncio.get_running_loop().create_server(
            lambda: Connection(self._house), sock=sock
        )

    async def close(self, *, wait_s: float = 5.0) -> None:
        """Stop serving: nothing new is taken, commands have `wait_s` seconds to be answered, then
        every client is told and everything is closed."""
        if self._server is None:
            return
        self._house.closing = True
        self._file.remove()
        self._server.close()
        await self._finish_commands(wait_s)
        self._stop_events()
        for connection in tuple(self._house.connections):
            connection.end(Cause.SHUTDOWN, "the worker stops")
        await self._all_gone()
        self._server = None

    async def _finish_commands(self, wait_s: float) -> None:
        if self._house.commands:
            _, late = await asyncio.wait(self._house.commands, timeout=wait_s)
            for task in late:
                task.cancel()
            if late:
                await asyncio.wait(late, timeout=CANCEL_S)

    def _stop_events(self) -> None:
        self._house.hub.flush()
        if self._unsubscribe is not None:
            self._unsubscribe()
            self._unsubscribe = None

    async def _all_gone(self) -> None:
        """Each connection cuts itself off in time; this waits for the last, never longer."""
        gone = [connection.gone.wait() for connection in self._house.connections]
        if gone:
            waits = [asyncio.ensure_future(wait) for wait in gone]
            _, late = await asyncio.wait(waits, timeout=self._house.limits.linger_s + 1)
            for task in late:
                task.cancel()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()
