"""The store's file: who may read it, what is refused, and what a reader meets."""

# ruff: noqa: ASYNC240  # a test may block on a file of its own

from __future__ import annotations

import asyncio
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from kgo_tui.adapters.sqlite import SqliteStore
from kgo_tui.core.errors import StoreError
from kgo_tui.engine.ports import Change
from tests.adapters.store_data import ended, queued, release, sample, succeeded

NOBODY = 65534


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state.db"


@pytest.fixture
def public(tmp_path: Path) -> Iterator[Path]:
    """A store's path in a directory that every user may enter; pytest's own are private."""
    directory = Path(tempfile.mkdtemp())
    directory.chmod(0o755)
    yield directory / "state.db"
    directory.chmod(0o755)
    shutil.rmtree(directory)


@contextmanager
def unprivileged() -> Iterator[None]:
    """Root may write anywhere; become somebody who may not."""
    if os.geteuid() != 0:
        yield
        return
    os.setegid(NOBODY)
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)
        os.setegid(0)


async def fill(path: Path) -> None:
    store = await SqliteStore.open(path)
    await store.write(succeeded(1))
    await store.close()


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


@pytest.mark.parametrize("umask", [0, 0o027, 0o777])
async def test_file_and_directory_are_for_their_owner_whatever_the_umask(tmp_path: Path, umask: int) -> None:
    path = tmp_path / "var" / "kgo" / "state.db"
    before = os.umask(umask)
    try:
        store = await SqliteStore.open(path)
        await store.write(queued(1))
        names = {p.name: mode(p) for p in path.parent.iterdir()}
    finally:
        os.umask(before)
    assert names == {"state.db": 0o600, "state.db-wal": 0o600, "state.db-shm": 0o600}
    assert (mode(path.parent), mode(path.parent.parent)) == (0o700, 0o700)
    await store.close()


async def test_what_exists_keeps_its_permissions(tmp_path: Path) -> None:
    directory = tmp_path / "shared"
    directory.mkdir(mode=0o750)
    await fill(directory / "state.db")
    assert mode(directory) == 0o750


@pytest.mark.parametrize("name", ["a?mode=memory.db", "50%25#x.db", "é ü.db", "file:x.db"])
async def test_any_file_name_will_do(tmp_path: Path, name: str) -> None:
    await fill(tmp_path / name)
    assert (tmp_path / name).is_file()
    reader = await SqliteStore.open(tmp_path / name, read_only=True)
    assert (await reader.load()).deployed == release(1)
    await reader.close()


async def test_writes_are_pressed_to_the_disk_and_samples_do_not_change_that(path: Path) -> None:
    store = await SqliteStore.open(path)

    def read(connection: sqlite3.Connection) -> list[object]:
        names = ("journal_mode", "synchronous", "foreign_keys", "trusted_schema", "auto_vacuum")
        return [connection.execute(f"PRAGMA {name}").fetchone()[0] for name in names]

    assert await store._run(read) == ["wal", 2, 1, 0, 2]  # 2: FULL; 2: incremental
    await store.add_sample(sample())
    with pytest.raises(StoreError):
        await store._write(lambda c: c.execute("INSERT INTO nowhere VALUES (1)"))
    assert await store._run(read) == ["wal", 2, 1, 0, 2]
    await store.close()


@pytest.mark.parametrize("round_", range(12))  # who meets whom is chance
async def test_many_may_create_it_at_once(path: Path, round_: int) -> None:
    stores = await asyncio.gather(*(SqliteStore.open(path) for _ in range(8)))
    for number, store in enumerate(stores, start=1):
        await store.write(Change(deployment=ended(number)))
    assert len(await stores[0].deployments(limit=99)) == 8
    for store in stores:
        await store.close()


async def test_a_reader_of_no_store_sees_an_empty_one_and_makes_none(path: Path) -> None:
    for missing in (path, path.parent / "no" / "state.db"):
        reader = await SqliteStore.open(missing, read_only=True)
        assert (await reader.load()).cursor == 0
        with pytest.raises(StoreError, match="cannot be written"):
            await reader.write(queued(1))
        await reader.close()
    assert list(path.parent.iterdir()) == []


async def test_a_reader_of_an_older_store_reads_an_upgraded_copy(path: Path) -> None:
    path.touch()  # as a worker leaves it that was killed while it created the store: version 0
    reader = await SqliteStore.open(path, read_only=True)
    assert await reader.deployments(limit=9) == ()
    await reader.close()
    assert path.stat().st_size == 0


async def test_a_reader_cannot_write(path: Path) -> None:
    await fill(path)
    reader = await SqliteStore.open(path, read_only=True)
    for writing in (
        reader.write(queued(2)),
        reader.add_sample(sample()),
        reader.count("checks", "2025-03-01"),
    ):
        with pytest.raises(StoreError, match="cannot be written"):
            await writing
    await reader.close()


async def test_reads_where_nothing_may_be_created(public: Path) -> None:
    await fill(public)
    public.chmod(0o444)
    public.parent.chmod(0o555)
    with unprivileged():
        reader = await SqliteStore.open(public, read_only=True)
        assert (await reader.load()).deployed == release(1)
        await reader.close()
    assert [p.name for p in public.parent.iterdir()] == ["state.db"]


async def test_reads_a_living_store_where_nothing_may_be_created(public: Path) -> None:
    writer = await SqliteStore.open(public)
    await writer.write(succeeded(1))
    for file in public.parent.iterdir():
        file.chmod(0o644)
    public.parent.chmod(0o555)
    with unprivileged():
        reader = await SqliteStore.open(public, read_only=True)
        assert (await reader.load()).deployed == release(1)
        await reader.close()
    await writer.close()


async def test_never_reads_past_a_log_that_it_cannot_use(public: Path) -> None:
    """What the log holds is newer than the file: leaving it out would show a past as the present."""
    writer = await SqliteStore.open(public)
    await writer.write(succeeded(1))
    left = public.parent / "left" / "state.db"
    left.parent.mkdir()
    for ending in ("", "-wal"):
        shutil.copy(f"{public}{ending}", f"{left}{ending}")
        Path(f"{left}{ending}").chmod(0o444)
    left.parent.chmod(0o555)
    with unprivileged(), pytest.raises(StoreError, match="cannot be opened"):
        await SqliteStore.open(left, read_only=True)
    left.parent.chmod(0o755)
    await writer.close()


@pytest.mark.parametrize("read_only", [True, False])
async def test_no_permission_is_told_in_words(public: Path, *, read_only: bool) -> None:
    await fill(public)
    public.parent.chmod(0o700 if os.geteuid() == 0 else 0)
    with unprivileged(), pytest.raises(StoreError) as caught:
        await SqliteStore.open(public, read_only=read_only)
    assert str(public) in caught.value.message
    assert "sudo" in caught.value.hint


async def test_a_store_that_may_only_be_read_is_not_opened_for_writing(public: Path) -> None:
    await fill(public)
    public.chmod(0o444)
    public.parent.chmod(0o755)
    with unprivileged(), pytest.raises(StoreError, match="cannot be"):
        await SqliteStore.open(public)
