"""The socket file: whose it is, who may use it, what it replaces, what it leaves."""

from __future__ import annotations

import asyncio
import grp
import os
import socket
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from kgo_tui.control.client import Client
from kgo_tui.control.listener import SocketFile
from kgo_tui.control.server import ControlServer
from kgo_tui.core import messages as m
from kgo_tui.core.errors import Busy, ConfigError, ConnectionLost, NotAllowed, NoWorker, Refused, Unreachable
from tests.control.conftest import Connect, Serve
from tests.control.scripted import ScriptedWorker

GROUP, STRANGER = 54321, 54322
"""Ids that no account of the machine has."""

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become other users")


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.mark.usefixtures("server")
def test_mode_660_and_gone_at_the_end(path: Path) -> None:
    assert mode(path) == 0o660


async def test_removed_at_close(path: Path, worker: ScriptedWorker) -> None:
    async with ControlServer(path, worker, instance="test", version="1"):
        assert path.is_socket()
    assert not path.exists()


@pytest.mark.parametrize("umask", [0o000, 0o077, 0o777])
def test_never_open_to_others_for_an_instant(path: Path, umask: int, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[int] = []
    monkeypatch.setattr(SocketFile, "_hand_over", lambda self: seen.append(mode(self.path)))
    before = os.umask(umask)
    try:
        SocketFile(path).open().close()
    finally:
        os.umask(before)
    assert [found & 0o077 for found in seen] == [0]


@pytest.mark.parametrize("umask", [0o000, 0o077])
def test_the_umask_changes_nothing(tmp_path: Path, umask: int) -> None:
    path = tmp_path / "run" / "kgo" / "control.sock"
    before = os.umask(umask)
    try:
        SocketFile(path).open().close()
    finally:
        os.umask(before)
    assert (mode(path.parent), mode(path.parent.parent), mode(path)) == (0o755, 0o755, 0o660)


async def test_the_socket_of_a_dead_worker_is_replaced(path: Path, serve: Serve, connect: Connect) -> None:
    child = f"import socket,os; s=socket.socket(socket.AF_UNIX); s.bind({str(path)!r}); s.listen(); os.kill(os.getpid(), 9)"
    subprocess.run([sys.executable, "-c", child], check=False, timeout=30)
    assert path.is_socket()
    with pytest.raises(NoWorker):
        await Client.connect(path)
    await serve()
    await (await connect()).ping()
    assert mode(path) == 0o660


async def test_a_live_worker_is_not_replaced(
    path: Path, server: ControlServer, worker: ScriptedWorker
) -> None:
    second = ControlServer(path, worker, instance="test", version="1")
    with pytest.raises(Busy, match=f"pid {os.getpid()}"):
        await second.start()
    await second.close()
    async with await Client.connect(path) as client:
        await client.ping()


async def test_a_socket_that_is_no_longer_ours_is_left(path: Path, worker: ScriptedWorker) -> None:
    first = ControlServer(path, worker, instance="first", version="1")
    await first.start()
    path.unlink()
    async with ControlServer(path, worker, instance="second", version="1"):
        await first.close()
        async with await Client.connect(path) as client:
            assert client.hello.instance == "second"


def test_a_file_in_the_way_is_left_alone(path: Path) -> None:
    path.write_text("precious")
    with pytest.raises(ConfigError, match="is not a socket"):
        SocketFile(path).open()
    assert path.read_text() == "precious"


def test_a_link_in_the_way_is_left_alone(path: Path, tmp_path: Path) -> None:
    (tmp_path / "precious").write_text("precious")
    path.symlink_to(tmp_path / "precious")
    with pytest.raises(ConfigError, match="is not a socket"):
        SocketFile(path).open()
    assert path.is_symlink()


def test_paths_and_groups_that_cannot_be(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="longer than 107 bytes"):
        SocketFile(tmp_path / ("x" * 108)).open()
    (tmp_path / "file").touch()
    with pytest.raises(ConfigError, match="cannot serve at"):
        SocketFile(tmp_path / "file" / "control.sock").open()
    with pytest.raises(ConfigError, match="there is no group nonesuch-kgo"):
        SocketFile(tmp_path / "s", "nonesuch-kgo")


def test_a_group_may_be_named(path: Path) -> None:
    group = grp.getgrgid(os.getegid())
    SocketFile(path, group.gr_name).open().close()
    assert path.stat().st_gid == group.gr_gid


async def test_a_socket_given_by_the_service_manager(path: Path, worker: ScriptedWorker) -> None:
    given = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    given.bind(str(path))
    given.listen()
    async with ControlServer(path, worker, instance="given", version="1", sock=given):
        async with await Client.connect(path) as client:
            assert client.hello.instance == "given"
    assert path.is_socket()  # whoever made it keeps it


ASK = """
import asyncio, sys
from kgo_tui.control.client import Client
from kgo_tui.core.errors import KgoError
from kgo_tui.core.messages import Check

async def main():
    try:
        async with await Client.connect(sys.argv[1]) as client:
            await client.command(Check())
            print(client.hello.you)
    except KgoError as error:
        print(type(error).__name__, error)

asyncio.run(main())
"""


async def ask_as(uid: int, gid: int, path: Path) -> str:
    """What another user gets. The program is already in memory, so it needs no right to read it."""
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        BECOME + ASK,
        os.fspath(path),
        str(uid),
        str(gid),
        stdout=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(30):
        out, _ = await child.communicate()
    return out.decode()


BECOME = """
import asyncio, sys, os, grp, pwd, kgo_tui.control.client
os.setgroups([]); os.setgid(int(sys.argv[3])); os.setuid(int(sys.argv[2]))
"""


@as_root
async def test_members_of_the_group_may_and_others_are_told_how(
    serve: Serve, path: Path, worker: ScriptedWorker
) -> None:
    open_way(path)
    await serve(group=GROUP)
    assert (path.stat().st_uid, path.stat().st_gid, mode(path)) == (0, GROUP, 0o660)
    assert await ask_as(STRANGER, GROUP, path) == f"uid {STRANGER}\n"
    assert await ask_as(65534, GROUP, path) == "nobody\n"
    assert worker.asked == [(m.Check(), f"uid {STRANGER}"), (m.Check(), "nobody")]
    refused = await ask_as(STRANGER, STRANGER, path)
    assert refused.startswith("NotAllowed")
    assert str(path) in refused
    assert len(worker.asked) == 2


@as_root
async def test_the_refusal_names_group_and_command(serve: Serve, path: Path) -> None:
    open_way(path)
    group = grp.getgrall()[-1]
    await serve(group=group.gr_name)
    refused = await ask_as(65534, 65534, path)
    assert f"members of the group {group.gr_name}" in refused
    assert f"usermod -aG {group.gr_name} nobody" in refused


@as_root
async def test_without_a_group_only_root_may(serve: Serve, path: Path) -> None:
    open_way(path)
    await serve()
    assert "only root may use" in await ask_as(65534, 65534, path)


def open_way(path: Path) -> None:
    """pytest's directories are for their owner only; let others reach the socket."""
    for parent in path.parents:
        if parent.owner() == "root" and parent != Path("/"):
            parent.chmod(parent.stat().st_mode | 0o011)


async def test_nobody_there(tmp_path: Path) -> None:
    with pytest.raises(NoWorker, match="no worker serves at"):
        await Client.connect(tmp_path / "none" / "control.sock")


async def test_somebody_there_who_does_not_speak(path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as mute:
        mute.bind(str(path))
        mute.listen(0)
        with pytest.raises(Unreachable, match=r"did not greet within 0\.2 s"):
            await Client.connect(path, timeout_s=0.2)
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as fills:  # the queue has one place
            fills.settimeout(0)
            try:
                fills.connect(str(path))
            except BlockingIOError:
                pass
            with pytest.raises(Unreachable, match="did not greet"):
                await Client.connect(path, timeout_s=0.2)


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
