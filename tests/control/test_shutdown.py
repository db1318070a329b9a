"""The worker stops: what clients get of it."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest

from kgo_tui.control.client import Client
from kgo_tui.control.server import ControlServer
from kgo_tui.core import messages as m
from kgo_tui.core.errors import ConnectionLost, Refused
from tests.control.scripted import ScriptedWorker

GROUP, STRANGER = 54321, 54322
"""Ids that no account of the machine has."""

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become other users")


async def test_a_shutdown_is_told_after_the_last_answers(path: Path, worker: ScriptedWorker) -> None:
    server = ControlServer(path, worker, instance="test", version="1")
    await server.start()
    client = await Client.connect(path)
    started, release = asyncio.Event(), asyncio.Event()

    async def deploy(_command: m.Command) -> str:
        started.set()
        await release.wait()
        return "done"

    worker.on_command = deploy
    asked = asyncio.ensure_future(client.command(m.Deploy()))
    await started.wait()
    closing = asyncio.ensure_future(server.close())
    with pytest.raises(Refused, match="stopping"):
        await client.command(m.Check())
    release.set()
    assert await asked == "done"
    await closing
    with pytest.raises(ConnectionLost, match="the worker stops"):
        async for _ in client.events():
            pass


async def test_a_shutdown_does_not_wait_for_ever(path: Path, worker: ScriptedWorker) -> None:
    server = ControlServer(path, worker, instance="test", version="1")
    await server.start()
    cancelled = asyncio.Event()

    async def stuck(_command: m.Command) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.set()

    worker.on_command = stuck
    client = await Client.connect(path, subscribe=False)
    asked = asyncio.ensure_future(client.command(m.Deploy()))
    await client.ping()
    async with asyncio.timeout(5):
        await server.close(wait_s=0.1)
    assert cancelled.is_set()
    with pytest.raises(ConnectionLost):
        await asked
