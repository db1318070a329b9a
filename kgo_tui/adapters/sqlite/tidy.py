"""Keeping the store small: samples become minutes, then hours; old details are dropped.

Owns what is rolled up and dropped, as batches so small that a write in between never waits long.
Must not know when it is done. Each batch runs in a transaction of its own that others begin and
end; killed between two, the next tidy carries on.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from datetime import datetime, timedelta

from kgo_tui.adapters.sqlite.rows import time_text
from kgo_tui.adapters.sqlite.samples import microseconds

Batch = Callable[[sqlite3.Connection], bool]
"""Does one bounded piece of work; False when nothing of its kind is left."""

ROWS = 5000
"""Rows of a few integers that one batch takes."""

DOCUMENTS = 500
"""Rows with a JSON document or a log that one batch takes."""

PAGES = 250
"""Free pages given back to the file system at once, and how many may stay free."""

_MINUTES_AFTER = timedelta(days=2)
_HOURS_AFTER = timedelta(days=30)

_DROP_EVENTS = """DELETE FROM events WHERE cursor IN
    (SELECT cursor FROM events WHERE at < ? LIMIT ?)"""

# What is not over yet keeps its steps, however long the worker was away.
_DROP_STEPS = """DELETE FROM steps WHERE id IN
    (SELECT id FROM steps WHERE started_at < ? AND deployment NOT IN
        (SELECT id FROM deployments WHERE unfinished = 1) LIMIT ?)"""

_DROP_EVIDENCE = """DELETE FROM evidence WHERE id IN
    (SELECT id FROM evidence WHERE at < ? LIMIT ?)"""

# A batch may end inside a span, and the clock may have gone back: what comes later is added.
_MERGE = """
    ON CONFLICT (span_s, at) DO UPDATE SET
        count = count + excluded.count,
        ok = ok + excluded.ok,
        latencies = latencies + excluded.latencies,
        latency_sum_us = ifnull(latency_sum_us + excluded.latency_sum_us,
            ifnull(latency_sum_us, excluded.latency_sum_us)),
        latency_max_us = max(ifnull(latency_max_us, excluded.latency_max_us),
            ifnull(excluded.latency_max_us, latency_max_us))"""

_SUM_TO_MINUTES = (
    """INSERT INTO rollups (span_s, at, count, ok, latencies, latency_sum_us, latency_max_us)
    SELECT 60, at / 60000000 * 60, count(*), sum(ok), count(latency_us), sum(latency_us), max(latency_us)
    FROM samples WHERE at < ? GROUP BY at / 60000000"""  # noqa: S608  # all constants
    + _MERGE
)

_SUM_TO_HOURS = (
    """INSERT INTO rollups (span_s, at, count, ok, latencies, latency_sum_us, latency_max_us)
    SELECT 3600, at / 3600 * 3600, sum(count), sum(ok), sum(latencies), sum(latency_sum_us),
        max(latency_max_us)
    FROM rollups WHERE span_s = 60 AND at < ? GROUP BY at / 3600"""  # noqa: S608  # all constants
    + _MERGE
)


def batches(now: datetime, keep_days: int) -> tuple[Batch, ...]:
    """The work of one tidy; each batch is to be repeated until it says False."""
    cutoff = now - timedelta(days=keep_days)
    minute_us, hour_s = 60 * 1_000_000, 3600
    minutes_before = microseconds(now - _MINUTES_AFTER) // minute_us * minute_us
    hours_before = microseconds(now - _HOURS_AFTER) // 1_000_000 // hour_s * hour_s
    return (
        lambda connection: _to_minutes(connection, minutes_before),
        lambda connection: _to_hours(connection, hours_before),
        *(_dropping(what, time_text(cutoff)) for what in (_DROP_EVENTS, _DROP_STEPS, _DROP_EVIDENCE)),
        lambda connection: _drop_counters(connection, cutoff.date().isoformat()),
        _drop_texts,
    )


def shrink(connection: sqlite3.Connection) -> bool:
    """Give some free pages back to the file system; False when few are left. No transaction."""
    before = _free_pages(connection)
    if before <= PAGES:
        return False
    # A cursor would stop after the first page; a script runs to its end.
    connection.executescript(f"PRAGMA incremental_vacuum({PAGES})")
    return _free_pages(connection) < before


def settle(connection: sqlite3.Connection) -> None:
    """Refresh the planner's statistics and empty the log, without waiting for readers."""
    timeout = connection.execute("PRAGMA busy_timeout").fetchone()[0]
    connection.execute("PRAGMA analysis_limit = 400")
    connection.execute("PRAGMA optimize").fetchall()
    connection.execute("PRAGMA busy_timeout = 0")
    try:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    finally:
        connection.execute(f"PRAGMA busy_timeout = {timeout}")


def _to_minutes(connection: sqlite3.Connection, before: int) -> bool:
    bound = connection.execute(
        "SELECT at FROM samples WHERE at < ? ORDER BY at LIMIT 1 OFFSET ?", (before, ROWS - 1)
    ).fetchone()
    end = bound[0] + 1 if bound else before
    connection.execute(_SUM_TO_MINUTES, (end,))
    connection.execute("DELETE FROM samples WHERE at < ?", (end,))
    return bound is not None


def _to_hours(connection: sqlite3.Connection, before: int) -> bool:
    bound = connection.execute(
        "SELECT at FROM rollups WHERE span_s = 60 AND at < ? ORDER BY at LIMIT 1 OFFSET ?", (before, ROWS - 1)
    ).fetchone()
    end = bound[0] + 1 if bound else before
    connection.execute(_SUM_TO_HOURS, (end,))
    connection.execute("DELETE FROM rollups WHERE span_s = 60 AND at < ?", (end,))
    return bound is not None


def _dropping(statement: str, before: str) -> Batch:
    def drop(connection: sqlite3.Connection) -> bool:
        return connection.execute(statement, (before, DOCUMENTS)).rowcount == DOCUMENTS

    return drop


def _drop_counters(connection: sqlite3.Connection, before: str) -> bool:
    connection.execute("DELETE FROM counters WHERE day < ?", (before,))
    return False


def _drop_texts(connection: sqlite3.Connection) -> bool:
    connection.execute(
        """DELETE FROM texts WHERE id NOT IN (SELECT url FROM samples WHERE url IS NOT NULL
        UNION SELECT error FROM samples WHERE error IS NOT NULL)"""
    )
    return False


def _free_pages(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA freelist_count").fetchone()[0])
