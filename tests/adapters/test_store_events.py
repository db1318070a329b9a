"""The event log, and what the store makes of rows that another version wrote."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from kgo_tui.adapters.sqlite import SqliteStore
from kgo_tui.core.errors import StoreError
from kgo_tui.core.messages import CheckStarted, FaultCleared, FaultRaised, OutputLine, WorkerStarted
from kgo_tui.core.model import Quarantine
from kgo_tui.engine.ports import Change
from tests.adapters.store_data import START, deployment, queued, sha, step, succeeded


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[SqliteStore]:
    store = await SqliteStore.open(tmp_path / "state.db", now=lambda: START)
    yield store
    await store.close()


def edit(path: Path, statement: str, *values: object) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute(statement, values)
    connection.close()


async def read_all(store: SqliteStore) -> None:
    await store.load()
    await store.steps(1)
    await store.events(after=0, limit=1)


async def test_only_durable_events_are_kept_and_returned(store: SqliteStore) -> None:
    started = WorkerStarted(version="1", pid=2)
    raised = FaultRaised(what="git", message="no route")
    line = OutputLine(deployment=1, state="pulling", text="…")
    recorded = await store.write(Change(events=(CheckStarted(), started, line, raised)))
    assert [(r.cursor, r.at, r.event) for r in recorded] == [(1, START, started), (2, START, raised)]
    assert await store.events(after=0, limit=9) == recorded
    assert await store.write(Change(events=(line,))) == ()


async def test_events_are_read_by_cursor_and_from_the_end(store: SqliteStore) -> None:
    for number in range(1, 6):
        await store.write(Change(events=(FaultCleared(what=str(number)),)))
    assert [r.cursor for r in await store.events(after=2, limit=2)] == [3, 4]
    assert [r.cursor for r in await store.events(after=5, limit=2)] == []
    assert [r.cursor for r in await store.recent_events(limit=2)] == [4, 5]
    assert (await store.load()).cursor == 5


async def test_events_get_the_time_of_their_writing(tmp_path: Path) -> None:
    times = iter([datetime(2025, 1, 1, tzinfo=UTC), datetime(2024, 1, 1, 0, 0, 0, 5, tzinfo=UTC)])
    store = await SqliteStore.open(tmp_path / "state.db", now=lambda: next(times))
    for what in "ab":
        await store.write(Change(events=(FaultCleared(what=what),)))
    first, second = await store.events(after=0, limit=9)
    assert (first.at.year, second.at) == (2025, datetime(2024, 1, 1, 0, 0, 0, 5, tzinfo=UTC))
    await store.close()


async def test_kinds_of_a_later_version_are_passed_over_and_count_for_no_limit(
    store: SqliteStore, tmp_path: Path
) -> None:
    for number in range(1, 5):
        await store.write(Change(events=(FaultCleared(what=str(number)),)))
    later = """UPDATE events SET kind = 'moon_landed', data = '{"event":"moon_landed"}' WHERE cursor < 4"""
    edit(tmp_path / "state.db", later)
    assert [r.cursor for r in await store.events(after=0, limit=1)] == [4]
    assert [r.cursor for r in await store.recent_events(limit=3)] == [4]
    assert (await store.load()).cursor == 4


async def test_fields_of_a_later_version_are_ignored(store: SqliteStore, tmp_path: Path) -> None:
    await store.write(queued(1))
    path = tmp_path / "state.db"
    edit(path, 'UPDATE deployments SET data = replace(data, \'{"id"\', \'{"mood":"good","id"\')')
    edit(path, 'UPDATE events SET data = replace(data, \'{"event"\', \'{"mood":"good","event"\')')
    assert (await store.load()).unfinished == deployment(1)
    assert [r.event for r in await store.events(after=0, limit=1)] == list(queued(1).events)


@pytest.mark.parametrize(
    ("table", "named"),
    [
        ("deployments", "deployment 1"),
        ("releases", "release 1"),
        ("steps", "step 1 of deployment 1"),
        ("quarantine", f"quarantine of {sha(9)}"),
        ("events", "event 1"),
    ],
)
async def test_a_row_that_cannot_be_read_is_named(
    store: SqliteStore, tmp_path: Path, table: str, named: str
) -> None:
    change = succeeded(1)
    bad = Quarantine(commit=sha(9), reason="", at=START)
    await store.write(
        Change(
            deployment=change.deployment,
            release=change.release,
            deployed=1,
            step=step(),
            quarantine=bad,
            events=change.events,
        )
    )
    edit(tmp_path / "state.db", f"UPDATE {table} SET data = '{{}}'")  # noqa: S608
    with pytest.raises(StoreError, match=named) as caught:
        await read_all(store)
    assert str(tmp_path / "state.db") in caught.value.message
