"""Health samples: kept exactly, and rolled up without losing a count."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from kgo_tui.adapters.sqlite import SqliteStore, samples, tidy
from kgo_tui.adapters.sqlite.transaction import transaction
from kgo_tui.core.model import Sample, SampleRollup, Tls
from tests.adapters.store_data import START, sample

LONG_AGO = START - timedelta(days=4000)


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[SqliteStore]:
    store = await SqliteStore.open(tmp_path / "state.db")
    yield store
    await store.close()


async def add_all(store: SqliteStore, some: list[Sample]) -> None:
    def add(connection: sqlite3.Connection) -> None:
        with transaction(connection):
            for one in some:
                samples.add(connection, one)

    await store._run(add)


async def rows(store: SqliteStore, table: str) -> int:
    count = f"SELECT count(*) FROM {table}"  # noqa: S608
    return int(await store._run(lambda connection: connection.execute(count).fetchone()[0]))


def test_every_tls_state_has_a_code_of_its_own() -> None:
    assert sorted(samples.TLS_CODES) == sorted(Tls)


async def test_samples_come_oldest_first_and_the_newest_when_there_are_too_many(store: SqliteStore) -> None:
    some = [sample(n, ok=n % 2 == 0, error=None if n % 2 == 0 else "refused") for n in range(6)]
    for one in some:
        await store.add_sample(one)
    assert await store.samples(since=START, limit=99) == tuple(some)
    assert await store.samples(since=START, limit=2) == tuple(some[4:])
    assert await store.samples(since=START + timedelta(seconds=3), limit=99) == tuple(some[3:])


async def test_a_sample_is_seen_by_other_readers_at_once(store: SqliteStore, tmp_path: Path) -> None:
    await store.add_sample(sample(status_code=200))
    reader = await SqliteStore.open(tmp_path / "state.db", read_only=True)
    assert (await reader.load()).sample == sample(status_code=200)
    await reader.close()


async def test_a_tls_code_of_a_later_version_is_not_known(store: SqliteStore) -> None:
    await store.add_sample(sample(tls=Tls.EXPIRED))
    later = f"UPDATE samples SET tls = {len(samples.TLS_CODES)}"  # noqa: S608
    await store._run(lambda connection: connection.execute(later))
    assert (await store.samples(since=START, limit=1))[0].tls is None


async def test_old_samples_become_minutes_and_then_hours(store: SqliteStore) -> None:
    noon = START - timedelta(days=3)
    await add_all(store, [sample(n * 20, ok=n != 4, at=noon, latency_ms=float(n)) for n in range(9)])
    await store.tidy(now=START, keep_days=365)
    assert await store.samples(since=LONG_AGO, limit=99) == ()

    def minute(n: int, ok: int, mean: float, most: float) -> SampleRollup:
        at = noon + timedelta(minutes=n)
        return SampleRollup(at=at, span_s=60, count=3, ok=ok, latency_avg_ms=mean, latency_max_ms=most)

    minutes = (minute(0, 3, 1, 2), minute(1, 2, 4, 5), minute(2, 3, 7, 8))
    assert await store.rollups(since=LONG_AGO, limit=99) == minutes
    assert await store.rollups(since=LONG_AGO, limit=2) == minutes[1:]
    assert await store.rollups(since=noon + timedelta(microseconds=1), limit=9) == minutes[1:]

    await store.tidy(now=START + timedelta(days=30), keep_days=365)
    hour = SampleRollup(at=noon, span_s=3600, count=9, ok=8, latency_avg_ms=4.0, latency_max_ms=8.0)
    assert await store.rollups(since=LONG_AGO, limit=99) == (hour,)


async def test_hours_come_before_minutes_and_minutes_before_samples(store: SqliteStore) -> None:
    every = [sample(at=START - timedelta(hours=6 * n), latency_ms=1.0) for n in range(4 * 40, -1, -1)]
    await add_all(store, every)
    await store.tidy(now=START, keep_days=365)
    rolled = await store.rollups(since=LONG_AGO, limit=999)
    kept = await store.samples(since=LONG_AGO, limit=999)
    assert [r.at for r in rolled] + [s.at for s in kept] == [s.at for s in every]
    assert {r.span_s for r in rolled if r.at < START - timedelta(days=30)} == {3600}
    assert {r.span_s for r in rolled if r.at >= START - timedelta(days=30)} == {60}
    assert kept[0].at == START - timedelta(days=2)
    assert len(await store.rollups(since=LONG_AGO, limit=10)) == 10


async def test_rolling_up_in_pieces_loses_nothing(store: SqliteStore) -> None:
    count = 2 * tidy.ROWS + 17
    first = START - timedelta(days=33)
    await add_all(
        store, [sample(n * 7, ok=n % 3 > 0, at=first, latency_ms=n % 50 or None) for n in range(count)]
    )
    for day in (0, 1, 40):
        await store.tidy(now=START + timedelta(days=day), keep_days=365)
        rolled = await store.rollups(since=LONG_AGO, limit=99_999)
        assert sum(r.count for r in rolled) == count
        assert sum(r.ok for r in rolled) == sum(n % 3 > 0 for n in range(count))
        assert max(r.latency_max_ms or 0 for r in rolled) == 49
        assert len({r.at for r in rolled}) == len(rolled)
    assert {r.span_s for r in rolled} == {3600}


@pytest.mark.parametrize(("days", "span_s", "every_s"), [(2, 60, 10), (30, 3600, 600)])
async def test_no_span_is_both_rolled_up_and_kept(
    store: SqliteStore, days: int, span_s: int, every_s: int
) -> None:
    now = START + timedelta(seconds=span_s / 2)  # the limit is in the middle of a span
    await add_all(store, [sample(n * every_s, at=START - timedelta(days=days)) for n in range(-6, 6)])
    await store.tidy(now=now, keep_days=365)
    rolled = await store.rollups(since=LONG_AGO, limit=99)
    before = START - timedelta(days=days, seconds=span_s)
    assert [(r.at, r.count) for r in rolled if r.span_s == span_s] == [(before, 6)]
    kept = await store.samples(since=LONG_AGO, limit=99)
    later = [r.at for r in rolled if r.span_s < span_s] + [s.at for s in kept]
    assert (len(later), min(later)) == (6, START - timedelta(days=days))


async def test_more_samples_of_one_moment_than_a_batch_takes(store: SqliteStore) -> None:
    await add_all(store, [sample(at=START - timedelta(days=3))] * (tidy.ROWS + 5))
    async with asyncio.timeout(20):
        await store.tidy(now=START, keep_days=365)
    (minute,) = await store.rollups(since=LONG_AGO, limit=9)
    assert minute.count == tidy.ROWS + 5


async def test_what_comes_late_is_added_to_its_minute(store: SqliteStore) -> None:
    old = START - timedelta(days=3)
    for one in (sample(at=old), sample(1, at=old, latency_ms=4.0), sample(2, at=old, latency_ms=2.0)):
        await store.add_sample(one)
        await store.tidy(now=START, keep_days=365)
    (minute,) = await store.rollups(since=LONG_AGO, limit=9)
    assert (minute.count, minute.ok, minute.latency_avg_ms, minute.latency_max_ms) == (3, 3, 3.0, 4.0)


async def test_without_any_latency_none_is_made_up(store: SqliteStore) -> None:
    await store.add_sample(sample(at=START - timedelta(days=3), ok=False))
    for day in (0, 40):
        await store.tidy(now=START + timedelta(days=day), keep_days=365)
        (rolled,) = await store.rollups(since=LONG_AGO, limit=9)
        assert (rolled.latency_avg_ms, rolled.latency_max_ms) == (None, None)


async def test_texts_are_kept_once_and_only_while_a_sample_has_them(store: SqliteStore) -> None:
    old = START - timedelta(days=3)
    await add_all(store, [sample(n, at=old, url="https://a/", error="gone") for n in range(5)])
    await store.add_sample(sample(url="https://a/", error="new"))
    assert await rows(store, "texts") == 3
    await store.tidy(now=START, keep_days=365)
    assert await rows(store, "texts") == 2
    assert (await store.load()).sample == sample(url="https://a/", error="new")
