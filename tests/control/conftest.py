"""A scripted worker behind a real socket."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from kgo_tui.control.client import Client
from kgo_tui.control.server import ControlServer
from tests.control.raw import HELLO, Raw
from tests.control.scripted import ScriptedWorker

Serve = Callable[..., Awaitable[ControlServer]]
Connect = Callable[..., Awaitable[Client]]
OpenRaw = Callable[..., Awaitable[Raw]]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "control.sock"


@pytest.fixture
def worker() -> ScriptedWorker:
    return ScriptedWorker()


@pytest.fixture
async def serve(path: Path, worker: ScriptedWorker) -> AsyncIterator[Serve]:
    async with AsyncExitStack() as stack:

        async def start(**options: Any) -> ControlServer:
            server = ControlServer(path, worker, instance="test", version="1.2.3", **options)
            return await stack.enter_async_context(server)

        yield start


@pytest.fixture
async def server(serve: Serve) -> ControlServer:
    return await serve()


@pytest.fixture
async def connect(path: Path) -> AsyncIterator[Connect]:
    async with AsyncExitStack() as stack:

        async def start(**options: Any) -> Client:
            return await stack.enter_async_context(await Client.connect(path, **options))

        yield start


@pytest.fixture
async def raw(path: Path) -> AsyncIterator[OpenRaw]:
    opened: list[Raw] = []

    async def start(hello: dict[str, Any] | None = HELLO) -> Raw:
        opened.append(await Raw.open(path, hello))
        return opened[-1]

    yield start
    for one in opened:
        await one.close()
