"""What never ends by itself: the engine's events and a container's log, as async iterators.

Owns the threads that read them, and how what they read reaches the event loop. A reader ends
promptly when it is closed: its connection is shut down under the thread that waits on it, and a
thread that cannot be reached (the engine hangs) is a daemon, which holds up nothing.
"""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from kgo_tui.adapters.compose.containers import PROJECT
from kgo_tui.adapters.compose.sdk import Engine, translated
from kgo_tui.core.errors import KgoError

if TYPE_CHECKING:
    from docker import APIClient

COALESCE_S = 0.3
"""Seconds between two reports of change: a deployment makes dozens of events."""

BACKOFF_S = (0.2, 0.5, 1.0, 2.0, 5.0)
"""Waits before the connection is made again; the last one for ever."""

QUEUE_LINES = 2_000
"""Lines that a slow reader may be behind before the oldest are dropped."""

LINE_BYTES = 1 << 14
"""What is longer is shown as several lines; Docker's own log files break lines there as well."""

_EVENTS = ("create", "start", "restart", "stop", "die", "kill", "oom", "destroy", "pause", "unpause", "rename",
           "update", "health_status")  # fmt: skip
"""Not exec_*: a health check makes three of them every few seconds, and none changes a container."""

Open = Callable[["APIClient"], Any]


class _Connection:
    """One streaming request, made in a thread, that another thread can end at any moment."""

    def __init__(self, engine: Engine, open_: Open) -> None:
        self._engine, self._open = engine, open_
        self._lock = threading.Lock()
        self._stream: Any = None
        self.closed = threading.Event()

    def read(self, connected: Callable[[], None] = lambda: None) -> Iterator[Any]:
        """What the stream says until it ends. Raises as `translated`."""
        with translated():
            client = self._engine.connect()
            try:
                if self._keep(self._open(client)):
                    connected()
                    yield from self._stream
            finally:
                client.close()

    def _keep(self, stream: Any) -> bool:
        with self._lock:
            self._stream = stream
        if self.closed.is_set():
            self.close()
        return not self.closed.is_set()

    def close(self) -> None:
        """End the stream, now or as soon as it is there."""
        self.closed.set()
        with self._lock, suppress(Exception):  # it may be closed already, in any of the SDK's ways
            if self._stream is not None:
                self._stream.close()


async def changes(engine: Engine, project: Callable[[], str | None]) -> AsyncIterator[None]:
    """Yields at once when it begins to listen (what happened before is not known), then whenever
    a container of the project changed, at most every `COALESCE_S` seconds. Survives the engine's
    restarts, and yields once after each.
    """
    changed = asyncio.Event()
    connection = _Connection(engine, _open_events)
    _start(_Listener(connection, project, _waker(changed)).run, "docker-events")
    try:
        while True:
            await changed.wait()
            changed.clear()
            yield
            await asyncio.sleep(COALESCE_S)
    finally:
        connection.close()


def _open_events(client: APIClient) -> Any:
    return client.events(
        decode=True, filters={"type": "container", "label": [PROJECT], "event": list(_EVENTS)}
    )


class _Listener:
    """Listens to events for as long as nobody closes the connection."""

    def __init__(
        self, connection: _Connection, project: Callable[[], str | None], wake: Callable[[], None]
    ) -> None:
        self._connection, self._project, self._wake = connection, project, wake
        self._failures = 0

    def run(self) -> None:
        while not self._connection.closed.is_set():
            with suppress(KgoError):
                self._listen()
            wait_s = BACKOFF_S[min(self._failures, len(BACKOFF_S) - 1)]
            self._failures += 1
            self._connection.closed.wait(wait_s)

    def _listen(self) -> None:
        for event in self._connection.read(self._connected):
            attributes = (event.get("Actor") or {}).get("Attributes") or {}
            if self._project() in (None, attributes.get(PROJECT)):
                self._wake()

    def _connected(self) -> None:
        self._failures = 0
        self._wake()


def _waker(changed: asyncio.Event) -> Callable[[], None]:
    loop = asyncio.get_running_loop()

    def wake() -> None:
        with suppress(RuntimeError):  # the loop has been closed: nobody listens any more
            loop.call_soon_threadsafe(changed.set)

    return wake


async def log_lines(engine: Engine, container: str, *, lines: int, follow: bool) -> AsyncIterator[str]:
    """The last `lines` lines of a container's log, then, with `follow`, all new ones until it ends.

    A reader that is too slow to follow loses the oldest lines, and is told how many.
    """

    def open_log(client: APIClient) -> Any:
        return client.logs(container, stdout=True, stderr=True, stream=True, follow=follow, tail=lines)

    connection = _Connection(engine, open_log)
    queue = _Lines(max(QUEUE_LINES, lines), lossy=follow)
    _start(lambda: queue.fill(split_lines(connection.read())), "docker-log")
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
    for start in range(0, max(len(line), 1), LINE_BYTES):
        yield line[start : start + LINE_BYTES].decode("utf-8", "replace")


class _Lines:
    """A bounded queue from one thread to one coroutine; when full, it drops the oldest line if
    `lossy`, and lets the thread wait otherwise.
    """

    def __init__(self, size: int, *, lossy: bool) -> None:
        self._size, self._lossy = size, lossy
        self._room = threading.Condition()
        self._lines: deque[str] = deque()
        self._dropped = 0
        self._closed = False
        self._ended = False
        self._error: KgoError | None = None
        self._news = asyncio.Event()
        self._wake = _waker(self._news)

    def fill(self, lines: Iterator[str]) -> None:
        """Take all lines; in the thread."""
        try:
            for line in lines:
                if not self._put(line):
                    return
        except KgoError as error:
            self._error = error
        self._ended = True
        self._wake()

    def _put(self, line: str) -> bool:
        with self._room:
            while len(self._lines) >= self._size and not self._closed:
                if self._lossy:
                    self._lines.popleft()
                    self._dropped += 1
                else:
                    self._room.wait()
            self._lines.append(line)
            first = len(self._lines) == 1
        if first:
            self._wake()
        return not self._closed

    def close(self) -> None:
        """Nobody reads any more."""
        with self._room:
            self._closed = True
            self._room.notify_all()

    def _take(self) -> list[str]:
        with self._room:
            taken = [f"… {self._dropped} lines dropped …"] if self._dropped else []
            taken += self._lines
            self._lines.clear()
            self._dropped = 0
            self._room.notify_all()
        return taken

    async def __aiter__(self) -> AsyncIterator[str]:
        while True:
            ended = self._ended
            for line in self._take():
                yield line
            if ended:
                break
            await self._news.wait()
            self._news.clear()
        if self._error is not None:
            raise self._error


def _start(work: Callable[[], None], name: str) -> None:
    threading.Thread(target=work, name=name, daemon=True).start()
