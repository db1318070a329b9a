"""A start, a write and a look at the history cost the same after ten years as after a day."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest

from kgo_tui.adapters.sqlite import SqliteStore, events, history
from kgo_tui.adapters.sqlite.changes import apply
from kgo_tui.adapters.sqlite.samples import add
from kgo_tui.adapters.sqlite.transaction import transaction
from kgo_tui.engine.ports import Change
from tests.adapters.store_data import START, queued, sample, succeeded


def fill(connection: sqlite3.Connection, count: int) -> None:
    with transaction(connection):
        for number in range(1, count + 1):
            apply(connection, succeeded(number), START)
            add(connection, sample(number))
        apply(connection, queued(count + 1), START)


def steps_of(connection: sqlite3.Connection, work: Callable[[sqlite3.Connection], object]) -> int:
    """How many instructions of SQLite's machine that takes: the same on every computer."""
    steps = 0

    def count() -> int:
        nonlocal steps
        steps += 1
        return 0

    connection.set_progress_handler(count, 1)
    work(connection)
    connection.set_progress_handler(None, 1)
    return steps


@pytest.mark.parametrize(
    "work",
    [
        history.load,
        history.next_deployment_id,
        lambda connection: history.deployments(connection, 20, None),
        lambda connection: history.deployments(connection, 20, 60),
        lambda connection: history.steps(connection, 50),
        lambda connection: history.evidence(connection, 50),
        lambda connection: history.releases(connection, 5),
        lambda connection: history.release(connection, 50),
        lambda connection: apply(connection, succeeded(50), START),
    ],
)
async def test_a_start_and_a_write_take_the_same_after_ten_years(
    tmp_path: Path, work: Callable[[sqlite3.Connection], object]
) -> None:
    taken = []
    for count in (100, 5_000):
        store = await SqliteStore.open(tmp_path / f"{count}.db")
        await store._run(partial(fill, count=count))
        taken.append(await store._run(lambda connection: steps_of(connection, work)))
        await store.close()
    young, old = taken
    assert 0 < old < young * 1.2 + 20


async def test_events_are_found_without_reading_the_others(tmp_path: Path) -> None:
    store = await SqliteStore.open(tmp_path / "state.db")
    taken = []
    for count in (100, 5_000):
        await store._run(partial(fill_events, count=count))
        after = (await store.load()).cursor - 10
        for reading in (store.events(after=after, limit=5), store.recent_events(limit=5)):
            assert len(await reading) == 5
        taken.append(await store._run(partial(steps_of, work=partial(read_events, after=after))))
    await store.close()
    young, old = taken
    assert old < young * 1.2 + 20


def fill_events(connection: sqlite3.Connection, count: int) -> None:
    with transaction(connection):
        for number in range(count):
            apply(connection, Change(events=succeeded(number).events), START + timedelta(minutes=number))


def read_events(connection: sqlite3.Connection, after: int) -> None:
    events.after(connection, after, 5)
    events.recent(connection, 5)
