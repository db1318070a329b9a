"""Docker and Compose: there, reachable, new enough, back after a reboot.

Owns what each way of not being there means.
"""

from __future__ import annotations

import os
import shutil
import stat
from pathlib import Path

from kgo_tui.adapters.compose import ComposeRuntime
from kgo_tui.adapters.compose.survey import socket_of
from kgo_tui.core.errors import KgoError
from kgo_tui.doctor.advice import as_root, install
from kgo_tui.doctor.check import Check, Verdict, fault, warning, well
from kgo_tui.doctor.facts import NotExamined, aside
from kgo_tui.doctor.patient import Patient
from kgo_tui.doctor.surroundings import worker_may
from kgo_tui.doctor.unit import show

OLDEST_API = (1, 41)
"""Of Engine 20.10, the oldest that this program is tested with."""

STARTED_AT_BOOT = ("enabled", "enabled-runtime", "static", "indirect", "generated", "alias")


async def client(patient: Patient) -> Verdict:
    """Whether the worker finds a `docker` to run."""
    found = shutil.which("docker", path=(await patient.environ()).get("PATH"))
    if found is None:
        return fault(
            "there is no docker client on the worker's PATH",
            "Nothing can be deployed.",
            install("docker.io" if shutil.which("apt-get") else "docker"),
        )
    return well(found)


async def engine(patient: Patient) -> Verdict:
    """Whether the engine answers the worker."""
    about = await patient.about()
    environ = await patient.environ()
    place, worker = socket_of(environ), await patient.worker()
    answers = not isinstance(about, KgoError)
    # Root reaches it whatever its rights are; a worker that is another user may not.
    if answers and place and os.geteuid() == 0 and not await worker_may(worker, "-w", place):
        return await _forbidden(patient, place)
    if not isinstance(about, KgoError):
        return well(f"Docker {about.version}")
    if place is not None and await aside(lambda: _is_closed_to_us(place)):
        return await _forbidden(patient, place)
    set_by = environ.get("DOCKER_HOST") or environ.get("DOCKER_CONTEXT")
    if set_by:
        where = f" DOCKER_HOST or DOCKER_CONTEXT is set ({set_by}): is that engine meant?"
        return fault(about.message, f"Nothing can be deployed or looked at.{where}", "docker version")
    return fault(
        about.message,
        "Nothing can be deployed or looked at. " + _why(place),
        as_root("systemctl start docker") if place else "docker version",
    )


def _why(place: str | None) -> str:
    if place is None or os.path.lexists(place):
        return "journalctl -u docker tells more."
    return f"Its socket {place} is not there: Docker is stopped, or not installed."


def _is_closed_to_us(place: str) -> bool:
    try:
        is_socket = stat.S_ISSOCK(Path(place).stat().st_mode)
    except PermissionError:
        return True
    except OSError:
        return False
    return is_socket and not os.access(place, os.R_OK | os.W_OK)


async def _forbidden(patient: Patient, place: str) -> Verdict:
    worker = await patient.worker()
    if not await patient.is_me():
        raise NotExamined(f"this user may not use {place}; the worker is {worker.name}", needs_root=True)
    return fault(
        f"{worker.name} may not use {place}",
        "Nothing can be deployed or looked at. A new group counts from the next login on.",
        as_root(f"usermod -aG docker {worker.name}"),
    )


async def version(patient: Patient) -> Verdict:
    """Whether the engine is new enough."""
    await patient.docker()
    about = await patient.about()
    if isinstance(about, KgoError):
        raise NotExamined("Docker does not answer")
    said = f"API {about.api[0]}.{about.api[1]}"
    if about.api < OLDEST_API:
        return warning(
            f"{said}, of before Docker 20.10",
            "kgo-tui is not tested with an engine that old.",
            install("docker.io" if shutil.which("apt-get") else "docker"),
        )
    return well(said)


async def boot(_patient: Patient) -> Verdict:
    """Whether Docker comes back after a reboot."""
    units = [await show("docker.service"), await show("docker.socket")]
    known = [unit for unit in units if unit.is_installed]
    if not known:
        raise NotExamined("Docker is no unit of systemd here")
    if any(unit.get("UnitFileState") in STARTED_AT_BOOT for unit in known):
        return well("started at boot")
    return warning(
        "not started at boot",
        "After a reboot no container runs until somebody starts Docker.",
        as_root("systemctl enable docker"),
    )


async def compose(patient: Patient) -> Verdict:
    """Whether `docker compose` (v2) is there."""
    try:
        found = await ComposeRuntime("/", environment=await patient.environ()).compose_version()
    except KgoError as error:
        return _no_compose(error, (await patient.environ()).get("PATH"))
    return well(f"docker compose {found}")


def _no_compose(error: KgoError, path: str | None) -> Verdict:
    old = shutil.which("docker-compose", path=path)
    means = "Nothing can be deployed."
    if old:
        means += f" {old} is the first Compose, another program, and does not count."
    package = compose_package(_read("/etc/os-release"), from_docker=_is_ce())
    return fault(error.message, means, install(package))


def compose_package(os_release: str, *, from_docker: bool) -> str:
    """The package that brings the plugin: Docker's own, Ubuntu's, or Debian's (13 and later)."""
    if from_docker:
        return "docker-compose-plugin"
    values = dict(line.split("=", 1) for line in os_release.splitlines() if "=" in line)
    name = values.get("ID", "").strip('"')
    return {"ubuntu": "docker-compose-v2", "debian": "docker-compose"}.get(name, "docker-compose-plugin")


def _is_ce() -> bool:
    """Whether Docker came from Docker's own packages (dpkg's list of files, dpkg(1))."""
    return Path("/var/lib/dpkg/info/docker-ce.list").exists() or shutil.which("rpm") is not None


def _read(path: str) -> str:
    try:
        return Path(path).read_text("utf-8")
    except OSError:
        return ""


CHECKS = (
    Check("docker.client", "client", client),
    Check("docker.engine", "engine", engine),
    Check("docker.version", "version", version),
    Check("docker.boot", "at boot", boot),
    Check("docker.compose", "compose v2", compose),
)
