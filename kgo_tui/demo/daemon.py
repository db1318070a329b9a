"""A program that runs beside us until we end it: in its own session, logged to a file, ended by its pid.

Knows nothing of Docker or registries.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from kgo_tui.demo.parts import LabError

POLL_S = 0.02


def eventually(condition: Callable[[], bool], what: str, deadline_s: float = 30.0) -> None:
    """Wait until the condition holds; past the deadline say what did not happen."""
    give_up_at = time.monotonic() + deadline_s
    while not condition():
        if time.monotonic() > give_up_at:
            raise LabError(f"waited {deadline_s:g} s in vain: {what}")
        time.sleep(POLL_S)


class Daemon:
    """One background program, which is ours from its start to its end."""

    def __init__(
        self, name: str, argv: Sequence[str], log: Path, env: Mapping[str, str] | None = None
    ) -> None:
        self.name, self.log = name, log
        self._argv, self._env = list(argv), env
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """Its process ID while it runs."""
        return self._process.pid if self._process is not None and self.running else None

    @property
    def running(self) -> bool:
        """Has it been started and not ended yet?"""
        return self._process is not None and self._process.poll() is None

    def start(self, ready: Callable[[], bool], deadline_s: float = 30.0) -> None:
        """Start it and wait until it is ready; if it ends instead, say what it said last."""
        with self.log.open("ab") as output:
            self._process = subprocess.Popen(
                self._argv,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env=self._env,
                start_new_session=True,
            )
        try:
            eventually(lambda: ready() or not self.running, f"{self.name} is ready", deadline_s)
        except LabError:
            self.kill()
            raise
        if not self.running:
            raise LabError(f"{self.name} did not start:\n{self.last_lines()}")

    def stop(self, deadline_s: float = 30.0) -> None:
        """Ask it to end; insist when it does not."""
        if self._process is None:
            return
        self._process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(deadline_s)
        self.kill()

    def kill(self) -> None:
        """Send KILL, as an out-of-memory killer would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(10)

    def last_lines(self, count: int = 15) -> str:
        """The end of its log."""
        lines = self.log.read_text(errors="replace").splitlines()
        return "\n".join(lines[-count:])


def end_leftover(pidfile: Path, mark: str, deadline_s: float = 20.0) -> None:
    """End what an earlier run left behind, if the pid in its file still is a program with that mark."""
    pid = _pid_in(pidfile)
    if pid is None or not _runs_with(pid, mark):
        return
    os.kill(pid, signal.SIGTERM)
    try:
        eventually(lambda: not _runs_with(pid, mark), f"process {pid} ends", deadline_s)
    except LabError:
        os.kill(pid, signal.SIGKILL)


def _pid_in(pidfile: Path) -> int | None:
    try:
        return int(pidfile.read_text())
    except (OSError, ValueError):
        return None


def _runs_with(pid: int, mark: str) -> bool:
    try:
        return mark.encode() in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False
