"""The health history at one resolution: the same sums that pure code makes, and a year of it at once."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from kgo_tui.adapters.sqlite import SqliteStore, samples
from kgo_tui.adapters.sqlite.transaction import transaction
from kgo_tui.core.model import Sample, SampleRollup
from kgo_tui.core.rollup import as_row, rolled
from tests.adapters.store_data import START, sample

DAY, HOUR, MINUTE = 86400, 3600, 60


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[SqliteStore]:
    store = await SqliteStore.open(tmp_path / "state.db")
    yield store
    await store.close()


async def add(store: SqliteStore, some: list[Sample]) -> None:
    def adding(connection: sqlite3.Connection) -> None:
        with transaction(connection):
            for one in some:
                samples.add(connection, one)

    await store._run(adding)


async def add_rollups(store: SqliteStore, span_s: int, starts: range) -> None:
    """So many rows, each of samples every 30 s, all good but one in a hundred rows."""
    count = span_s // 30

    def adding(connection: sqlite3.Connection) -> None:
        with transaction(connection):
            connection.executemany(
                "INSERT INTO rollups VALUES (?, ?, ?, ?, ?, ?, ?)",
                ((span_s, at, count, count - (n % 100 == 0), count, 40_000 * count, 90_000)
                 for n, at in enumerate(starts)),
            )  # fmt: skip

    await store._run(adding)


@pytest.mark.parametrize("span_s", [7, 60, 300, 3600, DAY])
async def test_samples_are_added_up_as_pure_code_does(store: SqliteStore, span_s: int) -> None:
    some = [sample(n * 37, ok=n % 5 != 0, latency_ms=None if n % 7 == 0 else 10.0 + n) for n in range(200)]
    await add(store, some)
    seen = await store.timeline(since=START, until=START + timedelta(days=1), span_s=span_s, limit=999)
    wanted = rolled(map(as_row, some), span_s)
    assert [(r.at, r.span_s, r.count, r.ok, r.latency_max_ms) for r in seen] == [
        (r.at, r.span_s, r.count, r.ok, r.latency_max_ms) for r in wanted
    ]
    assert sum(r.count for r in seen) == 200


async def test_averages_are_of_those_samples_that_have_a_latency(store: SqliteStore) -> None:
    await add(store, [sample(0, latency_ms=10.0), sample(1, latency_ms=None), sample(2, latency_ms=30.0)])
    (row,) = await store.timeline(since=START, until=START + timedelta(hours=1), span_s=DAY, limit=9)
    assert (row.count, row.latency_avg_ms, row.latency_max_ms) == (3, 20.0, 30.0)


async def test_what_is_coarser_already_keeps_its_span(store: SqliteStore) -> None:
    begin = int(START.timestamp()) // DAY * DAY
    await add_rollups(store, HOUR, range(begin, begin + 3 * HOUR, HOUR))
    await add_rollups(store, MINUTE, range(begin + 3 * HOUR, begin + 4 * HOUR, MINUTE))
    end = START + timedelta(days=1)
    fine = await store.timeline(since=START - timedelta(days=1), until=end, span_s=300, limit=999)
    assert [(r.span_s, r.count) for r in fine] == [(3600, 120)] * 3 + [(300, 10)] * 12
    (day,) = await store.timeline(since=START - timedelta(days=1), until=end, span_s=DAY, limit=999)
    assert (day.span_s, day.count) == (DAY, 480)


async def test_only_the_time_that_is_asked_for_and_the_newest_of_it(store: SqliteStore) -> None:
    some = [sample(n * 60) for n in range(10)]
    await add(store, some)
    at = [START + timedelta(minutes=n) for n in range(10)]
    seen = await store.timeline(since=at[2], until=at[5], span_s=60, limit=99)
    assert [r.count for r in seen] == [1, 1, 1]
    assert seen[0].at <= at[2] < seen[0].at + timedelta(minutes=1)
    newest = await store.timeline(since=at[0], until=at[9] + timedelta(days=1), span_s=60, limit=2)
    assert newest == (await store.timeline(since=at[8], until=at[9] + timedelta(days=1), span_s=60, limit=99))


async def test_a_year_is_told_at_once(store: SqliteStore) -> None:
    now = int((START + timedelta(days=365)).timestamp()) // DAY * DAY
    await add_rollups(store, HOUR, range(now - 365 * DAY, now - 30 * DAY, HOUR))
    await add_rollups(store, MINUTE, range(now - 30 * DAY, now - 2 * DAY, MINUTE))
    await add(store, [sample(363 * DAY + n * 30) for n in range(2 * DAY // 30)])
    ask = {"since": START - timedelta(days=9), "until": START + timedelta(days=999), "limit": 9999}
    took = []
    for _ in range(5):
        began = time.perf_counter()
        seen: tuple[SampleRollup, ...] = await store.timeline(span_s=DAY, **ask)  # type: ignore[arg-type]
        took.append(time.perf_counter() - began)
    assert 365 <= len(seen) <= 367
    assert sum(r.count for r in seen) == 335 * 24 * 120 + 28 * 1440 * 2 + 5760
    assert min(took) < 0.5, "about 0.03 on a machine at rest"
