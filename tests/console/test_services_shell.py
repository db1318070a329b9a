"""A shell in a container: the commands, what stands in the way, and a real terminal that comes back."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pexpect
import pytest

from kgo_tui.console.services import shell
from tests.core.values import CONTAINER

NAMED = "docker"
DENIED = "permission denied while trying to connect to the Docker daemon socket"


def program(folder: Path, text: str) -> str:
    """A PATH on which docker is this script."""
    folder.mkdir()
    file = folder / NAMED
    file.write_text(f"#!/bin/sh\n{text}\n")
    file.chmod(0o755)
    return f"{folder}:{os.environ['PATH']}"


def test_the_commands() -> None:
    assert shell.look_argv("c1") == (
        *("docker", "container", "inspect", "--format", "{{.State.Running}}", "c1"),
    )
    assert shell.shell_argv("c1") == ("docker", "exec", "--interactive", "--tty", "c1", "sh")


async def test_nothing_stands_in_the_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", program(tmp_path / "bin", '[ "$5" = c1 ] && echo true'))
    assert await shell.obstacle(CONTAINER) == ""


async def test_a_user_without_the_right_is_told_how_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", program(tmp_path / "bin", f"printf '{DENIED}\\033[2J\\n' >&2; exit 1"))
    monkeypatch.setenv("USER", "ann")
    monkeypatch.setenv("LOGNAME", "ann")
    said = await shell.obstacle(CONTAINER)
    assert said.splitlines()[0] == f"{DENIED}␛[2J"
    assert "usermod -aG docker ann" in said
    assert "sudo docker exec -it c1 sh" in said


async def test_without_docker_that_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "no docker command" in await shell.obstacle(CONTAINER)


async def test_a_docker_that_hangs_is_not_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", program(tmp_path / "bin", "exec sleep 60"))
    monkeypatch.setattr(shell, "LOOK_S", 0.2)
    assert "did not answer within 0.2 s" in await shell.obstacle(CONTAINER)


HOST = """
import asyncio, sys
from datetime import timedelta
from pathlib import Path
from kgo_tui.console.app import Console
from kgo_tui.core.messages import NextCheckSet
from kgo_tui.demo.scenario.theatre import Theatre

async def go_on(host):
    for number in range(10_000):
        host.happen(NextCheckSet(at=host.stage.now() + timedelta(seconds=number)))  # the header counts
        await asyncio.sleep(0.05)

async def main():
    async with Theatre(Path(sys.argv[1]), "calm") as theatre:
        going_on = asyncio.create_task(go_on(theatre.host))
        await Console((theatre.path,), clock=theatre.stage.now, host="vps-1").run_async()
        going_on.cancel()

asyncio.run(main())
"""
FAKE = """
case "$1" in
  container) echo true ;;
  exec) [ -e "$(dirname "$0")/none" ] && { echo 'OCI: no sh' >&2; exit 127; }; exec sh ;;
esac
"""


@pytest.fixture
def terminal(tmp_path: Path) -> pexpect.spawn:
    """The console in a terminal of its own, on the played host; docker runs a plain sh."""
    environment = {
        **os.environ,
        "PATH": program(tmp_path / "bin", FAKE),
        "TERM": "xterm-256color",
        "PS1": "> ",
        "PYTHONPATH": str(Path(__file__).parents[2]),
    }
    child = pexpect.spawn(
        sys.executable,
        ["-c", HOST, str(tmp_path / "c.sock")],
        env=environment,
        encoding="utf-8",
        dimensions=(24, 80),
        timeout=30,
    )
    yield child
    child.close(force=True)


def test_a_shell_takes_the_terminal_and_gives_it_back(terminal: pexpect.spawn) -> None:
    terminal.expect("in sync")
    terminal.send("2")
    terminal.expect("postgres")
    terminal.send("E")
    terminal.expect_exact("A shell in koprogo-traefik-1; exit brings you back.")
    terminal.sendline("sleep 6; echo sum=$((40+2))")
    terminal.expect("sum=42")
    assert "\x1b" not in terminal.before, "nothing is drawn meanwhile, though much happens at the worker"
    terminal.sendline("exit")
    terminal.expect_exact("\x1b[?1049h")  # the alternate screen again
    terminal.expect("postgres")
    terminal.send("q")
    terminal.expect(pexpect.EOF)


def test_an_image_without_a_shell_says_so_before_the_screen_is_back(
    terminal: pexpect.spawn, tmp_path: Path
) -> None:
    (tmp_path / "bin" / "none").touch()
    terminal.expect("in sync")
    terminal.send("2")
    terminal.expect("postgres")
    terminal.send("E")
    terminal.expect("OCI: no sh")
    terminal.expect("Press Enter")
    terminal.sendline("")
    terminal.expect_exact("\x1b[?1049h")
    terminal.expect("postgres")
    terminal.send("q")
    terminal.expect(pexpect.EOF)
