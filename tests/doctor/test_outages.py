"""What the doctor says, and how soon, when something it needs is away, frozen, closed or broken."""

from __future__ import annotations

import os
import signal
import socket
import sqlite3
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from kgo_tui.demo.host import COMPOSE_FILE
from kgo_tui.demo.remote import git
from kgo_tui.demo.sandbox import Sandbox
from tests.doctor.host import FAULT, NONE, OK, WARNING, diagnosis, examined, problems, type_as_shown
from tests.e2e.host import Running, configure, programs

pytestmark = pytest.mark.lab

IN_TIME_S = 15.0


def test_docker_stopped(host: Sandbox) -> None:
    host.engine.stop_dockerd()
    try:
        found = examined(host)
    finally:
        host.engine.start_dockerd()
        host.up()
    assert found["docker.engine"]["status"] == FAULT
    assert "Docker does not answer" in found["docker.engine"]["found"]
    told = {name for name, one in problems(found).items() if one.startswith(FAULT)}
    assert told == {"docker.engine", "health.answer"}, "one fault, told once"
    assert found["registry.images"]["status"] == found["compose.containers"]["status"] == NONE
    assert found["git.remote"]["status"] == OK, "the rest is looked at"


def test_docker_frozen_is_told_in_time(host: Sandbox) -> None:
    assert host.engine.pid
    os.kill(host.engine.pid, signal.SIGSTOP)
    try:
        said = diagnosis(host)
    finally:
        os.kill(host.engine.pid, signal.SIGCONT)
    found = {one["id"]: one for one in said["findings"]}
    assert found["docker.engine"]["status"] == FAULT
    assert said["summary"]["took_s"] < IN_TIME_S


