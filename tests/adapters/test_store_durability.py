"""What the store promises when something breaks: power, a process, disk space, a lock."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path

import pytest

from kgo_tui.adapters.sqlite import SqliteStore
from kgo_tui.core.errors import StoreError, StoreFull
from kgo_tui.core.model import Evidence
from kgo_tui.engine.ports import Change
from tests.adapters.store_data import START, ended, queued, release, succeeded

ROOT = Path(__file__).parents[2]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state.db"


@pytest.fixture
async def store(path: Path) -> AsyncIterator[SqliteStore]:
    store = await SqliteStore.open(path)
    yield store
    await store.close()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 1 MiB."""
    if os.geteuid() != 0:
        pytest.skip("only root can mount a small file system")
    directory = tmp_path / "small"
    directory.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "small", directory], check=True, timeout=30)
    yield directory
    subprocess.run(["umount", directory], check=True, timeout=30)


def log(number: int) -> Change:
    """A change of about 200 kB."""
    return Change(deployment=ended(number), evidence=(Evidence(title="web", text="x" * 200_000),))


async def write_until_full(store: SqliteStore) -> int:
    for number in range(1, 100):
        try:
            await store.write(log(number))
        except StoreFull:
            return number
    raise AssertionError("never full")


def fill_up(ballast: Path) -> None:
    with ballast.open("wb") as file, contextlib.suppress(OSError):
        while True:
            os.write(file.fileno(), bytes(4096))


async def works_after_being_full(
    store: SqliteStore, failed: int, make_room: Callable[[], Awaitable[None]]
) -> None:
    """What was written is there, what failed is not at all, and with room again all goes on."""
    assert [d.id for d in await store.deployments(limit=99)] == list(range(failed - 1, 0, -1))
    assert await store.evidence(failed) == ()
    await make_room()
    await store.write(log(failed))
    assert len(await store.evidence(failed)) == 1
    assert await store.check_integrity() == ()


async def test_what_a_write_returned_survives_the_loss_of_power(store: SqliteStore, path: Path) -> None:
    """The files as they are on the disk after each write, without the shared memory beside them."""
    for number in range(1, 13):
        await store.write(succeeded(number))
        if number == 6:
            await store.tidy(now=START, keep_days=30)  # the log goes into the file
        left = path.parent / f"left{number}" / "state.db"
        left.parent.mkdir()
        for ending in ("", "-wal"):
            shutil.copy(f"{path}{ending}", f"{left}{ending}")
        copy = await SqliteStore.open(left)
        assert (await copy.load()).deployed == release(number)
        assert len(await copy.events(after=0, limit=99)) == number
        await copy.close()


async def test_a_log_that_breaks_off_loses_only_what_was_not_acknowledged(
    store: SqliteStore, path: Path
) -> None:
    await store.write(succeeded(1))
    acknowledged = path.with_name("state.db-wal").stat().st_size
    await store.write(succeeded(2))
    whole = path.with_name("state.db-wal").read_bytes()
    for cut in range(acknowledged, len(whole), 1777):
        left = path.parent / f"cut{cut}" / "state.db"
        left.parent.mkdir()
        shutil.copy(path, left)
        left.with_name("state.db-wal").write_bytes(whole[:cut])
        copy = await SqliteStore.open(left)
        assert (await copy.load()).deployed == release(1)
        assert await copy.check_integrity() == ()
        await copy.close()


def test_a_killed_writer_loses_nothing_that_it_acknowledged(path: Path) -> None:
    acknowledged = 0
    for round_ in range(6):
        with subprocess.Popen(
            [sys.executable, "-m", "tests.adapters.store_child", path],
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        ) as child:
            assert child.stdout is not None
            for _ in range(5 + 7 * round_):
                acknowledged = int(child.stdout.readline())
            child.kill()
            for line in child.stdout.read().split():
                acknowledged = int(line)
        stored = asyncio.run(highest_of(path))
        assert acknowledged <= stored <= acknowledged + 1  # one may be done and not yet told
        acknowledged = stored


async def highest_of(path: Path) -> int:
    store = await SqliteStore.open(path)
    loaded = await store.load()
    assert loaded.last is not None
    assert loaded.deployed == release(loaded.last.id)
    assert loaded.cursor == loaded.last.id
    assert await store.check_integrity() == ()
    await store.close()
    return loaded.last.id


async def test_two_readers_see_whole_changes_while_one_writes(store: SqliteStore, path: Path) -> None:
    done = asyncio.Event()

    async def read() -> int:
        reader = await SqliteStore.open(path, read_only=True)
        seen, looks = 0, 0
        while not done.is_set():
            loaded = await reader.load()
            deployed = loaded.deployed.id if loaded.deployed else 0
            last = loaded.last.id if loaded.last else 0
            assert deployed == last == loaded.cursor >= seen
            seen, looks = last, looks + 1
        await reader.close()
        return looks

    async def write() -> None:
        for number in range(1, 150):
            await store.write(succeeded(number))
        done.set()

    first, second, _ = await asyncio.gather(read(), read(), write())
    assert min(first, second) > 10


async def test_a_locked_store_is_an_error_in_words_and_works_again(store: SqliteStore, path: Path) -> None:
    await store._run(lambda connection: connection.execute("PRAGMA busy_timeout = 50"))
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreError, match="locked") as caught:
        await store.write(queued(1))
    assert str(path) in caught.value.message
    assert (await store.load()).unfinished is None  # reading goes on
    other.execute("ROLLBACK")
    other.close()
    await store.write(queued(1))
    assert (await store.load()).unfinished is not None


async def test_a_write_waits_for_another_process(store: SqliteStore, path: Path) -> None:
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    writing = asyncio.create_task(store.write(queued(1)))
    await asyncio.wait([writing], timeout=0.2)
    assert not writing.done()
    other.execute("COMMIT")
    other.close()
    assert len(await writing) == 1


async def test_a_reader_that_stays_does_not_hold_up_a_tidy(store: SqliteStore, path: Path) -> None:
    await store.write(succeeded(1))
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN")
    other.execute("SELECT * FROM deployments").fetchall()
    await store.write(succeeded(2))
    async with asyncio.timeout(2):  # less than the busy timeout
        await store.tidy(now=START, keep_days=30)
    assert other.execute("SELECT count(*) FROM deployments").fetchone() == (1,)
    other.close()


async def test_a_full_store_is_told_and_works_again(store: SqliteStore) -> None:
    async def limit(pages: int) -> None:
        await store._run(lambda connection: connection.execute(f"PRAGMA max_page_count = {pages}").fetchall())

    await limit(200)
    failed = await write_until_full(store)
    await works_after_being_full(store, failed, lambda: limit(10_000))


async def test_a_full_disk_is_told_and_works_again(small_disk: Path) -> None:
    ballast = small_disk / "ballast"
    store = await SqliteStore.open(small_disk / "state.db")
    ballast.write_bytes(bytes(300_000))
    failed = await write_until_full(store)
    with pytest.raises(StoreFull) as caught:
        await store.write(log(failed))
    assert "docker image prune" in caught.value.hint

    async def make_room() -> None:
        ballast.unlink()

    await works_after_being_full(store, failed, make_room)
    await store.close()


async def test_a_disk_with_no_room_for_a_new_store(small_disk: Path) -> None:
    fill_up(small_disk / "ballast")
    with pytest.raises(StoreFull) as caught:
        await SqliteStore.open(small_disk / "state.db")
    assert str(small_disk) in caught.value.message
    (small_disk / "ballast").unlink()
    store = await SqliteStore.open(small_disk / "state.db")
    await store.write(succeeded(1))
    await store.close()
