"""The pure parts: what systemd, the kernel and others say, and what it means."""

from __future__ import annotations

import asyncio
import subprocess
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import TypeVar

import pytest

from kgo_tui import __version__
from kgo_tui.core.findings import Standing
from kgo_tui.doctor.disk import Room, judged
from kgo_tui.doctor.docker import compose_package
from kgo_tui.doctor.facts import NotExamined
from kgo_tui.doctor.machine import judged as memory
from kgo_tui.doctor.machine import offset_s
from kgo_tui.doctor.measures import GIB, MIB, few, size, span
from kgo_tui.doctor.patient import Patient
from kgo_tui.doctor.project import texts
from kgo_tui.doctor.rivals import processes, runs_script, units, updates
from kgo_tui.doctor.service import running
from kgo_tui.doctor.surroundings import Greeting
from kgo_tui.doctor.talking import version
from kgo_tui.doctor.unit import Unit, properties, unit_name

T = TypeVar("T")

SHOWN = """\
ActiveState=active
ExecStart={ path=/usr/bin/kgo-tui ; argv[]=/usr/bin/kgo-tui --headless monitor ; ignore_errors=no ; }
Environment=CHECK_INTERVAL=60 "GREETING=good day" BUILDX_CONFIG=/var/lib/kgo-tui/buildx
EnvironmentFiles=/FILE (ignore_errors=yes)
EnvironmentFiles=/nowhere (ignore_errors=no)
StateDirectory=kgo-tui more
RuntimeDirectory=kgo-tui
LoadState=loaded
"""


def test_a_units_properties_are_the_workers_surroundings(tmp_path: Path) -> None:
    file = tmp_path / "env"
    file.write_text("# set by hand\nDOMAIN=koprogo.test\nCHECK_INTERVAL='90'\n")
    unit = Unit("koprogo-gitops.service", properties(SHOWN.replace("/FILE", str(file))))
    assert unit.is_installed
    assert unit.is_active
    assert unit.program == "/usr/bin/kgo-tui"
    assert unit.command == "/usr/bin/kgo-tui --headless monitor"
    assert unit.environment == {
        "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        "STATE_DIRECTORY": "/var/lib/kgo-tui",
        "RUNTIME_DIRECTORY": "/run/kgo-tui",
        "CHECK_INTERVAL": "90",
        "GREETING": "good day",
        "BUILDX_CONFIG": "/var/lib/kgo-tui/buildx",
        "DOMAIN": "koprogo.test",
    }


def test_the_unit_of_an_instance() -> None:
    assert unit_name(None) == "koprogo-gitops.service"
    assert unit_name("staging") == "koprogo-gitops@staging.service"


@pytest.mark.parametrize(
    ("free", "total", "free_files", "standing"),
    [
        (100 * GIB, 200 * GIB, 900, Standing.OK),
        (30 * GIB, 2000 * GIB, 900, Standing.OK),
        (3 * GIB, 40 * GIB, 900, Standing.WARNING),
        (100 * MIB, 40 * GIB, 900, Standing.FAULT),
        (100 * GIB, 200 * GIB, 50, Standing.WARNING),
        (100 * GIB, 200 * GIB, 5, Standing.FAULT),
    ],
)
def test_how_little_space_is_too_little(free: int, total: int, free_files: int, standing: Standing) -> None:
    verdict = judged(Path("/srv"), Room(free, total, free_files, 1000), floor=500 * MIB, clean="clean")
    assert verdict.status is standing
    assert (verdict.mend == "clean") is (standing is not Standing.OK)


def test_a_file_system_that_counts_no_inodes_is_not_full() -> None:
    assert judged(Path("/srv"), Room(GIB, GIB, 0, 0), floor=MIB, clean="").status is Standing.OK


@pytest.mark.parametrize(
    ("total", "available", "swap", "standing"),
    [(8000, 4000, 0, Standing.OK), (900, 500, 0, Standing.WARNING), (900, 500, 900, Standing.OK),
     (4000, 50, 900, Standing.FAULT)],
)  # fmt: skip
def test_how_little_memory_is_too_little(total: int, available: int, swap: int, standing: Standing) -> None:
    text = f"MemTotal: {total * 1024} kB\nMemAvailable: {available * 1024} kB\nSwapTotal: {swap * 1024} kB\n"
    assert memory(text).status is standing


@pytest.mark.parametrize(
    ("os_release", "docker_ce", "package"),
    [
        ('ID=ubuntu\nVERSION_ID="24.04"', False, "docker-compose-v2"),
        ('ID="debian"\n', False, "docker-compose"),
        ("ID=debian\n", True, "docker-compose-plugin"),
        ("ID=fedora\n", False, "docker-compose-plugin"),
        ("", False, "docker-compose-plugin"),
    ],
)
def test_the_package_that_brings_compose(os_release: str, docker_ce: bool, package: str) -> None:  # noqa: FBT001
    assert compose_package(os_release, from_docker=docker_ce) == package


@pytest.mark.parametrize(
    ("words", "runs"),
    [
        (["/bin/bash", "/home/koprogo/koprogo/deploy/production/gitops-deploy.sh", "monitor"], True),
        (["./gitops-deploy.sh", "deploy"], True),
        (["nano", "gitops-deploy.sh"], False),
        (["grep", "-r", "gitops-deploy.sh"], False),
        (["bash", "-c", "vi gitops-deploy.sh"], False),
        ([""], False),
    ],
)
def test_who_runs_the_old_script(words: list[str], *, runs: bool) -> None:
    assert runs_script(words) is runs


