"""Things only one sandbox at a time may hold: a folder for a private engine, a port.

Each is held by an flock, so that whatever kills the holder also gives it back.
"""

from __future__ import annotations

import fcntl
import os
import random
import socket
from pathlib import Path

from kgo_tui.demo.parts import LabError

ENGINES = 16
# Below the ephemeral range: no outgoing connection can take the port while its container is being recreated.
PORTS = range(20000, 30000)


class Claim:
    """A lock file held by this process until it is released."""

    def __init__(self, path: Path, descriptor: int) -> None:
        self.path, self._descriptor = path, descriptor

    def release(self) -> None:
        """Give it back; harmless when that was done before."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
        self._descriptor = -1


def claim(path: Path) -> Claim | None:
    """Take the lock, or None when somebody else has it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return Claim(path, descriptor)


def claim_engine_folder(home: Path) -> tuple[Path, Claim]:
    """The first engine folder that nobody uses now."""
    for number in range(ENGINES):
        held = claim(home / f"engine-{number}.lock")
        if held is not None:
            return home / f"engine-{number}", held
    raise LabError(f"all {ENGINES} private engines of {home} are in use")


class Ports:
    """Ports on 127.0.0.1 that stay ours, also while nothing listens on them."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._held: list[Claim] = []

    def take(self) -> int:
        """A port that nobody else has."""
        for port in random.sample(PORTS, k=200):
            held = claim(self._home / "ports" / str(port))
            if held is None:
                continue
            if _nobody_listens(port):
                self._held.append(held)
                return port
            held.release()
        raise LabError("no free port on 127.0.0.1")

    def release(self) -> None:
        """Give all of them back."""
        while self._held:
            self._held.pop().release()


def _nobody_listens(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        return probe.connect_ex(("127.0.0.1", port)) != 0
