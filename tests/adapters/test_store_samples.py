"""Health samples: kept exactly, rolled up without losing a count, and what else a tidy drops."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from kgo_tui.adapters.sqlite import SqliteStore, samples, tidy
from kgo_tui.adapters.sqlite.transaction import transaction
from kgo_tui.core.messages import FaultCleared
from kgo_tui.core.model import Evidence, Sample, SampleRollup, State, Tls
from kgo_tui.engine.ports import Change
from tests.adapters.store_data import START, deployment, ended, queued, release, sample, step, succeeded

LONG_AGO = START - timedelta(days=4000)


class Clock:
    """The time that the test says."""

    def __init__(self) -> None:
        self.at = START

    def __call__(self) -> datetime:
        return self.at


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def store(tmp_path: Path, clock: Clock) -> AsyncIterator[SqliteStore]:
    store = await SqliteStore.open(tmp_path / "state.db", now=clock)
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

    def minute(n: int, ok: int, average: float, most: float) -> SampleRollup:
        at = noon + timedelta(minutes=n)
        return SampleRollup(at=at, span_s=60, count=3, ok=ok, latency_avg_ms=average, latency_max_ms=most)

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


async def test_a_tidy_drops_old_details_and_keeps_deployments_and_releases(
    store: SqliteStore, clock: Clock
) -> None:
    proof = (Evidence(title="web", text="boom"),)
    for number, clock.at in ((1, START), (2, START + timedelta(days=10))):
        change = succeeded(number)
        entered = step(started_at=clock.at)
        await store.write(
            Change(
                deployment=change.deployment,
                release=change.release,
                deployed=number,
                events=change.events,
                step=entered,
                evidence=proof,
            )
        )
        await store.count("checks", f"{clock.at:%Y-%m-%d}")
    await store.tidy(now=START + timedelta(days=11), keep_days=5)
    assert (await store.steps(1), await store.evidence(1)) == ((), ())
    assert (len(await store.steps(2)), await store.evidence(2)) == (1, proof)
    assert [r.cursor for r in await store.events(after=0, limit=9)] == [2]
    assert [d.id for d in await store.deployments(limit=9)] == [2, 1]
    assert await store.releases(limit=9) == (release(2), release(1))
    assert await rows(store, "counters") == 1


async def test_cursors_go_on_after_every_event_was_dropped(store: SqliteStore) -> None:
    await store.write(Change(events=(FaultCleared(what="git"),) * 3))
    await store.tidy(now=START + timedelta(days=99), keep_days=5)
    assert await store.recent_events(limit=9) == ()
    assert (await store.load()).cursor == 3
    (recorded,) = await store.write(Change(events=(FaultCleared(what="git"),)))
    assert recorded.cursor == 4


async def test_a_deployment_that_is_not_over_keeps_its_steps(store: SqliteStore) -> None:
    for state in (State.PREPARING, State.PULLING):
        await store.write(Change(deployment=deployment(1, state), step=step(state)))
    await store.tidy(now=START + timedelta(days=999), keep_days=5)
    assert len(await store.steps(1)) == 2
    await store.write(Change(deployment=ended(1)))
    await store.tidy(now=START + timedelta(days=999), keep_days=5)
    assert await store.steps(1) == ()


async def test_writes_go_on_during_a_tidy(store: SqliteStore) -> None:
    old = START - timedelta(days=9)
    await add_all(store, [sample(n, at=old) for n in range(6 * tidy.ROWS)])
    tidying = asyncio.create_task(store.tidy(now=START, keep_days=365))
    await asyncio.sleep(0)
    await store.write(queued(1))
    left = await rows(store, "samples")
    assert left > 0  # the write did not wait for all of it
    await tidying
    assert await rows(store, "samples") == 0


async def test_a_tidy_gives_space_back(store: SqliteStore, tmp_path: Path) -> None:
    big = (Evidence(title="web", text="x" * 100_000),)
    for number in range(1, 60):
        await store.write(Change(deployment=ended(number), evidence=big))
    await store.tidy(now=START, keep_days=5)
    full = (tmp_path / "state.db").stat().st_size
    await store.tidy(now=START + timedelta(days=99), keep_days=5)
    assert (tmp_path / "state.db").stat().st_size < full / 2
    assert (tmp_path / "state.db-wal").stat().st_size == 0
    assert await store.check_integrity() == ()
