"""The worker: what is pushed is deployed, commands go through its socket, its lines are the runbook's."""

from __future__ import annotations

import signal
import stat
import subprocess

import pytest

from kgo_tui.demo.sandbox import Sandbox
from tests.e2e import contract
from tests.e2e.conftest import NewWorker
from tests.e2e.host import (
    BUSY,
    NOT_NOW,
    UPDATE,
    USAGE,
    WARNING,
    asked,
    configure,
    history,
    kgo,
    status,
)

pytestmark = pytest.mark.lab


def test_a_pushed_commit_is_deployed(sandbox: Sandbox, start_worker: NewWorker) -> None:
    sandbox.up()
    worker = start_worker(sandbox)
    worker.until("Up to date: in sync")
    shown = status(sandbox)
    contract.assert_like(shown, contract.STATUS)
    assert shown["worker"]["running"] is True
    assert shown["worker"]["pid"] == worker.pid
    assert shown["next_check_at"] is not None
    assert shown["health"]["ok"] is True
    assert (shown["health"]["status_code"], shown["health"]["tls"]) == (200, "valid")

    released = sandbox.release("1.1", message="Show the charges")
    worker.until(f"New commit detected: {released.commit} Show the charges")
    worker.until(f"Deployed {released.commit[:7]}")
    assert sandbox.version() == "1.1"
    [entry] = history(sandbox)
    assert (entry["trigger"], entry["by"], entry["state"]) == ("poll", "kgo-tui", "succeeded")
    assert status(sandbox)["deployed"]["images"] == sandbox.running()
    assert worker.stop() == 0
    assert status(sandbox)["worker"]["running"] is False


def test_commands_go_through_the_socket_and_tell_who_asked(sandbox: Sandbox, start_worker: NewWorker) -> None:
    sandbox.up()
    configure(sandbox, monitor__interval=3600)
    worker = start_worker(sandbox)
    worker.until("Up to date")
    released = sandbox.release("1.1")

    assert asked(sandbox, "check", code=UPDATE)["target"] == released.commit
    said = kgo(sandbox, "deploy")
    assert f"Deployed {released.commit[:7]}" in said
    assert worker.count(f"Deployment 2 to {released.commit[:7]} .manual, by root.") == 1
    assert sandbox.version() == "1.1"
    kgo(sandbox, "rollback")
    assert sandbox.version() == "1.0"
    assert worker.count("Rolled back to") == 1
    assert [(e["trigger"], e["by"]) for e in history(sandbox)] == [("rollback", "root"), ("manual", "root")]
    assert asked(sandbox, "health")[-1]["ok"] is True
    assert [e["event"] for e in asked(sandbox, "events", "-n", "1")] == ["deployment_ended"]
    assert "no release '99'" in kgo(sandbox, "rollback", "99", code=USAGE)


def test_suspended_nothing_is_deployed_until_someone_resumes(
    sandbox: Sandbox, start_worker: NewWorker
) -> None:
    sandbox.up()
    kgo(sandbox, "suspend", "--reason", "general assembly")
    worker = start_worker(sandbox)
    worker.until("Checking for updates")
    released = sandbox.release("1.1")
    worker.until("Waiting: suspended by root: general assembly")
    found = asked(sandbox, "check", code=NOT_NOW)
    assert (found["decision"], found["target"]) == ("wait", released.commit)
    shown = status(sandbox, WARNING)
    assert (shown["suspended"]["reason"], shown["suspended"]["by"]) == ("general assembly", "root")
    assert (sandbox.version(), history(sandbox)) == ("1.0", [])
    kgo(sandbox, "resume")
    worker.until(f"Deployed {released.commit[:7]}")
    assert worker.count("resumed by root") == 1
    assert sandbox.version() == "1.1"
    assert "not suspended" in kgo(sandbox, "resume", code=USAGE)


def test_a_second_monitor_does_not_start(sandbox: Sandbox, start_worker: NewWorker) -> None:
    sandbox.up()
    worker = start_worker(sandbox)
    said = kgo(sandbox, "--headless", "monitor", code=BUSY)
    assert f"process {worker.pid}" in said
    assert status(sandbox)["worker"]["pid"] == worker.pid, "the first one is not disturbed"


def test_the_socket_is_for_its_owner_and_group_only_and_goes_with_the_worker(
    sandbox: Sandbox, start_worker: NewWorker
) -> None:
    sandbox.up()
    worker = start_worker(sandbox)
    socket = sandbox.runtime / "default.sock"
    assert stat.S_IMODE(socket.stat().st_mode) == 0o660
    assert worker.stop(signal.SIGINT) == 0
    assert not socket.exists()
    worker = start_worker(sandbox)
    worker.kill()
    assert socket.exists()
    assert status(sandbox, WARNING)["worker"]["running"] is False, (
        "a socket that nobody serves is in nobody's way"
    )
    assert start_worker(sandbox).stop() == 0


def test_a_command_for_another_repository_than_the_workers_is_refused(
    sandbox: Sandbox, start_worker: NewWorker
) -> None:
    sandbox.up()
    start_worker(sandbox).until("Up to date")
    other = sandbox.root / "other.toml"
    other.write_text(sandbox.config.read_text().replace(str(sandbox.tree), str(sandbox.remote.clone)))
    sandbox.config = other
    assert "the worker follows" in kgo(sandbox, "deploy", code=USAGE)


def test_a_reader_that_goes_away_is_no_error(sandbox: Sandbox) -> None:
    sandbox.up()
    kgo(sandbox, "deploy")
    line = f"{' '.join(sandbox.argv('events', '--json'))} | head -c 10"
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", line],
        env=sandbox.env(),
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_the_lines_of_the_runbook_in_french(sandbox: Sandbox, start_worker: NewWorker) -> None:
    configure(sandbox, language="fr", health__attempts=3)
    sandbox.up()
    worker = start_worker(sandbox)
    good = sandbox.release("1.1")
    worker.until("Health check réussi")
    assert worker.count(f"Nouveau commit détecté: {good.commit}") == 1
    worker.until(f"{good.commit[:7]} déployé en")
    bad = sandbox.bad_release("1.2")
    worker.until("Health check échoué après 3 tentatives")
    worker.until("Rollback vers version précédente")
    worker.until(f"Mis en quarantaine : {bad.commit[:7]}")
    worker.until("rollback effectué")
    sandbox.remote.break_()
    worker.until("Erreur git pull: ")
    sandbox.remote.restore()
    worker.until("git fonctionne à nouveau")
    assert worker.count("Checking for updates") >= 3
    assert worker.stop() == 0
    assert worker.count("Arrêt : ") == 1


def test_an_inherited_journal_stream_does_not_change_the_lines(
    sandbox: Sandbox, start_worker: NewWorker
) -> None:
    """It names another process's stream: our output goes to a file that a person reads."""
    sandbox.up()
    worker = start_worker(sandbox, env={"JOURNAL_STREAM": "8:12345"})
    worker.until(r"^\d\d:\d\d:\d\d Checking for updates")
    assert worker.count("^<") == 0
