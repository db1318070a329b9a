"""Files that are not what they should be: older, newer, damaged, or another program's."""

# ruff: noqa: ASYNC240  # a test may block on a file of its own

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from kgo_tui.adapters.sqlite import SqliteStore
from kgo_tui.adapters.sqlite.schema import APPLICATION_ID, MIGRATIONS, migrate, version_of
from kgo_tui.core.errors import StoreError, StoreTooNew
from kgo_tui.core.model import Tls
from tests.adapters.store_data import START, queued, release, sample, sha, succeeded


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state.db"


async def fill(path: Path) -> None:
    store = await SqliteStore.open(path)
    await store.write(succeeded(1))
    await store.close()


@pytest.mark.parametrize("read_only", [True, False])
async def test_a_newer_store_is_refused_and_left_alone(path: Path, *, read_only: bool) -> None:
    await fill(path)
    with sqlite3.connect(path) as newer:
        newer.execute(f"PRAGMA user_version = {len(MIGRATIONS) + 7}")
    newer.close()
    before = path.read_bytes()
    with pytest.raises(StoreTooNew) as caught:
        await SqliteStore.open(path, read_only=read_only)
    for part in (str(path), f"version {len(MIGRATIONS) + 7}", f"up to {len(MIGRATIONS)}"):
        assert part in caught.value.message
    assert "newer kgo-tui" in caught.value.hint
    assert path.read_bytes() == before


@pytest.mark.parametrize("read_only", [True, False])
async def test_another_programs_database_is_left_alone(path: Path, *, read_only: bool) -> None:
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE recipes (name)")
    other.close()
    before = path.read_bytes()
    with pytest.raises(StoreError, match="another program"):
        await SqliteStore.open(path, read_only=read_only)
    assert path.read_bytes() == before


async def test_the_first_version_still_opens_with_all_it_holds(path: Path) -> None:
    dump = Path(__file__).with_name("store_v1.sql").read_text(encoding="utf-8")
    with sqlite3.connect(path) as first:
        first.executescript(dump)
    first.close()
    store = await SqliteStore.open(path)
    loaded = await store.load()
    assert (loaded.deployed, loaded.unfinished, loaded.cursor) == (release(1), queued(2).deployment, 3)
    assert [q.commit for q in loaded.quarantined] == [sha(9)]
    assert loaded.suspended is not None
    assert loaded.sample == sample(url="https://a.test/", latency_ms=1.5, tls=Tls.VALID, tls_days_left=60)
    assert [len(await store.steps(1)), len(await store.evidence(1))] == [1, 1]
    assert [r.count for r in await store.rollups(since=START.replace(year=2020), limit=9)] == [2]
    assert await store.counter("checks", "2025-03-01") == 1
    assert await store._run(version_of) == len(MIGRATIONS)
    await store.close()


def test_a_migration_keeps_the_data_and_happens_once(path: Path) -> None:
    connection = sqlite3.connect(path, isolation_level=None)
    migrate(connection)
    connection.execute("INSERT INTO counters VALUES ('2025-03-01', 'checks', 3)")
    following = (*MIGRATIONS, ("ALTER TABLE counters ADD COLUMN note TEXT DEFAULT 'none'",))
    for _ in range(2):
        migrate(connection, following)
    assert connection.execute("SELECT * FROM counters").fetchall() == [("2025-03-01", "checks", 3, "none")]
    assert version_of(connection, following) == len(following)
    connection.close()


def test_a_migration_that_fails_half_way_changes_nothing(path: Path) -> None:
    connection = sqlite3.connect(path, isolation_level=None)
    migrate(connection)
    schema = connection.execute("SELECT * FROM sqlite_master").fetchall()
    broken = (*MIGRATIONS, ("DROP TABLE texts", "CREATE TABLE half (x)", "INSERT INTO nowhere VALUES (1)"))
    with pytest.raises(sqlite3.OperationalError):
        migrate(connection, broken)
    assert connection.execute("SELECT * FROM sqlite_master").fetchall() == schema
    assert version_of(connection) == len(MIGRATIONS)
    assert connection.execute("PRAGMA application_id").fetchone()[0] == APPLICATION_ID
    connection.close()


@pytest.mark.parametrize("read_only", [True, False])
@pytest.mark.parametrize("garbage", [b"not a database at all " * 400, b"SQLite format 3\0" + b"\xff" * 8000])
async def test_garbage_is_refused_and_left_alone(path: Path, garbage: bytes, *, read_only: bool) -> None:
    path.write_bytes(garbage)
    with pytest.raises(StoreError, match="damaged") as caught:
        await SqliteStore.open(path, read_only=read_only)
    assert str(path) in caught.value.message
    assert "aside" in caught.value.hint
    assert "quarantined" in caught.value.hint
    assert path.read_bytes() == garbage


async def test_damage_inside_is_told_and_found_by_the_check(path: Path) -> None:
    store = await SqliteStore.open(path)
    for number in range(1, 80):
        await store.write(succeeded(number))
    assert await store.check_integrity() == ()
    await store.close()
    whole = path.read_bytes()
    path.write_bytes(whole[:8192] + b"\x5a" * (len(whole) - 8192))
    store = await SqliteStore.open(path, read_only=True)
    assert await store.check_integrity()
    with pytest.raises(StoreError, match="damaged"):
        await store.deployments(limit=99)
    await store.close()


def test_a_store_created_at_this_moment_is_not_taken_for_another_programs(path: Path) -> None:
    asks, creates = (sqlite3.connect(path, isolation_level=None) for _ in range(2))
    asks.execute("PRAGMA journal_mode = WAL")

    def meanwhile(statement: str) -> None:
        if "sqlite_master" in statement:
            asks.set_trace_callback(None)
            migrate(creates)

    asks.set_trace_callback(meanwhile)
    assert version_of(asks) == 0
    assert version_of(asks) == len(MIGRATIONS)
    asks.close()
    creates.close()
