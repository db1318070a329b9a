"""Whatever one client sends, the others and the worker go on."""

from __future__ import annotations

import asyncio
import os
import random
import socket
from pathlib import Path

import pytest

from kgo_tui.control.limits import Limits
from kgo_tui.control.server import ControlServer
from kgo_tui.core import messages as m
from tests.control.conftest import Connect, OpenRaw, Serve
from tests.control.raw import HELLO, Raw, eventually
from tests.control.scripted import ScriptedWorker, fault
from tests.control.test_conversation import take

FRAME = 64 * 1024


async def last_words(client: Raw) -> tuple[str, str]:
    """The cause and the reason with which the worker ended the connection."""
    frames = await client.hear_all()
    assert frames
    assert frames[-1]["frame"] == "bye"
    return frames[-1]["cause"], frames[-1]["reason"]


def padded(size: int) -> bytes:
    """A frame of exactly that many bytes."""
    start, end = b'{"frame":"ping","id":5,"pad":"', b'"}'
    return start + b"x" * (size - len(start) - len(end)) + end


@pytest.mark.usefixtures("server")
async def test_a_frame_of_64_kib_is_taken(raw: OpenRaw) -> None:
    client = await raw()
    await client.hear()
    await client.send(padded(FRAME) + b"\n")
    assert await client.hear() == {"frame": "pong", "id": 5}


@pytest.mark.usefixtures("server")
@pytest.mark.parametrize("end", [b"\n", b""])
async def test_one_byte_more_ends_the_connection_with_or_without_its_end(raw: OpenRaw, end: bytes) -> None:
    client = await raw()
    await client.hear()
    await client.send(padded(FRAME + 1) + end)
    assert await last_words(client) == ("too_large", "a frame is longer than 65536 bytes")


@pytest.mark.usefixtures("server")
@pytest.mark.parametrize(
    "garbage",
    [
        b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
        b"\n",
        b"\x00\xff\xfe\x1b]52;c;x\x07\n",
        b'"hello"\n',
        b"[" * 60_000 + b"\n",
        b'{"frame":"reboot"}\n',
        b'{"frame":"command","id":1,"command":{"command":"reboot"}}\n',
        b'{"frame":"command","id":"one","command":{"command":"check"}}\n',
        b'{"frame":"query","id":1,"query":{"query":"passwords"}}\n',
        b'{"frame":"hello","version":1}\n',
    ],
)
async def test_garbage_ends_this_connection_and_nothing_else(
    raw: OpenRaw, connect: Connect, worker: ScriptedWorker, garbage: bytes
) -> None:
    other = await connect()
    client = await raw()
    await client.send(garbage)
    cause, reason = await last_words(client)
    assert cause == "garbage"
    assert reason.isprintable()
    assert worker.asked == []
    sent = worker.happen(fault(1))
    assert await take(other, 1) == [sent]


@pytest.mark.usefixtures("server")
async def test_the_first_frame_must_be_a_hello(raw: OpenRaw, worker: ScriptedWorker) -> None:
    client = await raw(None)
    await client.say({"frame": "command", "id": 1, "command": {"command": "deploy"}})
    assert (await last_words(client))[0] == "garbage"
    assert worker.asked == []


@pytest.mark.usefixtures("server")
@pytest.mark.parametrize("version", [0, 2, 17])
async def test_another_version_is_told_both(raw: OpenRaw, version: int) -> None:
    client = await raw({"frame": "hello", "version": version, "name": "television"})
    cause, reason = await last_words(client)
    assert cause == "version"
    assert f"version {version} " in reason
    assert "version 1" in reason


@pytest.mark.parametrize("start", [b"", b'{"frame":"hel'])
async def test_no_hello_in_time_ends_the_connection(serve: Serve, raw: OpenRaw, start: bytes) -> None:
    await serve(limits=Limits(hello_s=0.1))
    client = await raw(None)
    await client.send(start)
    assert (await last_words(client))[0] == "no_hello"


