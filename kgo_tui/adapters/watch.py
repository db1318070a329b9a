"""Watches one running child: reads what it says, and ends its group in time.

Owns reading, capping and killing. Must not know how the child was started; `process` starts most,
GitPython the others. The child must lead its own process group.
"""

from __future__ import annotations

import os
import selectors
import signal
import subprocess
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from kgo_tui.core.errors import CommandFailed, DeadlineExceeded
from kgo_tui.core.text import clean

OnLine = Callable[[str], None]
GRACE_S = 5.0
"""Seconds between asking a group to end and ending it."""

DRAIN_S = 0.5
"""Seconds to wait for the rest of the output once the child itself has ended: a descendant that
left the group (a shared ssh connection) may keep the pipe open for ever."""

_TICK_S = 0.1
_CHUNK = 1 << 16
_LINE_BYTES = 1 << 14


class Interrupted(CommandFailed):
    """A command was ended because whoever wanted it no longer does."""


@dataclass(frozen=True, slots=True)
class Finished:
    """How a command ended: `stdout` (its beginning if `truncated`), `stderr` (its end), seconds."""

    exit_code: int
    stdout: bytes
    stderr: bytes
    truncated: bool
    duration_s: float

    @property
    def text(self) -> str:
        """All of stdout as text; not sanitised, for parsing."""
        return self.stdout.decode("utf-8", "replace")

    def tail(self, lines: int = 20) -> str:
        """The last lines that it wrote for people (stderr, else stdout), sanitised."""
        said = (self.stderr.strip() or self.stdout.strip()).decode("utf-8", "replace")
        return "\n".join(clean(line) for line in said.splitlines()[-lines:])


class _Stream:
    """One output pipe: keeps the first or the last bytes, and hands out whole lines."""

    def __init__(self, pipe: IO[bytes], cap: int, on_line: OnLine | None, *, keep_end: bool) -> None:
        self.pipe, self.cap, self.on_line, self.keep_end = pipe, cap, on_line, keep_end
        self.kept = bytearray()
        self.lost = False
        self.partial = b""

    def read(self) -> bool:
        """Take what is there; False at the end."""
        data = os.read(self.pipe.fileno(), _CHUNK)
        self._keep(data)
        if self.on_line:
            self._lines(data)
        return bool(data)

    def _keep(self, data: bytes) -> None:
        self.kept += data
        excess = len(self.kept) - self.cap
        if excess > 0:
            self.lost = True
            del self.kept[slice(None, excess) if self.keep_end else slice(self.cap, None)]

    def _lines(self, data: bytes) -> None:
        # A lone carriage return redraws a progress line: to a reader of lines it is a line's end.
        *whole, rest = (self.partial + data).replace(b"\r", b"\n").split(b"\n")
        if not data or len(rest) > _LINE_BYTES:
            whole, rest = [*whole, rest], b""
        self.partial = rest
        for line in whole:
            self._say(line)

    def _say(self, line: bytes) -> None:
        if line.strip() and self.on_line:
            self.on_line(clean(line[:_LINE_BYTES].decode("utf-8", "replace")))


class _Watch:
    """The state of one `watch`."""

    def __init__(self, child: subprocess.Popen[bytes], out: _Stream, err: _Stream) -> None:
        self.child, self.out, self.err = child, out, err
        self.started = time.monotonic()
        self.pause_s = 0.0002
        self.selector = selectors.DefaultSelector()
        for stream in (out, err):
            self.selector.register(stream.pipe, selectors.EVENT_READ, stream)

    def until_ended(self, deadline: float, stop: threading.Event | None) -> bool:
        """Read until the child ended and said all; False when time ran out or `stop` was set."""
        while self.selector.get_map() or not self._gone():
            left = deadline - time.monotonic()
            if left <= 0 or (stop is not None and stop.is_set()):
                return False
            if self._gone():
                deadline = min(deadline, time.monotonic() + DRAIN_S)
                return self._drain(deadline)
            self._read(min(left, _TICK_S))
        return True

    def _drain(self, deadline: float) -> bool:
        while self.selector.get_map() and time.monotonic() < deadline:
            self._read(_TICK_S)
        return True

    def _read(self, wait_s: float) -> None:
        if not self.selector.get_map():  # it said all and still runs, most often for microseconds
            time.sleep(min(wait_s, self.pause_s))
            self.pause_s = min(2 * self.pause_s, _TICK_S)
            return
        for key, _ in self.selector.select(wait_s):
            if not key.data.read():
                self.selector.unregister(key.fileobj)

    def _gone(self) -> bool:
        # WNOWAIT leaves the zombie, so that its group's number cannot be given to someone else
        # between this look and a kill.
        flags = os.WEXITED | os.WNOHANG | os.WNOWAIT
        with suppress(ChildProcessError):
            return os.waitid(os.P_PID, self.child.pid, flags) is not None
        return True

    def end(self) -> None:
        """Ask the group to end, insist after the grace, and read what it still says."""
        self._signal(signal.SIGTERM)
        self.until_ended(time.monotonic() + GRACE_S, None)

    def reap(self) -> int:
        """Leave nothing of the group behind, close the pipes, and return the exit code."""
        self._signal(signal.SIGKILL)
        self.selector.close()
        self.out.pipe.close()
        self.err.pipe.close()
        return self.child.wait()

    def _signal(self, number: signal.Signals) -> None:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.child.pid, number)

    def result(self, exit_code: int) -> Finished:
        """All of it as a value."""
        seconds = time.monotonic() - self.started
        return Finished(exit_code, bytes(self.out.kept), bytes(self.err.kept), self.out.lost, seconds)


def watch(
    child: subprocess.Popen[bytes],
    *,
    deadline_s: float,
    on_line: OnLine | None = None,
    cap_bytes: int = 1 << 20,
    stop: threading.Event | None = None,
    name: str = "",
) -> Finished:
    """Stay with a child that leads its own group and has pipes on stdout and stderr until it and
    its group have ended. Raises as `process.run`; whatever is raised, the group has ended.
    """
    if child.stdout is None or child.stderr is None:
        raise ValueError("a watched child needs pipes on stdout and stderr")
    out = _Stream(child.stdout, cap_bytes, on_line, keep_end=False)
    err = _Stream(child.stderr, cap_bytes, on_line, keep_end=True)
    watched = _Watch(child, out, err)
    try:
        in_time = watched.until_ended(watched.started + deadline_s, stop)
        if not in_time:
            watched.end()
    finally:
        exit_code = watched.reap()
    finished = watched.result(exit_code)
    if not in_time:
        raise _ended(finished, name or _name_of(child), deadline_s, stop)
    return finished


def _name_of(child: subprocess.Popen[bytes]) -> str:
    words = child.args if isinstance(child.args, list | tuple) else [child.args]
    return Path(str(words[0])).name


def _ended(finished: Finished, name: str, deadline_s: float, stop: threading.Event | None) -> CommandFailed:
    if stop is not None and stop.is_set():
        return Interrupted(f"{name} was interrupted", output=finished.tail(), exit_code=finished.exit_code)
    return DeadlineExceeded(
        f"{name} did not end within {deadline_s:g} s and was ended",
        output=finished.tail(),
        exit_code=finished.exit_code,
    )
