"""Without a worker, or with one that cannot be reached: the console says so, and loses nothing."""

from __future__ import annotations

import asyncio
import os
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from kgo_tui.console.app import Console
from kgo_tui.console.program import Program, ran
from kgo_tui.console.screens.absent import Absent
from kgo_tui.console.screens.main import MainScreen
from kgo_tui.console.session import LinkState
from kgo_tui.console.starting import Starting, Told, socket_found
from kgo_tui.core import messages as m
from kgo_tui.core.errors import NotAllowed
from tests.console.conftest import MEDIUM, NARROW, SIZES, OpenConsole, lines_of, until

NOW = datetime(2026, 3, 17, 14, 5, tzinfo=UTC)


@pytest.fixture
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A host on which nothing of kgo-tui is configured, and no service manager answers."""
    for name in ("REPO_DIR", "BRANCH", "CHECK_INTERVAL", "DOMAIN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path / "state"))
    monkeypatch.setenv("RUNTIME_DIRECTORY", str(tmp_path / "run"))
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(sys.path))
    return tmp_path


@asynccontextmanager
async def opened(
    *sockets: Path, size: tuple[int, int] = NARROW, read_only: bool = False
) -> AsyncIterator[tuple[Console, Any]]:
    app = Console(sockets, clock=lambda: NOW, host="vps-1", read_only=read_only, program=Program("nothing"))
    async with app.run_test(size=size, notifications=True) as pilot:
        yield app, pilot


@pytest.mark.parametrize("size", SIZES)
async def test_it_says_where_it_looked_and_why_no_worker_can_be_started(
    alone: Path, size: tuple[int, int]
) -> None:
    missing, left = alone / "run/nothing.sock", alone / "left.sock"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(left))
    async with opened(left, missing, size=size) as (_, pilot):
        await until(pilot, lambda: "No worker answers" in "\n".join(lines_of(pilot)))
        text = "".join(lines_of(pilot))
        assert "nobody listens on it" in text
        assert "no such folder" in text
        await until(pilot, lambda: "ended at once" in "\n".join(lines_of(pilot)), 60)
        await until(
            pilot,
            lambda: (
                'no configuration of the instance "nothing"' in " ".join("".join(lines_of(pilot)).split())
            ),
        )
        await until(pilot, lambda: "fault" in "\n".join(lines_of(pilot)), 60)
        assert max(map(len, lines_of(pilot))) <= size[0]


async def test_a_finding_of_the_doctor_opens_with_what_mends_it(alone: Path) -> None:
    async with opened(alone / "x.sock", size=MEDIUM) as (_, pilot):
        await until(pilot, lambda: "✗ fault" in "\n".join(lines_of(pilot)), 60)
        await pilot.press("enter")
        await until(pilot, lambda: "found" in "\n".join(lines_of(pilot)))
        await until(pilot, lambda: "mend" in "\n".join(lines_of(pilot)))


async def test_a_read_only_console_starts_none(alone: Path) -> None:
    async with opened(alone / "run/x.sock", read_only=True) as (_, pilot):
        await until(pilot, lambda: "No worker answers" in "\n".join(lines_of(pilot)))
        await pilot.press("t")
        await until(pilot, lambda: "read-only console starts" in "\n".join(lines_of(pilot)))
        assert not (alone / "run").exists()


async def test_when_one_comes_the_console_shows_it(console: OpenConsole, alone: Path) -> None:
    async with console("calm") as seen:
        await seen.theatre.vanish()
        async with opened(seen.theatre.path, read_only=True) as (app, pilot):
            await until(pilot, lambda: isinstance(app.screen, Absent))
            await pilot.press("d", "enter")
            await seen.theatre.come_back()
            await until(pilot, lambda: isinstance(app.screen, MainScreen))
            assert app.session.up


async def test_leaving_it_leaves_the_console(alone: Path) -> None:
    async with opened(alone / "x.sock", read_only=True) as (app, pilot):
        await until(pilot, lambda: isinstance(app.screen, Absent))
        await pilot.press("q")
        await until(pilot, lambda: not app.is_running)


async def test_a_socket_that_is_not_ones_own_names_the_way_in(alone: Path) -> None:
    """What the system says to others is tested in tests/control and in the box; here, what is shown."""
    async with opened(alone / "x.sock", read_only=True) as (app, pilot):
        await until(pilot, lambda: isinstance(app.screen, Absent))
        app.link_down(
            NotAllowed("the worker's socket is for members of the group kgo-tui", hint="usermod -aG")
        )
        await until(pilot, lambda: "not allowed" in "\n".join(lines_of(pilot)[:1]))
        assert "members of the group kgo-tui" in "\n".join(lines_of(pilot))


async def test_another_version_is_said(alone: Path) -> None:
    """A worker of a later protocol: whatever is sent, it says bye."""
    bye = b'{"frame":"bye","cause":"version","reason":"other version","version":9}\n'

    async def answer(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(bye)
        await writer.drain()
        writer.close()

    path = alone / "v.sock"
    async with await asyncio.start_unix_server(answer, path), opened(path, read_only=True) as (app, pilot):
        await until(pilot, lambda: app.session.link is LinkState.VERSION)
        await until(pilot, lambda: "other version" in "\n".join(lines_of(pilot)[:1]))
        assert "speaks version 9 of" in "\n".join(lines_of(pilot))


async def test_what_was_known_stays_and_is_marked_as_old(console: OpenConsole) -> None:
    async with console("calm", size=MEDIUM) as seen:
        await seen.theatre.vanish()
        await seen.until(lambda: seen.app.session.link is LinkState.NO_WORKER)
        await seen.shows("Old, as of 14:05:00:")
        assert "✗ no worker" in seen.lines()[0]
        assert "worker ✗" in seen.lines()[0]
        assert "backend" in seen.text()
        assert isinstance(seen.app.screen, MainScreen)
        assert seen.app.screen.has_class("old")
        await seen.theatre.come_back()
        await seen.until(lambda: seen.app.session.up)
        assert not seen.app.screen.has_class("old")
        assert "Old" not in seen.text()


async def test_it_goes_on_from_its_cursor_and_misses_no_event(console: OpenConsole) -> None:
    async with console("calm") as seen:
        await seen.theatre.vanish()
        await seen.until(lambda: not seen.app.session.up)
        seen.theatre.host.happen(m.FaultRaised(what="git", message="the remote does not answer"))
        await seen.theatre.come_back()
        await seen.caught_up()
        assert seen.app.session.state is not None
        assert seen.app.session.state.faults == {"git": "the remote does not answer"}


def test_what_is_at_the_socket_is_told(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    assert "no such file" in socket_found(tmp_path / "x")
    assert "no such folder" in socket_found(tmp_path / "no/x")
    assert "not a socket" in socket_found(file)


async def test_a_worker_is_not_started_where_its_output_cannot_go(alone: Path) -> None:
    (alone / "run").write_text("in the way")
    told: list[Told] = []
    starting = Starting(Program("nothing"), [alone / "run/x.sock"], lambda: False)
    await starting.run(told.append)
    assert told[-1].bad
    assert "No worker could be started" in told[-1].text


async def test_the_output_is_not_written_through_a_link(alone: Path) -> None:
    (alone / "run").mkdir()
    precious = alone / "precious"
    precious.write_text("keep")
    (alone / "run/x.transient.log").symlink_to(precious)
    told: list[Told] = []
    await Starting(Program("nothing"), [alone / "run/x.sock"], lambda: False).run(told.append)
    assert told[-1].bad
    assert precious.read_text() == "keep"


async def test_a_command_that_hangs_is_given_up() -> None:
    said = await ran((sys.executable, "-c", "import time; time.sleep(60)"), 0.3)
    assert said.code is None
    assert "nothing within 0.3 s" in said.err


async def test_what_a_command_says_is_inert_and_without_passwords() -> None:
    said = await ran((sys.executable, "-c", r"print('\x1b]0;x\x07 https://u:secret99@h/')"), 20)
    assert said.out == "␛]0;x␇ https://***@h/\n"
