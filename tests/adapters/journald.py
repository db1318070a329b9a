"""A journal to write to: the datagram socket of journald, and its side of the native protocol.

The records are read from the bytes by the words of systemd.io/JOURNAL_NATIVE_PROTOCOL, with nothing of
the writer's own code.
"""

from __future__ import annotations

import array
import fcntl
import os
import socket
from pathlib import Path
from typing import Self

SEALED = fcntl.F_SEAL_SEAL | fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_WRITE


class Journald:
    """A journald as a writer sees it; `files` counts the records that came as a sealed file."""

    def __init__(self, path: Path) -> None:
        self.path = str(path)
        self.files = 0
        self._socket: socket.socket | None = None

    def start(self) -> Self:
        """Listen; as after a restart, on a new socket at the same path."""
        self.stop()
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.settimeout(10)
        self._socket.bind(self.path)
        return self

    def stop(self) -> None:
        """Go away, and leave nothing at the path."""
        if self._socket is not None:
            self._socket.close()
            Path(self.path).unlink()
        self._socket = None

    def record(self) -> dict[str, str]:
        """The next record; its field names must not repeat."""
        assert self._socket is not None
        room = socket.CMSG_SPACE(array.array("i").itemsize)
        data, control, flags, _ = self._socket.recvmsg(1 << 20, room)
        assert not flags & (socket.MSG_TRUNC | socket.MSG_CTRUNC)
        if not data:
            data = self._file(control)
        fields = decode(data)
        assert len(dict(fields)) == len(fields)
        return {name: value.decode() for name, value in fields}

    def records(self, count: int) -> list[dict[str, str]]:
        """That many records, in the order in which they came."""
        return [self.record() for _ in range(count)]

    def _file(self, control: list[tuple[int, int, bytes]]) -> bytes:
        ((level, kind, packed),) = control
        assert (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS)
        (fd,) = array.array("i", packed)
        with os.fdopen(fd, "rb") as file:
            assert fcntl.fcntl(fd, fcntl.F_GET_SEALS) == SEALED
            self.files += 1
            return os.pread(file.fileno(), os.fstat(fd).st_size, 0)


def decode(data: bytes) -> list[tuple[str, bytes]]:
    """The fields of one record."""
    fields = []
    while data:
        head, _, data = data.partition(b"\n")
        name, equals, value = head.partition(b"=")
        if not equals:
            size = int.from_bytes(data[:8], "little")
            value, end, data = data[8 : 8 + size], data[8 + size : 9 + size], data[9 + size :]
            assert (len(value), end) == (size, b"\n")
        fields.append((name.decode("ascii"), value))
    return fields
