"""A stage for every test: the simulated host, the real store, an engine."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.engine.clock import FakeClock
from tests.engine.host import Host
from tests.engine.stage import Stage, baseline


@pytest.fixture
async def bare(tmp_path: Path) -> AsyncIterator[Stage]:
    """A host with the repository cloned (commit 0): no image published, nothing running."""
    stage = Stage(Host(FakeClock()).cloned(), tmp_path / "state.db")
    await stage.boot()
    yield stage
    await stage.close()


@pytest.fixture
async def stage(bare: Stage) -> Stage:
    """A host on the verified release a: commit a, images app-a and db-a."""
    await baseline(bare)
    return bare
