"""The same program, called once more beside the console: the service, the doctor, a worker.

Owns its command line, and running it to its end with a deadline and what it said made inert. Must not
know what any command does.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from kgo_tui.core.text import Redactor, clean_block

NAME = "kgo-tui"
MOST_SAID = 256 * 1024
"""Bytes of what a command says that are kept, the last ones."""


class Said(NamedTuple):
    """How a command ended; `code` is None when it was given up or could not be started."""

    code: int | None
    out: str
    err: str

    @property
    def text(self) -> str:
        """Both, for a person."""
        return f"{self.out}{self.err}".strip()


class Program(NamedTuple):
    """kgo-tui for one instance, or for one configuration file."""

    instance: str | None = None
    file: str | None = None

    @property
    def options(self) -> tuple[str, ...]:
        """What every call of it begins with."""
        file = ("--config", str(Path(self.file).absolute())) if self.file else ()
        return (*file, *(("--instance", self.instance) if self.instance else ()))

    def argv(self, *words: str) -> tuple[str, ...]:
        """A call, in the way in which this program was called itself."""
        return (*_itself(), *self.options, *words)

    def shown(self, *words: str) -> str:
        """The same as a person types it."""
        return " ".join((NAME, *self.options, *words))


def _itself() -> tuple[str, ...]:
    called = Path(sys.argv[0]).absolute()
    if called.name == NAME and os.access(called, os.X_OK):
        return (str(called),)
    return (sys.executable, "-m", "kgo_tui")


async def ran(argv: Sequence[str], deadline_s: float) -> Said:
    """Run a command without a terminal to its end. Raises nothing: what went wrong is what it said."""
    try:
        process = await asyncio.create_subprocess_exec(
            *argv,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
    except OSError as error:
        return Said(None, "", f"{argv[0]}: {error.strerror}")
    try:
        async with asyncio.timeout(deadline_s):
            out, err = await process.communicate()
    except TimeoutError:
        return Said(None, "", f"{Path(argv[0]).name}: nothing within {deadline_s:g} s")
    finally:
        if process.returncode is None:
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()
    return Said(process.returncode, _text(out), _text(err))


async def ran_on_terminal(argv: Sequence[str]) -> int | None:
    """Run it on the terminal that the console has left; its exit code, None if there is no such command."""
    try:
        process = await asyncio.create_subprocess_exec(*argv)
    except OSError:
        return None
    return await process.wait()


def found(name: str) -> bool:
    """Whether there is such a command."""
    return shutil.which(name) is not None


def _text(data: bytes) -> str:
    return Redactor()(clean_block(data[-MOST_SAID:].decode("utf-8", "replace")))
