"""What client and worker say to each other when all is well."""

from __future__ import annotations

import asyncio
import os
import pwd

import pytest

from kgo_tui.control.client import Client
from kgo_tui.control.queries import Status
from kgo_tui.control.server import ControlServer
from kgo_tui.core import errors
from kgo_tui.core import messages as m
from kgo_tui.core.model import Plan
from kgo_tui.core.state import reduce
from tests.control.conftest import Connect, OpenRaw
from tests.control.raw import HELLO, eventually
from tests.control.scripted import ScriptedWorker, fault, output

pytestmark = pytest.mark.usefixtures("server")
ME = pwd.getpwuid(os.geteuid()).pw_name


async def take(client: Client, number: int) -> list[m.Recorded]:
    taken: list[m.Recorded] = []
    async with asyncio.timeout(10):
        async for recorded in client.events():
            taken.append(recorded)
            if len(taken) == number:
                break
    return taken


async def test_hello_says_who_serves_and_who_asks(connect: Connect) -> None:
    client = await connect()
    hello = client.hello
    assert (hello.worker_version, hello.instance, hello.pid, hello.you) == ("1.2.3", "test", os.getpid(), ME)


async def test_snapshot_then_every_event_in_order(connect: Connect, worker: ScriptedWorker) -> None:
    worker.happen(fault(1))
    client = await connect()
    assert client.snapshot is not None
    assert client.snapshot.cursor == 1
    assert client.snapshot.state == worker.feed.state
    assert client.missed == ()
    sent = [worker.happen(fault(n) if n % 2 else output(n)) for n in range(2, 40)]
    assert await take(client, len(sent)) == sent
    assert client.cursor == worker.feed.cursor


async def test_two_consoles_see_the_same(connect: Connect, worker: ScriptedWorker) -> None:
    first = await connect(name="console")
    worker.happen(fault(1))
    second = await connect(name="console")
    sent = [worker.happen(fault(n)) for n in range(2, 12)]
    assert (await take(first, 11))[1:] == sent
    assert await take(second, 10) == sent


async def test_folding_the_events_gives_the_worker_s_state(connect: Connect, worker: ScriptedWorker) -> None:
    client = await connect()
    assert client.snapshot is not None
    state = client.snapshot.state
    for number in range(20):
        worker.happen(m.FaultCleared(what="test") if number % 3 == 0 else fault(number))
    for recorded in await take(client, 20):
        state = reduce(state, recorded)
    assert state == worker.feed.state


async def test_without_subscription_nothing_but_answers_comes(raw: OpenRaw, worker: ScriptedWorker) -> None:
    client = await raw(HELLO)
    hello = await client.hear()
    assert hello is not None
    worker.happen(fault(1))
    await client.say({"frame": "ping", "id": 7})
    assert await client.hear() == {"frame": "pong", "id": 7}


async def test_a_command_is_asked_in_the_name_of_the_peer(connect: Connect, worker: ScriptedWorker) -> None:
    client = await connect(subscribe=False)
    assert await client.command(m.Deploy(commit="abc")) is None
    assert worker.asked == [(m.Deploy(commit="abc"), ME)]


async def test_a_client_cannot_choose_its_name(raw: OpenRaw, worker: ScriptedWorker) -> None:
    client = await raw({**HELLO, "you": "mallory", "by": "mallory"})
    await client.say({"frame": "command", "id": 1, "by": "mallory", "command": {"command": "check"}})
    assert [(await client.hear() or {})["frame"] for _ in range(2)] == ["hello", "ack"]
    assert worker.asked == [(m.Check(), ME)]


async def test_text_in_a_command_is_made_inert(connect: Connect, worker: ScriptedWorker) -> None:
    client = await connect(subscribe=False)
    await client.command(m.Suspend(reason="night\x1b]52;c;x\x07 \u202eover"))
    assert worker.asked[0][0] == m.Suspend(reason="night␛]52;c;x␇ ‹202e›over")