def test_the_old_script_is_found_while_it_runs(tmp_path: Path) -> None:
    script = tmp_path / "gitops-deploy.sh"
    script.write_text("#!/bin/sh\nread wait\n")
    script.chmod(0o755)
    child = subprocess.Popen([script, "monitor"], stdin=subprocess.PIPE)
    try:
        found = {rival.pid: rival.command for rival in processes(Path("/proc"))}
        assert str(script) in found[child.pid]
    finally:
        child.kill()
        child.wait(10)
        if child.stdin:
            child.stdin.close()
    assert child.pid not in {rival.pid for rival in processes(Path("/proc"))}


def test_a_unit_of_another_name_that_starts_the_script(tmp_path: Path) -> None:
    folder = tmp_path / "etc/systemd/system"
    folder.mkdir(parents=True)
    for name in ("koprogo-gitops.service", "old-gitops.service"):
        (folder / name).write_text("[Service]\nExecStart=/srv/gitops-deploy.sh monitor\n")
    (folder / "other.service").write_text(
        "[Service]\n# ExecStart=/srv/gitops-deploy.sh\nExecStart=/bin/true\n"
    )
    assert [path.name for path in units(tmp_path)] == ["old-gitops.service"]


@pytest.mark.parametrize(
    ("image", "does"),
    [
        ("containrrr/watchtower", True),
        ("containrrr/watchtower:1.7.1", True),
        ("ghcr.io/nickfedor/watchtower@sha256:00", True),
        ("ghcr.io/kimdre/doco-cd:latest", True),
        ("traefik:v3", False),
        ("registry.example:5000/shop/backend:watchtower", False),
    ],
)
def test_images_that_update_others(image: str, *, does: bool) -> None:
    assert updates(image) is does


class _Wrong(BaseHTTPRequestHandler):
    """A server whose clock is ten minutes ahead."""

    def do_HEAD(self) -> None:
        self.send_response_only(401)
        self.send_header("Date", format_datetime(datetime.now(UTC) + timedelta(minutes=10), usegmt=True))
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def test_the_clock_of_another_is_read_from_its_answer() -> None:
    with HTTPServer(("127.0.0.1", 0), _Wrong) as server:
        Thread(target=server.handle_request, daemon=True).start()
        assert offset_s(f"http://127.0.0.1:{server.server_port}/v2/") == pytest.approx(600, abs=5)
        server.server_close()
    with pytest.raises(NotExamined):
        offset_s(f"http://127.0.0.1:{server.server_port}/v2/")


def test_every_text_of_a_document() -> None:
    assert texts({"a": ["x", {"b": "y"}], "c": 1, "d": None}) == ["x", "y"]


async def _known(value: T) -> T:
    return value


def _patient(**facts: object) -> Patient:
    """A patient of whom this is known already."""
    patient = Patient(environ={})
    patient.facts.update({name: asyncio.create_task(_known(value)) for name, value in facts.items()})
    return patient


async def test_a_worker_of_another_version_is_to_be_restarted() -> None:
    older = Greeting(Path("/run/kgo-tui/default.sock"), "0.0.1", 1)
    unit = Unit(unit_name(None), properties(SHOWN))
    verdict = await version(_patient(greeting=older, unit=unit))
    assert verdict.status is Standing.WARNING
    assert "0.0.1" in verdict.found
    assert verdict.mend.endswith("systemctl restart koprogo-gitops.service")
    assert (await version(_patient(greeting=replace(older, version=__version__)))).status is Standing.OK


@pytest.mark.parametrize(
    ("said", "standing", "words"),
    [
        ("ActiveState=active\nNRestarts=0", Standing.OK, "runs"),
        ("ActiveState=active\nNRestarts=9", Standing.WARNING, "after 9 restarts"),
        ("ActiveState=activating\nSubState=start", Standing.OK, "activating (start)"),
        ("ActiveState=activating\nSubState=auto-restart\nResult=watchdog", Standing.FAULT, "It hung"),
        ("ActiveState=failed\nResult=oom-kill", Standing.FAULT, "want of memory"),
        ("ActiveState=failed\nResult=exit-code\nExecMainStatus=78", Standing.FAULT, "refused (exit 78)"),
        ("ActiveState=failed\nResult=brand-new", Standing.FAULT, "Its log says why"),
        ("ActiveState=inactive\nUnitFileState=enabled", Standing.FAULT, "stopped"),
        ("ActiveState=inactive\nUnitFileState=disabled", Standing.WARNING, "turned automatic deployment off"),
    ],
)
async def test_what_each_state_of_the_unit_means(said: str, standing: Standing, words: str) -> None:
    unit = Unit(unit_name(None), properties(f"LoadState=loaded\nMainPID=7\n{said}"))
    verdict = await running(_patient(unit=unit))
    assert verdict.status is standing
    assert words in f"{verdict.found} {verdict.means}"
    assert bool(verdict.mend) is (standing is not Standing.OK)


def test_sizes_and_spans_in_words() -> None:
    assert [size(n) for n in (5, 2048, 3 * MIB, 1.5 * GIB)] == ["5 B", "2.0 KiB", "3.0 MiB", "1.5 GiB"]
    assert [span(n) for n in (5, 120, 7200, 3 * 86400)] == ["5 s", "2 min", "2 h", "3 d"]
    assert few(["a", "b", "c", "d"]) == "a, b, c and 1 more"
