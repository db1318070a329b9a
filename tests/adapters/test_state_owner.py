"""Root and the worker's own user share a state directory: what root makes there, the owner can use."""

# ruff: noqa: ASYNC240  # a test may block on a file of its own

from __future__ import annotations

import codecs
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from kgo_tui.adapters.host import InstanceLock
from kgo_tui.adapters.sqlite import SqliteStore
from kgo_tui.core.errors import Busy
from tests.adapters.store_data import queued, release, succeeded
from tests.adapters.test_store_files import NOBODY, unprivileged

codecs.lookup("ascii")  # the one that we become may not be able to load it
pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root can make files for others")


@pytest.fixture
def state() -> Iterator[Path]:
    """A state directory of another user."""
    directory = Path(tempfile.mkdtemp())
    os.chown(directory, NOBODY, NOBODY)
    directory.chmod(0o750)
    yield directory
    shutil.rmtree(directory)


def owners(directory: Path) -> set[tuple[int, int]]:
    return {(p.lstat().st_uid, p.lstat().st_gid) for p in directory.iterdir()}


async def test_a_store_that_root_made_is_the_owners_while_it_is_open_too(state: Path) -> None:
    store = await SqliteStore.open(state / "default.db")
    await store.write(succeeded(1))
    assert {p.name for p in state.iterdir()} == {"default.db", "default.db-wal", "default.db-shm"}
    assert owners(state) == {(NOBODY, NOBODY)}
    with unprivileged():
        worker = await SqliteStore.open(state / "default.db")
        await worker.write(queued(2))
        assert (await worker.load()).deployed == release(1)
        await worker.close()
    await store.close()


async def test_log_and_index_that_root_makes_beside_an_owners_store_are_the_owners(state: Path) -> None:
    with unprivileged():
        worker = await SqliteStore.open(state / "default.db")
        await worker.write(succeeded(1))
        await worker.close()
    store = await SqliteStore.open(state / "default.db")
    await store.write(queued(2))
    assert len(list(state.iterdir())) == 3
    assert owners(state) == {(NOBODY, NOBODY)}
    await store.close()


def test_a_lock_that_root_made_can_be_taken_by_the_owner(state: Path) -> None:
    with InstanceLock(state / "default.lock").taken():
        assert owners(state) == {(NOBODY, NOBODY)}
        with unprivileged(), pytest.raises(Busy):
            InstanceLock(state / "default.lock").acquire()
    with unprivileged(), InstanceLock(state / "default.lock").taken():
        pass


def test_what_was_there_before_is_not_given_away(state: Path) -> None:
    """Whoever owns the directory may have put another name of a file of root's there."""
    secret = Path(tempfile.mkdtemp(dir=state.parent)) / "secret"
    secret.write_text("root's\n")
    os.link(secret, state / "default.lock")
    with InstanceLock(state / "default.lock").taken():
        assert secret.stat().st_uid == 0
    shutil.rmtree(secret.parent)


def test_a_planted_link_is_neither_followed_nor_given(state: Path) -> None:
    target = state.parent / f"{state.name}-target"
    (state / "default.lock").symlink_to(target)
    with pytest.raises(OSError, match="symbolic"):
        InstanceLock(state / "default.lock").acquire()
    assert not target.exists()


async def test_in_roots_own_directory_all_stays_roots(tmp_path: Path) -> None:
    store = await SqliteStore.open(tmp_path / "default.db")
    await store.write(succeeded(1))
    with InstanceLock(tmp_path / "default.lock").taken():
        assert {owner for owner, _ in owners(tmp_path)} == {0}
    await store.close()
