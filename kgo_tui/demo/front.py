"""The HTTPS front before the application, as Traefik is on a real host; its certificate can be changed.

Passes bytes both ways as they come, so redirects and endless bodies reach the client unaltered; answers
502 by itself when the application does not. Runs in a thread of its own. Knows nothing of containers.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import threading
from types import TracebackType
from typing import Self

from kgo_tui.demo.certificates import Certificate, Certificates

BAD_GATEWAY = b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 11\r\nConnection: close\r\n\r\nBad Gateway"
CHUNK = 16384
CONNECT_DEADLINE_S = 2.0


class TlsFront:
    """Listens on 127.0.0.1:`port` with TLS and forwards to 127.0.0.1:`app_port`."""

    def __init__(self, certificates: Certificates, app_port: int, port: int = 0) -> None:
        self.certificates, self.app_port, self.port = certificates, app_port, port
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.num_tickets = 0  # a resumed session would not show the certificate again
        self.show("valid")
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        """The front's address for a browser."""
        return f"https://localhost:{self.port}"

    def show(self, kind: Certificate) -> None:
        """The certificate that every new connection gets from now on."""
        self._context.load_cert_chain(self.certificates.path(kind))

    def start(self) -> None:
        """Listen; returns when connections are accepted."""
        listening = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(listening,), name="tls-front", daemon=True)
        self._thread.start()
        listening.wait(10)

    def stop(self) -> None:
        """Stop listening and drop what is open: from now on, connection refused."""
        if self._loop is not None and self._thread is not None:
            self._loop.call_soon_threadsafe(self._end.set)
            self._thread.join(10)
        self._loop = self._thread = None

    def _run(self, listening: threading.Event) -> None:
        asyncio.run(self._serve(listening))

    async def _serve(self, listening: threading.Event) -> None:
        self._loop, self._end, self._open = (
            asyncio.get_running_loop(),
            asyncio.Event(),
            set[asyncio.Task[None]](),
        )
        server = await asyncio.start_server(self._connection, "127.0.0.1", self.port, ssl=self._context)
        self.port = server.sockets[0].getsockname()[1]
        listening.set()
        await self._end.wait()
        server.close()
        for task in self._open:
            task.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)

    async def _connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None  # noqa: S101  (asyncio runs each connection in a task)
        self._open.add(task)
        try:
            with contextlib.suppress(OSError, asyncio.CancelledError):
                await self._forward(reader, writer)
        finally:
            self._open.discard(task)
            writer.transport.abort() if self._end.is_set() else writer.close()

    async def _forward(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            connecting = asyncio.open_connection("127.0.0.1", self.app_port)
            app_reader, app_writer = await asyncio.wait_for(connecting, CONNECT_DEADLINE_S)
        except OSError:
            await self._refuse(reader, writer)
            return
        asking = asyncio.create_task(_pump(reader, app_writer))
        try:
            if await _pump(app_reader, writer) == 0:
                writer.write(BAD_GATEWAY)
            await writer.drain()
        finally:
            asking.cancel()
            app_writer.close()

    async def _refuse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(CHUNK)
        writer.write(BAD_GATEWAY)
        await writer.drain()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


async def _pump(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> int:
    """Copy until the source ends or breaks; how many bytes it were."""
    copied = 0
    with contextlib.suppress(ConnectionError):
        while chunk := await source.read(CHUNK):
            target.write(chunk)
            await target.drain()
            copied += len(chunk)
    return copied
