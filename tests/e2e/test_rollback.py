"""Back to the last good release: the code and the very images, by itself or on demand, with nobody to ask."""

from __future__ import annotations

import socket

import pytest

from kgo_tui.demo.sandbox import Sandbox
from tests.e2e.conftest import NewWorker
from tests.e2e.host import (
    CRITICAL,
    FAILED,
    NEEDS_PERSON,
    NOT_NOW,
    USAGE,
    WARNING,
    history,
    kgo,
    last,
    outcomes,
    set_variable,
    status,
)

pytestmark = pytest.mark.lab


def test_latest_moved_to_a_broken_image_and_two_commits_pulled_at_once(
    sandbox: Sandbox, start_worker: NewWorker
) -> None:
    sandbox.up()
    database = sandbox.container_ids()["db"]
    between = sandbox.release("1.1", push=False)
    bad = sandbox.bad_release("1.2")

    said = kgo(sandbox, "deploy", code=FAILED)

    assert "Health check failed after 8 attempts" in said
    assert sandbox.http() == 200
    assert sandbox.version() == "1.0"
    assert sandbox.running()["backend"] == sandbox.first.image_id, (
        "the previous image, though :latest moved on"
    )
    assert sandbox.head() == sandbox.first.commit != between.commit, "what was deployed before, not HEAD^"
    assert sandbox.container_ids()["db"] == database
    assert [q["commit"] for q in status(sandbox, WARNING)["quarantined"]] == [bad.commit]
    assert "quarantined" in kgo(sandbox, "deploy", code=FAILED)
    assert bad.commit[:7] in kgo(sandbox, "check", code=NOT_NOW)

    for checks in (3, 1):
        worker = start_worker(sandbox)
        worker.until("Checking for updates", times=checks)
        worker.until("Refused: .*quarantined")
        assert worker.stop() == 0
    assert len(history(sandbox)) == 1, "neither intervals nor restarts try it again"
    assert sandbox.version() == "1.0"

    newer = sandbox.release("1.3")
    worker = start_worker(sandbox)
    worker.until(f"Deployed {newer.commit[:7]}")
    assert sandbox.version() == "1.3"
    assert worker.stop() == 0


def test_rollback_with_the_registry_and_the_git_remote_gone(sandbox: Sandbox) -> None:
    sandbox.up()
    first, database = sandbox.first, sandbox.container_ids()["db"]
    left = sandbox.release("1.1")
    kgo(sandbox, "deploy")
    sandbox.registry.stop()
    sandbox.remote.break_()

    said = kgo(sandbox, "rollback")

    assert "Rolled back to" in said
    assert sandbox.version() == "1.0"
    assert sandbox.running()["backend"] == first.image_id
    assert sandbox.head() == first.commit
    assert (sandbox.tree / "VERSION").read_text() == "1.0\n"
    assert sandbox.container_ids()["db"] == database, "a rollback does not restart the database"
    sandbox.remote.restore()
    shown = status(sandbox, WARNING)
    assert shown["deployed"]["commit"] == first.commit
    assert shown["deployed"]["images"] == sandbox.running()
    assert [q["commit"] for q in shown["quarantined"]] == [left.commit]
    newest = last(sandbox)
    assert (newest["state"], newest["trigger"], newest["failure"]) == ("rolled_back", "rollback", None)
    assert outcomes(newest) == [("queued", "ok"), ("rolling_back", "ok"), ("verifying_rollback", "ok")]


def test_rollback_to_a_release_by_the_number_of_its_deployment_and_by_its_commit(sandbox: Sandbox) -> None:
    sandbox.up()
    releases = {"1.0": sandbox.first}
    for version in ("1.1", "1.2"):
        releases[version] = sandbox.release(version)
        kgo(sandbox, "deploy")
    numbers = {entry["to_commit"]: entry["id"] for entry in history(sandbox)}

    kgo(sandbox, "rollback", releases["1.0"].commit[:7])
    assert (sandbox.version(), sandbox.head()) == ("1.0", releases["1.0"].commit)
    assert [q["commit"] for q in status(sandbox, WARNING)["quarantined"]] == [releases["1.2"].commit]
    kgo(sandbox, "rollback", str(numbers[releases["1.1"].commit]))
    assert (sandbox.version(), sandbox.head()) == ("1.1", releases["1.1"].commit)
    assert sandbox.running()["backend"] == releases["1.1"].image_id

    assert "no release '999'" in kgo(sandbox, "rollback", "999", code=USAGE)
    assert "no release 'fedcba9'" in kgo(sandbox, "rollback", "fedcba9", code=USAGE)
    assert sandbox.version() == "1.1"


def test_rollback_without_a_baseline_needs_a_person(sandbox: Sandbox) -> None:
    assert "no release to go back to" in kgo(sandbox, "rollback", code=NEEDS_PERSON)
    sandbox.up()
    kgo(sandbox, "check")
    before = sandbox.container_ids()
    assert "no release before" in kgo(sandbox, "rollback", code=NEEDS_PERSON)
    assert sandbox.container_ids() == before


def test_a_first_deployment_that_fails_has_nothing_to_go_back_to(sandbox: Sandbox) -> None:
    sandbox.bad_release()
    said = kgo(sandbox, "deploy", code=NEEDS_PERSON)
    assert "no verified release to go back to" in said
    shown = status(sandbox, CRITICAL)
    assert shown["suspended"]["by"] == "kgo-tui"
    assert shown["deployed"] is None


def test_a_rollback_that_fails_calls_a_person_who_mends_it_and_rolls_back(sandbox: Sandbox) -> None:
    sandbox.up()
    free = sandbox.front.app_port
    with socket.create_server(("127.0.0.1", 0)) as squatter:
        set_variable(sandbox, "BACKEND_PORT", str(squatter.getsockname()[1]))
        sandbox.release("1.1")
        said = kgo(sandbox, "deploy", code=NEEDS_PERSON)
    assert "ROLLBACK FAILED" in said
    shown = status(sandbox, CRITICAL)
    assert shown["suspended"]["by"] == "kgo-tui", "automatic deployment suspends itself"
    assert "could not be rolled back" in shown["reason"]

    set_variable(sandbox, "BACKEND_PORT", str(free))
    kgo(sandbox, "rollback")
    assert (sandbox.version(), sandbox.head()) == ("1.0", sandbox.first.commit)
    kgo(sandbox, "resume")
    assert status(sandbox, WARNING)["suspended"] is None


def test_a_release_whose_images_are_gone_is_not_gone_back_to(sandbox: Sandbox) -> None:
    sandbox.up()
    sandbox.release("1.1")
    kgo(sandbox, "deploy")
    before = sandbox.container_ids()
    sandbox.docker("rmi", "--force", sandbox.first.image_id)
    assert "images of the release are no longer on this host: backend" in kgo(
        sandbox, "rollback", code=FAILED
    )
    assert sandbox.container_ids() == before
    assert sandbox.version() == "1.1"
