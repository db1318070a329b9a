"""Killed, told to end, left alone in the middle: a deployment ends well all the same."""

from __future__ import annotations

import signal

import pytest

from kgo_tui.demo.sandbox import Sandbox
from tests.e2e import contract
from tests.e2e.conftest import NewWorker
from tests.e2e.host import (
    BUSY,
    FAILED,
    WARNING,
    Running,
    configure,
    history,
    kgo,
    status,
)

pytestmark = pytest.mark.lab

FORWARD = {
    "preparing": "Bringing in the code",
    "pulling": "Pulling the images",
    "applying": "Starting the services",
    "verifying": "Health check",
}
BACK = {
    "rolling_back": "Rollback to the previous version",
    "verifying_rollback": "Health check after the rollback",
}


@pytest.mark.parametrize("step", FORWARD)
def test_killed_while_it_deploys_it_carries_on(sandbox: Sandbox, start_worker: NewWorker, step: str) -> None:
    sandbox.up()
    configure(sandbox, health__stable_for=2)
    database = sandbox.container_ids()["db"]
    released = sandbox.release("1.1")
    worker = start_worker(sandbox)
    worker.until(FORWARD[step])
    worker.kill()
    again = start_worker(sandbox)
    again.until(f"Deployed {released.commit[:7]}")
    assert sandbox.version() == "1.1"
    assert sandbox.head() == released.commit
    [entry] = history(sandbox)
    contract.assert_like(entry, contract.DEPLOYMENT)
    assert entry["state"] == "succeeded"
    assert (step, "interrupted") in [(s["state"], s["outcome"]) for s in entry["steps"]]
    assert sandbox.container_ids()["db"] == database
    assert set(sandbox.running()) == {"backend", "db"}, "no half-made container is left"
    assert sandbox.running() == status(sandbox)["deployed"]["images"]


@pytest.mark.parametrize("step", BACK)
def test_killed_while_it_rolls_back_it_ends_on_the_baseline(
    sandbox: Sandbox, start_worker: NewWorker, step: str
) -> None:
    sandbox.up()
    configure(sandbox, health__attempts=2, health__stable_for=2)
    bad = sandbox.bad_release()
    worker = start_worker(sandbox)
    worker.until(BACK[step])
    worker.kill()
    again = start_worker(sandbox)
    again.until("failed, rolled back")
    assert sandbox.version() == "1.0"
    assert sandbox.head() == sandbox.first.commit
    assert [q["commit"] for q in status(sandbox, WARNING)["quarantined"]] == [bad.commit]
    assert len(history(sandbox)) == 1


def test_killed_on_the_command_line_the_next_command_carries_on(sandbox: Sandbox) -> None:
    sandbox.up()
    configure(sandbox, health__stable_for=2)
    released = sandbox.release("1.1")
    with Running(sandbox, "deploy") as deploying:
        deploying.until("Health check")
        deploying.kill()
    left = status(sandbox, WARNING)
    assert left["deployment"]["to_commit"] == released.commit
    assert "deployment 2 was interrupted" in left["reason"]
    said = kgo(sandbox, "check")
    assert f"Deployed {released.commit[:7]}" in said
    assert history(sandbox)[0]["state"] == "succeeded"


def test_told_to_end_in_the_middle_it_leaves_the_rest_to_the_next_start(
    sandbox: Sandbox, start_worker: NewWorker
) -> None:
    sandbox.up()
    configure(sandbox, health__stable_for=3)
    released = sandbox.release("1.1")
    worker = start_worker(sandbox)
    worker.until("Health check")
    assert worker.stop() == 0
    assert worker.count("is carried on at the next start") == 1
    start_worker(sandbox).until(f"Deployed {released.commit[:7]}")
    assert len(history(sandbox)) == 1


def test_whoever_stops_watching_does_not_stop_the_deployment(
    sandbox: Sandbox, start_worker: NewWorker
) -> None:
    sandbox.up()
    configure(sandbox, health__stable_for=2, monitor__interval=3600)
    worker = start_worker(sandbox)
    worker.until("Up to date")
    released = sandbox.release("1.1")
    with Running(sandbox, "deploy") as watching:
        watching.until("Starting the services")
        assert "is running" in kgo(sandbox, "deploy", code=BUSY), "one at a time, whoever asks"
        assert "cannot be cancelled" in kgo(sandbox, "cancel", code=FAILED)
        watching.kill()
    worker.until(f"Deployed {released.commit[:7]}")
    assert sandbox.version() == "1.1"


def test_interrupted_on_the_command_line_it_says_so_and_the_worker_carries_on(
    sandbox: Sandbox, start_worker: NewWorker
) -> None:
    sandbox.up()
    configure(sandbox, health__stable_for=2)
    released = sandbox.release("1.1")
    with Running(sandbox, "deploy") as deploying:
        deploying.until("Health check")
        deploying.send(signal.SIGINT)
        assert deploying.code() == 130
        assert "interrupted; kgo-tui status tells what is left to do" in deploying.log
    start_worker(sandbox).until(f"Deployed {released.commit[:7]}")
    assert [entry["state"] for entry in history(sandbox)] == ["succeeded"]


def test_a_connection_that_drops_does_not_stop_the_deployment(sandbox: Sandbox) -> None:
    sandbox.up()
    configure(sandbox, health__stable_for=2)
    sandbox.release("1.1")
    with Running(sandbox, "deploy") as deploying:
        deploying.until("Starting the services")
        deploying.send(signal.SIGHUP)
        assert deploying.code() == 0
    assert sandbox.version() == "1.1"
