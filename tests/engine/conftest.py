"""A stage for every test: the simulated host, the real store, an engine."""

from __future__ import annotations

import os
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.engine.clock import FakeClock
from tests.engine.host import Host
from tests.engine.stage import Stage, baseline


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Path]:
    """Where the stores are: in memory if it can be. What a disk makes of a write is tested elsewhere."""
    memory = Path("/dev/shm")  # noqa: S108 - a directory of our own in it
    if not os.access(memory, os.W_OK):
        yield tmp_path
        return
    with tempfile.TemporaryDirectory(dir=memory) as made:
        yield Path(made)


@pytest.fixture
async def bare(place: Path) -> AsyncIterator[Stage]:
    """A host with the repository cloned (commit 0): no image published, nothing running."""
    stage = Stage(Host(FakeClock()).cloned(), place / "state.db")
    await stage.boot()
    yield stage
    await stage.close()


@pytest.fixture
async def stage(bare: Stage) -> Stage:
    """A host on the verified release a: commit a, images app-a and db-a."""
    await baseline(bare)
    return bare
