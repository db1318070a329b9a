"""Who may use the socket: other users, for real."""

# ruff: noqa: ASYNC240 - a look at a local file blocks nobody here
from __future__ import annotations

import asyncio
import grp
import os
import stat
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from kgo_tui.control.server import ControlServer
from kgo_tui.core import messages as m
from tests.control.scripted import ScriptedWorker

GROUP, STRANGER = 54321, 54322
"""Ids that no account of the machine has."""

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become other users")


@pytest.fixture
def public() -> Iterator[Path]:
    """A path that every user can reach; pytest's own directories are for their owner."""
    with tempfile.TemporaryDirectory() as directory:
        Path(directory).chmod(0o755)
        yield Path(directory) / "control.sock"


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


BECOME = """
import asyncio, sys, os, grp, pwd, kgo_tui.control.client
os.setgroups([]); os.setgid(int(sys.argv[3])); os.setuid(int(sys.argv[2]))
"""


async def ask_as(uid: int, gid: int, path: Path) -> str:
    """What another user gets. The program is loaded before it becomes that user, who need not be able to
    read it."""
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


@as_root
async def test_members_of_the_group_may_and_others_are_told_how(public: Path, worker: ScriptedWorker) -> None:
    async with ControlServer(public, worker, instance="test", version="1", group=GROUP):
        assert (public.stat().st_uid, public.stat().st_gid, stat.S_IMODE(public.stat().st_mode)) == (
            0,
            GROUP,
            0o660,
        )
        assert await ask_as(STRANGER, GROUP, public) == f"uid {STRANGER}\n"
        assert await ask_as(65534, GROUP, public) == "nobody\n"
        assert worker.asked == [(m.Check(), f"uid {STRANGER}"), (m.Check(), "nobody")]
        refused = await ask_as(STRANGER, STRANGER, public)
    assert refused.startswith("NotAllowed")
    assert str(public) in refused
    assert len(worker.asked) == 2


@as_root
async def test_the_refusal_names_group_and_command(public: Path, worker: ScriptedWorker) -> None:
    group = grp.getgrall()[-1].gr_name
    async with ControlServer(public, worker, instance="test", version="1", group=group):
        refused = await ask_as(65534, 65534, public)
    assert f"members of the group {group}" in refused
    assert f"usermod -aG {group} nobody" in refused


@as_root
async def test_without_a_group_only_root_may(public: Path, worker: ScriptedWorker) -> None:
    async with ControlServer(public, worker, instance="test", version="1"):
        assert "only root may use" in await ask_as(65534, 65534, public)
