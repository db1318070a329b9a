"""A reader that does not read costs the worker a bounded amount, and the others nothing."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from kgo_tui.control.client import Client
from kgo_tui.control.limits import MIB, Limits
from kgo_tui.control.server import ControlServer
from kgo_tui.core.errors import ConnectionLost
from tests.control.conftest import Connect, OpenRaw, Serve
from tests.control.raw import HELLO, eventually
from tests.control.scripted import ScriptedWorker, fault, output
from tests.control.test_conversation import take

SUBSCRIBE = b'{"frame":"hello","version":1,"subscribe":true}\n'


@contextmanager
def never_reads(path: Path, say: bytes = SUBSCRIBE) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as sock:
        sock.connect(str(path))
        sock.send(say)
        yield sock


def held(server: ControlServer) -> int:
    """Bytes that the server holds for its clients now."""
    return sum(c.outbox.backlog for c in server._house.connections)


async def all_live(server: ControlServer, number: int) -> None:
    await eventually(lambda: len(server._house.hub._live) >= number)


async def test_it_is_ended_while_another_gets_everything_in_time(
    server: ControlServer, path: Path, connect: Connect, worker: ScriptedWorker
) -> None:
    other = await connect()
    with never_reads(path):
        await all_live(server, 2)
        most, lag, sent = 0, 0.0, 0
        while len(server._house.hub._live) == 2:
            batch = [worker.happen(output(n, width=2000)) for n in range(50)]
            sent += len(batch)
            began = time.perf_counter()
            assert await take(other, 50) == batch
            lag = max(lag, time.perf_counter() - began)
            most = max(most, held(server))
            assert sent < 10_000, "a reader that never reads was never ended"
    assert most < 1.2 * MIB
    assert lag < 1.0


async def test_it_hears_why_when_it_reads_at_last(
    server: ControlServer, raw: OpenRaw, worker: ScriptedWorker
) -> None:
    client = await raw({**HELLO, "subscribe": True})
    client.reader._limit = 1  # type: ignore[attr-defined]  # asyncio pauses reading at twice this
    await all_live(server, 1)
    for n in range(2000):
        worker.happen(fault(n) if n % 2 else output(n, width=2000))
    client.reader._limit = 1 << 24  # type: ignore[attr-defined]
    frames = await client.hear_all()
    assert frames[-1]["cause"] == "slow"
    cursors = [f["cursor"] for f in frames if f["frame"] == "event" and f["cursor"]]
    assert cursors == list(range(1, len(cursors) + 1))  # nothing before it was lost


async def test_it_is_cut_off_when_it_never_reads_at_all(
    serve: Serve, path: Path, worker: ScriptedWorker
) -> None:
    server = await serve(limits=Limits(linger_s=0.2))
    with never_reads(path):
        await all_live(server, 1)
        for n in range(2000):
            worker.happen(output(n, width=2000))
        assert held(server) < 1.2 * MIB
        await eventually(lambda: not server.connections)


async def test_publishing_never_waits(server: ControlServer, path: Path, worker: ScriptedWorker) -> None:
    with never_reads(path), never_reads(path), never_reads(path):
        await all_live(server, 3)
        began = time.perf_counter()
        for n in range(5000):
            worker.happen(output(n, width=2000))
        assert time.perf_counter() - began < 5
        assert held(server) < 3 * 1.2 * MIB


async def test_all_together_are_bounded(serve: Serve, path: Path, worker: ScriptedWorker) -> None:
    """Each stays under its own bound; the sum does not, so the slowest go."""
    server = await serve(limits=Limits(all_backlogs=4 * MIB, connections=32, linger_s=0.5))
    socks = [never_reads(path) for _ in range(12)]
    opened = [sock.__enter__() for sock in socks]
    try:
        await all_live(server, 12)
        most = 0
        for n in range(450):
            worker.happen(output(n, width=2000))
            await asyncio.sleep(0)
            most = max(most, held(server))
        assert most < 4.3 * MIB
        assert len(server._house.hub._live) < 12
    finally:
        for sock in opened:
            sock.close()


async def test_answers_wait_for_a_slow_reader_and_then_end_it(
    serve: Serve, path: Path, worker: ScriptedWorker
) -> None:
    """A client that asks and asks and reads nothing holds one answer, not a hundred."""
    server = await serve(limits=Limits(drain_s=0.3, linger_s=0.2))

    async def much(_query: object) -> object:
        return "x" * MIB

    worker.on_query = much
    ask = b"".join(b'{"frame":"query","id":%d,"query":{"query":"history"}}\n' % n for n in range(30))
    with never_reads(path, SUBSCRIBE + ask):
        most = 0
        async with asyncio.timeout(10):
            await all_live(server, 1)
            while server.connections:
                most = max(most, held(server))
                await asyncio.sleep(0.01)
    assert 0.5 * MIB < most < 2.2 * MIB


async def test_a_client_that_does_not_consume_its_events_gives_up_rather_than_grow(
    path: Path, server: ControlServer, worker: ScriptedWorker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kgo_tui.control.inbox.MAX_EVENTS", 100)
    async with await Client.connect(path) as client:
        for n in range(200):
            worker.happen(fault(n))
        with pytest.raises(ConnectionLost, match="did not read"):
            await take(client, 200)
