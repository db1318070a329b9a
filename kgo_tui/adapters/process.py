"""Runs programs so that none hangs, floods memory, asks a question or outlives its caller.

Owns the life of a child process: own session, deadline, output caps, the end of its whole group,
and who it runs as. Must not know what any program is for; other adapters may import it.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import cache
from typing import Any, TypeVar

from kgo_tui.adapters.host import Identity
from kgo_tui.adapters.watch import Finished, Interrupted, OnLine, watch

__all__ = [
    "Finished",
    "Interrupted",
    "OnLine",
    "in_thread",
    "popen_options",
    "readable",
    "run",
    "run_async",
    "watch",
]

CAP_BYTES = 1 << 20
"""How much of each output stream is kept unless the caller says otherwise."""

T = TypeVar("T")


def popen_options(identity: Identity | None) -> dict[str, Any]:
    """The options of Popen that make a child killable as a group and, as root, another user."""
    options: dict[str, Any] = {"start_new_session": True}
    if identity is not None and identity.uid != os.geteuid():
        options |= {"user": identity.uid, "group": identity.gid, "extra_groups": list(identity.groups)}
    return options


def environment_of(identity: Identity | None, env: Mapping[str, str] | None) -> dict[str, str]:
    """`env` (this process's own when None) with the home and name of whom it is for."""
    full = dict(os.environ if env is None else env)
    if identity is not None and identity.uid != os.geteuid():
        full |= {"HOME": identity.home, "USER": identity.name, "LOGNAME": identity.name}
    return full


def run(
    argv: Sequence[str],
    *,
    deadline_s: float,
    cwd: str | os.PathLike[str] | None = None,
    env: Mapping[str, str] | None = None,
    identity: Identity | None = None,
    on_line: OnLine | None = None,
    cap_bytes: int = CAP_BYTES,
    input: bytes | None = None,  # noqa: A002 - the name that subprocess gives it
    stop: threading.Event | None = None,
) -> Finished:
    """Run a program without a shell, and return when it and all that it left behind has ended.

    It runs in its own session (no terminal to ask a question on), with `input` or nothing on
    stdin, in `cwd`, with exactly `env` (None: ours), as `identity` (None: us; anyone else needs
    root). `on_line` gets each line of stdout and stderr as it appears, sanitised, in this thread.
    Of stdout the first `cap_bytes` are kept, of stderr the last. Any exit code is returned.

    Raises DeadlineExceeded after `deadline_s` seconds, Interrupted once `stop` is set (the group
    has ended in both cases), FileNotFoundError or PermissionError if it cannot be started.
    """
    stdin = readable(input)
    try:
        child = subprocess.Popen(
            list(argv),
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=cwd,
            env=environment_of(identity, env),
            bufsize=0,
            **popen_options(identity),
        )
    finally:
        os.close(stdin)
    return watch(child, deadline_s=deadline_s, on_line=on_line, cap_bytes=cap_bytes, stop=stop)


def readable(data: bytes | None) -> int:
    """An open file for a child's stdin, which the caller closes: the data, or /dev/null."""
    if data is None:
        return os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC)
    # Memory that looks like a file: there is no pipe to feed in time.
    fd = os.memfd_create("stdin")
    with os.fdopen(os.dup(fd), "wb") as memory:
        memory.write(data)
    os.lseek(fd, 0, os.SEEK_SET)
    return fd


async def run_async(argv: Sequence[str], *, on_line: OnLine | None = None, **options: Any) -> Finished:
    """As `run`, with `on_line` called in the event loop, and the child's group ended on cancel."""
    heard = in_loop(on_line) if on_line else None
    return await in_thread(lambda stop: run(argv, on_line=heard, stop=stop, **options))


async def in_thread(work: Callable[[threading.Event], T]) -> T:
    """Run blocking work in a thread. On cancel, set the event that `work` was given and wait for
    it to end, so that no process goes on behind the back of a caller that believes it gone.
    """
    stop = threading.Event()
    running = asyncio.get_running_loop().run_in_executor(_threads(), work, stop)
    try:
        return await asyncio.shield(running)
    except asyncio.CancelledError:
        stop.set()
        while not running.done():
            with suppress(asyncio.CancelledError):
                await asyncio.wait({running})
        running.cancelled() or running.exception()  # seen, so that asyncio does not complain
        raise


def in_loop(on_line: OnLine) -> OnLine:
    """Carries lines from a thread into the running loop, in order; a slow loop slows the thread,
    so that lines never pile up in memory, but for no more than a second each.
    """
    loop = asyncio.get_running_loop()

    def carry(line: str) -> None:
        done = threading.Event()

        def deliver() -> None:
            done.set()
            on_line(line)

        with suppress(RuntimeError):  # the loop has been closed: nobody listens any more
            loop.call_soon_threadsafe(deliver)
            done.wait(1.0)

    return carry


@cache
def _threads() -> ThreadPoolExecutor:
    # Not asyncio's own pool: that has six threads on two cores, and a long pull keeps one.
    return ThreadPoolExecutor(max_workers=16, thread_name_prefix="adapter")
