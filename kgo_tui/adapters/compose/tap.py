"""One container's log while it is read: a thread fills it, the loop takes from it.

Owns the bounded buffer between the two, and the place behind what was taken. Must not know other
containers. A full buffer makes the thread wait, and with it the engine, which has the log on disk:
nothing is lost here.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator

from kgo_tui.adapters.compose.chosen import Source
from kgo_tui.adapters.compose.connection import Connection, start
from kgo_tui.adapters.compose.frames import Stamped
from kgo_tui.adapters.compose.places import NOT_BEGUN, Place
from kgo_tui.core.errors import Unreachable

BUFFER = 256 * 1024
"""Characters that wait to be taken at most, and each line counts for some more."""

LINE_COST = 64

Lines = Callable[[Callable[[], None]], Iterator[Stamped]]


class Buffer:
    """A bounded queue from one thread to the loop. `error` is set when `ended` is, if ever."""

    def __init__(self, wake: Callable[[], None], size: int = BUFFER) -> None:
        self._wake, self._room = wake, size
        self._size = size
        self._guard = threading.Condition()
        self._lines: deque[Stamped] = deque()
        self._closed = False
        self.error: Exception | None = None
        self.ended = False

    def fill(self, lines: Callable[[], Iterator[Stamped]]) -> None:
        """Take all lines; in the thread. What goes wrong there is kept for the reader."""
        try:
            for line in lines():
                if not self._put(line):
                    break
        except Exception as error:  # noqa: BLE001 - it is not lost: the reader gets it
            self.error = error
        self.ended = True
        self._wake()

    def _put(self, line: Stamped) -> bool:
        with self._guard:
            while self._room <= 0 and not self._closed:
                self._guard.wait()
            self._room -= len(line.line.text) + LINE_COST
            self._lines.append(line)
            first = len(self._lines) == 1
        if first:
            self._wake()
        return not self._closed

    def take(self) -> deque[Stamped]:
        """All that waits."""
        with self._guard:
            taken, self._lines = self._lines, deque()
            self._room = self._size
            self._guard.notify_all()
        return taken

    def close(self) -> None:
        """Nobody reads any more."""
        with self._guard:
            self._closed = True
            self._guard.notify_all()


class Tap:
    """The log of one run of one container: `lines` wait to be given out, oldest first. Whoever has
    seen that it is drained may set `noticed`."""

    def __init__(self, source: Source, place: Place, *, sure_s: float = 0.0) -> None:
        """`place` is where reading goes on if nothing is ever heard; that is known for sure after
        `sure_s` seconds of silence."""
        self.container, self.service = source.id, source.service
        self.noticed = False
        self.lines: deque[Stamped] = deque()
        self._started_at = source.started_at
        self._place = place
        self._buffer: Buffer | None = None
        self._connection: Connection | None = None
        self._sure_s = sure_s
        self._connected = threading.Event()
        self._heard_at = time.monotonic()

    def open(self, connection: Connection, lines: Lines, wake: Callable[[], None]) -> None:
        """Begin to read, in a thread; `lines` is to call what it is given once the engine answers."""
        buffer = self._buffer = Buffer(wake)
        self._connection = connection

        def connected() -> None:
            self._heard_at = time.monotonic()
            self._connected.set()
            wake()

        start(lambda: buffer.fill(lambda: lines(connected)), "docker-log")

    @property
    def ended(self) -> bool:
        """Whether nothing more comes. Looked at before `refill`, it is not early."""
        return self._buffer is None or self._buffer.ended

    @property
    def is_drained(self) -> bool:
        """Whether nothing more comes and all was given out."""
        if not self.ended:
            return False
        self.refill()
        return not self.lines

    def may_go_on(self, source: Source) -> bool:
        """Whether this container, as it is now, may say more than was read here."""
        lost = source.running and (self.error is None or isinstance(self.error, Unreachable))
        return self.is_drained and (lost or source.started_at != self._started_at)

    @property
    def error(self) -> Exception | None:
        """What ended it."""
        return self._buffer.error if self._buffer else None

    @property
    def quiet_s(self) -> float:
        """Seconds since anything was heard of it; 0 until the engine answers."""
        return time.monotonic() - self._heard_at if self._connected.is_set() else 0.0

    def refill(self) -> None:
        """Take over what the thread has read."""
        taken = self._buffer.take() if self._buffer else ()
        if taken:
            self._heard_at = time.monotonic()
            self._sure_s = 0.0
            self.lines.extend(taken)

    def pop(self) -> Stamped:
        """The next line; the place is behind it then."""
        line = self.lines.popleft()
        if not line.line.marker:
            self._place = self._place.past(line)
        return line

    @property
    def place(self) -> Place:
        """Where reading goes on behind all that was given out."""
        if self.quiet_s < self._sure_s:
            return NOT_BEGUN
        if self._place.seen == 0 and self.lines:
            first = next((line.stamp for line in self.lines if not line.line.marker), None)
            return Place(first, 0) if first is not None else self._place
        return self._place

    def close(self) -> None:
        """Let go of it."""
        if self._connection is not None:
            self._connection.close()
        if self._buffer is not None:
            self._buffer.close()
