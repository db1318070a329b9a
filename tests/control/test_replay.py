"""A client that comes back: exactly what it missed, then the state, then everything new."""

from __future__ import annotations

import asyncio

import pytest

from kgo_tui.control.client import Client
from kgo_tui.control.limits import Limits
from kgo_tui.core.messages import Recorded
from tests.control.conftest import Connect, OpenRaw, Serve
from tests.control.raw import HELLO
from tests.control.scripted import ScriptedWorker, fault, output
from tests.control.test_conversation import take


@pytest.mark.usefixtures("server")
async def test_a_reconnect_gets_exactly_what_it_missed(connect: Connect, worker: ScriptedWorker) -> None:
    worker.happen(fault(1))
    first = await connect()
    seen = await _after(worker, first, 5)
    cursor = first.cursor
    await first.close()
    missed = [worker.happen(fault(n)) for n in range(100, 600)]
    worker.happen(output(1))  # not kept: nobody was there
    second = await connect(cursor=cursor)
    assert second.missed == tuple(missed)
    assert second.snapshot is not None
    assert second.snapshot.complete
    assert second.snapshot.cursor == missed[-1].cursor
    assert second.snapshot.state == worker.feed.state
    seen += await _after(worker, second, 3)
    assert [r.cursor for r in seen] == [*range(2, 7), *range(507, 510)]


async def _after(worker: ScriptedWorker, client: Client, number: int) -> list[Recorded]:
    for n in range(number):
        worker.happen(fault(n))
    return await take(client, number)


@pytest.mark.usefixtures("server")
async def test_events_during_the_replay_come_once_each_and_in_order(
    raw: OpenRaw, worker: ScriptedWorker
) -> None:
    for n in range(450):
        worker.happen(fault(n))
    reads = 0

    async def more() -> None:
        """While the log is read, the worker goes on: before and after the read yields."""
        nonlocal reads
        reads += 1
        if reads < 6:
            worker.happen(fault(1000 + reads))
            await asyncio.sleep(0)
            worker.happen(fault(2000 + reads))

    worker.before_events = more
    client = await raw({**HELLO, "subscribe": True, "cursor": 3})
    cursors: list[int] = []
    snapshot = None
    while len(cursors) < 450 - 3 + 10 + 1:
        frame = await client.hear()
        assert frame is not None
        if frame["frame"] == "event":
            cursors.append(frame["cursor"])
        if frame["frame"] == "snapshot":
            snapshot = frame
            assert cursors[-1] == frame["cursor"]  # all that the snapshot holds was replayed
            worker.happen(fault(9))
    assert cursors == list(range(4, len(worker.log) + 1))
    assert snapshot is not None


@pytest.mark.usefixtures("server")
async def test_an_event_in_the_log_but_not_yet_published_comes_after_the_snapshot(
    connect: Connect, worker: ScriptedWorker
) -> None:
    """The engine writes an event, then publishes it; a client may come in between."""
    worker.happen(fault(1))
    worker.happen(fault(2))
    written = worker.log[-1].__class__(cursor=3, at=worker.log[-1].at, event=fault(3))
    worker.log.append(written)
    client = await connect(cursor=1)
    assert client.snapshot is not None
    assert [r.cursor for r in client.missed] == [2]
    assert client.snapshot.cursor == 2
    worker.feed.publish(written)
    assert await take(client, 1) == [written]


@pytest.mark.usefixtures("server")
@pytest.mark.parametrize(("cursor", "missed"), [(0, 6), (4, 6), (5, 5), (10, 0)])
async def test_cursors_that_the_log_knows(
    connect: Connect, worker: ScriptedWorker, cursor: int, missed: int
) -> None:
    await _tidied(connect, worker, cursor, missed, complete=True)


@pytest.mark.usefixtures("server")
@pytest.mark.parametrize(("cursor", "missed"), [(1, 7), (2, 7), (11, 0), (2**63 - 1, 0)])
async def test_cursors_that_the_log_no_longer_knows_or_never_did(
    connect: Connect, worker: ScriptedWorker, cursor: int, missed: int
) -> None:
    await _tidied(connect, worker, cursor, missed, complete=False)


async def _tidied(
    connect: Connect, worker: ScriptedWorker, cursor: int, missed: int, *, complete: bool
) -> None:
    for n in range(10):
        worker.happen(fault(n))
    worker.tidied = 3 if not complete or cursor else 4
    client = await connect(cursor=cursor)
    assert client.snapshot is not None
    assert (len(client.missed), client.snapshot.complete) == (missed, complete)
    assert client.snapshot.cursor == client.cursor == 10


async def test_a_replay_is_bounded(serve: Serve, connect: Connect, worker: ScriptedWorker) -> None:
    await serve(limits=Limits(replay=300))
    for n in range(1000):
        worker.happen(fault(n))
    client = await connect(cursor=5)
    assert client.snapshot is not None
    assert not client.snapshot.complete
    assert [r.cursor for r in client.missed] == list(range(701, 1001))
