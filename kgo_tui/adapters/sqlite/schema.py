"""The tables of the store, and how an older file becomes a current one.

Owns the schema as a list of migrations, applied in order, one transaction each. A migration that
was released is never edited: the next change is appended. Must not know what rows mean.

How values are kept: a struct is one JSON text in `data`, beside the few columns that SQL needs to
find, order or constrain it. JSON has room for fields of later versions, and the sqlite3 shell reads
both. Times in columns are RFC 3339 UTC text of one width, so that they compare as text; only
samples, of which there are many, are integers.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from kgo_tui.adapters.sqlite.transaction import snapshot, transaction

APPLICATION_ID = 0x6B676F31
"""Marks the file as ours ("kgo1"), so that another program's database is never written to."""

Migration = tuple[str, ...]

FIRST: Migration = (
    """CREATE TABLE deployments (
        id INTEGER PRIMARY KEY,
        state TEXT NOT NULL,
        unfinished INTEGER CHECK (unfinished = 1), -- 1 until the state is terminal, then NULL
        to_commit TEXT NOT NULL,
        started_at TEXT NOT NULL,
        ended_at TEXT,
        data TEXT NOT NULL)""",
    # NULLs are distinct to a unique index: many ended deployments, at most one unfinished.
    "CREATE UNIQUE INDEX deployments_unfinished ON deployments (unfinished)",
    """CREATE TABLE steps (
        id INTEGER PRIMARY KEY, -- order of entry; the clock may jump, this does not
        deployment INTEGER NOT NULL REFERENCES deployments (id),
        state TEXT NOT NULL,
        entry INTEGER NOT NULL,
        started_at TEXT NOT NULL,
        data TEXT NOT NULL,
        UNIQUE (deployment, state, entry))""",
    "CREATE INDEX steps_started_at ON steps (started_at)",
    """CREATE TABLE evidence (
        id INTEGER PRIMARY KEY,
        deployment INTEGER NOT NULL REFERENCES deployments (id),
        at TEXT NOT NULL,
        title TEXT NOT NULL,
        text TEXT NOT NULL)""",
    "CREATE INDEX evidence_deployment ON evidence (deployment)",
    "CREATE INDEX evidence_at ON evidence (at)",
    """CREATE TABLE releases (
        id INTEGER PRIMARY KEY, -- the deployment's, or the one an adoption took instead
        verified INTEGER NOT NULL, -- counts verifications: the highest is the last verified
        verified_at TEXT NOT NULL,
        data TEXT NOT NULL)""",
    "CREATE UNIQUE INDEX releases_verified ON releases (verified)",
    """CREATE TABLE host (
        only INTEGER PRIMARY KEY CHECK (only = 1),
        deployed INTEGER REFERENCES releases (id),
        suspended TEXT)""",
    "INSERT INTO host (only) VALUES (1)",
    "CREATE TABLE quarantine (sha TEXT PRIMARY KEY, at TEXT NOT NULL, data TEXT NOT NULL)",
    """CREATE TABLE events (
        cursor INTEGER PRIMARY KEY AUTOINCREMENT, -- never used twice, even after old ones are dropped
        at TEXT NOT NULL,
        kind TEXT NOT NULL,
        deployment INTEGER,
        data TEXT NOT NULL)""",
    "CREATE INDEX events_at ON events (at)",
    "CREATE TABLE texts (id INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE)",
    """CREATE TABLE samples (
        id INTEGER PRIMARY KEY,
        at INTEGER NOT NULL, -- microseconds since 1970
        ok INTEGER NOT NULL,
        url INTEGER, -- texts.id
        status_code INTEGER,
        latency_us INTEGER,
        tls INTEGER, -- position in samples.TLS_CODES
        tls_days_left INTEGER,
        error INTEGER) -- texts.id""",
    "CREATE INDEX samples_at ON samples (at)",
    """CREATE TABLE rollups (
        span_s INTEGER NOT NULL,
        at INTEGER NOT NULL, -- seconds since 1970
        count INTEGER NOT NULL,
        ok INTEGER NOT NULL,
        latencies INTEGER NOT NULL, -- how many of the samples had a latency
        latency_sum_us INTEGER,
        latency_max_us INTEGER,
        PRIMARY KEY (span_s, at)) WITHOUT ROWID""",
    """CREATE TABLE counters (
        day TEXT NOT NULL, name TEXT NOT NULL, value INTEGER NOT NULL,
        PRIMARY KEY (day, name)) WITHOUT ROWID""",
)

MIGRATIONS: tuple[Migration, ...] = (FIRST,)
"""Entry n brings a file of version n to version n + 1; version 0 is an empty file."""


class NotAStore(Exception):
    """The file is a database, but not one of ours."""


class TooNew(Exception):
    """The file is of a later version: `found`, while this program knows up to `known`."""

    def __init__(self, found: int, known: int) -> None:
        super().__init__(f"version {found}, known up to {known}")
        self.found = found
        self.known = known


def version_of(connection: sqlite3.Connection, migrations: Sequence[Migration] = MIGRATIONS) -> int:
    """The file's version, read without changing anything. Raises NotAStore, TooNew."""
    with snapshot(connection):  # another process may be creating the tables at this moment
        return _version(connection, migrations)


def migrate(connection: sqlite3.Connection, migrations: Sequence[Migration] = MIGRATIONS) -> None:
    """Bring the file to the current version; it stays at the last whole one if that fails."""
    while version_of(connection, migrations) < len(migrations):
        with transaction(connection):
            # Asked again inside: another process may have been faster.
            found = _version(connection, migrations)
            if found < len(migrations):
                _apply(connection, migrations[found], found + 1)


def _version(connection: sqlite3.Connection, migrations: Sequence[Migration]) -> int:
    found = _pragma(connection, "user_version")
    if _pragma(connection, "application_id") != APPLICATION_ID:
        _expect_empty(connection, found)
    elif found > len(migrations):
        raise TooNew(found, len(migrations))
    return found


def _apply(connection: sqlite3.Connection, migration: Migration, version: int) -> None:
    for statement in migration:
        connection.execute(statement)
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    connection.execute(f"PRAGMA user_version = {version}")


def _expect_empty(connection: sqlite3.Connection, version: int) -> None:
    tables = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
    if tables or version:
        raise NotAStore


def _pragma(connection: sqlite3.Connection, name: str) -> int:
    return int(connection.execute(f"PRAGMA {name}").fetchone()[0])
