"""Changes as they come from a real engine, and how those who listen end."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator
from contextlib import aclosing
from itertools import pairwise
from typing import Any

import pytest

from kgo_tui.core.errors import RuntimeUnreachable
from kgo_tui.core.logs import LogWindow
from kgo_tui.demo.daemon import eventually
from kgo_tui.demo.sandbox import Sandbox
from kgo_tui.engine.ports import ignore_line
from tests.adapters.compose_host import push, runtime_on, write_compose
from tests.lab.fixtures import NewSandbox

pytestmark = pytest.mark.lab

SOON_S = 10
CHATTY = """
services:
  chatty:
    image: {registry}/koprogo/chatty
    entrypoint: ["/bin/sh", "-c", "trap exit TERM; for i in 1 2 3; do echo line $$i; done; sleep 3600 & wait"]
    tty: TTY
    healthcheck: {test: ["CMD", "true"], interval: 100ms, start_period: 0s}
"""


async def soon(stream: AsyncIterator[Any]) -> Any:
    """The next item, which must come."""
    return await asyncio.wait_for(anext(stream), SOON_S)


async def nothing(stream: AsyncIterator[Any], seconds: float) -> bool:
    """Whether nothing comes for so long."""
    try:
        await asyncio.wait_for(anext(stream), seconds)
    except TimeoutError:
        return True
    return False


async def chatty(sandbox: Sandbox, *, tty: bool = False) -> str:
    """Start a container that says three lines and stays; its name."""
    write_compose(sandbox, CHATTY.replace("TTY", str(tty).lower()))
    push(sandbox, "chatty", "1")
    runtime = runtime_on(sandbox)
    await runtime.up(await runtime.pull({}, ignore_line), {}, ignore_line)
    return f"{sandbox.project}-chatty-1"


async def settled(changes: AsyncIterator[None]) -> None:
    """Wait until nothing changes any more."""
    await soon(changes)
    while not await nothing(changes, 1.0):
        pass


async def test_every_change_is_seen_and_health_checks_are_none(sandbox: Sandbox) -> None:
    name = await chatty(sandbox)
    runtime = runtime_on(sandbox)
    changes = runtime.changes()
    await runtime.containers()
    await settled(changes)
    assert (await runtime.containers())[0].health == "healthy"
    assert await nothing(changes, 1.0), "ten health checks ran meanwhile, and changed nothing"
    sandbox.docker("stop", "--time", "1", name)
    await soon(changes)
    await changes.aclose()
    with pytest.raises(StopAsyncIteration):
        await soon(changes)


async def test_many_events_are_few_changes_and_other_projects_are_none(new_sandbox: NewSandbox) -> None:
    ours, theirs = new_sandbox(), new_sandbox()
    runtime = runtime_on(ours)
    await runtime.containers()
    async with aclosing(runtime.changes()) as changes:
        await settled(changes)
        theirs.up()
        assert await nothing(changes, 0.5)
        reading = asyncio.create_task(times(changes))
        await asyncio.to_thread(ours.up)
        await asyncio.to_thread(ours.down)
    seen_at = await reading
    assert len(seen_at) >= 3, "created and started; stopped; removed"
    assert min(after - before for before, after in pairwise(seen_at)) > 0.29


async def times(changes: AsyncIterator[None]) -> list[float]:
    return [time.monotonic() async for _ in changes]


async def test_changes_survive_a_restart_of_the_engine_and_close_at_once(sandbox: Sandbox) -> None:
    sandbox.up()
    runtime = runtime_on(sandbox)
    await runtime.containers()
    changes = runtime.changes()
    await soon(changes)
    await asyncio.to_thread(sandbox.engine.kill)
    with pytest.raises(RuntimeUnreachable):
        await runtime.containers()
    await asyncio.to_thread(sandbox.engine.start_dockerd)
    await soon(changes)
    assert {each.service for each in await runtime.containers()} == {"backend", "db"}
    began = time.monotonic()
    await changes.aclose()
    assert time.monotonic() - began < 0.5


async def test_what_is_closed_or_forgotten_leaves_no_thread(sandbox: Sandbox) -> None:
    sandbox.up()
    runtime = runtime_on(sandbox)
    before = readers()
    closed, forgotten = runtime.changes(), runtime.changes()
    log = runtime.logs(["db"], LogWindow(lines=1, follow=True))
    await asyncio.gather(soon(closed), soon(forgotten), soon(log))
    assert len(readers() - before) == 4, "a followed service also waits for its next container"
    await closed.aclose()
    await log.aclose()
    del forgotten
    await asyncio.to_thread(eventually, lambda: readers() <= before, "the threads have ended", 5)


def readers() -> set[threading.Thread]:
    """The threads that read from an engine now."""
    return {thread for thread in threading.enumerate() if thread.name.startswith("docker-")}


WAITING = """
import asyncio, sys
from kgo_tui.adapters.compose import ComposeRuntime
from kgo_tui.core.logs import LogWindow
async def main():
    runtime = ComposeRuntime(sys.argv[1], files=["docker-compose.yml"], env_files=[".env"])
    changes = runtime.changes()
    await anext(changes)
    waiting = asyncio.ensure_future(anext(changes))
    log = runtime.logs([sys.argv[2]], LogWindow(lines=1, follow=True))
    await anext(log)
    reading = asyncio.ensure_future(anext(log))
    await asyncio.sleep(0)
    print("listening", flush=True)
    if sys.argv[3] == "cancel":
        for task in (waiting, reading):
            task.cancel()
        await asyncio.wait({waiting, reading})
asyncio.run(main())
print("ended", flush=True)
"""


@pytest.mark.parametrize("manner", ["cancel", "abandon"])
async def test_a_process_that_listens_ends_promptly(sandbox: Sandbox, manner: str) -> None:
    sandbox.up()
    argv = [sys.executable, "-c", WAITING, str(sandbox.deploy_dir), "backend", manner]
    began = time.monotonic()
    done = await asyncio.to_thread(
        subprocess.run, argv, env=sandbox.env(), capture_output=True, text=True, timeout=20, check=False
    )
    assert (done.returncode, done.stdout) == (0, "listening\nended\n"), done.stderr
    assert time.monotonic() - began < 8
