"""The service manager of an end-to-end test: a real socket on which a worker's notifications arrive.

Owns the socket and what was heard on it so far. Knows nothing of what a worker is.
"""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from kgo_tui.demo.daemon import eventually


class Manager:
    """Listens at `path`; `heard` are all datagrams so far."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._heard: list[str] = []
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(path))
        self._socket.settimeout(0)

    @property
    def env(self) -> dict[str, str | None]:
        """What a worker is started with, besides its own."""
        return {"NOTIFY_SOCKET": str(self.path)}

    @property
    def heard(self) -> list[str]:
        """Everything that was said by now."""
        with suppress(BlockingIOError):
            while True:
                self._heard.append(self._socket.recv(1 << 16).decode())
        return self._heard

    @property
    def status(self) -> str:
        """What `systemctl status` would show now."""
        said = [one.removeprefix("STATUS=") for one in self.heard if one.startswith("STATUS=")]
        return said[-1] if said else ""

    def count(self, pattern: str) -> int:
        """How many datagrams have this in them."""
        return sum(re.search(pattern, said) is not None for said in self.heard)

    def until(self, pattern: str, times: int = 1, deadline_s: float = 60.0) -> None:
        """Wait until that many have."""
        eventually(lambda: self.count(pattern) >= times, f"datagram {pattern!r} in {self.heard}", deadline_s)

    def close(self) -> None:
        self._socket.close()


@pytest.fixture
def manager(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Manager]:
    """A service manager that listens."""
    made = Manager(tmp_path_factory.mktemp("n") / "s")
    yield made
    made.close()
