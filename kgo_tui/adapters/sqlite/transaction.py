"""Transactions: all or nothing, and how hard each is pressed to the disk.

Owns BEGIN, COMMIT and ROLLBACK. Must not know what is in between.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """Write all of it or nothing; on the disk when this ends. Waits for another writer first, so
    that no statement inside can meet one."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    finally:
        _give_up(connection)


@contextmanager
def relaxed(connection: sqlite3.Connection) -> Iterator[None]:
    """The same without waiting for the disk: a killed process loses nothing, a power cut may lose
    what was written last. The file stays consistent in both (WAL with synchronous=NORMAL,
    https://www.sqlite.org/pragma.html#pragma_synchronous)."""
    connection.execute("PRAGMA synchronous = NORMAL")
    try:
        with transaction(connection):
            yield
    finally:
        connection.execute("PRAGMA synchronous = FULL")


@contextmanager
def snapshot(connection: sqlite3.Connection) -> Iterator[None]:
    """Read several things as they were at one moment."""
    connection.execute("BEGIN")
    try:
        yield
    finally:
        _give_up(connection)


def _give_up(connection: sqlite3.Connection) -> None:
    # SQLite itself has already rolled back after some faults, a full disk among them.
    if connection.in_transaction:
        connection.execute("ROLLBACK")
