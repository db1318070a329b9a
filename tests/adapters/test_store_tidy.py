"""What a tidy drops and keeps, and that nobody waits for it."""

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
from kgo_tui.core.model import Evidence, Sample, State
from kgo_tui.engine.ports import Change
from tests.adapters.store_data import START, deployment, ended, queued, release, sample, step, succeeded


class Clock:
    """The time that the test says."""

    at = START

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
    big = (Evidence(title="web", text="x" * 200_000),)
    for number in range(1, 31):
        await store.write(Change(deployment=ended(number), evidence=big))
    full = (tmp_path / "state.db").stat().st_size
    await store.tidy(now=START + timedelta(days=99), keep_days=5)
    assert (tmp_path / "state.db").stat().st_size < full / 2
    assert (tmp_path / "state.db-wal").stat().st_size == 0
    assert await store.check_integrity() == ()


async def test_space_is_given_back_in_bounded_pieces(store: SqliteStore) -> None:
    await store.write(Change(deployment=ended(1), evidence=(Evidence(title="web", text="x" * 8_000_000),)))
    await store._run(lambda connection: connection.execute("DELETE FROM evidence"))
    pieces = 0
    while await store._run(tidy.shrink):
        pieces += 1
    assert pieces == (8_000_000 // 4096 - tidy.PAGES) // tidy.PAGES + 1
