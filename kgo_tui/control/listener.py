"""The socket file: made, guarded, replaced when stale, removed when done.

Owns the path, its mode and group. Must not know what is said over the socket. The caller holds the
lock of its instance, so two workers never claim one path at the same instant.
"""

from __future__ import annotations

import errno
import grp
import os
import socket
import stat
from pathlib import Path

from kgo_tui.control.peer import peer_of
from kgo_tui.core.errors import Busy, ConfigError

MODE = 0o660
DIRECTORY_MODE = 0o755
"""Anyone may see that there is a worker, and whose group may use it; the socket's own mode decides."""

BACKLOG = 128
MAX_PATH = 107
"""Bytes that `sun_path` holds beside its NUL, unix(7)."""


class SocketFile:
    """A listening Unix socket at `path`, mode 0660, with `group` (name or id; None: as created)."""

    def __init__(self, path: str | os.PathLike[str], group: str | int | None = None) -> None:
        self.path = Path(path)
        self._gid = _gid(group)
        self._inode: tuple[int, int] | None = None

    def open(self) -> socket.socket:
        """Claim the path. Raises Busy when a worker answers there, ConfigError when it cannot be."""
        try:
            _make_directory(self.path.parent)
            self._clear()
            return self._listen()
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                raise Busy(f"another worker has just taken {self.path}") from None
            raise ConfigError(f"cannot serve at {self.path}: {error.strerror}") from error

    def remove(self) -> None:
        """Remove the file if it is still the one that was made here. Call before closing the socket:
        as long as that is open, the inode's number cannot have been given to another file."""
        try:
            if self._inode is not None and _inode(self.path) == self._inode:
                self.path.unlink()
        except OSError:
            pass  # gone already, with its directory: nothing is left to remove
        self._inode = None

    def _clear(self) -> None:
        try:
            found = self.path.lstat()
        except FileNotFoundError:
            return
        if not stat.S_ISSOCK(found.st_mode):
            raise ConfigError(
                f"{self.path} is not a socket", hint="Move it away, or choose another path for the socket."
            )
        refuse_if_alive(self.path)
        self.path.unlink(missing_ok=True)

    def _listen(self) -> socket.socket:
        sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
        try:
            # Linux creates the file with the mode of the unbound socket, less the umask: nobody else
            # can open it in the instant before its group is set.
            os.fchmod(sock.fileno(), 0o600)
            sock.bind(_short(self.path))
            self._inode = _inode(self.path)
            self._hand_over()
            sock.listen(BACKLOG)
        except BaseException:
            self.remove()
            sock.close()
            raise
        return sock

    def _hand_over(self) -> None:
        if self._gid is not None:
            try:
                os.chown(self.path, -1, self._gid, follow_symlinks=False)
            except PermissionError:
                raise ConfigError(
                    f"this user may not give {self.path} to group {group_name(self._gid)}",
                    hint="Run the worker as root or as a member of that group.",
                ) from None
        self.path.chmod(MODE)


def refuse_if_alive(path: Path) -> None:
    """Return when nobody listens at the socket. Raises Busy otherwise, naming the process."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_NONBLOCK) as probe:
        try:
            probe.connect(_short(path))
        except (ConnectionRefusedError, FileNotFoundError):
            return
        except BlockingIOError:
            raise Busy(f"another worker serves at {path}, and is too busy to answer") from None
        raise Busy(f"another worker (pid {peer_of(probe).pid}) serves at {path}")


def group_name(gid: int) -> str:
    """The group's name, else its number."""
    try:
        return grp.getgrgid(gid).gr_name
    except KeyError:
        return str(gid)


def _gid(group: str | int | None) -> int | None:
    if group is None or isinstance(group, int):
        return group
    try:
        return grp.getgrnam(group).gr_gid
    except KeyError:
        raise ConfigError(
            f"there is no group {group}", hint=f"Create it: groupadd --system {group}"
        ) from None


def _make_directory(directory: Path) -> None:
    if directory.is_dir():
        return
    _make_directory(directory.parent)
    directory.mkdir(exist_ok=True)
    directory.chmod(DIRECTORY_MODE)  # mkdir's own mode is subject to the umask


def _inode(path: Path) -> tuple[int, int]:
    found = path.lstat()
    return found.st_dev, found.st_ino


def _short(path: Path) -> str:
    """The path if it fits into an address. Raises ConfigError."""
    if len(os.fsencode(path)) > MAX_PATH:
        raise ConfigError(f"the socket's path is longer than {MAX_PATH} bytes: {path}")
    return str(path)
