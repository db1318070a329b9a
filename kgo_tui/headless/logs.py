"""`kgo-tui logs`: what the worker or the services say, to the end of it or for ever.

Owns the meaning of its arguments, and reading on through a worker's restart. Must not know where
lines come from. Interrupted, it ends with 130 and says nothing, as journalctl does.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import stat
import sys
from collections.abc import Iterator
from contextlib import AbstractAsyncContextManager, aclosing, contextmanager
from datetime import UTC, datetime

from msgspec.structs import replace

from kgo_tui.control.queries import JournalLog, LogRequest, ServiceLog
from kgo_tui.core.errors import ConnectionLost, NoWorker, UsageError
from kgo_tui.core.logs import MAX_LINES, LogBatch
from kgo_tui.headless.connecting import Found, looking_channel, worker_channel
from kgo_tui.headless.logtext import Form, as_json, coloured, plain, shown
from kgo_tui.headless.when import parse_when

LINES = 100
"""Of the past when nothing is said about it."""

INTERRUPTED = 130
"""128 and SIGINT's number, as a shell has it."""

WAITS_S = (0.1, 0.2, 0.5, 1.0, 2.0)
"""Before each try to reach the worker again; the last one for ever."""

AWAY = "the worker does not answer; its lines go on when it is back"


async def logs(arguments: argparse.Namespace) -> int:
    """Print the lines; 0 at the end of the log, 130 when interrupted."""
    request = wanted(arguments, datetime.now(UTC))
    reader = Reader(arguments, request, chosen_form(as_json_lines=arguments.json))
    try:
        with ending_with_stdout():
            await (reader.follow() if request.follow else reader.read())
    except asyncio.CancelledError:
        return INTERRUPTED
    return 0


def wanted(arguments: argparse.Namespace, now: datetime) -> LogRequest:
    """What the arguments ask for. Raises UsageError."""
    if arguments.unit and (arguments.service or arguments.all):
        raise UsageError("--unit is the worker's own journal, and names no service")
    if arguments.all and arguments.service:
        raise UsageError("--all is every service, and names none")
    services = bool(arguments.service or arguments.all)
    since = None if arguments.since is None else parse_when(arguments.since, now)
    lines = arguments.lines if arguments.lines is not None else LINES if since is None else MAX_LINES
    return LogRequest(
        source=ServiceLog(services=tuple(arguments.service)) if services else JournalLog(),
        lines=min(lines, MAX_LINES),
        follow=arguments.follow,
        since=since,
        priority=arguments.priority,
    )


def chosen_form(*, as_json_lines: bool) -> Form:
    """JSON, or text: coloured on a terminal, unless NO_COLOR (no-color.org) is set."""
    if as_json_lines:
        return as_json
    dumb = os.environ.get("NO_COLOR") or os.environ.get("TERM", "dumb") == "dumb"
    return coloured if sys.stdout.isatty() and not dumb else plain


class Reader:
    """Prints one log, and knows how far it is."""

    def __init__(self, arguments: argparse.Namespace, request: LogRequest, form: Form) -> None:
        self._arguments = arguments
        self._request = request
        self._form = form
        self._failures = 0

    async def read(self) -> None:
        """To its end."""
        if not await self._print(looking_channel(self._arguments)):
            sys.stderr.write("kgo-tui: nothing is in the log yet\n")

    async def follow(self) -> None:
        """To its end, through restarts of the worker: each line once. Once a worker has answered,
        or when lines only come from one, no other way is tried."""
        opening = looking_channel(self._arguments)
        while True:
            try:
                await self._print(opening)
            except (ConnectionLost, NoWorker):
                self._tell()
                await asyncio.sleep(WAITS_S[min(self._failures, len(WAITS_S) - 1)])
                self._failures += 1
                opening = worker_channel(self._arguments)
            else:
                return

    def _tell(self) -> None:
        if not self._failures:
            sys.stderr.write(f"kgo-tui: {AWAY}\n")
            sys.stderr.flush()

    async def _print(self, opening: AbstractAsyncContextManager[Found]) -> bool:
        """Whether there was anything."""
        some = False
        async with opening as (channel, _), aclosing(channel.stream(self._request)) as batches:
            async for batch in batches:
                some = some or bool(batch.lines)
                self._put(batch)
        return some

    def _put(self, batch: LogBatch) -> None:
        sys.stdout.write(shown(batch, self._form))
        sys.stdout.flush()
        self._failures = 0
        if batch.position is not None:
            self._request = replace(self._request, after=batch.position)


@contextmanager
def ending_with_stdout() -> Iterator[None]:
    """End this task when nobody reads our output any more, even while there is nothing to write:
    `kgo-tui logs -f | head` would stay for ever on a quiet log. Raises BrokenPipeError."""
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    fd = sys.stdout.fileno()
    gone = False

    def end() -> None:
        nonlocal gone
        gone = True
        loop.remove_reader(fd)
        if task is not None:
            task.cancel()

    is_pipe = stat.S_ISFIFO(os.fstat(fd).st_mode)
    if is_pipe:
        loop.add_reader(fd, end)  # of the end that is written to, only a closed reader makes news
    try:
        yield
    except asyncio.CancelledError:
        if gone:
            raise BrokenPipeError from None
        raise
    finally:
        if is_pipe:
            loop.remove_reader(fd)
