"""A person acts on one container over the worker's socket: done on the engine, told to everyone, kept."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

import pytest

from kgo_tui.control.client import Client
from kgo_tui.control.queries import Usage
from kgo_tui.core.drift import Oddity, oddities
from kgo_tui.core.errors import UsageError
from kgo_tui.core.messages import ActOnContainer, ContainersChanged
from kgo_tui.core.model import ContainerAction, ContainerView
from kgo_tui.demo.sandbox import Sandbox
from tests.e2e.conftest import NewWorker
from tests.e2e.host import asked

pytestmark = pytest.mark.lab

DEADLINE_S = 30.0
STOP, START = ContainerAction.STOP, ContainerAction.START


async def seen(client: Client, service: str, state: str) -> ContainerView:
    """The service's container, as soon as the worker tells that it is so."""
    async with asyncio.timeout(DEADLINE_S):
        async for recorded in client.events():
            event = recorded.event
            for c in event.containers if isinstance(event, ContainersChanged) else ():
                if (c.service, c.state) == (service, state):
                    return c
    raise AssertionError("the worker went away")


async def act(socket: Path, container: str, action: ContainerAction) -> ContainerView:
    async with await Client.connect(socket) as client:
        await client.command(ActOnContainer(container=container, action=action))
        return await seen(client, "backend", "exited" if action is STOP else "running")


async def usage(socket: Path, container: str) -> float | None:
    async with await Client.connect(socket, subscribe=False) as client:
        return (await client.query(Usage(container=container))).cpu_percent


def test_a_container_is_stopped_and_started_by_hand(sandbox: Sandbox, start_worker: NewWorker) -> None:
    sandbox.up()
    worker = start_worker(sandbox)
    worker.until("Up to date: in sync")
    socket, container = sandbox.runtime / "default.sock", sandbox.container_ids()["backend"]
    name = f"{sandbox.project}-backend-1"

    stopped = asyncio.run(act(socket, container, STOP))
    assert oddities(stopped, None) == (Oddity.STOPPED,)
    worker.until(f"root stopped {re.escape(name)}")
    assert not sandbox.docker("ps", "--quiet", "--filter", f"id={container}").stdout.strip()
    with pytest.raises(UsageError, match="does not run"):
        asyncio.run(usage(socket, container))

    started = asyncio.run(act(socket, container, START))
    assert (started.id, oddities(started, None)) == (container, ())
    worker.until(f"root started {re.escape(name)}")
    share = asyncio.run(usage(socket, container))
    assert share is None or share >= 0
    kept = [e for e in asked(sandbox, "events", "-n", "20") if e["event"] == "container_acted"]
    assert [(e["by"], e["service"], e["container"], e["action"]) for e in kept] == [
        ("root", "backend", name, "stop"),
        ("root", "backend", name, "start"),
    ]
    assert worker.stop() == 0


def test_a_container_of_somebody_else_is_none_of_our_business(
    sandbox: Sandbox, start_worker: NewWorker
) -> None:
    sandbox.up()
    other = sandbox.docker("run", "--detach", "--rm", sandbox.running()["db"]).stdout.strip()
    try:
        worker = start_worker(sandbox)
        worker.until("Up to date: in sync")
        with pytest.raises(UsageError, match="no such container"):
            asyncio.run(act(sandbox.runtime / "default.sock", other, STOP))
        assert (
            sandbox.docker("ps", "--quiet", "--no-trunc", "--filter", f"id={other}").stdout.strip() == other
        )
        assert worker.count("stopped") == 0
    finally:
        sandbox.docker("rm", "--force", other)