async def test_the_result_of_a_command_is_typed(connect: Connect, worker: ScriptedWorker) -> None:
    plan = Plan(from_commit=None, to_commit="a" * 40)

    async def answer(_command: m.Command) -> Plan:
        return plan

    worker.on_command = answer
    client = await connect(subscribe=False)
    assert await client.command(m.MakePlan(), Plan) == plan
    assert (await client.command(m.MakePlan()))["to_commit"] == "a" * 40


@pytest.mark.parametrize(
    "error",
    [
        errors.Refused("the deployment is past the point", hint="Wait for its end."),
        errors.Busy("another deploys"),
        errors.LocalChanges(["a", "b"]),
        errors.NotPublished(["web:1"]),
        errors.DeadlineExceeded("git fetch", output="last words", exit_code=124),
        errors.ComposeMissing("none"),
    ],
)
async def test_a_refusal_arrives_as_the_same_error(
    connect: Connect, worker: ScriptedWorker, error: errors.KgoError
) -> None:
    async def refuse(_command: m.Command) -> None:
        raise error

    worker.on_command = refuse
    client = await connect(subscribe=False)
    with pytest.raises(errors.KgoError) as caught:
        await client.command(m.Deploy())
    assert type(caught.value) is type(error)
    assert str(caught.value) == str(error)
    assert vars(caught.value) == vars(error)


async def test_a_defect_is_refused_without_its_text(
    connect: Connect, worker: ScriptedWorker, caplog: pytest.LogCaptureFixture
) -> None:
    async def fail(_command: m.Command) -> None:
        raise ValueError("token=hunter2")

    worker.on_command = fail
    client = await connect(subscribe=False)
    with pytest.raises(errors.KgoError) as caught:
        await client.command(m.Deploy())
    assert "hunter2" not in str(caught.value)
    assert "hunter2" in caplog.text  # the full traceback is in the worker's log
    await client.ping()


async def test_a_long_command_holds_up_nothing(connect: Connect, worker: ScriptedWorker) -> None:
    release = asyncio.Event()

    async def wait(command: m.Command) -> object:
        if isinstance(command, m.MakePlan):
            await release.wait()
        return type(command).__name__

    worker.on_command = wait
    client = await connect(subscribe=False)
    plan = asyncio.ensure_future(client.command(m.MakePlan()))
    assert await client.command(m.Check()) == "Check"
    assert (await client.query(Status())).instance == "test"
    assert not plan.done()
    release.set()
    assert await plan == "MakePlan"


async def test_an_accepted_command_outlives_its_client(
    connect: Connect, worker: ScriptedWorker, server: ControlServer
) -> None:
    started, release, done = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def deploy(_command: m.Command) -> None:
        started.set()
        await release.wait()
        done.set()

    worker.on_command = deploy
    client = await connect(subscribe=False)
    asked = asyncio.ensure_future(client.command(m.Deploy()))
    await started.wait()
    await client.close()
    with pytest.raises(errors.ConnectionLost):
        await asked
    await eventually(lambda: not server.connections)
    assert server.commands == 1
    release.set()
    async with asyncio.timeout(5):
        await done.wait()


async def test_events_published_before_the_ack_come_before_it(raw: OpenRaw, worker: ScriptedWorker) -> None:
    async def deploy(_command: m.Command) -> str:
        worker.happen(fault(1))
        return "queued"

    worker.on_command = deploy
    client = await raw({**HELLO, "subscribe": True})
    await client.say({"frame": "command", "id": 1, "command": {"command": "deploy"}})
    frames = [(await client.hear() or {})["frame"] for _ in range(4)]
    assert frames == ["hello", "snapshot", "event", "ack"]


async def test_who_joins_hears_only_what_is_published_afterwards(
    server: ControlServer, connect: Connect, raw: OpenRaw, worker: ScriptedWorker
) -> None:
    """Events of one turn of the loop travel together, but not to one who came in between them."""
    other = await connect()
    late = await raw(HELLO)
    await late.hear()
    (connection,) = {c for c in server._house.connections if c.outbox not in server._house.hub._live}
    first = worker.happen(fault(1))
    server._house.hub.join(connection.outbox)
    second = worker.happen(fault(2))
    heard = await late.hear()
    assert heard is not None
    assert heard["cursor"] == second.cursor
    assert await take(other, 2) == [first, second]
