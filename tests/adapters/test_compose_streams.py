"""Changes and logs as they come from a real engine, and how they end."""

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

from kgo_tui.adapters.compose.logs import LINE_BYTES, LineQueue, split_lines
from kgo_tui.core.errors import RuntimeUnreachable, UsageError
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

HOSTILE = """
services:
  hostile:
    image: {registry}/koprogo/chatty
    entrypoint: ["/bin/sh", "-c", "printf '\\\\033]52;c;x\\\\007 hunter2\\\\n'; sleep 3600"]
    init: true
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


async def test_a_log_line_is_redacted_and_inert(sandbox: Sandbox) -> None:
    write_compose(sandbox, HOSTILE)
    push(sandbox, "chatty", "1")
    runtime = runtime_on(sandbox, redact=lambda text: text.replace("hunter2", "***"))
    await runtime.up(await runtime.pull({}, ignore_line), {}, ignore_line)
    log = runtime.logs(f"{sandbox.project}-hostile-1", lines=10, follow=True)
    assert await soon(log) == "␛]52;c;x␇ ***"
    await log.aclose()


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
    log = runtime.logs(sandbox.container_ids()["db"], lines=1, follow=True)
    await asyncio.gather(soon(closed), soon(forgotten), soon(log))
    assert len(readers() - before) == 3
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
async def main():
    runtime = ComposeRuntime(sys.argv[1], files=["docker-compose.yml"], env_files=[".env"])
    changes = runtime.changes()
    await anext(changes)
    waiting = asyncio.ensure_future(anext(changes))
    log = runtime.logs(sys.argv[2], lines=1, follow=True)
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
    argv = [sys.executable, "-c", WAITING, str(sandbox.deploy_dir), f"{sandbox.project}-backend-1", manner]
    began = time.monotonic()
    done = await asyncio.to_thread(
        subprocess.run, argv, env=sandbox.env(), capture_output=True, text=True, timeout=20, check=False
    )
    assert (done.returncode, done.stdout) == (0, "listening\nended\n"), done.stderr
    assert time.monotonic() - began < 8


async def collect(stream: AsyncIterator[str]) -> list[str]:
    return [line async for line in stream]


@pytest.mark.parametrize("tty", [False, True])
async def test_the_last_lines_and_then_new_ones(sandbox: Sandbox, tty: bool) -> None:  # noqa: FBT001 - a case
    name = await chatty(sandbox, tty=tty)
    runtime = runtime_on(sandbox)
    beginning = runtime.logs(name, lines=10, follow=True)
    assert [await soon(beginning) for _ in range(3)] == ["line 1", "line 2", "line 3"]
    await beginning.aclose()
    assert await collect(runtime.logs(name, lines=2, follow=False)) == ["line 2", "line 3"]
    following = runtime.logs(name, lines=1, follow=True)
    assert await soon(following) == "line 3"
    sandbox.docker("restart", "--time", "2", name)
    # A log that is followed ends with its container.
    assert await asyncio.wait_for(collect(following), SOON_S) == []


async def test_a_log_is_read_only_of_our_own_containers(new_sandbox: NewSandbox) -> None:
    ours, theirs = new_sandbox(("db",)), new_sandbox(("db",))
    theirs.up(wait=False)
    for name in (f"{theirs.project}-db-1", theirs.container_ids()["db"], "nobody\x1b[31m"):
        with pytest.raises(UsageError, match="no container") as caught:
            await collect(runtime_on(ours).logs(name, lines=10, follow=False))
        assert caught.value.message.isprintable()


async def test_lines_that_come_faster_than_they_are_read_are_dropped_and_counted() -> None:
    queue = LineQueue(10, lossy=True)
    await asyncio.to_thread(queue.fill, (str(number) for number in range(100)))
    assert await collect(aiter(queue)) == [
        "… 90 lines dropped …",
        *(str(number) for number in range(90, 100)),
    ]


async def test_lines_that_are_not_followed_wait_for_their_reader() -> None:
    queue = LineQueue(10, lossy=False)
    filling = asyncio.create_task(asyncio.to_thread(queue.fill, (str(number) for number in range(1000))))
    assert await collect(aiter(queue)) == [str(number) for number in range(1000)]
    await filling


async def test_a_reader_that_leaves_frees_the_thread_that_waits_for_it() -> None:
    queue = LineQueue(1, lossy=False)
    filling = asyncio.create_task(asyncio.to_thread(queue.fill, iter(["a", "b", "c"])))
    assert await soon(aiter(queue)) == "a"
    queue.close()
    await asyncio.wait_for(filling, SOON_S)


def test_lines_are_put_together_however_they_were_cut() -> None:
    text = "one\r\ntwö\n\nthree".encode()
    for size in range(1, len(text) + 1):
        chunks = [text[start : start + size] for start in range(0, len(text), size)]
        assert list(split_lines(chunks)) == ["one", "twö", "", "three"]


def test_a_line_without_end_is_broken_and_nothing_is_lost() -> None:
    pieces = list(split_lines([b"x" * 1000] * 100))
    assert "".join(pieces) == "x" * 100_000
    assert max(map(len, pieces)) == LINE_BYTES
