"""The client against workers that are not ours, and what it costs to import."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from kgo_tui.control.client import Client
from kgo_tui.core import messages as m
from kgo_tui.core.errors import ConnectionLost, Unreachable, VersionMismatch

HELLO = b'{"frame":"hello","version":1,"worker_version":"9","pid":1,"instance":"x","you":"me"}\n'
SNAPSHOT = b'{"frame":"snapshot","cursor":4,"state":{"instance":"x","version":"9"}}\n'


@asynccontextmanager
async def fake_worker(path: Path, *answers: bytes, then: str = "wait") -> AsyncIterator[None]:
    """Says these things to whoever greets, one per frame received."""
    writers: list[asyncio.StreamWriter] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers.append(writer)
        for answer in answers:
            await reader.readline()
            writer.write(answer)
        if then == "close":
            writer.close()

    async with await asyncio.start_unix_server(serve, path) as server:
        yield
        for writer in writers:
            writer.transport.abort()
        server.close()
        await asyncio.sleep(0.01)
    path.unlink()  # noqa: ASYNC240 - blocks nobody here


async def test_a_worker_of_another_version(path: Path) -> None:
    async with fake_worker(path, HELLO.replace(b'"version":1', b'"version":2')):
        with pytest.raises(VersionMismatch, match=r"kgo-tui 9\) speaks version 2 .* speaks version 1"):
            await Client.connect(path)


async def test_a_worker_that_refuses_this_version(path: Path) -> None:
    bye = b'{"frame":"bye","cause":"version","reason":"no","version":2}\n'
    async with fake_worker(path, bye, then="close"):
        with pytest.raises(VersionMismatch, match="version 2"):
            await Client.connect(path)


async def test_a_worker_that_hangs_up(path: Path) -> None:
    async with fake_worker(path, b"", then="close"):
        with pytest.raises(ConnectionLost):
            await Client.connect(path)
    async with fake_worker(path, HELLO, then="close"):
        with pytest.raises(ConnectionLost):
            await Client.connect(path)
    async with fake_worker(path, b'{"frame":"bye","cause":"full","reason":"64 connections"}\n'):
        with pytest.raises((ConnectionLost, Unreachable)):
            await Client.connect(path, timeout_s=0.3)


@pytest.mark.parametrize("garbage", [b"SSH-2.0-OpenSSH\r\n", b'{"frame":"hello"}\n', b"\xff\n", b"[]\n"])
async def test_something_that_is_no_worker(path: Path, garbage: bytes) -> None:
    async with fake_worker(path, garbage):
        with pytest.raises(ConnectionLost, match="does not understand"):
            await Client.connect(path)


async def test_a_frame_without_end(path: Path) -> None:
    async with fake_worker(path, b"x" * (17 << 20)):
        with pytest.raises(ConnectionLost, match="does not understand"):
            await Client.connect(path)


async def test_a_connection_lost_in_mid_command(path: Path) -> None:
    async with fake_worker(path, HELLO + SNAPSHOT, b"", then="close"):
        client = await Client.connect(path)
        with pytest.raises(ConnectionLost, match="lost"):
            await client.command(m.Check())
        with pytest.raises(ConnectionLost):
            await client.ping()
        with pytest.raises(ConnectionLost):
            async for _ in client.events():
                pass
        await client.close()


async def test_an_answer_that_never_comes(path: Path) -> None:
    async with fake_worker(path, HELLO + SNAPSHOT):
        client = await Client.connect(path)
        with pytest.raises(Unreachable, match=r"did not answer within 0\.1 s"):
            await client.command(m.Check(), timeout_s=0.1)
        await client.close()


async def test_events_of_a_newer_worker_are_skipped_and_counted(path: Path) -> None:
    events = [
        {"frame": "event", "cursor": 5, "at": "2026-01-01T00:00:00Z", "event": {"event": "moon_landed"}},
        {"frame": "eclipse"},
        {
            "frame": "event",
            "cursor": 6,
            "at": "2026-01-01T00:00:00Z",
            "event": {"event": "resumed", "by": "a"},
        },
    ]
    said = b"".join(json.dumps(event).encode() + b"\n" for event in events)
    async with fake_worker(path, HELLO + SNAPSHOT + said):
        client = await Client.connect(path)
        recorded = await anext(client.events())
        assert recorded.event == m.Resumed(by="a")
        assert (client.skipped, client.cursor) == (2, 6)
        await client.close()


async def test_closing_ends_the_reading_of_events(path: Path) -> None:
    async with fake_worker(path, HELLO + SNAPSHOT):
        client = await Client.connect(path)

        async def read() -> int:
            return len([recorded async for recorded in client.events()])

        reading = asyncio.ensure_future(read())
        await asyncio.sleep(0)
        await client.close()
        assert await reading == 0


def test_the_client_imports_nothing_heavy() -> None:
    program = "import sys, kgo_tui.control.client; print(*sorted(sys.modules))"
    out = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True, timeout=60
    )
    loaded = set(out.stdout.split())
    assert "kgo_tui.control.inbox" in loaded
    heavy = {
        "git",
        "docker",
        "httpx",
        "textual",
        "sqlite3",
        "urllib.request",
        "kgo_tui.engine",
        "kgo_tui.adapters",
    }
    assert not heavy & loaded
    assert "kgo_tui.control.server" not in loaded
