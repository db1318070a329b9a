"""The worker's life as a service manager sees it: ready, its status, alive, told to end."""

from __future__ import annotations

import json
import re
import signal
import subprocess

import pytest

from kgo_tui.demo.sandbox import Sandbox
from tests.e2e.conftest import NewWorker
from tests.e2e.host import (
    FAILED,
    WORKER_USAGE,
    Running,
    compose_with,
    configure,
    history,
    kgo,
    last,
    outcomes,
)
from tests.e2e.manager import Manager, manager

__all__ = ["manager"]

pytestmark = pytest.mark.lab

VOLUMES = "    volumes: ["
PORTS = "    ports: ["
SLOW_DB = '    healthcheck: {test: ["CMD", "true"], interval: 5s, retries: 3}\n    volumes: ['
WAITS = "    depends_on: {db: {condition: service_healthy}}\n    ports: ["


def slow_up(sandbox: Sandbox) -> str:
    """A release whose `up` takes five seconds: the backend waits for the database. Its commit."""
    files = compose_with(sandbox, VOLUMES, SLOW_DB)
    files = {name: str(text).replace(PORTS, WAITS) for name, text in files.items()}
    return sandbox.release("1.1", files=files).commit


def test_ready_when_it_serves_and_then_its_status_and_its_pulse(
    sandbox: Sandbox, start_worker: NewWorker, manager: Manager
) -> None:
    sandbox.up()
    worker = start_worker(sandbox, env={**manager.env, "WATCHDOG_USEC": "1000000"})
    manager.until("^READY=1$")
    served = json.loads(sandbox.kgo("status", "--json").stdout)["worker"]
    assert (served["running"], served["pid"]) == (True, worker.pid), "ready means that the socket answers"
    manager.until(rf"^STATUS=Up to date at {sandbox.first.commit[:7]}; next check \d\d:\d\d:\d\d; healthy$")
    before = manager.count("^WATCHDOG=1$")
    manager.until("^WATCHDOG=1$", times=before + 4, deadline_s=10)
    released = sandbox.release("1.1")
    worker.until(f"Deployed {released.commit[:7]}")
    manager.until(rf"^STATUS=Deploying {released.commit[:7]}: applying \(\w+\) since ")
    manager.until(f"^STATUS=Up to date at {released.commit[:7]}")
    kgo(sandbox, "suspend", "--reason", "audit")
    manager.until("^STATUS=Suspended by root: audit$")
    assert worker.stop() == 0
    assert manager.count("^STOPPING=1$") == 1
    assert manager.status == "Stopping"
    order = [said for said in manager.heard if said in {"READY=1", "STOPPING=1"}]
    assert order == ["READY=1", "STOPPING=1"]


def test_the_status_speaks_french_too(sandbox: Sandbox, start_worker: NewWorker, manager: Manager) -> None:
    configure(sandbox, language="fr")
    sandbox.up()
    start_worker(sandbox, env=manager.env)
    manager.until(r"^STATUS=À jour à \w{7}; prochaine vérification .*; en bonne santé$")


def test_told_to_end_in_mid_up_it_finishes_the_up_and_asks_for_patience(
    sandbox: Sandbox, start_worker: NewWorker, manager: Manager
) -> None:
    sandbox.up()
    commit = slow_up(sandbox)
    worker = start_worker(sandbox, env=manager.env)
    worker.until("Starting the services")
    manager.until(r"applying \(db\)")
    worker.send(signal.SIGTERM)
    worker.until("SIGTERM: first the step applying of deployment 2 is finished")
    manager.until("^STOPPING=1$")
    manager.until("^EXTEND_TIMEOUT_USEC=30000000$")
    assert "is stopping and takes no commands" in kgo(sandbox, "deploy", code=FAILED)
    assert worker.code() == 0
    assert worker.count("deployment 2 .verifying. is carried on at the next start") == 1
    assert manager.count(r"^STATUS=Stopping, after applying \(\w+\) since") >= 1
    shown = last(sandbox)
    assert outcomes(shown)[-1] == ("applying", "ok")
    assert set(sandbox.running()) == {"backend", "db"}, "nothing is down while nobody is at work"
    again = start_worker(sandbox)
    again.until(f"Deployed {commit[:7]}")
    assert [entry["state"] for entry in history(sandbox)] == ["succeeded"]


