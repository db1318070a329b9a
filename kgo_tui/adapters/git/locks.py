"""Locks that git leaves behind when it is killed: who holds one, and when it may go.

Owns that judgement. Must not know what the interrupted command was. A lock is removed only when it
is old enough and no live process has it open or is a git at work in that work tree; it is removed
as the owner of the repository, so that no planted link turns it into another user's file.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from kgo_tui.adapters.git import faults

if TYPE_CHECKING:
    from kgo_tui.adapters.git.command import Repository

STALE_S = 5.0
"""Younger than this, a lock may be of a git in another container, which is not seen here."""

UNSEEN_STALE_S = 30.0
"""The same where /proc hides the processes of others (ProtectProc= of the unit, systemd.exec(5)): a git
that somebody runs by hand is not seen. Our own never outlives us there: they share our control group."""

PATIENCE_S = 60.0
"""How long a git that works there now may go on before we give up."""

MAX_LOCKS = 8
"""How many locks one command may run into: the index, HEAD, the branch, …"""

_PAUSE_S = 0.2
_STARTED = time.time()
"""When this process began, near enough."""


def wait_until_free(repository: Repository, error: faults.LockHeld) -> None:
    """Return when the lock of `error` is gone; remove it if it is stale. Raises `error` if it is
    held on, or is not a lock of this repository.
    """
    path = _within(repository, error)
    seen = time.monotonic()
    while (written := _written_at(path)) is not None:
        # Watched from here as well: a clock that was set back makes a file look young for ever.
        age_s = max(time.time() - written, time.monotonic() - seen)
        if age_s >= _stale_s(repository, written) and not any(holders(path, repository.path)):
            return _remove(repository, path, error)
        if time.monotonic() - seen > PATIENCE_S or repository.stop.wait(_PAUSE_S):
            raise error
    return None


def _stale_s(repository: Repository, written: float) -> float:
    """A lock that is older than this process was left by our own git, which a crash or a power loss ended:
    who carries a rollback on must not wait long for it."""
    if Path("/proc/1").exists() or written < _STARTED:
        return repository.lock_stale_s
    return max(repository.lock_stale_s, UNSEEN_STALE_S)


def _within(repository: Repository, error: faults.LockHeld) -> str:
    named = Path(repository.path, error.path)
    path = str(named.parent.resolve() / named.name)
    if not _is_below(path, os.path.realpath(repository.common_dir())) or named.suffix != ".lock":
        raise error
    return path


def _written_at(path: str) -> float | None:
    try:
        return os.lstat(path).st_mtime
    except FileNotFoundError:
        return None


def _remove(repository: Repository, path: str, error: faults.LockHeld) -> None:
    repository.run("rm", "-f", "--", path)
    if os.path.lexists(path):
        raise error


def holders(lock: str, work_tree: str) -> Iterator[int]:
    """Live processes that may be the lock's: they have it open, or are a git in the work tree. A
    git whose directory we may not see counts: better to wait than to break its work.
    """
    for process in Path("/proc").iterdir():
        if process.name.isdigit() and int(process.name) != os.getpid() and _holds(process, lock, work_tree):
            yield int(process.name)


def _holds(process: Path, lock: str, work_tree: str) -> bool:
    is_git = False
    try:
        if (process / "stat").read_text(errors="replace").rpartition(")")[2].split()[0] in "ZX":
            return False
        is_git = re.fullmatch(r"git(-.*)?\n", (process / "comm").read_text(errors="replace")) is not None
        if is_git and _is_below(str((process / "cwd").readlink()), os.path.realpath(work_tree)):
            return True
        return any(_target(fd) == lock for fd in (process / "fd").iterdir())
    except PermissionError:
        return is_git
    except OSError:
        return False  # it has just ended


def _target(link: Path) -> str:
    try:
        return str(link.readlink())
    except OSError:
        return ""


def _is_below(path: str, top: str) -> bool:
    return path == top or path.startswith(f"{top}{os.sep}")
