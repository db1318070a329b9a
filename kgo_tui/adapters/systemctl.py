"""The service manager, through systemctl and journalctl.

Owns their command lines, deadlines, and what their answers mean (systemctl(1), systemd.unit(5)). Must
not know which units there are, or why one is started.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from kgo_tui.adapters.process import run
from kgo_tui.adapters.watch import Finished
from kgo_tui.core.errors import CommandFailed, Unreachable
from kgo_tui.core.text import clean, clean_block

BOOTED = Path("/run/systemd/system")
"""A directory where systemd is the service manager (sd_booted(3))."""

ANSWER_S = 20.0
WORK_S = 660.0
"""Deadline of starting and stopping: a worker may ask for more time while it finishes a step."""

_PROPERTIES = ("LoadState", "ActiveState", "UnitFileState", "FragmentPath", "Result", "ExecMainStatus")


@dataclass(frozen=True, slots=True)
class UnitState:
    """What the manager knows of a unit, in its own words; `file` is the unit file in force, if any."""

    load: str
    active: str
    enabled: str
    file: str
    result: str
    exit_status: str

    @property
    def is_running(self) -> bool:
        """Whether it runs, or is about to."""
        return self.active in {"active", "activating", "reloading"}

    @property
    def is_enabled(self) -> bool:
        """Whether it starts by itself at boot."""
        return self.enabled in {"enabled", "enabled-runtime"}


def systemctl(*words: str, user: bool = False) -> list[str]:
    """A command of systemctl; `user` is the manager of the calling user."""
    return ["systemctl", *(["--user"] if user else []), "--no-pager", "--no-ask-password", *words]


def journal(unit: str, lines: int, *, user: bool = False) -> list[str]:
    """The last lines of a unit."""
    which = "--user-unit" if user else "--unit"
    return ["journalctl", which, unit, f"--lines={lines}", "--no-pager", "--quiet", "--output=short"]


class Manager:
    """The system's service manager, or the calling user's own."""

    def __init__(self, *, user: bool = False) -> None:
        self.user = user

    def require(self) -> None:
        """Return where systemd is the service manager. Raises Unreachable elsewhere."""
        if not BOOTED.is_dir():
            raise Unreachable(
                "systemd is not the service manager here (there is no /run/systemd/system)",
                hint="Start the worker by what is: kgo-tui --headless monitor",
            )

    def state(self, unit: str) -> UnitState:
        """What is known of a unit; one that does not exist has load "not-found"."""
        done = self._asked("show", f"--property={','.join(_PROPERTIES)}", "--", unit)
        found = dict(line.partition("=")[::2] for line in clean_block(done.text).splitlines())
        return UnitState(
            load=found.get("LoadState", ""),
            active=found.get("ActiveState", ""),
            enabled=found.get("UnitFileState", ""),
            file=found.get("FragmentPath", ""),
            result=found.get("Result", ""),
            exit_status=found.get("ExecMainStatus", ""),
        )

    def reload(self) -> None:
        """Read the unit files again."""
        self._done("daemon-reload")

    def enable(self, unit: str) -> None:
        """Start it at boot."""
        self._done("enable", "--", unit)

    def disable(self, unit: str) -> None:
        """Do not start it at boot."""
        self._done("disable", "--", unit)

    def start(self, unit: str) -> None:
        """Start it and wait until it says that it is ready. Raises CommandFailed when it does not."""
        self._done("start", "--", unit, deadline_s=WORK_S)

    def stop(self, unit: str) -> None:
        """Stop it and wait until it has ended."""
        self._done("stop", "--", unit, deadline_s=WORK_S)

    def restart(self, unit: str) -> None:
        """Stop it if it runs, then start it as `start` does."""
        self._done("restart", "--", unit, deadline_s=WORK_S)

    def forget_failure(self, unit: str) -> None:
        """A failure, and starts that were counted, are history. A unit that is not there has none."""
        self._asked("reset-failed", "--", unit)

    def status(self, unit: str) -> tuple[int, str]:
        """What `systemctl status` says, and its exit code: 0 running, 3 stopped, 4 no such unit."""
        done = self._asked("status", "--full", "--lines=5", "--", unit)
        return done.exit_code, clean_block(done.text).rstrip("\n") or done.tail()

    def last_lines(self, unit: str, lines: int = 10) -> str:
        """What the unit last said, for people; empty when the journal may not be read."""
        try:
            done = run(journal(unit, lines, user=self.user), deadline_s=ANSWER_S)
        except (OSError, CommandFailed):
            return ""
        return clean_block(done.text).rstrip("\n")

    def update_catalog(self) -> None:
        """Let `journalctl -x` know the explanations that were installed or removed."""
        self._checked(["journalctl", "--update-catalog"], ANSWER_S)

    def _done(self, *words: str, deadline_s: float = ANSWER_S) -> None:
        self._checked(systemctl(*words, user=self.user), deadline_s)

    def _asked(self, *words: str) -> Finished:
        return self._ran(systemctl(*words, user=self.user), ANSWER_S)

    def _checked(self, argv: Sequence[str], deadline_s: float) -> None:
        done = self._ran(argv, deadline_s)
        if done.exit_code != 0:
            said = done.tail(3)
            raise CommandFailed(
                f"{clean(' '.join(argv))} failed: {said}", output=said, exit_code=done.exit_code
            )

    def _ran(self, argv: Sequence[str], deadline_s: float) -> Finished:
        self.require()
        try:
            # In English, and without the colours and the pager that a terminal of ours would get.
            env = {**os.environ, "LC_ALL": "C.UTF-8", "SYSTEMD_COLORS": "0", "SYSTEMD_PAGER": ""}
            return run(argv, deadline_s=deadline_s, env=env)
        except OSError as error:
            raise Unreachable(f"{argv[0]} cannot be started: {error.strerror}") from error
