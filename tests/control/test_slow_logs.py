"""Log streams to readers that do not keep up."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path

import pytest

from kgo_tui.control.client import Client
from kgo_tui.control.limits import Limits
from kgo_tui.control.queries import JournalLog, LogRequest
from kgo_tui.control.server import ControlServer
from kgo_tui.core.logs import LogBatch
from tests.control.conftest import OpenRaw, Serve
from tests.control.raw import HELLO, eventually
from tests.control.scripted import START, ScriptedWorker, output, said
from tests.control.test_slow import all_live, held, never_reads

JOURNAL = LogRequest(source=JournalLog(), follow=True)


async def test_a_slow_reader_of_a_flood_loses_lines_counted_and_keeps_its_events(
    server: ControlServer, raw: OpenRaw, worker: ScriptedWorker
) -> None:
    """The reader stops for a while: events are kept for it, of the log only the newest lines are."""
    emitted, stop = 0, asyncio.Event()

    async def flood(_request: LogRequest) -> AsyncIterator[LogBatch]:
        nonlocal emitted
        while not stop.is_set():
            emitted += 1
            yield said(f"{emitted} {'x' * 100}")

    worker.on_stream = flood
    client = await raw({**HELLO, "subscribe": True})
    await all_live(server, 1)
    client.reader._limit = 1  # type: ignore[attr-defined]  # asyncio pauses reading at twice this
    await client.say({"frame": "stream", "id": 1, "log": {"source": {"of": "journal"}, "follow": True}})
    most, sent = 0, 0
    while emitted < 100_000:
        worker.happen(output(sent))
        sent += 1
        await asyncio.sleep(0.001)
        most = max(most, held(server))
    stop.set()
    client.reader._limit = 1 << 24  # type: ignore[attr-defined]
    numbers: list[int] = []
    dropped = events = 0
    while (frame := await client.hear()) is not None and frame["frame"] != "stream_end":
        if frame["frame"] == "event":
            events += 1
        if frame["frame"] == "lines":
            numbers += [int(line[0].split()[0]) for line in frame["lines"]]
            dropped += frame["dropped"]
    assert frame is not None
    assert most < 1 << 20
    assert dropped > 0
    assert len(numbers) + dropped == emitted == numbers[-1]  # every line is there or counted
    assert numbers == sorted(numbers)
    assert events == sent


async def test_a_log_that_is_not_followed_waits_for_its_reader(
    server: ControlServer, path: Path, worker: ScriptedWorker
) -> None:
    taken = 0

    async def long(_request: LogRequest) -> AsyncIterator[LogBatch]:
        nonlocal taken
        for taken in range(1_000_000):  # noqa: B007 - the test reads it
            yield said("x" * 100)

    worker.on_stream = long
    hello = b'{"frame":"hello","version":1,"subscribe":false}\n'
    with never_reads(path, hello + b'{"frame":"stream","id":1,"log":{"source":{"of":"journal"}}}\n'):
        before = -1
        async with asyncio.timeout(10):
            while taken == 0 or taken != before:
                before = taken
                await asyncio.sleep(0.2)
        assert taken < 20_000
        assert held(server) < 1 << 20
        assert server.connections == 1


async def test_what_was_in_a_log_before_waits_for_the_reader_even_if_it_is_followed(
    server: ControlServer, path: Path, worker: ScriptedWorker
) -> None:
    """Only what happens while one looks on may be lost."""
    taken, number = 0, 50_000

    async def past(_request: LogRequest) -> AsyncIterator[LogBatch]:
        nonlocal taken
        for taken in range(number):
            yield said(f"{taken} {'x' * 100}", at=START)
        await asyncio.Event().wait()

    worker.on_stream = past
    async with (
        await Client.connect(path, subscribe=False) as client,
        aclosing(client.stream(JOURNAL)) as batches,
    ):
        first = await anext(batches)
        client._transport.pause_reading()
        before = -1
        async with asyncio.timeout(10):
            while taken != before:
                before = taken
                await asyncio.sleep(0.2)
        assert taken < number - 1, "it waits"
        assert held(server) < 1 << 20
        client._transport.resume_reading()
        seen = [int(line.text.split()[0]) for line in first.lines]
        async with asyncio.timeout(20):
            while len(seen) < number:
                batch = await anext(batches)
                assert batch.dropped == 0
                seen += [int(line.text.split()[0]) for line in batch.lines]
    assert seen == list(range(number))


async def test_a_trickle_to_a_reader_that_stopped_does_not_end_it(
    serve: Serve, path: Path, worker: ScriptedWorker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is not read is held back and dropped, however slowly it comes."""
    monkeypatch.setattr("kgo_tui.control.logs.TICK_S", 0.0001)
    server = await serve(limits=Limits(backlog=64 << 10, ease=16 << 10))
    emitted = 0

    async def trickle(_request: LogRequest) -> AsyncIterator[LogBatch]:
        nonlocal emitted
        while True:
            for _ in range(10):
                emitted += 1
                yield said("x" * 100)
            await asyncio.sleep(0.0005)

    worker.on_stream = trickle
    hello = b'{"frame":"hello","version":1,"subscribe":false}\n'
    log = b'{"frame":"stream","id":1,"log":{"source":{"of":"journal"},"follow":true}}\n'
    with never_reads(path, hello + log):
        await eventually(lambda: emitted >= 6000)
        assert len(server._house.connections) == 1
        assert held(server) < 64 << 10
