"""What every end-to-end test may ask for: a worker on a sandbox's host."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from kgo_tui.demo.sandbox import Sandbox
from tests.e2e.host import Environment, Worker

NewWorker = Callable[..., Worker]


@pytest.fixture
def start_worker() -> Iterator[NewWorker]:
    """Starts workers, one after the other; ends at the end of the test what still runs."""
    made: list[Worker] = []

    def start(sandbox: Sandbox, *, env: Environment | None = None) -> Worker:
        made.append(Worker(sandbox, env=env))
        return made[-1].start()

    yield start
    for worker in made:
        worker.kill()
