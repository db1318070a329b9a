"""The way out of the worker: bounded writing to one connection, and one event to all of them.

Owns backlogs: when an answer waits, when a connection counts as slow, and that publishing never
does. Must not know what the frames say.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from kgo_tui.control.codec import encode
from kgo_tui.control.limits import Limits
from kgo_tui.control.protocol import Frame, Happened
from kgo_tui.core.messages import Recorded

BATCH = 64 * 1024
"""Bytes of events published in one turn of the loop after which they are sent without waiting for
the turn's end."""

log = logging.getLogger(__name__)


class Stalled(Exception):
    """The reader did not read in time."""


class Outbox:
    """What one connection has still to be sent. `slow` is called once it holds more than it may."""

    def __init__(
        self, transport: asyncio.WriteTransport, limits: Limits, hub: Hub, slow: Callable[[], None]
    ) -> None:
        transport.set_write_buffer_limits(high=limits.ease, low=limits.ease // 4)
        self._transport = transport
        self._limits = limits
        self._hub = hub
        self._slow = slow
        self._allowance = 0
        self._eased = asyncio.Event()
        self._eased.set()

    @property
    def backlog(self) -> int:
        """Bytes that were written and that the system has not taken yet."""
        return self._transport.get_write_buffer_size()

    @property
    def eased(self) -> bool:
        """Whether the reader keeps up, so that there is room for more than what must be sent."""
        return self._eased.is_set()

    def pause(self) -> None:
        """The transport's backlog went above `limits.ease`."""
        self._eased.clear()

    def resume(self) -> None:
        """The transport's backlog is small again."""
        self._allowance = 0
        self._eased.set()

    async def drained(self, wait_s: float) -> None:
        """Return when the reader keeps up. Raises Stalled when it does not within `wait_s` seconds;
        its connection is then being ended."""
        try:
            async with asyncio.timeout(wait_s):
                while not self.eased:  # another answer may have used the room up meanwhile
                    await self._eased.wait()
        except TimeoutError:
            self._slow()
            raise Stalled from None

    def send(self, frame: Frame) -> None:
        """Send a frame after all events published so far."""
        self._hub.flush()
        self.write(encode(frame))

    def send_large(self, data: bytes) -> None:
        """Send a frame that may be larger than the backlog; `drained` must just have returned."""
        self._hub.flush()
        self._allowance = len(data)
        self.write(data)
        if self.eased:
            self._allowance = 0

    def write(self, data: bytes) -> None:
        """Hand over bytes; returns at once."""
        if self._transport.is_closing():
            return
        self._transport.write(data)
        backlog = self.backlog
        if backlog > self._limits.backlog + self._allowance:
            self._slow()
        elif backlog > self._limits.all_backlogs // self._limits.connections:
            self._hub.weigh()

    def last_words(self, frame: Frame) -> None:
        """Send a frame and close behind it; a reader that does not take it in time is cut off."""
        self._hub.leave(self)
        if self._transport.is_closing():
            return
        self._transport.write(encode(frame))
        self._transport.close()

    def give_up(self) -> None:
        """End it; at once when it is already being ended."""
        if self._transport.is_closing():
            self._transport.abort()
        else:
            self._slow()


class Hub:
    """All outboxes, and among them those that get every event."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._all: set[Outbox] = set()
        self._live: set[Outbox] = set()
        self._pending: list[bytes] = []
        self._size = 0

    def add(self, outbox: Outbox) -> None:
        """Count its backlog."""
        self._all.add(outbox)

    def join(self, outbox: Outbox) -> None:
        """Send it every event published from now on."""
        self.flush()
        self._live.add(outbox)

    def leave(self, outbox: Outbox) -> None:
        """Send it no more events."""
        self._live.discard(outbox)

    def remove(self, outbox: Outbox) -> None:
        """Its connection is gone."""
        self._live.discard(outbox)
        self._all.discard(outbox)

    def publish(self, recorded: Recorded) -> None:
        """Send an event to all who listen: encoded once, several of one turn in one write."""
        if not self._live:
            return
        try:
            data = encode(Happened(cursor=recorded.cursor, at=recorded.at, event=recorded.event))
        except (TypeError, ValueError):
            log.exception("an event could not be sent")
            return
        if not self._pending:
            asyncio.get_running_loop().call_soon(self.flush)
        self._pending.append(data)
        self._size += len(data)
        if self._size >= BATCH:
            self.flush()

    def flush(self) -> None:
        """Hand what was published to every listener."""
        if not self._pending:
            return
        data = b"".join(self._pending)
        self._pending.clear()
        self._size = 0
        for outbox in tuple(self._live):
            outbox.write(data)

    def weigh(self) -> None:
        """End the slowest connection when all together hold more than the worker can bear."""
        backlogs = {outbox: outbox.backlog for outbox in self._all}
        if sum(backlogs.values()) > self._limits.all_backlogs:
            max(backlogs, key=backlogs.__getitem__).give_up()
