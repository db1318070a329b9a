"""What the worker waits for (images of CI, a Docker that is gone), and goes on by itself."""

from __future__ import annotations

import pytest

from kgo_tui.demo.daemon import eventually
from kgo_tui.demo.sandbox import Sandbox
from tests.e2e import contract
from tests.e2e.conftest import NewWorker
from tests.e2e.host import (
    history,
    kgo,
    status,
)
from tests.lab.fixtures import NewSandbox

pytestmark = pytest.mark.lab


def test_images_that_are_not_published_yet_are_waited_for(
    new_sandbox: NewSandbox, start_worker: NewWorker
) -> None:
    sandbox = new_sandbox(("backend", "worker"), image_tag="{branch}-{sha7}")
    kgo(sandbox, "deploy")
    worker = start_worker(sandbox)
    waiting = sandbox.release("1.1", publish=False)
    worker.until("Waiting for images that are not published yet")
    shown = status(sandbox)
    contract.assert_like(shown, contract.STATUS)
    assert shown["activity"] == "deploying"
    assert shown["deployment"]["state"] == "waiting_images"
    assert f"main-{waiting.commit[:7]}" in shown["deployment"]["failure"]
    assert sandbox.version() == "1.0"
    sandbox.publish("1.1", waiting.commit)
    worker.until(f"Deployed {waiting.commit[:7]}")
    assert sandbox.version() == "1.1"


def test_a_newer_commit_supersedes_one_that_waits_and_cancel_gives_one_up(
    new_sandbox: NewSandbox, start_worker: NewWorker
) -> None:
    sandbox = new_sandbox(("backend",), image_tag="{branch}-{sha7}")
    kgo(sandbox, "deploy")
    worker = start_worker(sandbox)
    sandbox.release("1.1", publish=False)
    worker.until("Waiting for images")
    newer = sandbox.release("1.2")
    worker.until(f"superseded by {newer.commit[:7]}")
    worker.until(f"Deployed {newer.commit[:7]}")
    assert sandbox.version() == "1.2"
    sandbox.release("1.3", publish=False)
    worker.until("Waiting for images", times=2)
    kgo(sandbox, "cancel")
    worker.until("abandoned, the services were not touched: cancelled by root")
    assert [e["state"] for e in history(sandbox)] == ["abandoned", "succeeded", "abandoned", "succeeded"]
    assert sandbox.head() == newer.commit


def test_docker_goes_away_and_comes_back(sandbox: Sandbox, start_worker: NewWorker) -> None:
    sandbox.up()
    worker = start_worker(sandbox)
    worker.until("Up to date")
    sandbox.engine.stop_dockerd()
    worker.until("docker: Docker does not answer")
    assert "Docker does not answer" in kgo(sandbox, "status", code=2)
    sandbox.engine.start_dockerd()
    worker.until("docker works again")
    released = sandbox.release("1.1")
    worker.until(f"Deployed {released.commit[:7]}")
    assert sandbox.version() == "1.1"
    assert worker.stop() == 0


def test_health_that_is_lost_and_comes_back_is_told(sandbox: Sandbox, start_worker: NewWorker) -> None:
    sandbox.up()
    worker = start_worker(sandbox)
    worker.until("Up to date")
    eventually(lambda: status(sandbox)["health"] is not None, "a first sample")
    sandbox.docker("stop", sandbox.container_ids()["backend"])
    worker.until("Health lost: ")
    assert status(sandbox, 2)["verdict"] == "critical"
    sandbox.docker("start", sandbox.container_ids()["backend"])
    worker.until("Health is back")
