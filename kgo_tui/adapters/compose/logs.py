"""A container's log, as an async iterator of lines.

Owns cutting the stream into lines, and what happens when they come faster than they are read.
Must not know who may read them, nor what they must not show: the caller redacts and cleans.
"""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Iterator
from typing import TYPE_CHECKING, Any

from kgo_tui.adapters.compose.connection import Connection, start, waker
from kgo_tui.adapters.compose.sdk import Engine

if TYPE_CHECKING:
    from docker import APIClient

QUEUE_LINES = 2_000
"""Lines that a slow reader may be behind before the oldest are dropped."""

LINE_BYTES = 1 << 14
"""What is longer is shown as several lines; Docker's own log files break lines there as well."""


async def log_lines(engine: Engine, container: str, *, lines: int, follow: bool) -> AsyncGenerator[str, None]:
    """The last `lines` lines of a container's log, then, with `follow`, all new ones until it ends.

    A reader that is too slow to follow loses the oldest lines, and is told how many. Raises
    RuntimeUnreachable, CommandFailed.
    """

    def open_log(client: APIClient) -> Any:
        return client.logs(container, stdout=True, stderr=True, stream=True, follow=follow, tail=lines)

    connection = Connection(engine, open_log)
    queue = LineQueue(max(QUEUE_LINES, lines), lossy=follow)
    start(lambda: queue.fill(split_lines(connection.read())), "docker-log")
    try:
        async for line in queue:
            yield line
    finally:
        connection.close()
        queue.close()


def split_lines(chunks: Iterable[bytes]) -> Iterator[str]:
    """Lines out of pieces that end anywhere; a line that is too long is broken."""
    rest = b""
    for chunk in chunks:
        *whole, rest = (rest + chunk).split(b"\n")
        for line in whole:
            yield from _pieces(line)
        while len(rest) > LINE_BYTES:
            yield rest[:LINE_BYTES].decode("utf-8", "replace")
            rest = rest[LINE_BYTES:]
    if rest:
        yield from _pieces(rest)


def _pieces(line: bytes) -> Iterator[str]:
    line = line.removesuffix(b"\r")
    for begin in range(0, max(len(line), 1), LINE_BYTES):
        yield line[begin : begin + LINE_BYTES].decode("utf-8", "replace")


class LineQueue:
    """A bounded queue from one thread to one coroutine; when full, it drops the oldest line if
    `lossy`, and lets the thread wait otherwise.
    """

    def __init__(self, size: int, *, lossy: bool) -> None:
        self._size, self._lossy = size, lossy
        self._guard = threading.Condition()
        self._lines: deque[str] = deque()
        self._dropped = 0
        self._closed = False
        self._ended = False
        self._error: Exception | None = None
        self._news = asyncio.Event()
        self._wake = waker(self._news)

    def fill(self, lines: Iterator[str]) -> None:
        """Take all lines; in the thread. What goes wrong there is raised to the reader."""
        try:
            for line in lines:
                if not self._put(line):
                    return
        except Exception as error:  # noqa: BLE001 - it is not lost: the reader gets it
            self._error = error
        self._ended = True
        self._wake()

    def _put(self, line: str) -> bool:
        with self._guard:
            self._make_room()
            self._lines.append(line)
            first = len(self._lines) == 1
        if first:
            self._wake()
        return not self._closed

    def _make_room(self) -> None:
        while len(self._lines) >= self._size and not self._closed:
            if self._lossy:
                self._lines.popleft()
                self._dropped += 1
            else:
                self._guard.wait()

    def close(self) -> None:
        """Nobody reads any more."""
        with self._guard:
            self._closed = True
            self._guard.notify_all()

    async def __aiter__(self) -> AsyncIterator[str]:
        while True:
            ended = self._ended  # looked at first: what is put before the end is taken after it
            for line in self._take():
                yield line
            if ended:
                break
            await self._news.wait()
            self._news.clear()
        if self._error is not None:
            raise self._error

    def _take(self) -> list[str]:
        with self._guard:
            taken = [f"… {self._dropped} lines dropped …"] if self._dropped else []
            taken += self._lines
            self._lines.clear()
            self._dropped = 0
            self._guard.notify_all()
        return taken
