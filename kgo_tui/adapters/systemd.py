"""Tells the service manager how this process is: sd_notify(3), without its library.

Owns the datagrams and the environment variables that announce where they go. Must not know what
the process does. Nothing here blocks or raises: what the service manager does not take at once is
kept, and sent with what comes next.
"""

from __future__ import annotations

import os
import socket
import time
from collections import deque
from collections.abc import MutableMapping
from contextlib import suppress
from typing import Self

KEPT = 32
"""Datagrams that are kept for a service manager that is busy; the oldest go first."""

LONGEST_STATUS = 400
"""Characters of a status: it is one line on the screen of who asks."""

_OURS = ("NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID")


class ServiceManager:
    """The one that started this process, if it wants to hear of it; else every method does nothing."""

    def __init__(self, address: str | None = None, *, watchdog_s: float | None = None) -> None:
        """`address` is a path, or a name in the abstract namespace after "@"."""
        self._address = _socket_name(address)
        self.watchdog_s = watchdog_s if self._address else None
        """Seconds within which it wants to hear `alive` (None: it does not)."""
        self._waiting: deque[bytes] = deque(maxlen=KEPT)
        self._status = ""
        self._socket: socket.socket | None = None
        if self._address:
            self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC)
            self._socket.setblocking(False)  # noqa: FBT003 - its only form

    @classmethod
    def from_environment(cls, environ: MutableMapping[str, str] = os.environ) -> Self:
        """Whom the environment names. The variables are taken out of it: a child is not to speak for
        us, nor to think that the watchdog is its own."""
        found = {name: environ.pop(name, "") for name in _OURS}
        return cls(
            found["NOTIFY_SOCKET"], watchdog_s=_watchdog_s(found["WATCHDOG_USEC"], found["WATCHDOG_PID"])
        )

    def ready(self) -> None:
        """It has started, or has done with reloading."""
        self._send("READY=1")

    def reloading(self) -> None:
        """It reads its configuration anew; `ready` says when that is done. The time is how the
        service manager knows that this answers its request and not an earlier one."""
        self._send("RELOADING=1", f"MONOTONIC_USEC={time.monotonic_ns() // 1000}")

    def stopping(self) -> None:
        """It is about to end."""
        self._send("STOPPING=1")

    def status(self, text: str) -> None:
        """What `systemctl status` shows. The same text again is not sent."""
        text = text[: LONGEST_STATUS - 1] + "…" if len(text) > LONGEST_STATUS else text
        if text != self._status:
            self._status = text
            self._send(f"STATUS={' '.join(text.splitlines())}")

    def alive(self) -> None:
        """It works as it should: the watchdog is content until the next time that it is due."""
        self._send("WATCHDOG=1")

    def patience(self, seconds: float) -> None:
        """Starting or stopping takes longer: it will be heard of again within so many seconds."""
        self._send(f"EXTEND_TIMEOUT_USEC={round(seconds * 1_000_000)}")

    def close(self) -> None:
        """Say no more."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _send(self, *assignments: str) -> None:
        if self._socket is None:
            return
        self._waiting.append("\n".join(assignments).encode("utf-8", "replace"))
        with suppress(OSError):  # busy, or restarting: it hears this with what comes next
            while self._waiting:
                self._socket.sendto(self._waiting[0], self._address or "")
                self._waiting.popleft()


def _socket_name(address: str | None) -> str | None:
    """The address as the socket call takes it; None for a kind that is not for local processes."""
    if address and address.startswith("@"):
        return f"\0{address[1:]}"
    return address if address and address.startswith("/") else None


def _watchdog_s(microseconds: str, pid: str) -> float | None:
    """How often the watchdog wants to hear of us (sd_watchdog_enabled(3)); None if it is another's."""
    if not microseconds.isdecimal() or int(microseconds) == 0 or pid not in {"", str(os.getpid())}:
        return None
    return int(microseconds) / 1_000_000
