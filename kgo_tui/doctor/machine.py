"""The machine: its clock, its memory, and the kgo-tui that is installed on it.

Owns what each of them must be for deployments to work.
"""

from __future__ import annotations

import http.client
import os
import platform
import shutil
import ssl
from contextlib import suppress
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from urllib.parse import urlsplit

from kgo_tui import __version__
from kgo_tui.adapters.compose.refs import registry_of
from kgo_tui.adapters.process import run_async
from kgo_tui.core.errors import CommandFailed
from kgo_tui.doctor.advice import as_root
from kgo_tui.doctor.check import Check, Verdict, fault, warning, well
from kgo_tui.doctor.facts import NotExamined, aside
from kgo_tui.doctor.measures import GIB, MIB, few, size, span
from kgo_tui.doctor.patient import Patient
from kgo_tui.doctor.registry import pulled

MOST_SKEW_S = 30.0
BROKEN_SKEW_S = 300.0
"""From there on TLS and logins with short-lived tokens fail."""

ANSWER_S = 4.0
LITTLE_MEMORY = 100 * MIB
SMALL_HOST = GIB


async def synchronised(_patient: Patient) -> Verdict:
    """Whether the clock follows a time server."""
    try:
        done = await run_async(["timedatectl", "show"], deadline_s=ANSWER_S)
    except (OSError, CommandFailed):
        raise NotExamined("timedatectl does not answer here") from None
    said = dict(line.split("=", 1) for line in done.text.splitlines() if "=" in line)
    if "NTPSynchronized" not in said:
        raise NotExamined("timedatectl does not answer here")
    if said["NTPSynchronized"] == "yes":
        return well("follows a time server")
    if said.get("CanNTP") == "no":
        raise NotExamined("no time service of systemd's is here (a container's clock is its host's)")
    mend = as_root("timedatectl set-ntp true")
    return warning("does not follow a time server", "It will drift until certificates look invalid.", mend)


async def skew(patient: Patient) -> Verdict:
    """How far the clock is off that of others."""
    url = await _somebody(patient)
    off = await aside(lambda: offset_s(url))
    said = f"{span(abs(off))} {'behind' if off > 0 else 'ahead of'} {urlsplit(url).netloc}"
    means = "Certificates look invalid, and logins are refused."
    mend = as_root("timedatectl set-ntp true")
    if abs(off) >= BROKEN_SKEW_S:
        return fault(said, means, mend)
    if abs(off) >= MOST_SKEW_S:
        return warning(said, f"When it grows: {means.lower()}", mend)
    return well(f"as {urlsplit(url).netloc} has it")


async def _somebody(patient: Patient) -> str:
    """A server whose clock is likely to be right: of the git remote, else of a registry."""
    with suppress(NotExamined):
        remote = (await patient.view()).remote_url or ""
        if remote.startswith(("http://", "https://")) and urlsplit(remote).hostname:
            return remote
    refs = await pulled(patient)
    # What is on this host has this host's clock.
    registries = [one for one in map(registry_of, refs) if not one.startswith(("127.", "localhost"))]
    if not registries:
        raise NotExamined("no other host to compare with")
    return f"https://{registries[0]}/v2/"


def offset_s(url: str) -> float:
    """Seconds that the server's clock is ahead of ours, by its Date header. Raises NotExamined."""
    parts = urlsplit(url)
    # Nothing of what it says is believed but the time; a wrong clock makes every certificate invalid.
    unverified = ssl._create_unverified_context()  # noqa: S323, SLF001 - see above
    connection = (
        http.client.HTTPSConnection(parts.netloc.rpartition("@")[2], timeout=ANSWER_S, context=unverified)
        if parts.scheme == "https"
        else http.client.HTTPConnection(parts.netloc.rpartition("@")[2], timeout=ANSWER_S)
    )
    try:
        connection.request("HEAD", parts.path or "/")
        date = connection.getresponse().headers["Date"]
        return (parsedate_to_datetime(date) - datetime.now(UTC)).total_seconds()
    except (OSError, http.client.HTTPException, TypeError, ValueError) as error:
        raise NotExamined(f"{parts.hostname} does not tell the time") from error
    finally:
        connection.close()


async def memory(_patient: Patient) -> Verdict:
    """Whether there is memory left."""
    try:
        text = await aside(lambda: Path("/proc/meminfo").read_text("ascii"))
    except OSError:
        raise NotExamined("the kernel does not tell") from None
    return judged(text)


def judged(meminfo: str) -> Verdict:
    """What /proc/meminfo says (proc_meminfo(5))."""
    kib = {line.split(":")[0]: int(line.split()[1]) for line in meminfo.splitlines() if len(line.split()) > 1}
    total, available, swap = (1024 * kib.get(name, 0) for name in ("MemTotal", "MemAvailable", "SwapTotal"))
    said = f"{size(available)} of {size(total)} available, swap {size(swap)}"
    if available < LITTLE_MEMORY:
        means = "The kernel may end a container, or a deployment, at any moment."
        return fault(said, means, "ps -eo rss,pid,comm --sort=-rss | head")
    if total < SMALL_HOST and not swap:
        means = "A small host without swap: pulling and starting new containers needs room for both."
        make = "fallocate -l 1G /swapfile && chmod 600 /swapfile && mkswap /swapfile && swapon /swapfile"
        return warning(said, means, as_root(f"sh -c '{make}'"))
    return well(said)


async def installation(patient: Patient) -> Verdict:
    """Whether there is one kgo-tui, which the unit runs too."""
    found = await aside(lambda: programs(os.environ.get("PATH", os.defpath)))
    with suppress(NotExamined):
        unit = await patient.installed_unit()
        if unit.program and Path(unit.program).name == "kgo-tui":
            found |= await aside(lambda: programs(str(Path(unit.program).parent)))
    said = f"kgo-tui {__version__}, Python {platform.python_version()}"
    if len(found) > 1:
        return warning(
            f"{said}; installed {len(found)} times: {few(list(found.values()), 4)}",
            "One may be upgraded and another one run. Remove what is not meant.",
            "type -a kgo-tui",
        )
    return well(f"{said}, {next(iter(found.values()), 'not on PATH')}")


def programs(path: str) -> dict[str, str]:
    """Each kgo-tui on PATH by where it really is."""
    found: dict[str, str] = {}
    for folder in path.split(os.pathsep):
        program = shutil.which("kgo-tui", path=folder)
        if program:
            found.setdefault(os.path.realpath(program), program)
    return found


CHECKS = (
    Check("machine.clock", "time server", synchronised),
    Check("machine.skew", "clock", skew),
    Check("machine.memory", "memory", memory),
    Check("machine.installation", "kgo-tui", installation),
)
