"""What services say, read from a real engine: whole, in order, and through the change of containers."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing
from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from kgo_tui.adapters.compose import ComposeRuntime
from kgo_tui.core.errors import UsageError
from kgo_tui.core.logs import LogBatch, LogLine, LogWindow
from kgo_tui.demo.sandbox import Sandbox
from kgo_tui.engine.ports import ignore_line
from tests.adapters.compose_host import push, runtime_on, write_compose
from tests.lab.fixtures import NewSandbox

pytestmark = pytest.mark.lab

SOON_S = 20
SERVICE = """
  {name}:
    image: {{registry}}/koprogo/chatty
    entrypoint: ["/bin/sh", "-c"]
    command: ["trap exit TERM; {script}; sleep 3600 & wait"]
    tty: {tty}
"""
THREE = "for i in 1 2 3; do echo line $$i; done"
BOTH = "i=0; while [ $$i -lt 3000 ]; do i=$$((i+1)); echo $$i; echo $$i >&2; done; echo end"


async def begin(sandbox: Sandbox, *, tty: bool = False, **scripts: str) -> ComposeRuntime:
    """Start services that run these scripts and stay."""
    services = [
        SERVICE.format(name=name, script=script, tty=str(tty).lower()) for name, script in scripts.items()
    ]
    write_compose(sandbox, "services:\n" + "".join(services))
    push(sandbox, "chatty", "1")
    runtime = runtime_on(sandbox, redact=lambda text: text.replace("hunter2", "***"))
    await up(runtime)
    return runtime


async def up(runtime: ComposeRuntime, *, again: bool = False) -> None:
    images = await runtime.pull({}, ignore_line)
    await runtime.up(images, {}, ignore_line, force_recreate=again)


async def whole(runtime: ComposeRuntime, *names: str, window: LogWindow | None = None) -> list[LogLine]:
    """A log, read to its end."""
    async with asyncio.timeout(SOON_S), aclosing(runtime.logs(names, window or LogWindow())) as batches:
        return [line async for batch in batches for line in batch.lines]


async def until(batches: AsyncIterator[LogBatch], text: str) -> list[LogLine]:
    """The lines up to one that ends so, which must come."""
    lines: list[LogLine] = []
    async with asyncio.timeout(SOON_S):
        while not lines or not lines[-1].text.endswith(text):
            lines += (await anext(batches)).lines
    return lines


def texts(lines: Sequence[LogLine]) -> list[str]:
    return [line.text for line in lines]


async def test_a_line_says_who_said_it_when_and_where_and_hides_what_it_must(sandbox: Sandbox) -> None:
    script = "echo fine; sleep 0.01; printf '\\\\033]52;c;x\\\\007 hunter2\\\\n' >&2"
    before = datetime.now(UTC)
    runtime = await begin(sandbox, web=script)
    async with aclosing(runtime.logs(["web"], LogWindow(follow=True))) as batches:
        fine, hostile = await until(batches, "***")
    assert (fine.text, hostile.text) == ("fine", "␛]52;c;x␇ ***")
    assert (fine.stream, hostile.stream) == ("stdout", "stderr")
    assert fine.at is not None
    assert hostile.at is not None
    assert before < fine.at < hostile.at < datetime.now(UTC)
    assert {(line.service, line.priority, line.marker) for line in (fine, hostile)} == {("web", None, False)}


@pytest.mark.parametrize("tty", [False, True])
async def test_the_last_lines_and_then_new_ones(sandbox: Sandbox, tty: bool) -> None:  # noqa: FBT001 - a case
    runtime = await begin(sandbox, chatty=THREE, tty=tty)
    name = f"{sandbox.project}-chatty-1"
    async with aclosing(runtime.logs(["chatty"], LogWindow(follow=True))) as batches:
        lines = await until(batches, "line 3")
    assert texts(lines) == ["line 1", "line 2", "line 3"]
    assert {line.stream for line in lines} == {None if tty else "stdout"}
    assert texts(await whole(runtime, name, window=LogWindow(lines=2))) == ["line 2", "line 3"]
    assert await whole(runtime, name, window=LogWindow(lines=0)) == []
    later = LogWindow(since=lines[1].at)
    assert texts(await whole(runtime, name, window=later)) == ["line 2", "line 3"]
    none = LogWindow(since=datetime.now(UTC) + timedelta(hours=1))
    assert await whole(runtime, "chatty", window=none) == []
    async with aclosing(runtime.logs([name], LogWindow(lines=1, follow=True))) as following:
        assert texts(await until(following, "line 3")) == ["line 3"]
        await asyncio.to_thread(sandbox.docker, "restart", "--time", "2", name)
        with pytest.raises(StopAsyncIteration):
            await asyncio.wait_for(anext(following), SOON_S)


async def test_a_service_that_starts_again_is_read_on_and_nothing_comes_twice(sandbox: Sandbox) -> None:
    runtime = await begin(sandbox, chatty=THREE)
    async with aclosing(runtime.logs(["chatty"], LogWindow(lines=1, follow=True))) as following:
        assert texts(await until(following, "line 3")) == ["line 3"]
        await asyncio.to_thread(sandbox.docker, "restart", "--time", "2", f"{sandbox.project}-chatty-1")
        assert texts(await until(following, "line 3")) == ["line 1", "line 2", "line 3"]


async def test_a_followed_service_goes_on_with_its_new_container(sandbox: Sandbox) -> None:
    runtime = await begin(sandbox, chatty=THREE)
    async with aclosing(runtime.logs([], LogWindow(follow=True))) as following:
        await until(following, "line 3")
        await up(runtime, again=True)
        marker, *lines = await until(following, "line 3")
    new = sandbox.container_ids()["chatty"][:12]
    assert marker.text == f"chatty: new container {sandbox.project}-chatty-1 {new}"
    assert (marker.marker, marker.service) == (True, "chatty")
    assert texts(lines) == ["line 1", "line 2", "line 3"]


async def test_reading_goes_on_exactly_where_it_was_left(sandbox: Sandbox) -> None:
    """Both streams at full speed, so that their stamps are out of order; left after every batch."""
    runtime = await begin(sandbox, one=BOTH, two=BOTH)
    async with aclosing(runtime.logs(["one", "two"], LogWindow(follow=True))) as following:
        await until(following, "end")
    lines: list[LogLine] = []
    window, breaks = LogWindow(lines=100_000, follow=True), 0
    while len(lines) < 12_002:
        async with aclosing(runtime.logs(["one", "two"], window)) as batches:
            batch = await asyncio.wait_for(anext(batches), SOON_S)
        lines += batch.lines
        window, breaks = replace(window, after=batch.position), breaks + 1
    assert breaks > 4
    assert len(lines) == 12_002
    for service in ("one", "two"):
        for stream in ("stdout", "stderr"):
            said = [line.text for line in lines if (line.service, line.stream) == (service, stream)]
            assert [text for text in said if text != "end"] == [str(number) for number in range(1, 3001)]


async def test_what_is_said_while_nobody_reads_is_read_after(sandbox: Sandbox) -> None:
    """Nothing had been said yet, and none of the past was wanted: reading goes on from the beginning."""
    runtime = await begin(sandbox, late="sleep 1; echo late; sleep 0.3; echo later")
    async with aclosing(runtime.logs(["late"], LogWindow(lines=0, follow=True))) as following:
        nothing = await asyncio.wait_for(anext(following), SOON_S)
    assert nothing.lines == ()
    await asyncio.sleep(1.5)
    async with aclosing(
        runtime.logs(["late"], LogWindow(lines=0, follow=True, after=nothing.position))
    ) as on:
        assert texts(await until(on, "later")) == ["late", "later"]


async def test_a_container_made_while_nobody_reads_is_read_from_its_beginning(sandbox: Sandbox) -> None:
    runtime = await begin(sandbox, chatty=THREE)
    async with aclosing(runtime.logs(["chatty"], LogWindow(follow=True))) as following:
        left = await asyncio.wait_for(anext(following), SOON_S)
    await up(runtime, again=True)
    on = LogWindow(lines=1, follow=True, after=left.position)
    async with aclosing(runtime.logs(["chatty"], on)) as following:
        marker, *lines = await until(following, "line 3")
    assert marker.marker
    assert texts(lines) == ["line 1", "line 2", "line 3"]


async def test_several_services_come_in_the_order_of_time(sandbox: Sandbox) -> None:
    script = "for i in 1 2 3 4 5 6 7 8; do echo {} $$i; sleep 0.05; done; echo end"
    runtime = await begin(sandbox, one=script.format("one"), two=script.format("two"))
    async with aclosing(runtime.logs([], LogWindow(follow=True))) as following:
        live = await until(following, "end")
        if sum(line.text == "end" for line in live) < 2:
            live += await until(following, "end")
    past = await whole(runtime)
    for lines in (live, past):
        assert len(lines) == 18
        stamps = [line.at for line in lines if line.at is not None]
        assert stamps == sorted(stamps)
    assert len(await whole(runtime, window=LogWindow(lines=3))) == 6, "the last lines of each"


async def test_following_survives_a_restart_of_the_engine(sandbox: Sandbox) -> None:
    write_compose(sandbox, "services:\n" + SERVICE.format(name="chatty", script=THREE, tty="false"))
    file = write_compose(sandbox, (sandbox.deploy_dir / "docker-compose.yml").read_text())
    file.write_text(file.read_text() + "    restart: always\n")
    push(sandbox, "chatty", "1")
    runtime = runtime_on(sandbox)
    await up(runtime)
    async with aclosing(runtime.logs(["chatty"], LogWindow(lines=1, follow=True))) as following:
        await until(following, "line 3")
        await asyncio.to_thread(sandbox.engine.kill)
        async with asyncio.timeout(SOON_S):
            away = (await anext(following)).lines
        assert [line.marker for line in away] == [True]
        assert "Docker" in away[0].text
        await asyncio.to_thread(sandbox.engine.start_dockerd)
        assert texts(await until(following, "line 3")) == ["line 1", "line 2", "line 3"]


async def test_a_log_is_read_only_of_our_own_containers(new_sandbox: NewSandbox) -> None:
    ours, theirs = new_sandbox(("db",)), new_sandbox(("db",))
    theirs.up(wait=False)
    for name in (f"{theirs.project}-db-1", theirs.container_ids()["db"], "db", "nobody\x1b[31m"):
        with pytest.raises(UsageError, match="no service or container") as caught:
            await whole(runtime_on(ours), name)
        assert caught.value.message.isprintable()
    with pytest.raises(UsageError, match="another log"):
        await whole(runtime_on(ours), window=LogWindow(after="journal:s=1"))
    assert await whole(runtime_on(ours)) == []


async def test_a_line_is_heard_at_once(sandbox: Sandbox) -> None:
    runtime = await begin(sandbox, web="while read -r word; do echo $$word; done </dev/zero; :")
    name = f"{sandbox.project}-web-1"
    async with aclosing(runtime.logs(["web"], LogWindow(lines=0, follow=True))) as following:
        await anext(following)
        took = []
        for word in ("one", "two", "three"):
            began = time.perf_counter()
            await asyncio.to_thread(
                sandbox.docker, "exec", name, "/bin/sh", "-c", f"echo {word} >/proc/1/fd/1"
            )
            ran = time.perf_counter()
            lines = await until(following, word)
            took.append(time.perf_counter() - ran)
            assert texts(lines) == [word]
            assert began < ran
    assert min(took) < 0.2
