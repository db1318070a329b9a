"""Opening the file: safely for the one who writes, and in any state of it for those who read.

Owns the file's creation, its permissions and the settings of a connection. Must not know tables.
"""

from __future__ import annotations

import os
import sqlite3
import time
from pathlib import Path
from urllib.parse import quote

from kgo_tui.adapters.host import give_to_directory
from kgo_tui.adapters.sqlite.schema import MIGRATIONS, migrate, version_of

BUSY_S = 5.0
"""Seconds to wait for another process that holds the store."""

_MAY_NOT_CREATE = (
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_IOERR,  # a full disk has no room for the index either
    sqlite3.SQLITE_FULL,
)
_WAL_KEPT_BYTES = 4 * 1024 * 1024


def open_writer(path: Path) -> sqlite3.Connection:
    """Open for reading and writing; create file and directory, for their owner alone, if there are
    none; bring an older schema up to date. Raises sqlite3.Error, OSError, NotAStore, TooNew."""
    _create(path)
    connection = _connect(path, "mode=rw")
    try:
        version_of(connection)  # before the first setting that changes the file
        _prepare_to_write(connection)
        migrate(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def open_reader(path: Path) -> sqlite3.Connection:
    """Open for reading beside a writer, changing nothing. A store that does not exist reads as an
    empty one; one of an older version is read through an up-to-date copy in memory."""
    if not _exists(path):
        return _sealed(_in_memory())
    connection = _connect_reader(path)
    try:
        if version_of(connection) < len(MIGRATIONS):
            connection = _upgraded_copy(connection)
        return _sealed(connection)
    except BaseException:
        connection.close()
        raise


def _connect(path: Path, options: str) -> sqlite3.Connection:
    uri = f"file:{quote(os.fsencode(path.absolute()))}?{options}"
    return _guarded(sqlite3.connect(uri, uri=True, timeout=BUSY_S, isolation_level=None))


def _in_memory() -> sqlite3.Connection:
    connection = _guarded(sqlite3.connect(":memory:", isolation_level=None))
    migrate(connection)
    return connection


def _guarded(connection: sqlite3.Connection) -> sqlite3.Connection:
    # A damaged or planted schema can run nothing, and damage is noticed early.
    connection.execute("PRAGMA trusted_schema = OFF")
    connection.execute("PRAGMA cell_size_check = ON")
    connection.execute("PRAGMA foreign_keys = ON")
    return connection


def _prepare_to_write(connection: sqlite3.Connection) -> None:
    connection.execute("PRAGMA auto_vacuum = INCREMENTAL")  # heeded only while the file is empty
    _switch_to_wal(connection)
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute(f"PRAGMA journal_size_limit = {_WAL_KEPT_BYTES}")


def _switch_to_wal(connection: sqlite3.Connection) -> None:
    # Of several processes that create the store at once, those that come second are told "locked"
    # at once: this switch does not heed the busy timeout.
    until = time.monotonic() + BUSY_S
    while True:
        try:
            mode = connection.execute("PRAGMA journal_mode = WAL").fetchone()[0]
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                raise
            time.sleep(0.02)
        else:
            break
    if mode != "wal":
        raise OSError(f"its file system cannot hold a write-ahead log, journal mode is {mode}")


def _connect_reader(path: Path) -> sqlite3.Connection:
    connection = _connect(path, "mode=ro")
    try:
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except sqlite3.OperationalError as error:
        connection.close()
        if error.sqlite_errorcode & 0xFF not in _MAY_NOT_CREATE or not _at_rest(path):
            raise
        # A reader wants to put its index beside the file and may not. Nobody else has a log there,
        # so the file is complete as it is (https://www.sqlite.org/wal.html, "Read-Only Databases").
        return _connect(path, "mode=ro&immutable=1")
    except BaseException:
        connection.close()
        raise
    return connection


def _exists(path: Path) -> bool:
    try:
        path.stat()  # Path.exists would take a directory that may not be searched for an absent file
    except (FileNotFoundError, NotADirectoryError):
        return False
    return True


def _at_rest(path: Path) -> bool:
    log = path.with_name(path.name + "-wal")
    return os.access(path, os.R_OK) and not (log.exists() and log.stat().st_size)


def _upgraded_copy(connection: sqlite3.Connection) -> sqlite3.Connection:
    copy = _guarded(sqlite3.connect(":memory:", isolation_level=None))
    connection.backup(copy)
    connection.close()
    migrate(copy)
    return copy


def _sealed(connection: sqlite3.Connection) -> sqlite3.Connection:
    connection.execute("PRAGMA query_only = ON")
    return connection


def _create(path: Path) -> None:
    # Never opened when it exists: closing a second descriptor drops the locks of this process
    # (https://www.sqlite.org/howtocorrupt.html, section 2.2).
    _create_directory(path.parent)
    try:
        file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    except FileExistsError:
        return
    try:
        os.fchmod(file, 0o600)  # the umask may have taken more than it should
        # SQLite, as root, gives log and index to the owner of the file (os_unix.c, robustFchown).
        give_to_directory(file, path.parent)
    finally:
        os.close(file)
    _sync_directory(path.parent)


def _create_directory(directory: Path) -> None:
    missing = [d for d in (directory, *directory.parents) if not d.exists()]
    for new in reversed(missing):
        new.mkdir(mode=0o700, exist_ok=True)
        new.chmod(0o700)
        _sync_directory(new.parent)


def _sync_directory(directory: Path) -> None:
    # The name must survive a power cut as well as what the file holds.
    handle = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
