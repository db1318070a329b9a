"""Writes records to systemd's journal by its native protocol, and never makes the caller pay for it.

Owns the socket, the way round a journal that is away, and the way for records that are too large.
Must not know what a record is about. Safe to call from any thread.
"""

from __future__ import annotations

import array
import errno
import fcntl
import os
import select
import socket
import struct
import threading
from collections.abc import Mapping
from contextlib import suppress

from kgo_tui.adapters.journal.native import encode, plain

SOCKET = "/run/systemd/journal/socket"
"""Where journald listens (systemd-journald.service(8))."""

PATIENCE_S = 0.02
"""How long a full queue is waited for, once; while the journal stays away nobody waits again."""

PIECE = 4096
"""Bytes that a pipe or stream which is ready to be written takes without making us wait (pipe(7))."""

_TOO_LARGE = {errno.EMSGSIZE, errno.ENOBUFS}
_SEALS = fcntl.F_SEAL_SEAL | fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_WRITE


class JournalWriter:
    """Sends records; one that the journal does not take goes as text with `<priority>` to the
    open file `aside`, stderr unless told otherwise."""

    def __init__(self, path: str = SOCKET, *, aside: int = 2) -> None:
        self._path = path
        self._aside = aside
        self._socket: socket.socket | None = None
        self._lock = threading.Lock()
        self._away = False
        self._lost = 0

    def send(self, fields: Mapping[str, str]) -> bool:
        """Write one record; whether the journal took it. Never raises for the state of the journal
        and waits at most `PATIENCE_S`. Raises ValueError for a name that is no field's.

        What could be written nowhere is counted, and the next record that gets through is followed
        by one that tells how many are missing.
        """
        data = encode(fields)
        with self._lock:
            taken = self._sent(data)
            self._away = not taken
            if not taken:
                self._put_aside(plain(fields))
            elif self._lost and self._sent(encode(_missing(self._lost, fields))):
                self._lost = 0
        return taken

    def close(self) -> None:
        """Let go of the socket; a later record opens it again."""
        with self._lock:
            if self._socket is not None:
                self._socket.close()
            self._socket = None

    def _sent(self, data: bytes) -> bool:
        try:
            self._deliver(data)
        except OSError:  # not there, queue full, no file left to open: all the same to who writes
            return False
        return True

    def _deliver(self, data: bytes) -> None:
        flags = socket.MSG_NOSIGNAL | (socket.MSG_DONTWAIT if self._away else 0)
        try:
            self._open().sendmsg([data], [], flags, self._path)
        except OSError as error:
            if error.errno not in _TOO_LARGE:
                raise
            self._deliver_file(data, flags)

    def _deliver_file(self, data: bytes, flags: int) -> None:
        """An empty datagram that carries a sealed memory file, which journald reads instead."""
        fd = os.memfd_create("journal-record", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
        try:
            with os.fdopen(os.dup(fd), "wb") as memory:
                memory.write(data)
            fcntl.fcntl(fd, fcntl.F_ADD_SEALS, _SEALS)
            rights = (socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [fd]))
            self._open().sendmsg([], [rights], flags, self._path)
        finally:
            os.close(fd)

    def _open(self) -> socket.socket:
        if self._socket is None:
            made = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC)
            # Not settimeout(): that polls, and a socket without a peer is always ready to be written.
            wait = struct.pack("ll", 0, int(PATIENCE_S * 1_000_000))
            made.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, wait)
            self._socket = made
        return self._socket

    def _put_aside(self, text: bytes) -> None:
        if not _written(self._aside, text):
            self._lost += 1


def _missing(count: int, fields: Mapping[str, str]) -> dict[str, str]:
    told = {name: fields[name] for name in ("SYSLOG_IDENTIFIER",) if name in fields}
    what = "record" if count == 1 else "records"
    return {**told, "PRIORITY": "4", "MESSAGE": f"{count} {what} could be written nowhere before this one"}


def _written(fd: int, text: bytes) -> bool:
    """Whether all of the text could be written without waiting for whoever reads it."""
    ready = select.poll()
    ready.register(fd, select.POLLOUT)
    with suppress(OSError):
        while text and any(event & select.POLLOUT for _, event in ready.poll(0)):
            text = text[os.write(fd, text[:PIECE]) :]
    return not text
