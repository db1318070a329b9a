"""Queries and their answers: typed, bounded, in turn."""

from __future__ import annotations

import asyncio
import os
import pwd
from datetime import timedelta

import pytest

from kgo_tui.control.queries import Details, Events, Health, HealthView, History
from kgo_tui.core import errors
from kgo_tui.core import messages as m
from kgo_tui.core.model import Deployment, Trigger
from tests.control.conftest import Connect
from tests.control.scripted import START, ScriptedWorker, fault

pytestmark = pytest.mark.usefixtures("server")
ME = pwd.getpwuid(os.geteuid()).pw_name


async def test_a_query_is_forgotten_with_its_client(connect: Connect, worker: ScriptedWorker) -> None:
    started, cancelled = asyncio.Event(), asyncio.Event()

    async def slow(_query: object) -> None:
        started.set()
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.set()

    worker.on_query = slow
    client = await connect(subscribe=False)
    asked = asyncio.ensure_future(client.query(History()))
    await started.wait()
    await client.close()
    async with asyncio.timeout(5):
        await cancelled.wait()
    with pytest.raises(errors.ConnectionLost):
        await asked


async def test_queries_are_typed(connect: Connect, worker: ScriptedWorker) -> None:
    sent = [worker.happen(fault(n)) for n in range(3)]
    deployment = Deployment(
        id=1, trigger=Trigger.POLL, by="poll", from_commit=None, to_commit="a", started_at=START
    )

    async def answer(_query: object) -> object:
        return (deployment,)

    worker.on_query = answer
    client = await connect(subscribe=False)
    assert await client.query(History()) == (deployment,)
    assert await client.query(Events(after=1)) == tuple(sent[1:])
    assert await client.query(Events(limit=1)) == (sent[2],)
    assert await client.query(Health(since=START - timedelta(days=1))) == HealthView()
    with pytest.raises(errors.UsageError, match="no deployment 9"):
        await client.query(Details(id=9))


async def test_what_the_worker_would_not_take_never_leaves_the_client(connect: Connect) -> None:
    client = await connect(subscribe=False)
    with pytest.raises(errors.UsageError, match="limit"):
        await client.query(History(limit=0))
    with pytest.raises(errors.UsageError, match="longer than 65536 bytes"):
        await client.command(m.Suspend(reason="x" * 65536))
    await client.ping()


async def test_an_answer_that_is_too_large_is_refused(connect: Connect, worker: ScriptedWorker) -> None:
    async def much(_query: object) -> object:
        return "x" * (4 << 20)

    worker.on_query = much
    client = await connect(subscribe=False)
    with pytest.raises(errors.Refused, match="too large"):
        await client.query(History())
    await client.ping()


async def test_large_answers_at_once_all_arrive(connect: Connect, worker: ScriptedWorker) -> None:
    """Each is larger than the backlog that counts as slow; they take turns."""
    wordy = Deployment(
        id=1,
        trigger=Trigger.POLL,
        by="poll",
        from_commit=None,
        to_commit="a",
        subject="x" * 9000,
        started_at=START,
    )
    rows = (wordy,) * 400

    async def much(_query: object) -> object:
        return rows

    worker.on_query = much
    client = await connect(subscribe=False)
    assert await asyncio.gather(*(client.query(History()) for _ in range(6))) == [rows] * 6
    await client.ping()


async def test_too_many_requests_at_once_are_refused_and_the_rest_answered(
    connect: Connect, worker: ScriptedWorker
) -> None:
    release = asyncio.Event()

    async def wait(_query: object) -> tuple[()]:
        await release.wait()
        return ()

    worker.on_query = wait
    client = await connect(subscribe=False)
    asked = [asyncio.ensure_future(client.query(History())) for _ in range(33)]
    with pytest.raises(errors.Refused, match="too many"):
        await asked.pop()
    release.set()
    assert await asyncio.gather(*asked) == [()] * 32
