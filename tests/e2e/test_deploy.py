"""`kgo-tui deploy`: a pushed commit reaches the host, with the very images that were recorded for it."""

from __future__ import annotations

import pytest

from kgo_tui.demo.daemon import eventually
from kgo_tui.demo.host import DEPLOY
from kgo_tui.demo.remote import git
from kgo_tui.demo.sandbox import Sandbox
from tests.e2e import contract
from tests.e2e.host import (
    CRITICAL,
    FAILED,
    IN_SYNC,
    UPDATE,
    USAGE,
    WARNING,
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


def test_status_and_history_are_the_contract(sandbox: Sandbox) -> None:
    before = status(sandbox, WARNING)
    contract.assert_like(before, contract.STATUS)
    assert (before["deployed"], before["health"], before["containers"]) == (None, None, [])
    assert history(sandbox) == []

    sandbox.up()
    released = sandbox.release("1.1", message="Show the charges", author="Noor Haddad <noor@example.org>")
    kgo(sandbox, "deploy")
    after = status(sandbox)
    contract.assert_like(after, contract.STATUS)
    assert after["schema"] == 1
    assert after["instance"] == "default"
    assert after["repository"]["path"] == str(sandbox.tree)
    assert after["repository"]["remote_url"] == str(sandbox.remote.path)
    assert after["repository"]["local"] == after["repository"]["remote"]
    assert after["repository"]["local"]["subject"] == "Show the charges"
    assert after["repository"]["local"]["author"] == "Noor Haddad"
    assert (after["repository"]["ahead"], after["repository"]["behind"]) == (0, 0)
    assert after["worker"] == {
        "running": False,
        "pid": None,
        "started_at": None,
        "checks_today": 1,
        "deployments_today": 1,
    }
    assert (after["activity"], after["deployment"], after["quarantined"]) == ("idle", None, [])
    assert {c["service"]: c["state"] for c in after["containers"]} == {"backend": "running", "db": "running"}
    assert after["verdict"] == "ok"

    entries = history(sandbox)
    for entry in entries:
        contract.assert_like(entry, contract.DEPLOYMENT)
    assert [e["id"] for e in entries] == [after["deployed"]["deployment_id"]]
    [entry] = entries
    assert (entry["trigger"], entry["state"], entry["failure"]) == ("manual", "succeeded", None)
    assert (entry["from_commit"], entry["to_commit"]) == (sandbox.first.commit, released.commit)
    assert outcomes(entry) == ALL_WELL
    assert 0 < entry["duration_s"] < 60
    assert 0 <= entry["downtime_ms"] <= entry["duration_s"] * 1000


def test_a_failed_release_shows_in_status_and_history_as_in_the_contract(sandbox: Sandbox) -> None:
    sandbox.up()
    bad = sandbox.bad_release()
    kgo(sandbox, "deploy", code=FAILED)
    kgo(sandbox, "suspend", "--reason", "holidays")
    shown = status(sandbox, WARNING)
    contract.assert_like(shown, contract.STATUS)
    [quarantined] = shown["quarantined"]
    assert quarantined["commit"] == bad.commit
    assert "404" in quarantined["reason"]
    assert shown["suspended"]["reason"] == "holidays"
    assert shown["suspended"]["by"] == "root"
    [entry] = history(sandbox)
    contract.assert_like(entry, contract.DEPLOYMENT)
    assert (entry["state"], entry["trigger"]) == ("rolled_back", "manual")
    assert "404" in entry["failure"]
    assert outcomes(entry)[-3:] == [
        ("verifying", "failed"),
        ("rolling_back", "ok"),
        ("verifying_rollback", "ok"),
    ]


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


def test_check_says_what_it_would_do_and_does_nothing(sandbox: Sandbox) -> None:
    sandbox.up()
    assert "in sync" in kgo(sandbox, "check", code=IN_SYNC)
    released = sandbox.release("1.1")
    found = asked(sandbox, "check", code=UPDATE)
    assert found == {
        "decision": "deploy",
        "reason": f"{released.commit[:7]} follows {sandbox.first.commit[:7]}",
        "target": released.commit,
    }
    assert (sandbox.version(), sandbox.head()) == ("1.0", sandbox.first.commit)
    assert history(sandbox) == []


def test_plan_shows_commits_and_services_and_does_nothing(sandbox: Sandbox) -> None:
    sandbox.up()
    kgo(sandbox, "deploy")
    first = sandbox.container_ids()
    sandbox.release("1.1", message="One", push=False)
    two = compose_with(sandbox, "    volumes:", "    environment: {PLAN: shown}\n    volumes:")
    sandbox.release("1.2", message="Two", files=two)
    plan = asked(sandbox, "plan")
    assert [c["subject"] for c in plan["commits"]] == ["Two", "One"]
    assert {s["name"]: s["change"] for s in plan["services"]} == {"backend": "kept", "db": "recreated"}
    said = kgo(sandbox, "plan")
    assert "Two" in said
    assert "recreated" in said
    assert sandbox.container_ids() == first
    assert sandbox.head() == sandbox.first.commit


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

    kgo(sandbox, "deploy")
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


def test_a_service_that_is_down_makes_the_status_critical(sandbox: Sandbox) -> None:
    sandbox.up()
    kgo(sandbox, "deploy")
    sandbox.docker("kill", "--signal", "KILL", sandbox.container_ids()["db"])
    sandbox.docker("update", "--restart", "no", sandbox.container_ids()["db"])
    eventually(lambda: "db" not in sandbox.running(), "the database is down")
    shown = status(sandbox, CRITICAL)
    assert "exit code 137" in shown["reason"]
    assert {c["service"]: c["exit_code"] for c in shown["containers"]} == {"backend": None, "db": 137}


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