def test_a_second_signal_ends_it_at_once(sandbox: Sandbox, start_worker: NewWorker, manager: Manager) -> None:
    sandbox.up()
    commit = slow_up(sandbox)
    worker = start_worker(sandbox, env=manager.env)
    manager.until(r"applying \(db\)")
    worker.send(signal.SIGTERM)
    worker.until("first the step applying")
    worker.send(signal.SIGINT)
    assert worker.code() == 0
    assert worker.count("deployment 2 .applying. is carried on at the next start") == 1
    start_worker(sandbox).until(f"Deployed {commit[:7]}")
    assert ("applying", "interrupted") in outcomes(last(sandbox))


def test_told_to_end_while_it_waits_it_leaves_at_once(
    sandbox: Sandbox, start_worker: NewWorker, manager: Manager
) -> None:
    sandbox.up()
    configure(sandbox, health__stable_for=20)
    sandbox.release("1.1")
    worker = start_worker(sandbox, env=manager.env)
    worker.until("Health check")
    worker.send(signal.SIGTERM)
    assert worker.code() == 0
    assert worker.count("first the step") == 0
    assert worker.count("deployment 2 .verifying. is carried on at the next start") == 1


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"monitor__intervall": 3}, r"config\.toml:\d+: monitor\.intervall"),
        ({"control__group": "no-such-group"}, 'there is no group "no-such-group"'),
        ({"repository__path": "/nowhere/at/all"}, "/nowhere/at/all does not exist"),
    ],
)
def test_a_configuration_that_cannot_work_ends_it_with_78(
    sandbox: Sandbox, changes: dict[str, object], said: str
) -> None:
    configure(sandbox, **changes)
    assert re.search(said, kgo(sandbox, "--headless", "monitor", code=WORKER_USAGE))
    assert re.search(said, kgo(sandbox, "config", "check", code=2)), "other commands say wrong usage"


def test_a_path_that_is_no_repository_ends_it_with_78(sandbox: Sandbox, manager: Manager) -> None:
    (sandbox.tree / ".git").rename(sandbox.root / "git-elsewhere")
    said = kgo(sandbox, "--headless", "monitor", code=WORKER_USAGE, env=manager.env)
    assert "is not a git repository" in said
    assert manager.count("READY=1") == 0


def test_a_broken_repository_too(sandbox: Sandbox) -> None:
    (sandbox.tree / ".git" / "HEAD").unlink()
    assert "is not a usable git work tree" in kgo(sandbox, "--headless", "monitor", code=WORKER_USAGE)


def test_a_git_that_is_not_there_may_come_back_and_does_not_end_it(
    sandbox: Sandbox, start_worker: NewWorker, manager: Manager
) -> None:
    sandbox.up()
    sandbox.remote.break_()
    start_worker(sandbox, env=manager.env)
    manager.until("^READY=1$")
    manager.until("^STATUS=git: ")
    sandbox.remote.restore()
    manager.until("^STATUS=Up to date")


def test_the_watchdogs_abort_leaves_where_each_thread_was(
    sandbox: Sandbox, start_worker: NewWorker, manager: Manager
) -> None:
    sandbox.up()
    worker = start_worker(sandbox, env=manager.env)
    manager.until("^STATUS=Up to date")
    worker.send(signal.SIGABRT)
    assert worker.code() == -signal.SIGABRT
    assert worker.count("Fatal Python error: Aborted") == 1
    assert worker.count(r'File ".*selectors\.py", line \d+ in select') >= 1


def test_nobody_listening_is_no_trouble(sandbox: Sandbox, start_worker: NewWorker) -> None:
    sandbox.up()
    worker = start_worker(sandbox, env={"NOTIFY_SOCKET": "/nowhere/s", "WATCHDOG_USEC": "500000"})
    worker.until("Up to date")
    assert worker.stop() == 0


def test_a_command_beside_it_does_not_speak_for_the_unit(sandbox: Sandbox, manager: Manager) -> None:
    """`kgo-tui deploy` in a unit of somebody's own: what it starts may speak, we do not."""
    sandbox.up()
    with Running(sandbox, "deploy", env=manager.env) as deploying:
        assert deploying.code() == 0
    assert manager.heard == []


def test_it_ends_with_0_though_the_disk_is_full(sandbox: Sandbox, start_worker: NewWorker) -> None:
    sandbox.up()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(sandbox.state)]
    subprocess.run(mount, check=True, timeout=30)
    try:
        worker = start_worker(sandbox)
        worker.until("Up to date")
        subprocess.run(["dd", "if=/dev/zero", f"of={sandbox.state}/filler"], check=False, timeout=30)
        worker.until("(?i)no space is left", deadline_s=30)
        assert worker.stop() == 0
    finally:
        subprocess.run(["umount", sandbox.state], check=True, timeout=30)
