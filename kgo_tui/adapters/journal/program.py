"""journalctl as a running program: its output in lines, its complaints as errors, its end.

Owns the life of the process and what its words on stderr mean. Must not know what is read.
"""

from __future__ import annotations

import asyncio
import os
import signal
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress

from kgo_tui.adapters.journal.entries import Splitter
from kgo_tui.core.errors import CommandFailed, DeadlineExceeded, JournalUnreadable, KgoError
from kgo_tui.core.text import clean_block

CHUNK = 64 * 1024
"""Bytes read at once, and so about the size of a batch."""

SILENCE_S = 30.0
"""Seconds that it may take to say the next thing, when it is to come to an end."""

STDERR_BYTES = 8 * 1024

_FORBIDDEN = ("insufficient permissions", "not seeing messages from other users")
_NONE = "No journal files were found"
"""systemd's own words in every version since 205, in the C locale."""


async def output(words: Sequence[str], *, follow: bool) -> AsyncGenerator[list[bytes | None], None]:
    """What the program writes, line by line; None stands for a line that is too long. Waits for its
    reader, and is ended with it. Raises JournalUnreadable, DeadlineExceeded, CommandFailed.
    """
    splitter, heard = Splitter(), False
    async with _running(words) as (process, stdout, complaints):
        while chunk := await _read(stdout, None if follow else SILENCE_S):
            heard = True
            yield list(splitter.feed(chunk))
        fault = _fault(await process.wait(), await complaints, heard=heard)
    if fault is not None:
        raise fault


@asynccontextmanager
async def _running(
    words: Sequence[str],
) -> AsyncIterator[tuple[Process, asyncio.StreamReader, asyncio.Task[bytes]]]:
    """The program, in a group of its own. If this process is killed it ends by itself: journalctl
    watches whether its standard output is still read."""
    process = await _started(words)
    stdout, stderr = process.stdout, process.stderr
    if stdout is None or stderr is None:
        raise ValueError("a program that is read needs pipes")
    complaints = asyncio.create_task(_last(stderr))
    try:
        yield process, stdout, complaints
    finally:
        complaints.cancel()
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)  # it only reads: there is nothing to finish
        with suppress(asyncio.CancelledError):
            await complaints
        await process.communicate()  # empties the pipes, or they could not be closed


async def _started(words: Sequence[str]) -> Process:
    env = {**os.environ, "LC_ALL": "C"}
    try:
        return await asyncio.create_subprocess_exec(
            *words, stdin=DEVNULL, stdout=PIPE, stderr=PIPE, env=env, start_new_session=True
        )
    except OSError as error:
        raise JournalUnreadable(
            f"journalctl cannot be run: {error.strerror}",
            hint="Install systemd, or read the worker's lines where it writes them.",
        ) from error


async def _last(stream: asyncio.StreamReader) -> bytes:
    kept = b""
    while data := await stream.read(STDERR_BYTES):
        kept = (kept + data)[-STDERR_BYTES:]
    return kept


async def _read(stream: asyncio.StreamReader, seconds: float | None) -> bytes:
    try:
        async with asyncio.timeout(seconds):
            return await stream.read(CHUNK)
    except TimeoutError:
        raise DeadlineExceeded(f"journalctl said nothing for {seconds:g} s and was ended") from None


def _fault(code: int, complaints: bytes, *, heard: bool) -> KgoError | None:
    said = clean_block(complaints.decode("utf-8", "replace")).strip()
    if not heard and any(words in said for words in _FORBIDDEN):
        return JournalUnreadable(
            "this user may not read the system's journal",
            hint="Its readers are in the group systemd-journal: for a worker set "
            "SupplementaryGroups=systemd-journal in its unit, for a person usermod -aG.",
        )
    if not heard and _NONE in said:
        return JournalUnreadable(
            "there is no journal on this host", hint="Set Storage=auto in /etc/systemd/journald.conf."
        )
    if code == 0:
        return None
    return CommandFailed("journalctl failed", output=said, exit_code=code)
