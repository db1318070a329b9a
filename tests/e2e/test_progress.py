"""What a person sees while a deployment runs, and how little is loaded for a command that needs little."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import struct
import subprocess
import termios

import pytest

from kgo_tui.demo.sandbox import Sandbox
from tests.e2e.conftest import NewWorker
from tests.e2e.host import DEADLINE_S, FAILED, kgo

pytestmark = pytest.mark.lab

CLEAR = "\r\x1b[K"
WIDTH = 60
HEAVY = {"git", "docker", "httpx", "textual", "apprise", "requests"}
STEPS = ("preparing", "pulling", "applying", "verifying")


def on_terminal(sandbox: Sandbox, *arguments: str, term: str = "xterm") -> tuple[int, str]:
    """The exit code of a command, and every character that it sends to a terminal of 60 columns."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, WIDTH, 0, 0))
    with subprocess.Popen(
        sandbox.argv(*arguments),
        env={**sandbox.env(), "TERM": term},
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    ) as process:
        os.close(theirs)
        said = b"".join(iter(lambda: _read(ours), b""))
        os.close(ours)
        return process.wait(DEADLINE_S), said.decode()


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 1 << 16)
    except OSError:  # the other end was closed: Linux says so with EIO
        return b""


def test_on_a_terminal_each_step_has_a_live_line(sandbox: Sandbox) -> None:
    sandbox.up()
    sandbox.release("1.1")
    code, said = on_terminal(sandbox, "deploy")
    assert code == 0
    drawn = [part for part in said.split(CLEAR) if part]
    for step in STEPS:
        assert any(part.startswith(f"… {step}") for part in drawn), f"{step} is shown while it runs"
        assert sum(part.startswith(f"✓ {step}") for part in drawn) == 1, f"{step} stays when it is done"
    assert any(re.match("… applying: .*Container", part) for part in drawn), "compose's own words meanwhile"
    live = [part for part in drawn if "\n" not in part]
    assert max(map(len, live)) < WIDTH, "a line that wraps cannot be redrawn"
    assert drawn[-1].startswith("Deployed ")


def test_on_a_terminal_a_failed_step_says_why(sandbox: Sandbox) -> None:
    sandbox.up()
    sandbox.release("1.1", "crash")
    code, said = on_terminal(sandbox, "deploy")
    assert code == FAILED
    assert re.search(r"✗ verifying [\d.]+ s: .*restarted", said)
    assert "✓ rolling_back" in said


@pytest.mark.parametrize("term", ["dumb", None])
def test_elsewhere_plain_lines(sandbox: Sandbox, term: str | None) -> None:
    sandbox.up()
    code, said = (0, kgo(sandbox, "deploy")) if term is None else on_terminal(sandbox, "deploy", term=term)
    assert code == 0
    assert "\x1b" not in said
    lines = [line for line in said.splitlines() if line]
    assert all(re.match(r"\d\d:\d\d:\d\d \S", line) for line in lines), said
    assert "Starting the services" in said


def loaded(sandbox: Sandbox, *arguments: str) -> set[str]:
    """The packages that a command has imported."""
    python, *rest = sandbox.argv(*arguments)
    done = subprocess.run(
        [python, "-X", "importtime", *rest],
        env=sandbox.env(),
        capture_output=True,
        text=True,
        timeout=DEADLINE_S,
        check=False,
    )
    names = (line.rpartition("|")[2].strip() for line in done.stderr.splitlines() if "import time:" in line)
    return {name.partition(".")[0] for name in names if not name.startswith("kgo_tui")}


def test_version_and_help_are_quick_and_load_next_to_nothing(sandbox: Sandbox) -> None:
    for arguments in (("--version",), ("--help",), ("deploy", "--help")):
        found = loaded(sandbox, *arguments)
        assert "argparse" in found, "the names are read at all"
        assert found.isdisjoint(HEAVY | {"asyncio", "msgspec", "sqlite3", "ssl"})
    assert re.fullmatch(r"kgo-tui \d+\.\d+\.\d+\S*\n", kgo(sandbox, "--version"))
    for command in ("monitor", "deploy", "rollback", "check", "plan", "status", "history", "suspend"):
        assert re.search(rf"^    {command}\s", kgo(sandbox, "--help"), re.MULTILINE)


def test_headless_never_loads_textual_and_a_client_of_the_worker_loads_no_adapter(
    sandbox: Sandbox, start_worker: NewWorker
) -> None:
    sandbox.up()
    alone = loaded(sandbox, "deploy")
    assert alone >= {"git", "docker", "httpx"}, "the names are read at all"
    assert "textual" not in alone
    start_worker(sandbox).until("Up to date")
    for command in ("status", "history", "check", "deploy"):
        assert loaded(sandbox, command).isdisjoint(HEAVY)
