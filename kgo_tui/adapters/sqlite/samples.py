"""Health samples and daily counters: many small rows, so they are kept as integers.

Owns the tables `samples`, `rollups`, `texts` and `counters`. Must not know what is healthy.
Latencies are kept to the microsecond.
"""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime, timedelta
from typing import Any

from kgo_tui.core.model import Sample, SampleRollup, Tls

TLS_CODES = (
    Tls.NONE,
    Tls.VALID,
    Tls.NOT_YET_VALID,
    Tls.EXPIRED,
    Tls.SELF_SIGNED,
    Tls.WRONG_HOST,
    Tls.UNTRUSTED,
)
"""A value's place here is its code in the file: append, never reorder. A code beyond the end was
written by a later version and reads as not known."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

_SELECT = """SELECT s.at, s.ok, u.text, s.status_code, s.latency_us, s.tls, s.tls_days_left, e.text
    FROM samples s LEFT JOIN texts u ON u.id = s.url LEFT JOIN texts e ON e.id = s.error"""

_SELECT_ROLLUPS = """SELECT * FROM (
        SELECT at, span_s, count, ok, latencies, latency_sum_us, latency_max_us FROM rollups
        WHERE span_s = ? AND at >= ? ORDER BY at DESC LIMIT ?)"""


def microseconds(at: datetime) -> int:
    """Since 1970, exactly."""
    return (at - _EPOCH) // timedelta(microseconds=1)


def add(connection: sqlite3.Connection, sample: Sample) -> None:
    """Add one sample."""
    connection.execute(
        """INSERT INTO samples (at, ok, url, status_code, latency_us, tls, tls_days_left, error)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?)""",
        (
            microseconds(sample.at),
            sample.ok,
            _text_id(connection, sample.url or None),
            sample.status_code,
            None if sample.latency_ms is None else round(sample.latency_ms * 1000),
            None if sample.tls is None else TLS_CODES.index(sample.tls),
            sample.tls_days_left,
            _text_id(connection, sample.error),
        ),
    )


def last(connection: sqlite3.Connection) -> Sample | None:
    """The one added last, whatever the clock said."""
    row = connection.execute(f"{_SELECT} ORDER BY s.id DESC LIMIT 1").fetchone()
    return _sample(row) if row else None


def since(connection: sqlite3.Connection, since: datetime, limit: int) -> tuple[Sample, ...]:
    """The newest `limit` since a time, oldest first."""
    rows = connection.execute(
        f"{_SELECT} WHERE s.at >= ? ORDER BY s.at DESC, s.id DESC LIMIT ?", (microseconds(since), limit)
    ).fetchall()
    return tuple(_sample(row) for row in reversed(rows))


def rollups(connection: sqlite3.Connection, since: datetime, limit: int) -> tuple[SampleRollup, ...]:
    """The newest `limit` that begin since a time, oldest first; hours before, minutes after."""
    start = -(-microseconds(since) // 1_000_000)
    rows = connection.execute(
        f"{_SELECT_ROLLUPS} UNION ALL {_SELECT_ROLLUPS} ORDER BY at DESC, span_s LIMIT ?",
        (60, start, limit, 3600, start, limit, limit),
    ).fetchall()
    return tuple(rollup(row) for row in reversed(rows))


def count(connection: sqlite3.Connection, name: str, day: str) -> int:
    """Add one and return the sum."""
    connection.execute(
        """INSERT INTO counters (day, name, value) VALUES (?, ?, 1)
        ON CONFLICT (day, name) DO UPDATE SET value = value + 1""",
        (day, name),
    )
    return counter(connection, name, day)


def counter(connection: sqlite3.Connection, name: str, day: str) -> int:
    """The sum, 0 when nothing was counted."""
    row = connection.execute("SELECT value FROM counters WHERE day = ? AND name = ?", (day, name)).fetchone()
    return int(row[0]) if row else 0


def _text_id(connection: sqlite3.Connection, text: str | None) -> int | None:
    if text is None:
        return None
    connection.execute("INSERT INTO texts (text) VALUES (?) ON CONFLICT (text) DO NOTHING", (text,))
    return int(connection.execute("SELECT id FROM texts WHERE text = ?", (text,)).fetchone()[0])


def _sample(row: tuple[Any, ...]) -> Sample:
    at, ok, url, status_code, latency_us, tls, tls_days_left, error = row
    return Sample(
        at=_EPOCH + timedelta(microseconds=at),
        ok=bool(ok),
        url=url or "",
        status_code=status_code,
        latency_ms=_milliseconds(latency_us),
        tls=TLS_CODES[tls] if tls is not None and tls < len(TLS_CODES) else None,
        tls_days_left=tls_days_left,
        error=error,
    )


def rollup(row: tuple[Any, ...]) -> SampleRollup:
    """A row of: start, span, count, good ones, latencies, their sum, the longest."""
    at, span_s, count, ok, latencies, total_us, max_us = row
    return SampleRollup(
        at=_EPOCH + timedelta(seconds=at),
        span_s=span_s,
        count=count,
        ok=ok,
        latency_avg_ms=total_us / latencies / 1000 if latencies else None,
        latency_max_ms=_milliseconds(max_us),
    )


def _milliseconds(microseconds: int | None) -> float | None:
    return None if microseconds is None else microseconds / 1000
