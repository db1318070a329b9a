"""A client of the worker: the console's and the command line's only way to it.

Owns requests, their deadlines and the order of greeting. Must not know what is shown of it. Imports
nothing but `core`, msgspec and asyncio, so that it stands before the console's first paint.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager, suppress
from itertools import count
from typing import Any, Literal, Self, TypeVar, cast, overload

import msgspec

from kgo_tui.control import protocol as p
from kgo_tui.control.codec import Malformed, decode_client, encode
from kgo_tui.control.dial import dial
from kgo_tui.control.inbox import Inbox, LogQueue
from kgo_tui.control.queries import LogRequest, Query, QueryBase
from kgo_tui.core.errors import ConnectionLost, KgoError, Unreachable, UsageError, VersionMismatch
from kgo_tui.core.logs import LogBatch
from kgo_tui.core.messages import Command, Recorded

CONNECT_S = 5.0
SNAPSHOT_S = 30.0
COMMAND_S = 120.0
QUERY_S = 30.0

T = TypeVar("T")


class Client:
    """One connection to a worker. Made by `connect`; use it as an async context manager, or close it.

    Attributes: `hello` (who serves, and `you`), `snapshot` and `missed` (None and empty without
    `subscribe`).
    """

    def __init__(self, inbox: Inbox, transport: asyncio.Transport, hello: p.ServerHello) -> None:
        self._inbox = inbox
        self._transport = transport
        self._ids = count(1)
        self.hello = hello
        self.snapshot: p.Snapshot | None = None
        self.missed: tuple[Recorded, ...] = ()

    @classmethod
    async def connect(
        cls,
        path: str | os.PathLike[str],
        *,
        cursor: int | None = None,
        subscribe: bool = True,
        name: Literal["console", "cli"] = "cli",
        timeout_s: float = CONNECT_S,
    ) -> Self:
        """Connect and greet; with `subscribe`, return with the snapshot, and with `missed` holding
        the durable events after `cursor` that are already in it.

        Raises NoWorker, NotAllowed, VersionMismatch, ConnectionLost, or Unreachable after `timeout_s`
        seconds without a greeting.
        """
        hello = p.ClientHello(version=p.VERSION, name=name, subscribe=subscribe, cursor=cursor)
        async with _deadline(timeout_s, "the worker did not greet"):
            sock = await dial(path)
            transport, inbox = await asyncio.get_running_loop().create_unix_connection(Inbox, sock=sock)
            try:
                transport.write(encode(hello))
                client = cls(inbox, transport, await inbox.hello)
            except BaseException:
                transport.abort()
                raise
        if subscribe:
            await client._join()
        return client

    async def _join(self) -> None:
        try:
            async with _deadline(SNAPSHOT_S, "the worker did not send its state"):
                self.snapshot = await self._inbox.snapshot
        except BaseException:
            self._transport.abort()
            raise
        self.missed = tuple(self._inbox.missed)
        self._inbox.missed.clear()

    @property
    def cursor(self) -> int | None:
        """The last durable event that arrived: give it to the next `connect` to miss nothing."""
        return self._inbox.cursor

    @property
    def skipped(self) -> int:
        """Frames and events left out because only a newer version knows their kind."""
        return self._inbox.skipped

    async def events(self) -> AsyncGenerator[Recorded, None]:
        """Every event after the snapshot, as it happens; one reader at a time. Ends when this side
        closes. Raises ConnectionLost when the other does."""
        while True:
            try:
                yield await self._inbox.event()
            except _Closed:
                return

    @overload
    async def command(self, command: Command, *, timeout_s: float = COMMAND_S) -> Any: ...
    @overload
    async def command(self, command: Command, into: type[T], *, timeout_s: float = COMMAND_S) -> T: ...

    async def command(self, command: Command, into: Any = Any, *, timeout_s: float = COMMAND_S) -> Any:
        """Have it done; returns what the acknowledgement carries, as plain values or as `into`.

        Raises the worker's own error when it refuses, ConnectionLost, or Unreachable after
        `timeout_s` seconds: in these two the command may have been accepted, and then it goes on.
        """
        number = next(self._ids)
        ack = await self._ask(p.AskCommand(id=number, command=command), timeout_s)
        return _read(cast("p.Ack", ack).result, into)

    async def query(self, query: QueryBase[T], *, timeout_s: float = QUERY_S) -> T:
        """The answer, of the query's own type. Raises the worker's own error, UsageError for bounds
        that the protocol does not allow, ConnectionLost, Unreachable."""
        number = next(self._ids)
        result = await self._ask(p.AskQuery(id=number, query=cast("Query", query)), timeout_s)
        return cast("T", _read(cast("p.Result", result).result, query.answer))

    async def ping(self, *, timeout_s: float = CONNECT_S) -> None:
        """Return when the worker answers. Raises ConnectionLost or Unreachable."""
        await self._ask(p.Ping(id=next(self._ids)), timeout_s)

    async def stream(self, request: LogRequest) -> AsyncGenerator[LogBatch, None]:
        """Batches of log lines, oldest first; `dropped` in each counts lines lost before it, and its
        `position` is where another request goes on. Ends with the log; closing the iterator ends it
        at the worker too. Raises the worker's error, ConnectionLost."""
        number = next(self._ids)
        queue = self._inbox.logs[number] = LogQueue(follow=request.follow)
        try:
            self._write(p.OpenStream(id=number, log=request))
            while (batch := await queue.get()) is not None:
                yield batch
        finally:
            del self._inbox.logs[number]
            if not queue.ended:
                with suppress(KgoError):
                    self._write(p.CancelStream(id=number))

    async def close(self) -> None:
        """Close the connection. What the worker has accepted goes on."""
        self._inbox.why = self._inbox.why or _Closed("the connection was closed")
        self._transport.abort()
        await asyncio.sleep(0)  # lets those who wait hear of it

    async def _ask(
        self, frame: p.AskCommand | p.AskQuery | p.Ping, timeout_s: float
    ) -> p.Ack | p.Result | p.Pong:
        future = asyncio.get_running_loop().create_future()
        self._inbox.answers[frame.id] = future
        try:
            async with _deadline(timeout_s, "the worker did not answer"):
                self._write(frame)
                return cast("p.Ack | p.Result | p.Pong", await future)
        finally:
            del self._inbox.answers[frame.id]

    def _write(self, frame: p.Frame) -> None:
        """Send a frame that the worker will take: a wrong one would end the connection."""
        if self._inbox.lost or self._transport.is_closing():
            raise self._inbox.why or ConnectionLost("the connection to the worker was lost")
        data = encode(frame)
        if len(data) > p.MAX_CLIENT_FRAME:
            raise UsageError(f"a request is longer than {p.MAX_CLIENT_FRAME} bytes")
        try:
            decode_client(data[:-1])
        except Malformed as error:
            raise UsageError(f"the worker would not take this: {error}") from None
        self._transport.write(data)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()


class _Closed(ConnectionLost):
    """Closed from this side."""


def _read(result: msgspec.Raw, kind: Any) -> Any:
    try:
        return msgspec.json.decode(result, type=kind)
    except msgspec.DecodeError as error:
        raise VersionMismatch(
            f"the worker's answer is not understood: {error}", hint="Bring both to the same kgo-tui version."
        ) from None


@asynccontextmanager
async def _deadline(seconds: float, what: str) -> AsyncIterator[None]:
    """`asyncio.timeout` that ends in words."""
    try:
        async with asyncio.timeout(seconds):
            yield
    except TimeoutError:
        raise Unreachable(f"{what} within {seconds:g} s") from None
