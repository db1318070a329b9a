"""One streaming request to the engine, read in a thread, that can be ended from outside.

Owns the ending: the connection is shut down under the thread that waits on it. A thread that
cannot be reached that way (the engine hangs) is a daemon, which holds up nothing.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from kgo_tui.adapters.compose.sdk import Engine, translated

if TYPE_CHECKING:
    from docker import APIClient

Open = Callable[["APIClient"], Any]
"""Sends the request; returns the SDK's CancellableStream."""


class Connection:
    """A stream from the engine. `closed` is set once nobody wants it any more."""

    def __init__(self, engine: Engine, open_: Open) -> None:
        self._engine, self._open = engine, open_
        self._lock = threading.Lock()
        self._stream: Any = None
        self.closed = threading.Event()

    def read(self, connected: Callable[[], None] = lambda: None) -> Iterator[Any]:
        """What the stream says until it ends; blocks. `connected` is called once it is there.
        Raises RuntimeUnreachable, CommandFailed; nothing when it was closed.
        """
        try:
            with translated():
                yield from self._read(connected)
        except Exception:
            if not self.closed.is_set():  # what a socket says when it is closed in use does not matter
                raise

    def _read(self, connected: Callable[[], None]) -> Iterator[Any]:
        client = self._engine.connect()
        try:
            if self._keep(self._open(client)):
                connected()
                yield from self._stream
        finally:
            self._let_go()
            client.close()

    def _let_go(self) -> None:
        # The SDK closes its socket only, and the answer that reads from it holds it open.
        answer = getattr(self._stream, "_response", None)
        if answer is not None:
            with suppress(Exception):
                answer.close()

    def _keep(self, stream: Any) -> bool:
        with self._lock:
            self._stream = stream
        if self.closed.is_set():  # it was closed while the request was on its way
            self.close()
        return not self.closed.is_set()

    def close(self) -> None:
        """End the stream, now or as soon as it is there."""
        self.closed.set()
        with self._lock, suppress(Exception):  # it may have ended itself, in any of the SDK's ways
            if self._stream is not None:
                self._stream.close()


def start(work: Callable[[], None], name: str) -> None:
    """Do the work in a thread that ends with the process at the latest."""
    threading.Thread(target=work, name=name, daemon=True).start()


def waker(news: asyncio.Event) -> Callable[[], None]:
    """Sets an event of the running loop from any thread."""
    loop = asyncio.get_running_loop()

    def wake() -> None:
        with suppress(RuntimeError):  # the loop has been closed: nobody listens any more
            loop.call_soon_threadsafe(news.set)

    return wake
