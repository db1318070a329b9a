"""`kgo-tui deploy`: a pushed commit reaches the host, with the very images that were recorded for it."""

from __future__ import annotations

import pytest

from kgo_tui.demo.host import DEPLOY
from kgo_tui.demo.remote import git
from kgo_tui.demo.sandbox import Sandbox
from tests.e2e.host import (
    IN_SYNC,
    USAGE,
    asked,
    compose_with,
    history,
    kgo,
    last,
    outcomes,
    set_variable,
    status,
)
from tests.lab.fixtures import NewSandbox

pytestmark = pytest.mark.lab

ALL_WELL = [(state, "ok") for state in ("queued", "preparing", "pulling", "applying", "verifying")]


def test_a_pushed_release_is_deployed_and_what_runs_is_what_was_recorded(sandbox: Sandbox) -> None:
    sandbox.up()
    by_hand = sandbox.container_ids()
    released = sandbox.release("1.1", files={"README": "hello\n"})

    said = kgo(sandbox, "deploy")

    assert sandbox.version() == "1.1"
    assert sandbox.head() == released.commit
    assert sandbox.running()["backend"] == released.image_id
    shown = status(sandbox)
    assert shown["deployed"]["images"] == sandbox.running(), "the images of the running containers"
    assert shown["deployed"]["commit"] == released.commit
    assert sandbox.container_ids()["db"] == by_hand["db"], "what did not change keeps its container"
    assert sandbox.container_ids()["backend"] != by_hand["backend"]
    for phrase in ("becomes the baseline", "Checking for updates", "Health check passed", "Deployed "):
        assert phrase in said
    assert outcomes(last(sandbox)) == ALL_WELL


def test_a_second_deploy_converges_what_was_stopped_by_hand_and_touches_nothing_else(
    sandbox: Sandbox,
) -> None:
    sandbox.up()
    kgo(sandbox, "deploy")
    first = sandbox.container_ids()
    kgo(sandbox, "deploy")
    assert sandbox.container_ids() == first, "nothing changed, so nothing is recreated"
    sandbox.docker("stop", first["backend"])
    assert "backend" not in sandbox.running()
    kgo(sandbox, "deploy")
    assert sandbox.version() == "1.0"
    assert sandbox.container_ids() == first


def test_the_first_deploy_on_an_empty_host_brings_everything_up(sandbox: Sandbox) -> None:
    said = kgo(sandbox, "deploy")
    assert "first deployment" in said
    assert sandbox.version() == "1.0"
    assert status(sandbox)["deployed"]["images"] == sandbox.running()


def test_a_named_commit_is_deployed_and_the_tip_that_it_passes_over_stays_away(sandbox: Sandbox) -> None:
    sandbox.up()
    older = sandbox.release("1.1")
    tip = sandbox.release("1.2")
    kgo(sandbox, "deploy", older.commit[:8])
    assert sandbox.head() == older.commit
    assert tip.commit[:7] in kgo(sandbox, "check", code=11)
    kgo(sandbox, "deploy", tip.commit)
    assert sandbox.version() == "1.2"
    assert asked(sandbox, "check", code=IN_SYNC)["target"] == tip.commit


def test_a_commit_that_does_not_exist_or_is_not_on_the_branch_is_wrong_usage(sandbox: Sandbox) -> None:
    sandbox.up()
    assert "abcdef1" in kgo(sandbox, "deploy", "abcdef1", code=USAGE)
    git(sandbox.tree, "branch", "mine")
    git(
        sandbox.tree,
        "-c",
        "user.name=Me",
        "-c",
        "user.email=me@example.org",
        *["commit", "--allow-empty", "-m", "x"],
    )
    stray = sandbox.head()
    git(sandbox.tree, "reset", "--quiet", "--hard", "mine")
    assert "not on the branch main" in kgo(sandbox, "deploy", stray, code=USAGE)
    assert history(sandbox) == []


def test_a_service_with_build_is_built_pinned_and_brought_back(new_sandbox: NewSandbox) -> None:
    sandbox = new_sandbox(("backend", "page"))
    sandbox.up()

    def page() -> str:
        return sandbox.docker("exec", sandbox.container_ids()["page"], "cat", "/version").stdout.strip()

    built = sandbox.running()["page"]
    sandbox.release("1.1")
    kgo(sandbox, "deploy")
    assert page() == "1.1"
    assert sandbox.running()["page"] != built
    assert status(sandbox)["deployed"]["images"] == sandbox.running()
    kgo(sandbox, "rollback")
    assert page() == "1.0"
    assert sandbox.running()["page"] == built, "the very image, not one built again"
    assert (sandbox.deploy_dir / "page/version").read_text() == "1.0\n"


def test_an_image_tag_of_the_commit_is_what_compose_gets(new_sandbox: NewSandbox) -> None:
    sandbox = new_sandbox(("backend", "worker"), image_tag="{branch}-{sha7}")
    released = sandbox.release("1.1")
    kgo(sandbox, "deploy")
    images = {c["service"]: c["image"] for c in status(sandbox)["containers"]}
    assert images["backend"].endswith(f"/koprogo/backend:main-{released.commit[:7]}")
    assert images["worker"].endswith(f"/koprogo/worker:main-{released.commit[:7]}")
    assert sandbox.version() == "1.1"


def test_what_compose_needs_from_the_env_file_changes_the_container(sandbox: Sandbox) -> None:
    """The untracked .env belongs to the admin: it is read afresh at each deployment and never written."""
    sandbox.up()
    content = (sandbox.tree / DEPLOY / ".env").read_text()
    set_variable(sandbox, "GREETING", "bonjour")
    files = compose_with(
        sandbox,
        "    restart: unless-stopped\n    ports:",
        "    restart: unless-stopped\n    environment: {GREETING: '${GREETING}'}\n    ports:",
    )
    sandbox.release("1.1", files=files)
    kgo(sandbox, "deploy")
    shown = sandbox.docker("exec", sandbox.container_ids()["backend"], "sh", "-c", "echo $GREETING")
    assert shown.stdout == "bonjour\n"
    assert (sandbox.tree / DEPLOY / ".env").read_text() == f"{content}GREETING=bonjour\n"


def test_a_commit_message_that_would_drive_the_terminal_is_shown_inert(sandbox: Sandbox) -> None:
    sandbox.up()
    message = "\x1b]52;c;aGVsbG8=\x07\x1b[2JInnocent \u202efix\x9b31m"
    sandbox.release("1.1", message=message, author="Mal\x1b[31m <mal@example.org>")
    said = (
        kgo(sandbox, "plan")
        + kgo(sandbox, "deploy")
        + kgo(sandbox, "status")
        + kgo(sandbox, "status", "--json")
    )
    assert said.count("Innocent") >= 3
    assert not any(foreign in said for foreign in ("\x1b", "\x07", "\x9b", "\u202e"))
