"""What SQLite and the file system complain of, as errors of our own tree with a way out.

Owns the translation, by result code and never by text
(https://www.sqlite.org/rescode.html). Must not know which statement failed.
"""

from __future__ import annotations

import errno
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from kgo_tui.adapters.sqlite.rows import UnreadableRow
from kgo_tui.adapters.sqlite.schema import NotAStore, TooNew
from kgo_tui.core.errors import StoreError, StoreFull, StoreTooNew

_LOST = (
    "it adopts what runs as the baseline. Lost with the old file are the history, the quarantined commits, "
    "a suspension, and the releases to roll back to."
)
_MOVE_ASIDE = (
    "Stop the worker, restore the file from a backup or move it aside together with those ending in -wal "
    f"and -shm, and start again: {_LOST}"
)
_UPGRADE = (
    f"Use the newer kgo-tui again. Or stop the worker, move the file aside and start this version: {_LOST}"
)
_FREE = (
    "Free some space there (docker image prune, journalctl --vacuum-size=100M); the store itself is whole."
)
_RIGHTS = "Run it as the user that the worker runs as (root, or with sudo), and check the directory's owner."
_WAIT = "Another process holds it (a backup, an sqlite3 shell, another kgo-tui?); end that or try again."
_DISK = "Look for errors of the disk (dmesg) and at how the file system is mounted."

_BY_CODE: dict[int, tuple[type[StoreError], str, str]] = {
    sqlite3.SQLITE_FULL: (StoreFull, "no space is left for the state store", _FREE),
    sqlite3.SQLITE_IOERR_SHMSIZE: (StoreFull, "no space is left for the state store", _FREE),
    sqlite3.SQLITE_BUSY: (StoreError, "the state store is locked", _WAIT),
    sqlite3.SQLITE_LOCKED: (StoreError, "the state store is locked", _WAIT),
    sqlite3.SQLITE_NOTADB: (StoreError, "the state store is damaged, or is not one", _MOVE_ASIDE),
    sqlite3.SQLITE_CORRUPT: (StoreError, "the state store is damaged", _MOVE_ASIDE),
    sqlite3.SQLITE_READONLY: (StoreError, "the state store cannot be written", _RIGHTS),
    sqlite3.SQLITE_PERM: (StoreError, "the state store may not be opened", _RIGHTS),
    sqlite3.SQLITE_AUTH: (StoreError, "the state store may not be opened", _RIGHTS),
    sqlite3.SQLITE_CANTOPEN: (StoreError, "the state store cannot be opened", _RIGHTS),
    sqlite3.SQLITE_IOERR: (StoreError, "the state store cannot be read or written", _DISK),
    sqlite3.SQLITE_CONSTRAINT: (StoreError, "a record that contradicts the state store was refused", ""),
}
_NO_SPACE = frozenset({errno.ENOSPC, errno.EDQUOT})


@contextmanager
def told_of(path: Path) -> Iterator[None]:
    """Raise what goes wrong inside as StoreError, StoreFull or StoreTooNew that names `path`."""
    try:
        yield
    except (sqlite3.Error, OSError, OverflowError, NotAStore, TooNew, UnreadableRow) as error:
        raise translate(error, path) from error


def translate(error: Exception, path: Path) -> StoreError:
    """The error of our own for one of SQLite, of the file system or of the schema."""
    if isinstance(error, sqlite3.Error):
        return _of_sqlite(error, path)
    if isinstance(error, TooNew):
        return _of_newer(error, path)
    if isinstance(error, NotAStore):
        return StoreError(f"{path} is a database of another program", hint="Name another state directory.")
    if isinstance(error, OverflowError):
        return StoreError(f"{path}: a number is beyond what the state store holds")
    if isinstance(error, UnreadableRow):
        return StoreError(f"{path}: {error}", hint=_MOVE_ASIDE)
    return _of_system(error, path)


def _of_sqlite(error: sqlite3.Error, path: Path) -> StoreError:
    code: int = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR)
    primary = code & 0xFF  # an extended code carries its primary one in the lowest byte
    known = _BY_CODE.get(code) or _BY_CODE.get(primary)
    kind, what, hint = known or (StoreError, "the state store failed", _MOVE_ASIDE)
    return kind(f"{path}: {what} ({error})", hint=hint)


def _of_newer(error: TooNew, path: Path) -> StoreTooNew:
    return StoreTooNew(
        f"{path}: the state store is of version {error.found}, this kgo-tui knows versions "
        f"up to {error.known}; nothing was changed",
        hint=_UPGRADE,
    )


def _of_system(error: Exception, path: Path) -> StoreError:
    why = getattr(error, "strerror", None) or str(error)
    if getattr(error, "errno", None) in _NO_SPACE:
        return StoreFull(f"{path}: no space is left for the state store ({why})", hint=_FREE)
    return StoreError(f"{path}: the state store cannot be opened ({why})", hint=_RIGHTS)
