"""The health history at one resolution: samples and rollups added up by SQLite itself.

Owns this query: a year, some 50,000 rows, is told in as many rows as a screen can show. Must not know
what is healthy.
"""

from __future__ import annotations

import sqlite3
from datetime import datetime

from kgo_tui.adapters.sqlite.samples import microseconds, rollup
from kgo_tui.core.model import SampleRollup

_ROWS = """SELECT :span AS span, at / 1000000 AS at, 1 AS count, ok, latency_us IS NOT NULL AS latencies,
        latency_us AS sum_us, latency_us AS max_us
    FROM samples WHERE at >= :since_us AND at < :until_us
    UNION ALL SELECT max(span_s, :span), at, count, ok, latencies, latency_sum_us, latency_max_us
    FROM rollups WHERE span_s IN (60, 3600) AND at >= :since AND at < :until"""

_SUMS = f"""SELECT at / span * span AS start, span, sum(count), sum(ok), sum(latencies), sum(sum_us),
        max(max_us)
    FROM ({_ROWS}) GROUP BY start, span ORDER BY start DESC LIMIT :limit"""  # noqa: S608 - constants


def timeline(
    connection: sqlite3.Connection, since: datetime, until: datetime, span_s: int, limit: int
) -> tuple[SampleRollup, ...]:
    """The newest `limit` rows of `span_s` seconds, or more where nothing finer was kept; oldest first."""
    since_us, until_us = microseconds(since), microseconds(until)
    known = {
        "span": span_s,
        "since_us": since_us,
        "until_us": until_us,
        "since": -(-since_us // 1_000_000),
        "until": -(-until_us // 1_000_000),
        "limit": limit,
    }
    return tuple(rollup(row) for row in reversed(connection.execute(_SUMS, known).fetchall()))
