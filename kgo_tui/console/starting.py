"""No worker answers: which sockets were looked at, and a worker for a while where this user may have one.

Owns that decision and starting the process: in a session of its own, so that neither the console's end
nor the terminal's ends it. Must not know the screen.
"""

from __future__ import annotations

import asyncio
import os
import stat
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from kgo_tui.console.program import Program
from kgo_tui.console.speech import say
from kgo_tui.console.unit import Unit, call, installed
from kgo_tui.core.text import Redactor, clean_block

WORDS = ("--headless", "monitor", "--no-poll", "--until-idle")
SERVES_S = 60.0
"""So long a worker may take to serve."""

LOOK_S = 0.2
LAST_LINES = 6
"""Of what a worker said that did not start."""


class Told(NamedTuple):
    """How the start stands. `bad`: there will be no worker unless somebody does what `way` says."""

    text: str
    way: str = ""
    bad: bool = False


Tell = Callable[[Told], None]


def socket_found(path: Path) -> str:
    """What is where the socket should be, in words."""
    try:
        found = path.lstat()
    except PermissionError:
        return say("this user may not look there")
    except FileNotFoundError:
        return say("there is no such file") if path.parent.is_dir() else say("there is no such folder")
    except OSError as error:
        return str(error.strerror)
    if not stat.S_ISSOCK(found.st_mode):
        return say("it is not a socket")
    return say("a socket is left there, and nobody listens on it")


class Starting:
    """One attempt at having a worker. `is_up` says whether one serves by now."""

    def __init__(self, program: Program, sockets: Sequence[Path], is_up: Callable[[], bool]) -> None:
        self._program, self._own, self._is_up = program, sockets[-1], is_up
        self.output = self._own.with_suffix(".transient.log")

    async def run(self, tell: Tell, *, asked: bool = False) -> None:
        """Start a worker for a while, or say why not. An installed service is left to be started by a
        person, unless that person has `asked` for this one."""
        unit = await installed(self._program.instance) if self._program.file is None else None
        if unit is not None and (unit.runs or not asked or not _may(unit)):
            tell(_about(unit, self._program))
            return
        tell(Told(say("Starting a worker for as long as somebody looks …")))
        try:
            process = self._begun()
        except OSError as error:
            tell(Told(say("No worker could be started: {why}").format(why=_why(error)), bad=True))
            return
        tell(await self._served(process))

    def _begun(self) -> subprocess.Popen[bytes]:
        self.output.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW
        with os.fdopen(os.open(self.output, flags, 0o600), "wb") as output:
            return subprocess.Popen(
                self._program.argv(*WORDS),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )

    async def _served(self, process: subprocess.Popen[bytes]) -> Told:
        end = asyncio.get_running_loop().time() + SERVES_S
        while process.poll() is None and asyncio.get_running_loop().time() < end:
            if self._is_up():
                return Told(say("A worker runs as long as somebody looks; it does not poll."))
            await asyncio.sleep(LOOK_S)
        if process.poll() is None:
            return Told(say("The worker was started and does not answer."), way=str(self.output), bad=True)
        return Told(say("A worker was started and ended at once:"), way=self._said(), bad=True)

    def _said(self) -> str:
        try:
            text = self.output.read_text("utf-8", "replace")
        except OSError as error:
            return _why(error)
        return Redactor()(clean_block("\n".join(text.strip().splitlines()[-LAST_LINES:])))


def _may(unit: Unit) -> bool:
    """Beside the system's unit only root has the same state and the same lock."""
    return unit.user or os.geteuid() == 0


def _about(unit: Unit, program: Program) -> Told:
    if unit.runs:
        text = say("The service {unit} is there ({state}) and does not answer yet; it is tried again.")
        return Told(text.format(unit=unit.name, state=unit.active))
    text = say("The service {unit} is installed and does not run ({state}).")
    start = call("start", program, user=unit.user)
    way = say("s starts it: {command}").format(command=start.shown)
    return Told(text.format(unit=unit.name, state=unit.active), way, bad=True)


def _why(error: OSError) -> str:
    return f"{error.strerror} ({error.filename})" if error.filename else str(error.strerror)
