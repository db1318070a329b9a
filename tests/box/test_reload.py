"""The configuration is changed under a running worker, well and badly; and one with which none starts.

An admin sees it by `systemctl reload`, `systemctl status` and in the journal.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.box.vps import CONFIG, UNIT, Vps
from tests.box.vps_image import Prepared
from tests.lab.box.engine import BoxEngine

FAILURE_UNIT = f"koprogo-gitops-failure@{UNIT}.service"


@pytest.fixture(scope="module")
def one(box_engine: BoxEngine, host: Prepared) -> Iterator[Vps]:
    """One for all tests here."""
    vps = Vps(box_engine, host)
    try:
        vps.open().configure()
        vps.kgo("service", "install")
        yield vps
    finally:
        vps.close()


@pytest.fixture
def vps(one: Vps) -> Vps:
    """That host, its worker running with the usual configuration."""
    one.configure()
    one.systemctl("reset-failed", UNIT, check=False)
    one.systemctl("restart", UNIT)
    return one


def misspell(vps: Vps) -> None:
    """A key of the configuration, as it happens; the file keeps its rights."""
    vps.run(["sed", "-i", "s/^attempts = .*/attemps = 3/", CONFIG])


def records(vps: Vps, event: str) -> list[dict[str, Any]]:
    """The unit's records of that event since it was started last."""
    invocation = vps.show(UNIT, "InvocationID")["InvocationID"]
    return vps.journal("-u", UNIT, f"KGO_EVENT={event}", f"_SYSTEMD_INVOCATION_ID={invocation}")


def reload(vps: Vps, event: str) -> str:
    """`systemctl reload`, and what the worker then says."""
    before = len(records(vps, event))
    vps.systemctl("reload", UNIT)
    vps.wait_until(lambda: len(records(vps, event)) > before, event)
    return str(records(vps, event)[-1]["MESSAGE"])


def test_a_reload_follows_the_file_and_says_what_changed(vps: Vps) -> None:
    pid = vps.show(UNIT, "MainPID")
    vps.configure(monitor__interval=3600, health__attempts=4)
    said = reload(vps, "configuration_reloaded")
    assert "monitor.interval" in said
    assert "3600" in said
    assert "health.attempts" in said
    assert vps.show(UNIT, "MainPID") == pid
    vps.wait_until(lambda: seconds_to_the_next_check(vps) > 3000, "the new interval is in force")
    vps.release("1.1")
    vps.configure()
    assert "3600" in reload(vps, "configuration_reloaded")
    vps.wait_until(lambda: vps.version() == "1.1", "and the old one again", 60)


def test_a_reload_that_changes_nothing_says_so(vps: Vps) -> None:
    assert reload(vps, "configuration_reloaded") == "Configuration reloaded, nothing has changed"


def test_a_reload_of_a_broken_file_names_file_and_key_and_changes_nothing(vps: Vps) -> None:
    pid = vps.show(UNIT, "MainPID")
    misspell(vps)
    said = reload(vps, "fault_raised")
    assert f"{CONFIG}:" in said
    assert "health.attemps" in said
    assert "the one in force stays" in said
    vps.wait_until(
        lambda: "health.attemps" in vps.systemctl("status", UNIT).stdout, "systemctl status says it"
    )
    assert vps.kgo("status", code=None).returncode != 0
    vps.configure()
    reload(vps, "configuration_reloaded")
    vps.wait_until(lambda: bool(records(vps, "fault_cleared")), "it tells that it is well again")
    assert vps.show(UNIT, "MainPID") == pid


def test_a_worker_with_a_broken_file_fails_once_and_says_why_wherever_one_looks(vps: Vps) -> None:
    misspell(vps)
    began = vps.out(["date", "+%s"])
    assert vps.systemctl("restart", UNIT, check=False).returncode != 0
    assert_given_up(vps)
    for shown in (
        vps.systemctl("status", "--no-pager", "--lines=40", UNIT, check=False).stdout,
        vps.out(["journalctl", "--no-pager", "-u", UNIT, "--since", f"@{began}"]),
    ):
        assert f"{CONFIG}:" in shown
        assert "health.attemps" in shown
        assert "did you mean" in shown.lower(), "the unknown key has a likely name"
    [alarm] = vps.journal("-u", UNIT, "KGO_EVENT=worker_failed", "--since", f"@{began}")
    assert alarm["PRIORITY"] == "2"
    assert f"systemctl restart {UNIT}" in alarm["MESSAGE"]
    vps.wait_until(
        lambda: vps.show(FAILURE_UNIT, "ActiveState")["ActiveState"] == "inactive", "it has spoken"
    )
    findings = vps.out(["journalctl", "--no-pager", "-u", FAILURE_UNIT, "--since", f"@{began}"])
    assert "✗" in findings, findings
    assert "health.attemps" in findings
    assert_it_does_not_loop(vps, began)


def test_once_mended_a_restart_is_enough(vps: Vps) -> None:
    misspell(vps)
    vps.systemctl("restart", UNIT, check=False)
    assert_given_up(vps)
    vps.configure()
    vps.systemctl("restart", UNIT)
    assert vps.is_active(UNIT)
    vps.wait_until(lambda: vps.kgo("status", code=None).returncode == 0, "all is well")


def assert_given_up(vps: Vps) -> None:
    shown = vps.show(UNIT, "ActiveState", "Result", "ExecMainStatus")
    assert shown == {"ActiveState": "failed", "Result": "exit-code", "ExecMainStatus": "78"}


def assert_it_does_not_loop(vps: Vps, began: str) -> None:
    """It was started once; "failed", where one that is to be restarted would be "activating"."""
    ended = vps.journal("-u", UNIT, "EXIT_STATUS=78", "--since", f"@{began}")
    assert (len(ended), vps.show(UNIT, "NRestarts")["NRestarts"]) == (1, "0")
    assert_given_up(vps)


def seconds_to_the_next_check(vps: Vps) -> float:
    at = vps.asked("status", code=None)["next_check_at"]
    return (datetime.fromisoformat(at) - datetime.now(UTC)).total_seconds() if at else 0.0
