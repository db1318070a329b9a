"""Log streams: batches, loss that is counted, ends that are told."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing

import pytest

from kgo_tui.control.client import Client
from kgo_tui.control.limits import Limits
from kgo_tui.control.queries import ContainerLog, JournalLog, LogRequest
from kgo_tui.core import errors
from tests.control.conftest import Connect, OpenRaw, Serve
from tests.control.raw import HELLO
from tests.control.scripted import ScriptedWorker, fault
from tests.control.test_conversation import take

JOURNAL = LogRequest(source=JournalLog(), follow=True)


def counted(number: int, width: int = 50) -> Callable[[LogRequest], AsyncIterator[str]]:
    async def lines(_request: LogRequest) -> AsyncIterator[str]:
        for n in range(number):
            yield f"{n} {'x' * width}"

    return lines


async def read(client: Client, request: LogRequest) -> tuple[list[int], int]:
    """The numbers of the lines, and how many were dropped."""
    seen, dropped = [], 0
    async with asyncio.timeout(30):
        async for batch in client.stream(request):
            seen += [int(line.split()[0]) for line in batch.lines]
            dropped += batch.dropped
    return seen, dropped


@pytest.mark.usefixtures("server")
async def test_a_log_comes_whole_and_ends(connect: Connect, worker: ScriptedWorker) -> None:
    worker.on_stream = counted(50_000)
    client = await connect(subscribe=False)
    request = LogRequest(source=ContainerLog(container="web"), lines=50_000)
    assert await read(client, request) == (list(range(50_000)), 0)
    assert worker.requests == [request]


@pytest.mark.usefixtures("server")
async def test_lines_come_when_they_appear(connect: Connect, worker: ScriptedWorker) -> None:
    queue: asyncio.Queue[str] = asyncio.Queue()

    async def live(_request: LogRequest) -> AsyncIterator[str]:
        while True:
            yield await queue.get()

    worker.on_stream = live
    client = await connect(subscribe=False)
    async with asyncio.timeout(10), aclosing(client.stream(JOURNAL)) as batches:
        for word in ("one", "two"):
            queue.put_nowait(word)
            began = time.perf_counter()
            assert (await anext(batches)).lines == (word,)
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

    async def live(_request: LogRequest) -> AsyncIterator[str]:
        try:
            yield "first"
            await asyncio.Event().wait()
        finally:
            closed.set()

    worker.on_stream = live
    client = await connect(subscribe=False)
    async with asyncio.timeout(5):
        async with aclosing(client.stream(JOURNAL)) as batches:
            assert (await anext(batches)).lines == ("first",)
        await closed.wait()
    await client.ping()


@pytest.mark.usefixtures("server")
async def test_a_client_that_leaves_ends_it_too(connect: Connect, worker: ScriptedWorker) -> None:
    closed = asyncio.Event()

    async def live(_request: LogRequest) -> AsyncIterator[str]:
        try:
            yield "first"
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
    async def none(_request: LogRequest) -> AsyncIterator[str]:
        raise errors.UsageError("there is no container web")
        yield ""

    async def broken(_request: LogRequest) -> AsyncIterator[str]:
        yield "1"
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
    async def one(_request: LogRequest) -> AsyncIterator[str]:
        yield "7 " + "x" * 1_000_000

    worker.on_stream = one
    client = await connect(subscribe=False)
    async for batch in client.stream(JOURNAL):
        assert len(batch.lines[0]) < 17_000
        assert batch.lines[0].endswith(" …")


@pytest.mark.usefixtures("server")
async def test_events_published_before_the_end_of_a_log_come_before_it(
    raw: OpenRaw, worker: ScriptedWorker
) -> None:
    async def ending(_request: LogRequest) -> AsyncIterator[str]:
        worker.happen(fault(1))
        raise errors.UsageError("gone")
        yield ""

    worker.on_stream = ending
    client = await raw({**HELLO, "subscribe": True})
    await client.say({"frame": "ping", "id": 9})
    heard = {(await client.hear() or {})["frame"] for _ in range(3)}
    assert heard == {"hello", "snapshot", "pong"}
    await client.say({"frame": "stream", "id": 1, "log": {"source": {"of": "journal"}}})
    assert [(await client.hear() or {})["frame"] for _ in range(2)] == ["event", "stream_end"]
