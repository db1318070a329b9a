"""Whether a rollback would work: images that are gone are named with their release, and come back."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest

from kgo_tui.demo.sandbox import Sandbox
from kgo_tui.doctor.rollback import calmed, pruners
from tests.doctor.host import FAULT, OK, WARNING, examined, problems, type_as_shown

lab = pytest.mark.lab


def _prune(sandbox: Sandbox) -> None:
    """What `docker system prune -a` does to the releases that do not run."""
    assert sandbox.docker("image", "prune", "--all", "--force").returncode == 0


@lab
def test_images_of_an_older_release_were_pruned_and_come_back_as_shown(host: Sandbox) -> None:
    _prune(host)
    finding = examined(host)["rollback.images"]
    assert finding["status"] == WARNING
    first = json.loads(host.kgo("history", "--json").stdout)[-1]
    assert f"({first['to_commit'][:7]})" in finding["found"], "which release"
    type_as_shown(host, finding)
    assert examined(host)["rollback.images"]["status"] == OK
    assert host.kgo("rollback").returncode == 0
    assert host.version() == "1.0"
    _prune(host)
    finding = examined(host)["rollback.images"]
    assert "lacks backend" in finding["found"]


@pytest.mark.parametrize(
    ("place", "text", "seen"),
    [
        ("etc/cron.daily/docker-prune", "#!/bin/sh\ndocker system prune -af\n", True),
        ("etc/cron.d/docker", "0 3 * * * root docker image prune --all --force\n", True),
        ("etc/crontab", "0 3 * * 0 root /usr/bin/docker system prune --volumes -f -a\n", True),
        ("etc/systemd/system/docker-prune.service", "[Service]\nExecStart=docker system prune -fa\n", True),
        ("var/spool/cron/crontabs/root", "@weekly docker image prune -a\n", True),
        ("etc/cron.daily/docker-prune", "#!/bin/sh\ndocker system prune -f\n", False),
        ("etc/cron.daily/docker-prune", "# docker system prune -a\n", False),
        ("etc/cron.d/docker", "0 3 * * * root docker container prune -f; ls -a\n", False),
        ("etc/cron.d/docker", "0 3 * * * root docker image prune -f --filter until=24h && ls -a\n", False),
        ("etc/cron.d/docker", "0 3 * * * root docker builder prune -a\n", False),
        ("etc/cron.daily/docker-prune.dpkg-old", "docker system prune -a\n", False),
    ],
)
def test_what_removes_all_unused_images_is_seen(tmp_path: Path, place: str, text: str, *, seen: bool) -> None:
    file = tmp_path / place
    file.parent.mkdir(parents=True)
    file.write_text(text)
    assert [path for path, _line in pruners(tmp_path)] == ([str(file)] if seen else [])


@pytest.mark.parametrize(
    "command",
    [
        "docker system prune -af",
        "docker system prune -a -f",
        "docker system prune --volumes -fa",
        "docker image prune --all --force",
    ],
)
def test_what_it_shows_takes_all_out_of_the_command(tmp_path: Path, command: str) -> None:
    file = tmp_path / "etc/cron.d/docker"
    file.parent.mkdir(parents=True)
    file.write_text(f"0 3 * * * root {command}\n")
    assert len(list(pruners(tmp_path))) == 1
    subprocess.run(["sh", "-c", calmed(str(file))], check=True, timeout=10)
    assert list(pruners(tmp_path)) == []
    assert re.search(r"prune\b.* (-f|--force)\b", file.read_text()), "it still asks nothing"


@lab
def test_a_container_that_updates_others(host: Sandbox) -> None:
    assert host.docker("tag", host.running()["backend"], "containrrr/watchtower:latest").returncode == 0
    label = f"com.docker.compose.project={host.project}"
    name = f"{host.project}-updater"
    run = ("run", "-d", "--restart", "always", "--name", name, "--label", label, "containrrr/watchtower")
    assert host.docker(*run).returncode == 0, "a name is all that there is of it here"
    try:
        finding = examined(host)["rivals.updaters"]
        assert finding["status"] == FAULT
        assert name in finding["found"]
        type_as_shown(host, finding)
        assert examined(host)["rivals.updaters"]["status"] == OK
    finally:
        host.docker("rm", "-f", name)
        host.docker("rmi", "-f", "containrrr/watchtower:latest")
    assert "rivals.updaters" not in problems(examined(host))
