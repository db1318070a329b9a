"""The commands that only look: `status` and `history` are the contract, `check` and `plan` touch nothing."""

from __future__ import annotations

import pytest

from kgo_tui.demo.daemon import eventually
from kgo_tui.demo.sandbox import Sandbox
from tests.e2e import contract
from tests.e2e.host import (
    CRITICAL,
    FAILED,
    IN_SYNC,
    UPDATE,
    WARNING,
    asked,
    compose_with,
    history,
    kgo,
    outcomes,
    status,
)

pytestmark = pytest.mark.lab

ALL_WELL = [(state, "ok") for state in ("queued", "preparing", "pulling", "applying", "verifying")]


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


def test_a_service_that_is_down_makes_the_status_critical(sandbox: Sandbox) -> None:
    sandbox.up()
    kgo(sandbox, "deploy")
    sandbox.docker("kill", "--signal", "KILL", sandbox.container_ids()["db"])
    sandbox.docker("update", "--restart", "no", sandbox.container_ids()["db"])
    eventually(lambda: "db" not in sandbox.running(), "the database is down")
    shown = status(sandbox, CRITICAL)
    assert "exit code 137" in shown["reason"]
    assert {c["service"]: c["exit_code"] for c in shown["containers"]} == {"backend": None, "db": 137}
