"""The machine itself: users, free space, and the lock that lets one process deploy at a time.

Owns what the operating system knows about this host. Must not know git, Docker, or what a
deployment is; other adapters may import it.
"""

from __future__ import annotations

import fcntl
import os
import pwd
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from kgo_tui.core.errors import Busy

NO_HOME = "/nonexistent"
"""The home of a user without one (Debian policy 9.2.3): programs look there and find nothing."""


@dataclass(frozen=True, slots=True)
class Identity:
    """A user as a process can become it: ids, supplementary groups, home and login name."""

    uid: int
    gid: int
    groups: tuple[int, ...]
    home: str
    name: str

    @property
    def is_root(self) -> bool:
        """Whether the kernel lets this user do anything."""
        return self.uid == 0


def identity_of(name: str) -> Identity:
    """The user with that login name. Raises KeyError when there is none."""
    entry = pwd.getpwnam(name)
    groups = tuple(os.getgrouplist(entry.pw_name, entry.pw_gid))
    return Identity(entry.pw_uid, entry.pw_gid, groups, entry.pw_dir, entry.pw_name)


def identity_of_uid(uid: int, gid: int) -> Identity:
    """The user with that id; one without a passwd entry has `gid` as its only group and no home."""
    try:
        return identity_of(pwd.getpwuid(uid).pw_name)
    except KeyError:
        return Identity(uid, gid, (gid,), NO_HOME, str(uid))


def owner_of(path: str | os.PathLike[str]) -> Identity:
    """Whoever owns `path` itself (a symbolic link is not followed). Raises OSError without one."""
    found = os.lstat(path)
    return identity_of_uid(found.st_uid, found.st_gid)


def current_identity() -> Identity:
    """Who this process acts as."""
    return identity_of_uid(os.geteuid(), os.getegid())


def give_to_directory(file: int, directory: str | os.PathLike[str]) -> None:
    """Give a file that we have just made to the owner of its directory: a command run by root must not
    leave what the worker, who owns the directory, cannot open. Nothing happens unless we are root.

    `file` is open, and was made with O_EXCL, so that it is no other file that somebody put there.
    """
    if os.geteuid() != 0:
        return
    found = Path(directory).stat()
    if (found.st_uid, found.st_gid) != (os.geteuid(), os.getegid()):
        os.fchown(file, found.st_uid, found.st_gid)


def free_bytes(path: str | os.PathLike[str]) -> int:
    """Bytes that an ordinary user may still write on the filesystem of `path`."""
    stat = os.statvfs(path)
    return stat.f_bavail * stat.f_frsize


def written_at(path: str | os.PathLike[str]) -> datetime | None:
    """When a file was last written; None for one that is empty or not there."""
    try:
        found = os.lstat(path)
    except OSError:
        return None
    return datetime.fromtimestamp(found.st_mtime, UTC) if found.st_size else None


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds a lock, as it wrote there: for people, never for decisions."""

    pid: int
    since: datetime


class InstanceLock:
    """One holder among all processes of this host, let go by the kernel however the holder ends.

    The file is never unlinked: a process that waits on an unlinked file and one that makes a new
    one would both believe that they hold the lock. Child processes do not inherit it.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path)
        self._fd: int | None = None

    @property
    def held(self) -> bool:
        """Whether this object holds the lock."""
        return self._fd is not None

    def acquire(self) -> None:
        """Take the lock or raise Busy at once. Raises OSError when the file cannot be opened."""
        if self._fd is not None:
            raise Busy(f"this process ({os.getpid()}) already holds {self.path}")
        fd = self._open()
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            _sign(fd)
        except BlockingIOError:
            os.close(fd)
            raise self._busy() from None
        except BaseException:
            os.close(fd)
            raise
        self._fd = fd

    def _open(self) -> int:
        # O_NOFOLLOW: in a shared directory a planted link would have us write to its target.
        flags = os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW
        try:
            fd = os.open(self.path, flags | os.O_CREAT | os.O_EXCL, 0o640)
        except FileExistsError:
            return os.open(self.path, flags)
        try:
            give_to_directory(fd, self.path.parent)
        except BaseException:
            os.close(fd)
            raise
        return fd

    def release(self) -> None:
        """Let go. Nothing happens when it is not held."""
        if self._fd is not None:
            os.ftruncate(self._fd, 0)
            os.close(self._fd)
            self._fd = None

    @contextmanager
    def taken(self) -> Iterator[None]:
        """Hold the lock for the body of a `with`. Raises as `acquire`."""
        self.acquire()
        try:
            yield
        finally:
            self.release()

    def holder(self) -> Holder | None:
        """What the last holder wrote; None when it wrote nothing that can be read."""
        try:
            pid, since = self.path.read_text(encoding="ascii").split()
            return Holder(int(pid), datetime.fromisoformat(since))
        except (OSError, ValueError):
            return None

    def signed_by_living(self) -> bool:
        """Whether the last holder seems to live; the lock itself is not touched. For people."""
        holder = self.holder()
        return holder is not None and Path(f"/proc/{holder.pid}").exists()

    def _busy(self) -> Busy:
        holder = self.holder()
        who = (
            f"process {holder.pid}, since {holder.since:%Y-%m-%d %H:%M:%S} UTC"
            if holder
            else "another process"
        )
        return Busy(
            f"another deployment holds the lock {self.path}: {who}",
            hint="Wait until it is done, or look at it with kgo-tui status.",
        )


def _sign(fd: int) -> None:
    line = f"{os.getpid()} {datetime.now(UTC).isoformat(timespec='seconds')}\n"
    os.ftruncate(fd, 0)
    os.pwrite(fd, line.encode("ascii"), 0)
