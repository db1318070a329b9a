"""No false alarms: on a host that is well, the doctor finds nothing."""

from __future__ import annotations

import subprocess

import pytest

from kgo_tui.demo.sandbox import Sandbox
from kgo_tui.doctor.checks import CHECKS, THEMES
from tests.doctor.host import NONE, OK, diagnosis, environment, examined, problems
from tests.e2e.host import Worker
from tests.lab.fixtures import NewSandbox

pytestmark = pytest.mark.lab

NEVER_HERE = {"service", "journal"}
"""Themes of systemd, which the lab's machine has not; the tests in the box have it."""


def test_a_deployed_host_with_its_worker_is_healthy_in_every_check(host: Sandbox) -> None:
    with Worker(host):
        found = examined(host)
    assert problems(found) == {}
    looked_at = {name for name, one in found.items() if one["status"] == OK}
    assert {name.partition(".")[0] for name in looked_at} == THEMES.keys() - NEVER_HERE
    assert found["worker.answers"]["status"] == found["worker.version"]["status"] == OK


def test_it_is_healthy_without_a_worker_too_and_takes_less_than_five_seconds(host: Sandbox) -> None:
    said = diagnosis(host)
    assert said["summary"]["fault"] == 0
    assert problems({one["id"]: one for one in said["findings"]}) == {}
    assert said["summary"]["took_s"] < 5


def test_a_host_where_nothing_was_ever_deployed_is_healthy(sandbox: Sandbox) -> None:
    sandbox.up()
    found = examined(sandbox)
    assert problems(found) == {}
    assert found["state.store"]["status"] == NONE


def test_a_host_with_every_kind_of_service_is_healthy(new_sandbox: NewSandbox) -> None:
    """One-shots that ended with 0, services that are only built here, image tags of the commit."""
    sandbox = new_sandbox(("backend", "db", "worker", "migrate", "page"), image_tag="{branch}-{sha7}")
    assert sandbox.kgo("deploy").returncode == 0
    assert problems(examined(sandbox)) == {}


def test_looking_changes_nothing(host: Sandbox) -> None:
    def everything() -> list[tuple[str, int, int]]:
        paths = sorted([*host.tree.rglob("*"), *host.state.rglob("*.db")])
        return [(str(path), path.lstat().st_mtime_ns, path.lstat().st_size) for path in paths]

    before, containers = everything(), host.container_ids()
    examined(host)
    assert (everything(), host.container_ids()) == (before, containers)


def test_as_text_each_check_is_a_line_and_the_sum_is_the_last_one(host: Sandbox) -> None:
    said = subprocess.run(
        host.argv("doctor"), env=environment(host), capture_output=True, text=True, timeout=60, check=False
    )
    assert (said.returncode, said.stderr) == (0, "")
    lines = said.stdout.splitlines()
    assert "\x1b" not in said.stdout, "no colour where there is no terminal"
    assert set(THEMES.values()) <= set(lines)
    assert lines[-1].startswith("0 faults, ")
    assert sum(line.startswith("  ✓ ") for line in lines) > len(CHECKS) / 2
