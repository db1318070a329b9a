"""The connection to the worker, kept up: connect, listen, and again when it broke.

Owns where a worker is looked for, the pause between tries, and going on from the last event seen.
Must not know what is shown. Runs in the console's event loop.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol, TypeVar

from kgo_tui.console.acting import READ_ONLY, WRITABLE
from kgo_tui.console.inert import inert, inert_error
from kgo_tui.console.retold import retold
from kgo_tui.console.speech import say
from kgo_tui.control.client import Client
from kgo_tui.control.protocol import ServerHello
from kgo_tui.control.queries import QueryBase
from kgo_tui.core.errors import ConnectionLost, KgoError, NoWorker, Refused
from kgo_tui.core.messages import Check, Command, MakePlan, Recorded
from kgo_tui.core.state import EngineState

PAUSES_S = (0.1, 0.2, 0.5, 1.0, 2.0)
"""Between tries to connect; the last one repeats."""

LOOKING = (Check, MakePlan)
"""Commands that fetch and look, and change nothing."""

T = TypeVar("T")


class Listener(Protocol):
    """Whoever wants to know. Called in the event loop; returns at once."""

    def link_up(self, hello: ServerHello, missed: Sequence[Recorded], state: EngineState) -> None:
        """Connected: the durable events missed meanwhile, and the state that has them all."""

    def link_event(self, recorded: Recorded) -> None:
        """Something happened."""

    def link_down(self, error: KgoError) -> None:
        """Not connected, and why; it is tried again."""


class Link:
    """One worker, over as many connections as it takes."""

    def __init__(self, sockets: Sequence[Path], listener: Listener, *, read_only: bool = False) -> None:
        """`read_only`: no command is sent but those that only look."""
        self.sockets = tuple(sockets)
        self._read_only = read_only
        self._listener = listener
        self._client: Client | None = None
        self._cursor: int | None = None
        self._again = asyncio.Event()
        self._up = asyncio.Event()

    async def run(self) -> None:
        """Connect and listen until cancelled."""
        tries = 0
        while True:
            try:
                async with await self._connected() as client:
                    tries = 0
                    await self._listen(client)
            except KgoError as error:
                self._listener.link_down(_told(error))
            finally:
                self._client = None
                self._up.clear()
            await self._pause(PAUSES_S[min(tries, len(PAUSES_S) - 1)])
            tries += 1

    def try_now(self) -> None:
        """Do not wait for the next try."""
        self._again.set()

    @property
    def client(self) -> Client:
        """The connection. Raises ConnectionLost when there is none now."""
        if self._client is None:
            raise ConnectionLost("not connected to the worker", hint="It is tried again by itself.")
        return self._client

    async def wait_up(self) -> Client:
        """The connection, as soon as there is one."""
        while self._client is None:
            await self._up.wait()
        return self._client

    async def command(self, command: Command, into: type[T]) -> T:
        """Have the worker do it. Raises the worker's own error, ConnectionLost, Unreachable; Refused in
        a read-only console."""
        if self._read_only and not isinstance(command, LOOKING):
            raise Refused(say(READ_ONLY), hint=say(WRITABLE))
        try:
            return inert(await self.client.command(command, into))
        except KgoError as error:
            raise _told(error) from None

    async def query(self, query: QueryBase[T]) -> T:
        """Ask the worker. Raises as `command`."""
        try:
            return inert(await self.client.query(query))
        except KgoError as error:
            raise _told(error) from None

    async def _connected(self) -> Client:
        absent: KgoError = NoWorker("no worker runs here")
        for path in self.sockets:
            try:
                return await Client.connect(path, cursor=self._cursor, name="console")
            except NoWorker as error:
                absent = error
        raise absent

    async def _listen(self, client: Client) -> None:
        if client.snapshot is None:
            raise ConnectionLost("the worker sent no state")
        self._client = client
        self._listener.link_up(inert(client.hello), client.missed, inert(client.snapshot.state))
        self._up.set()
        try:
            async for recorded in client.events():
                self._listener.link_event(inert(recorded))
        finally:
            self._cursor = client.cursor

    async def _pause(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._again.wait()
        except TimeoutError:
            pass
        self._again.clear()


def _told(error: KgoError) -> KgoError:
    """The same error, inert and in the language of this console."""
    error = inert_error(error)
    error.message, error.hint = retold(error.message), retold(error.hint)
    error.args = (error.message,)
    return error
