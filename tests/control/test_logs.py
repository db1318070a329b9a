"""Log streams: batches, loss that is counted, ends that are told."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from pathlib import Path

import pytest
from msgspec.structs import replace

from kgo_tui.control.client import Client
from kgo_tui.control.limits import Limits
from kgo_tui.control.queries import JournalLog, LogRequest, ServiceLog
from kgo_tui.control.server import ControlServer
from kgo_tui.core import errors
from kgo_tui.core.logs import LogBatch, LogLine
from tests.control.conftest import Connect, OpenRaw, Serve
from tests.control.raw import HELLO
from tests.control.scripted import START, ScriptedWorker, fault, said
from tests.control.test_conversation import take

JOURNAL = LogRequest(source=JournalLog(), follow=True)


def counted(number: int, width: int = 50) -> Callable[[LogRequest], AsyncIterator[LogBatch]]:
    async def lines(_request: LogRequest) -> AsyncIterator[LogBatch]:
        for n in range(number):
            yield said(f"{n} {'x' * width}", position=f"test:{n}")

    return lines


async def read(client: Client, request: LogRequest) -> tuple[list[int], int]:
    """The numbers of the lines, and how many were dropped."""
    seen, dropped = [], 0
    async with asyncio.timeout(30):
        async for batch in client.stream(request):
            seen += [int(line.text.split()[0]) for line in batch.lines]
            dropped += batch.dropped
    return seen, dropped


@pytest.mark.usefixtures("server")
async def test_a_log_comes_whole_and_ends(connect: Connect, worker: ScriptedWorker) -> None:
    worker.on_stream = counted(50_000)
    client = await connect(subscribe=False)
    request = LogRequest(source=ServiceLog(services=("web",)), lines=50_000)
    assert await read(client, request) == (list(range(50_000)), 0)
    assert worker.requests == [request]


@pytest.mark.usefixtures("server")
async def test_a_line_arrives_with_all_that_is_known_of_it(connect: Connect, worker: ScriptedWorker) -> None:
    full = LogLine(
        text="Deployed",
        at=START,
        priority=5,
        service="web",
        stream="stderr",
        identifier="kgo-tui",
        event="deployment_ended",
        deployment=7,
    )
    lines = (full, LogLine(text="only text"), LogLine(text="a gap", marker=True))

    async def one(_request: LogRequest) -> AsyncIterator[LogBatch]:
        yield LogBatch(lines=lines, position="test:3", dropped=2)

    worker.on_stream = one
    client = await connect(subscribe=False)
    batches = [batch async for batch in client.stream(JOURNAL)]
    assert batches == [LogBatch(lines=lines, position="test:3", dropped=2)]


async def test_reading_goes_on_behind_the_last_position_at_the_next_worker(
    path: Path, worker: ScriptedWorker
) -> None:
    """The worker ends again and again in the middle of a log: each line arrives once."""

    async def from_there(request: LogRequest) -> AsyncIterator[LogBatch]:
        begin = int((request.after or "test:0").removeprefix("test:"))
        for n in range(begin, 3000):
            yield said(f"{n} {'x' * 100}", position=f"test:{n + 1}")
        yield LogBatch(position="test:end")

    worker.on_stream = from_there
    seen: list[int] = []
    position, lives = None, 0
    while position != "test:end":
        lives += 1
        async with ControlServer(path, worker, instance="test", version="1"):
            client = await Client.connect(path, subscribe=False)
            async for batch in client.stream(replace(JOURNAL, after=position)):
                seen += [int(line.text.split()[0]) for line in batch.lines]
                position = batch.position or position
                if lives < 5:
                    break
            await client.close()
    assert lives == 5
    assert seen == list(range(3000))


@pytest.mark.usefixtures("server")
async def test_a_position_without_lines_arrives_too(connect: Connect, worker: ScriptedWorker) -> None:
    async def quiet(_request: LogRequest) -> AsyncIterator[LogBatch]:
        yield LogBatch(position="test:here")
        await asyncio.Event().wait()

    worker.on_stream = quiet
    client = await connect(subscribe=False)
    async with asyncio.timeout(5), aclosing(client.stream(JOURNAL)) as batches:
        assert await anext(batches) == LogBatch(position="test:here")


@pytest.mark.usefixtures("server")
async def test_lines_come_when_they_appear(connect: Connect, worker: ScriptedWorker) -> None:
    queue: asyncio.Queue[str] = asyncio.Queue()

    async def live(_request: LogRequest) -> AsyncIterator[LogBatch]:
        while True:
            yield said(await queue.get())

    worker.on_stream = live
    client = await connect(subscribe=False)
    async with asyncio.timeout(10), aclosing(client.stream(JOURNAL)) as batches:
        for word in ("one", "two"):
            queue.put_nowait(word)
            began = time.perf_counter()
            assert [line.text for line in (await anext(batches)).lines] == [word]
            assert time.perf_counter() - began < 1


@pytest.mark.usefixtures("server")
async def test_several_logs_at_once_keep_apart(connect: Connect, worker: ScriptedWorker) -> None:
    worker.on_stream = counted(2000)
    client = await connect()
    results = await asyncio.gather(*(read(client, JOURNAL) for _ in range(8)))
    assert results == [(list(range(2000)), 0)] * 8
    sent = worker.happen(fault(1))
    assert await take(client, 1) == [sent]


@pytest.mark.usefixtures("server")
async def test_closing_the_iterator_ends_it_at_the_worker(connect: Connect, worker: ScriptedWorker) -> None:
    closed = asyncio.Event()

    async def live(_request: LogRequest) -> AsyncIterator[LogBatch]:
        try:
            yield said("first")
            await asyncio.Event().wait()
        finally:
            closed.set()

    worker.on_stream = live
    client = await connect(subscribe=False)
    async with asyncio.timeout(5):
        async with aclosing(client.stream(JOURNAL)) as batches:
            assert (await anext(batches)).lines == said("first").lines
        await closed.wait()
    await client.ping()


@pytest.mark.usefixtures("server")
async def test_a_client_that_leaves_ends_it_too(connect: Connect, worker: ScriptedWorker) -> None:
    closed = asyncio.Event()

    async def live(_request: LogRequest) -> AsyncIterator[LogBatch]:
        try:
            yield said("first")
            await asyncio.Event().wait()
        finally:
            closed.set()

    worker.on_stream = live
    client = await connect(subscribe=False)
    batches = client.stream(JOURNAL)
    await anext(batches)
    await client.close()
    with pytest.raises(errors.ConnectionLost):
        await anext(batches)
    async with asyncio.timeout(5):
        await closed.wait()


@pytest.mark.usefixtures("server")
async def test_a_stream_cancelled_before_it_began_is_told_its_end(raw: OpenRaw) -> None:
    client = await raw(HELLO)
    await client.say(
        {"frame": "stream", "id": 1, "log": {"source": {"of": "journal"}}},
        {"frame": "cancel_stream", "id": 1},
    )
    frames = [await client.hear(), await client.hear()]
    assert {"frame": "stream_end", "id": 1, "reason": "cancelled", "error": None} in frames
    await client.say({"frame": "cancel_stream", "id": 99}, {"frame": "ping", "id": 2})
    assert await client.hear() == {"frame": "pong", "id": 2}


@pytest.mark.usefixtures("server")
async def test_errors_of_a_log_reach_the_reader(connect: Connect, worker: ScriptedWorker) -> None:
    async def none(_request: LogRequest) -> AsyncIterator[LogBatch]:
        raise errors.UsageError("there is no container web")
        yield said()

    async def broken(_request: LogRequest) -> AsyncIterator[LogBatch]:
        yield said("1")
        raise ValueError("hunter2")

    client = await connect(subscribe=False)
    worker.on_stream = none
    with pytest.raises(errors.UsageError, match="no container web"):
        await read(client, JOURNAL)
    worker.on_stream = broken
    with pytest.raises(errors.KgoError) as caught:
        await read(client, JOURNAL)
    assert "hunter2" not in str(caught.value)
    await client.ping()


async def test_too_many_logs_are_refused(serve: Serve, connect: Connect, worker: ScriptedWorker) -> None:
    await serve(limits=Limits(streams=2, all_streams=3))
    first, second = await connect(subscribe=False), await connect(subscribe=False)
    running = [asyncio.ensure_future(read(client, JOURNAL)) for client in (first, first, second)]
    await first.ping()
    await second.ping()
    for client in (first, second):
        with pytest.raises(errors.Refused, match="too many logs"):
            await read(client, JOURNAL)
    for task in running:
        task.cancel()
    await asyncio.gather(*running, return_exceptions=True)
    await first.ping()
    worker.on_stream = counted(3)
    assert await read(first, JOURNAL) == ([0, 1, 2], 0)


@pytest.mark.usefixtures("server")
async def test_a_line_without_end_is_cut_visibly(connect: Connect, worker: ScriptedWorker) -> None:
    async def one(_request: LogRequest) -> AsyncIterator[LogBatch]:
        yield said("7 " + "x" * 1_000_000)

    worker.on_stream = one
    client = await connect(subscribe=False)
    async for batch in client.stream(JOURNAL):
        assert len(batch.lines[0].text) < 17_000
        assert batch.lines[0].text.endswith(" …")


@pytest.mark.usefixtures("server")
async def test_events_published_before_the_end_of_a_log_come_before_it(
    raw: OpenRaw, worker: ScriptedWorker
) -> None:
    async def ending(_request: LogRequest) -> AsyncIterator[LogBatch]:
        worker.happen(fault(1))
        raise errors.UsageError("gone")
        yield said()

    worker.on_stream = ending
    client = await raw({**HELLO, "subscribe": True})
    await client.say({"frame": "ping", "id": 9})
    heard = {(await client.hear() or {})["frame"] for _ in range(3)}
    assert heard == {"hello", "snapshot", "pong"}
    await client.say({"frame": "stream", "id": 1, "log": {"source": {"of": "journal"}}})
    assert [(await client.hear() or {})["frame"] for _ in range(2)] == ["event", "stream_end"]
