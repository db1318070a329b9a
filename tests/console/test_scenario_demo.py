"""`kgo-tui demo` in a terminal: it opens the console, and leaving it, in whatever way, leaves nothing."""

from __future__ import annotations

import os
import pty
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from kgo_tui.demo.parts import Parts, find_parts

ROOT = Path(__file__).parents[2]
DEADLINE_S = 60.0


class Terminal:
    """A program in a terminal of 120x40."""

    def __init__(self, folder: Path, *arguments: str, **environment: str) -> None:
        self._reading, writing = pty.openpty()
        os.set_blocking(self._reading, False)
        self.said = b""
        self.program = subprocess.Popen(
            [sys.executable, "-m", "kgo_tui", *arguments],
            env={
                **{name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ},
                "PYTHONPATH": str(ROOT),
                "TMPDIR": str(folder),
                "TERM": "xterm-256color",
                "LANG": "C.UTF-8",
                "COLUMNS": "120",
                "LINES": "40",
                **environment,
            },
            stdin=writing,
            stdout=writing,
            stderr=writing,
            start_new_session=True,
        )
        os.close(writing)

    def says(self, text: str, within_s: float = DEADLINE_S) -> None:
        """Return when it has said that."""
        end = time.monotonic() + within_s
        while text.encode() not in self.said:
            assert time.monotonic() < end, self.said[-2000:].decode(errors="replace")
            self._read()

    def ends(self, within_s: float = DEADLINE_S) -> int:
        """Its exit code, once it has ended."""
        end = time.monotonic() + within_s
        while (code := self.program.poll()) is None:
            assert time.monotonic() < end, self.said[-2000:].decode(errors="replace")
            self._read()
        return code

    def type(self, keys: str) -> None:
        os.write(self._reading, keys.encode())

    def _read(self) -> None:
        if select.select([self._reading], [], [], 0.1)[0]:
            try:
                self.said += os.read(self._reading, 65536)
            except OSError:  # EIO: the program has closed its end
                time.sleep(0.05)

    def close(self) -> None:
        if self.program.poll() is None:
            self.program.kill()
            self.program.wait(10)
        os.close(self._reading)


Open = Callable[..., Terminal]


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Open]:
    opened: list[Terminal] = []

    def start(*arguments: str, **environment: str) -> Terminal:
        opened.append(Terminal(tmp_path, *arguments, **environment))
        return opened[-1]

    yield start
    for one in opened:
        one.close()


def test_the_played_host_is_shown_until_q(terminal: Open, tmp_path: Path) -> None:
    seen = terminal("demo", "--offline")
    seen.says("in sync")
    assert len(list(tmp_path.iterdir())) == 1
    seen.type("q")
    assert seen.ends() == 0
    assert list(tmp_path.iterdir()) == []
    assert b"\x1b[?1049l" in seen.said  # the screen that was there before is back


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGTERM])
def test_nothing_is_left_when_the_terminal_goes(
    terminal: Open, tmp_path: Path, number: signal.Signals
) -> None:
    seen = terminal("demo", "--offline")
    seen.says("in sync")
    seen.program.send_signal(number)
    seen.ends()
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def partless(monkeypatch: pytest.MonkeyPatch) -> str:
    """A lab's home in which nothing is, on a machine that lacks some part otherwise."""
    monkeypatch.setenv("KGO_LAB_HOME", "/nonexistent")
    if not find_parts().missing():
        pytest.skip("every part of the sandbox is installed on this machine itself")
    return "/nonexistent"


def test_without_the_parts_it_says_so_and_plays(terminal: Open, partless: str) -> None:
    seen = terminal("demo", KGO_LAB_HOME=partless)
    seen.says("What follows is played: no container runs.")
    assert b"The sandbox needs " in seen.said
    seen.says("in sync")
    seen.type("q")
    assert seen.ends() == 0


def test_without_the_parts_there_are_no_plain_lines(terminal: Open, partless: str) -> None:
    seen = terminal("demo", "--plain", KGO_LAB_HOME=partless)
    assert seen.ends() == 2


@pytest.mark.lab
def test_the_sandbox_is_shown_and_removed(terminal: Open, tmp_path: Path, lab: Parts) -> None:
    seen = terminal("demo", "--every", "3")
    seen.says("deploying")  # a commit came, the worker saw it, the console shows it
    seen.type("q")
    assert seen.ends() == 0
    assert list(tmp_path.iterdir()) == []