def test_everything_frozen_is_told_in_time(host: Sandbox) -> None:
    """The engine, the remote (an address that takes a connection and says nothing) and the health URL."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/repository.git"
        git(host.tree, "remote", "set-url", "origin", url)
        configure(host, health__urls=[url], health__timeout=60)
        assert host.engine.pid
        os.kill(host.engine.pid, signal.SIGSTOP)
        try:
            said = diagnosis(host)
        finally:
            os.kill(host.engine.pid, signal.SIGCONT)
            git(host.tree, "remote", "set-url", "origin", str(host.remote.path))
            configure(host, health__urls=["https://${DOMAIN}/api/v1/health"], health__timeout=2)
    told = {one["id"] for one in said["findings"] if one["status"] in (FAULT, WARNING)}
    assert told >= {"docker.engine", "git.remote", "health.answer"}
    assert said["summary"]["took_s"] < IN_TIME_S


@pytest.mark.parametrize(
    ("left", "id_", "mend"),
    [(["docker", "sh"], "git.present", "git"), (["git", "sh"], "docker.client", "docker")],
)
def test_a_program_is_missing(host: Sandbox, tmp_path: Path, left: list[str], id_: str, mend: str) -> None:
    found = examined(host, env={"PATH": programs(tmp_path / "bin", left)})
    assert found[id_]["status"] == FAULT
    assert "install" in found[id_]["mend"]
    assert mend in found[id_]["mend"]


def test_no_compose_plugin(host: Sandbox, tmp_path: Path) -> None:
    found = examined(host, env={"DOCKER_CONFIG": str(tmp_path)})
    assert found["docker.compose"]["status"] == FAULT
    assert "compose" in found["docker.compose"]["mend"]
    assert found["compose.files"]["status"] == NONE, "one fault, told once"


def test_only_the_first_compose(host: Sandbox, tmp_path: Path) -> None:
    old = tmp_path / "bin" / "docker-compose"
    path = programs(tmp_path / "bin", ["git", "docker", "sh"])
    old.write_text("#!/bin/sh\n")
    old.chmod(0o755)
    found = examined(host, env={"DOCKER_CONFIG": str(tmp_path), "PATH": path})
    assert f"{old} is the first Compose" in found["docker.compose"]["means"]


class _Closed(BaseHTTPRequestHandler):
    """A registry that shows nothing without a login."""

    def do_GET(self) -> None:
        self.send_response(401)
        self.send_header("WWW-Authenticate", 'Basic realm="closed"')
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_HEAD = do_GET  # noqa: N815 - the name is http.server's

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def closed_registry() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Closed)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_a_registry_that_wants_a_login(host: Sandbox, closed_registry: str) -> None:
    file = host.tree / COMPOSE_FILE
    text = file.read_text()
    file.write_text(text.replace("${REGISTRY}", closed_registry))
    try:
        finding = examined(host)["registry.images"]
    finally:
        file.write_text(text)
    assert finding["status"] == FAULT
    assert finding["mend"] == f"docker login {closed_registry}"


def test_a_certificate_matters_when_the_gate_is_strict(host: Sandbox) -> None:
    configure(host, health__tls="strict")
    host.front.show("self_signed")
    try:
        found = examined(host)
    finally:
        host.front.show("valid")
        configure(host, health__tls="lenient")
    assert found["health.certificate"]["status"] == FAULT
    assert "self signed" in found["health.certificate"]["found"]


def test_a_redirect_is_no_answer(sandbox: Sandbox) -> None:
    sandbox.publish("1.0", sandbox.first.commit, {"backend": "redirect"})
    sandbox.up(wait=False)
    finding = examined(sandbox)["health.answer"]
    assert "redirect to" in finding["found"]
    assert "health.urls" in finding["means"]


def test_a_damaged_store(host: Sandbox) -> None:
    store = host.state / "default.db"
    whole = store.read_bytes()
    store.write_bytes(whole[:4096] + b"\xff" * 8192 + whole[12288:])
    try:
        found = examined(host)
    finally:
        store.write_bytes(whole)
    faults = {name for name, one in found.items() if one["status"] == FAULT}
    assert faults & {"state.store", "state.whole"}
    assert "mv " in next(found[name]["mend"] for name in faults if name.startswith("state."))


def test_a_store_that_is_none_is_set_aside_as_shown(sandbox: Sandbox) -> None:
    sandbox.up()
    (sandbox.state / "default.db").write_text("not a database, and long enough to be read as one" * 99)
    finding = examined(sandbox)["state.store"]
    assert finding["status"] == FAULT
    type_as_shown(sandbox, finding)
    assert problems(examined(sandbox)) == {}


def test_a_store_of_a_later_version(host: Sandbox) -> None:
    with sqlite3.connect(host.state / "default.db") as store:
        before = store.execute("PRAGMA user_version").fetchone()[0]
        store.execute("PRAGMA user_version = 99")
    try:
        finding = examined(host)["state.store"]
    finally:
        with sqlite3.connect(host.state / "default.db") as store:
            store.execute(f"PRAGMA user_version = {before}")
    assert finding["status"] == FAULT
    assert "99" in finding["found"]


def test_a_full_disk(sandbox: Sandbox) -> None:
    sandbox.up()
    mount = ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(sandbox.state)]
    subprocess.run(mount, check=True, timeout=10)
    try:
        found = examined(sandbox)
    finally:
        subprocess.run(["umount", str(sandbox.state)], check=True, timeout=10)
    assert found["disk.state"]["status"] == FAULT
    assert found["disk.repository"]["status"] != FAULT
    assert problems(examined(sandbox)) == {}


def test_a_deployment_that_was_killed_is_carried_on_as_shown(sandbox: Sandbox) -> None:
    sandbox.up()
    configure(sandbox, health__stable_for=30)
    sandbox.release("1.1")
    with Running(sandbox, "deploy") as deploying:
        deploying.until("Health check")
        assert examined(sandbox)["state.finished"]["status"] == OK, "somebody is at it"
        deploying.kill()
    configure(sandbox, health__stable_for=0.5)
    finding = examined(sandbox)["state.finished"]
    assert finding["status"] == FAULT
    assert "no process carries it on" in finding["found"]
    type_as_shown(sandbox, finding)
    assert problems(examined(sandbox)) == {}


def test_a_quarantined_tip(sandbox: Sandbox) -> None:
    sandbox.up()
    assert sandbox.kgo("deploy").returncode == 0
    bad = sandbox.bad_release("1.1")
    assert sandbox.kgo("deploy").returncode == 1
    finding = examined(sandbox)["state.quarantine"]
    assert finding["status"] == WARNING
    assert finding["mend"].endswith(f"deploy {bad.commit[:7]}")


def test_a_rewritten_history_is_followed_as_shown(sandbox: Sandbox) -> None:
    sandbox.up()
    sandbox.release("1.1")
    assert sandbox.kgo("deploy").returncode == 0
    rewritten = sandbox.remote.rewrite()
    sandbox.kgo("check")
    finding = examined(sandbox)["git.history"]
    assert finding["status"] == FAULT
    assert "was rewritten" in finding["found"]
    type_as_shown(sandbox, finding)
    assert sandbox.head() == rewritten
    assert problems(examined(sandbox)) == {}
