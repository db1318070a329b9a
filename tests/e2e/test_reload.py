"""SIGHUP: a configuration that changed is followed and told, one with a fault is refused as a whole."""

from __future__ import annotations

import json
import re
import signal
from collections.abc import Sequence

import pytest

from kgo_tui.demo.daemon import eventually
from kgo_tui.demo.sandbox import Sandbox
from tests.e2e.conftest import NewWorker
from tests.e2e.host import (
    WARNING,
    asked,
    configure,
    set_variable,
    status,
)
from tests.e2e.manager import Manager, manager

__all__ = ["manager"]

pytestmark = pytest.mark.lab


def test_a_new_interval_is_followed_at_once_and_told(
    sandbox: Sandbox, start_worker: NewWorker, manager: Manager
) -> None:
    sandbox.up()
    configure(sandbox, monitor__interval=3600)
    worker = start_worker(sandbox, env=manager.env)
    worker.until("Up to date")
    before = manager.count("^READY=1$")
    configure(sandbox, monitor__interval=5, history__keep=2)
    worker.send(signal.SIGHUP)
    worker.until("Configuration reloaded: monitor.interval: 3600 -> 5; history.keep: 5 -> 2")
    manager.until(r"^RELOADING=1\nMONOTONIC_USEC=\d+$")
    manager.until("^READY=1$", times=before + 1)
    worker.until("Checking for updates", times=4)
    [event] = [e for e in asked(sandbox, "events") if e["event"] == "configuration_reloaded"]
    assert event["changes"] == ["monitor.interval: 3600 -> 5", "history.keep: 5 -> 2"]
    released = sandbox.release("1.1")
    worker.until(f"Deployed {released.commit[:7]}")
    assert worker.stop() == 0


def test_a_fault_is_one_line_with_file_line_and_key_and_the_old_one_stays(
    sandbox: Sandbox, start_worker: NewWorker, manager: Manager
) -> None:
    sandbox.up()
    worker = start_worker(sandbox, env=manager.env)
    worker.until("Up to date")
    good = sandbox.config.read_text()
    configure(sandbox, monitor__interval="soon", health__attemps=3)
    worker.send(signal.SIGHUP)
    worker.until(
        r"configuration: 2 problems in the configuration: \S+config\.toml:\d+: health\.attemps: .*;"
        r" \S+config\.toml:\d+: monitor\.interval: .*\(the one in force stays\)"
    )
    manager.until("^READY=1$", times=2)
    manager.until("^STATUS=configuration: 2 problems")
    sandbox.config.write_text(good)  # who asks reads it too
    assert "configuration: 2 problems" in status(sandbox, WARNING)["reason"]
    configure(sandbox, monitor__interval="soon", health__attemps=3)
    checked = worker.count("Checking for updates")
    worker.until("Checking for updates", times=checked + 2)
    worker.send(signal.SIGHUP)
    worker.until("2 problems in the configuration", times=2)
    sandbox.config.write_text(good)
    worker.send(signal.SIGHUP)
    worker.until("Configuration reloaded, nothing has changed")
    worker.until("configuration works again")
    status(sandbox)


def test_what_needs_a_restart_is_told_and_the_rest_followed(
    sandbox: Sandbox, start_worker: NewWorker
) -> None:
    sandbox.up()
    worker = start_worker(sandbox)
    worker.until("Up to date")
    configure(sandbox, control__group="daemon", history__keep=3)
    worker.send(signal.SIGHUP)
    worker.until(
        "Configuration reloaded: history.keep: 5 -> 3; "
        r'takes effect after a restart: control.group: \S+ -> "daemon"'
    )
    worker.send(signal.SIGHUP)
    worker.until(r"Configuration reloaded: takes effect after a restart: control\.group")


def test_of_another_repository_nothing_is_done(sandbox: Sandbox, start_worker: NewWorker) -> None:
    sandbox.up()
    worker = start_worker(sandbox)
    worker.until("Up to date")
    text = sandbox.config.read_text()
    other = str(sandbox.remote.clone)
    sandbox.config.write_text(text.replace(str(sandbox.tree), other))
    (sandbox.remote.clone / "deploy/production/.env").write_text("DOMAIN=localhost:1\n")
    worker.send(signal.SIGHUP)
    worker.until(f'takes effect after a restart: repository.path: "{sandbox.tree}" -> "{other}"')
    checked = worker.count("Checking for updates")
    worker.until("Checking for updates", times=checked + 2)
    sandbox.config.write_text(text)  # who asks reads it too
    assert status(sandbox)["repository"]["path"] == str(sandbox.tree)
    assert worker.count("Health lost") == 0


def test_a_domain_that_changed_in_the_env_file_is_asked_from_then_on(
    sandbox: Sandbox, start_worker: NewWorker
) -> None:
    sandbox.up()
    worker = start_worker(sandbox)
    worker.until("Up to date")
    set_variable(sandbox, "DOMAIN", "localhost:1")
    worker.send(signal.SIGHUP)
    worker.until(r"Configuration reloaded: health.urls resolved: .* -> \[\"https://localhost:1/api")
    worker.until("Health lost")
    set_variable(sandbox, "DOMAIN", f"localhost:{sandbox.front.port}")
    worker.send(signal.SIGHUP)
    worker.until("Health is back")
    assert worker.stop() == 0


def test_a_deployment_that_runs_ends_with_the_old_one(
    sandbox: Sandbox, start_worker: NewWorker, manager: Manager
) -> None:
    sandbox.up()
    configure(sandbox, health__stable_for=5)
    worker = start_worker(sandbox, env=manager.env)
    worker.until("Up to date")
    released = sandbox.release("1.1")
    worker.until("Health check")
    configure(sandbox, health__stable_for=0.1, language="fr")
    worker.send(signal.SIGHUP)
    worker.until("Configuration rechargée : ")
    manager.until("^STATUS=À jour")
    assert order(worker.log.splitlines(), "when the running", f"Deployed {released.commit[:7]}", "rechargée")
    assert order(manager.heard, "RELOADING", "^READY", f"Up to date at {released.commit[:7]}"), (
        "whoever asked for it is not kept waiting"
    )


def order(lines: Sequence[str], *patterns: str) -> bool:
    """Whether these are found one after the other."""
    rest = iter(lines)
    return all(any(re.search(pattern, line) for line in rest) for pattern in patterns)


def test_the_new_parts_do_the_work_of_the_old_ones(sandbox: Sandbox, start_worker: NewWorker) -> None:
    """They check, deploy, and watch the containers."""
    sandbox.up()
    configure(sandbox, monitor__interval=3600)
    worker = start_worker(sandbox)
    worker.until("Up to date")
    released = sandbox.release("1.1")
    configure(sandbox, monitor__interval=1800)
    worker.send(signal.SIGHUP)
    worker.until(f"Deployed {released.commit[:7]}")
    sandbox.compose("stop", "-t", "1", "db")

    def states() -> dict[str, str]:
        shown = json.loads(sandbox.kgo("status", "--json").stdout)
        return {one["service"]: one["state"] for one in shown["containers"]}

    eventually(lambda: states()["db"] == "exited", "the stopped container is seen")
    assert worker.stop() == 0
