"""A real terminal: a program on a pty, what it sends, and what a person sees of it.

Knows nothing of what runs in it. `raw` are all bytes that were sent to the terminal.
"""

from __future__ import annotations

import codecs
import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Self

import pyte

DEADLINE_S = 20.0
KEYS = {
    "Esc": "\x1b",
    "Enter": "\r",
    "Tab": "\t",
    "Up": "\x1b[A",
    "Down": "\x1b[B",
    "^s": "\x13",
    "^c": "\x03",
}

_SEQUENCE = re.compile(
    rb"\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)"  # OSC
    rb"|\x1b[PX^_][^\x1b]*\x1b\\"  # DCS, SOS, PM, APC
    rb"|\x1b\[[0-?]*[ -/]*[@-~]"  # CSI
    rb"|\x1b[ -/]*[0-~]"  # the others
)
_CUT_OFF = re.compile(rb"\x1b(?:\[[0-?]*[ -/]*)?\Z")
"""A sequence of which the rest had not come yet."""

_NUMBERS = re.compile(rb"\d+")


class Terminal:
    """A program in a terminal of that many columns and lines. A context manager that hangs up."""

    def __init__(
        self,
        argv: Sequence[str],
        env: Mapping[str, str],
        size: tuple[int, int] = (80, 24),
        term: str = "xterm-256color",
    ) -> None:
        self.raw = b""
        self._screen = pyte.Screen(*size)
        self._stream = pyte.ByteStream(self._screen)
        self._master, slave = pty.openpty()
        self._set_size(size)
        self._process = subprocess.Popen(
            argv,
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env={**env, "TERM": term},
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),  # noqa: PLW1509 - nothing else forks here
        )
        os.close(slave)

    @property
    def lines(self) -> list[str]:
        """What stands on the screen."""
        return [line.rstrip() for line in self._screen.display]

    @property
    def text(self) -> str:
        return "\n".join(self.lines)

    def until(self, condition: Callable[[], object], what: str, deadline_s: float = DEADLINE_S) -> None:
        """Read on until it holds."""
        end = time.monotonic() + deadline_s
        while not condition():
            assert time.monotonic() < end, f"{what} did not come; the screen shows:\n{self.text}"
            self.read(0.1)

    def shows(self, *texts: str, deadline_s: float = DEADLINE_S) -> None:
        """Wait until all of these are on the screen."""
        self.until(lambda: all(text in self.text for text in texts), " and ".join(texts), deadline_s)

    def press(self, *keys: str) -> None:
        """Keys by their names above, or a text."""
        for key in keys:
            os.write(self._master, KEYS.get(key, key).encode())

    def read(self, within_s: float) -> None:
        """What was sent meanwhile; returns when something was, or after that time."""
        if not select.select([self._master], [], [], within_s)[0]:
            return
        try:
            data = os.read(self._master, 1 << 16)
        except OSError:  # Linux: the other side is closed
            return
        self.raw += data
        self._stream.feed(data)

    def resize(self, size: tuple[int, int]) -> None:
        """Another size, as a window that is dragged."""
        self._screen.resize(size[1], size[0])
        self._set_size(size)

    def hang_up(self) -> None:
        """The connection is gone at once; the kernel tells the program by SIGHUP."""
        if self._master >= 0:
            os.close(self._master)
            self._master = -1
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(10)
            raise

    def code(self) -> int:
        """Its exit code, when it has ended by itself."""
        end = time.monotonic() + DEADLINE_S
        while self._process.poll() is None:
            assert time.monotonic() < end, f"it does not end:\n{self.text}"
            self.read(0.1)
        self.read(0.1)
        return self._process.returncode

    def kill(self) -> None:
        """No chance to tidy up."""
        self._process.send_signal(signal.SIGKILL)
        self._process.wait(10)

    def _set_size(self, size: tuple[int, int]) -> None:
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", size[1], size[0], 0, 0))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._process.poll() is None:
            self._process.terminate()
        if self._master >= 0:
            os.close(self._master)
            self._master = -1
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(10)


def sequences(raw: bytes) -> set[bytes]:
    """The kinds of control sequences in it, their numbers left out."""
    return {_NUMBERS.sub(b"0", found) for found in _SEQUENCE.findall(raw)}


def loose_controls(raw: bytes) -> set[str]:
    """Control characters outside of sequences, and characters that reorder or hide text."""
    whole = _CUT_OFF.sub(b"", raw)
    text = codecs.getincrementaldecoder("utf-8")().decode(_SEQUENCE.sub(b"", whole))
    controls = {c for c in text if ord(c) < 0x20 or 0x7F <= ord(c) < 0xA0}
    hidden = {
        c for c in text if "\u200e" <= c <= "\u200f" or "\u202a" <= c <= "\u202e" or "\u2066" <= c <= "\u2069"
    }
    return {f"U+{ord(c):04X}" for c in controls | hidden}
