"""A real HTTP(S) server that answers as a test wants: exact bytes, or whatever a coroutine writes."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest

Answer = Callable[[asyncio.StreamWriter], Awaitable[None]]

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


def says(raw: bytes) -> Answer:
    """Answer every request with these bytes."""

    async def answer(writer: asyncio.StreamWriter) -> None:
        writer.write(raw)
        await writer.drain()

    return answer


def status(code: int, *headers: str) -> Answer:
    """Answer with this status and an empty body."""
    head = "".join(f"{header}\r\n" for header in headers)
    return says(f"HTTP/1.1 {code} Whatever\r\nContent-Length: 0\r\n{head}\r\n".encode())


@dataclass
class Server:
    """Where it listens, and what it was asked."""

    port: int
    requests: list[str] = field(default_factory=list)
    connections: int = 0

    def url(self, host: str = "127.0.0.1", *, scheme: str = "http", path: str = "/health") -> str:
        return f"{scheme}://{host}:{self.port}{path}"


@asynccontextmanager
async def serving(
    answer: Answer, *, certificate: Path | None = None, listens: bool = True
) -> AsyncIterator[Server]:
    """Serve on a free port of 127.0.0.1 until the block ends, then end every connection. One that
    does not listen answers before it has read a request."""
    server = Server(0)
    tasks: set[asyncio.Task[None]] = set()

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        tasks.add(asyncio.current_task())  # type: ignore[arg-type]
        server.connections += 1
        with suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            if listens:
                server.requests.append((await reader.readuntil(b"\r\n\r\n")).decode())
            await answer(writer)
        with suppress(OSError):
            writer.close()

    context = None
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
    listening = await asyncio.start_server(handle, "127.0.0.1", 0, ssl=context)
    server.port = listening.sockets[0].getsockname()[1]
    try:
        yield server
    finally:
        listening.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def resolve_to(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> None:
    """Make every name resolve to these addresses: no test may depend on a name server."""
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 0)) for address in addresses]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_args, **_more: found)
