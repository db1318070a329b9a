"""The socket file: whose it is, who may use it, what it replaces, what it leaves."""

# ruff: noqa: ASYNC221, ASYNC240 - a look at a local file blocks nobody here
from __future__ import annotations

import grp
import os
import socket
import stat
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from kgo_tui.control.client import Client
from kgo_tui.control.listener import SocketFile
from kgo_tui.control.server import ControlServer
from kgo_tui.core.errors import Busy, ConfigError, NoWorker, Unreachable
from tests.control.conftest import Connect, Serve
from tests.control.scripted import ScriptedWorker


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


DIES = """
import os, socket, sys
sock = socket.socket(socket.AF_UNIX)
sock.bind(sys.argv[1])
sock.listen()
os.kill(os.getpid(), 9)
"""


async def test_the_socket_of_a_dead_worker_is_replaced(path: Path, serve: Serve, connect: Connect) -> None:
    subprocess.run([sys.executable, "-c", DIES, path], check=False, timeout=30)
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
    async with (
        ControlServer(path, worker, instance="given", version="1", sock=given),
        await Client.connect(path) as client,
    ):
        assert client.hello.instance == "given"
    assert path.is_socket()  # whoever made it keeps it


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
            with suppress(BlockingIOError):
                fills.connect(str(path))
            with pytest.raises(Unreachable, match="did not greet"):
                await Client.connect(path, timeout_s=0.2)