async def test_after_the_hello_silence_is_allowed(serve: Serve, raw: OpenRaw) -> None:
    await serve(limits=Limits(hello_s=0.1))
    client = await raw()
    await client.hear()
    await client.send(b'{"frame":"pi')
    await asyncio.sleep(0.3)
    await client.send(b'ng","id":1}\n')
    assert await client.hear() == {"frame": "pong", "id": 1}


@pytest.mark.usefixtures("server")
async def test_an_id_in_use_is_garbage(raw: OpenRaw) -> None:
    client = await raw()
    log = {"source": {"of": "journal"}, "follow": True}
    await client.say({"frame": "stream", "id": 1, "log": log}, {"frame": "stream", "id": 1, "log": log})
    assert (await last_words(client))[0] == "garbage"


async def test_a_client_killed_in_the_middle_of_anything(
    server: ControlServer, raw: OpenRaw, connect: Connect, worker: ScriptedWorker
) -> None:
    other = await connect()
    for cut in (
        b"",
        b'{"frame":"hel',
        b'{"frame":"hello","version":1}\n',
        b'{"frame":"hello","version":1}\n{"fra',
    ):
        client = await raw(None)
        await client.send(cut)
        await client.close()
    dying = await raw({**HELLO, "subscribe": True})
    await dying.say({"frame": "stream", "id": 1, "log": {"source": {"of": "journal"}}})
    await dying.hear()
    await dying.close()
    sent = [worker.happen(fault(n)) for n in range(100)]
    assert await take(other, 100) == sent
    await eventually(lambda: server.connections == 1)


async def test_more_connections_than_allowed_are_told_so(serve: Serve, raw: OpenRaw) -> None:
    server = await serve(limits=Limits(connections=3))
    inside = [await raw() for _ in range(3)]
    for client in inside:
        await client.hear()
    assert (await last_words(await raw()))[0] == "full"
    await inside[0].close()
    await eventually(lambda: server.connections == 2)
    frame = await (await raw()).hear()
    assert frame is not None
    assert frame["frame"] == "hello"


async def test_a_defect_in_a_connection_ends_that_one(
    server: ControlServer,
    raw: OpenRaw,
    connect: Connect,
    worker: ScriptedWorker,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    other = await connect()

    async def broken() -> None:
        raise ValueError("secret")

    worker.before_events = broken
    worker.happen(fault(1))
    client = await raw({**HELLO, "subscribe": True, "cursor": 0})
    cause, reason = await last_words(client)
    assert cause == "fault"
    assert "secret" not in reason
    await other.ping()


@pytest.mark.usefixtures("server")
async def test_a_thousand_random_inputs(path: Path, connect: Connect, worker: ScriptedWorker) -> None:
    other = await connect()
    dice = random.Random(20260101)  # noqa: S311 - repeatable on purpose
    for _ in range(1000):
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as one:
            one.connect(os.fspath(path))
            one.send(_mutant(dice))
        await asyncio.sleep(0)
    sent = worker.happen(fault(1))
    assert await take(other, 1) == [sent]
    assert await other.command(m.Check()) is None


VALID = [
    b'{"frame":"hello","version":1,"subscribe":true,"cursor":0}',
    b'{"frame":"query","id":1,"query":{"query":"events","after":0,"limit":10}}',
    b'{"frame":"stream","id":2,"log":{"source":{"of":"container","container":"web"},"follow":true}}',
    b'{"frame":"cancel_stream","id":2}',
    b'{"frame":"ping","id":3}',
]


def _mutant(dice: random.Random) -> bytes:
    if dice.random() < 0.3:
        return dice.randbytes(dice.randrange(1, 500))
    data = bytearray(VALID[0] + b"\n" if dice.random() < 0.7 else b"")
    data += b"\n".join(dice.choices(VALID, k=dice.randrange(1, 5))) + b"\n"
    for _ in range(dice.randrange(4)):
        data[dice.randrange(len(data))] = dice.randrange(256)
    return bytes(data)
