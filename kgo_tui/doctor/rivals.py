"""Others who deploy here: the old script, and programs that update containers by themselves.

Owns recognising them. Two deployers undo each other's work.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from kgo_tui.core.text import clean
from kgo_tui.doctor.advice import as_root
from kgo_tui.doctor.check import Check, Verdict, fault, warning, well
from kgo_tui.doctor.facts import aside
from kgo_tui.doctor.patient import Patient
from kgo_tui.doctor.service import OLD_SCRIPT
from kgo_tui.doctor.unit import BASE

UPDATERS = ("watchtower", "ouroboros", "doco-cd", "shepherd")
"""Images, by the last part of their name, whose purpose is to update other containers."""

_UNIT = re.compile(r"/([^/]+\.service)(?:/|$)", re.MULTILINE)
_SHELLS = ("sh", "bash", "dash")


@dataclass(frozen=True, slots=True)
class Rival:
    """A process of the old script, and the unit that it belongs to ("" when none)."""

    pid: int
    command: str
    unit: str


async def script(_patient: Patient) -> Verdict:
    """Whether the bash script still runs, or is still installed under another name."""
    found = await aside(lambda: tuple(processes(Path("/proc"))))
    if found:
        rival = found[0]
        stop = f"systemctl disable --now {rival.unit}" if rival.unit else f"kill {rival.pid}"
        return fault(
            f"pid {rival.pid} runs {rival.command}" + (f" ({rival.unit})" if rival.unit else ""),
            "The old script deploys here too: each undoes what the other does.",
            as_root(stop),
        )
    left = await aside(lambda: tuple(units(Path("/"))))
    if left:
        name = left[0].name
        means = "If it is started, both deploy."
        return warning(f"{left[0]} starts the old script", means, as_root(f"systemctl disable --now {name}"))
    return well("nothing else runs the old script")


def processes(proc: Path) -> Iterator[Rival]:
    """Processes that run the script; an editor that has it open, or a search for it, is none."""
    for folder in proc.iterdir():
        if folder.name.isdigit() and int(folder.name) != os.getpid():
            words = _command(folder)
            unit = _unit_of(folder)
            # The unit of our own name is the matter of the service's check.
            if runs_script(words) and not unit.startswith(BASE):
                yield Rival(int(folder.name), clean(" ".join(words)), unit)


def runs_script(words: Sequence[str]) -> bool:
    """Whether that command line runs the old script."""
    names = [Path(word).name for word in words[:2]]
    if not names:
        return False
    return names[0] == OLD_SCRIPT or (names[0] in _SHELLS and names[-1] == OLD_SCRIPT)


def _command(folder: Path) -> list[str]:
    try:
        return (folder / "cmdline").read_bytes().decode("utf-8", "replace").rstrip("\0").split("\0")
    except OSError:
        return []


def _unit_of(folder: Path) -> str:
    try:
        found = _UNIT.search((folder / "cgroup").read_text("utf-8", "replace"))
    except OSError:
        return ""
    return found[1] if found else ""


def units(root: Path) -> Iterator[Path]:
    """Unit files, of other names than ours, that start the script."""
    for path in sorted(root.glob("etc/systemd/system/*.service")):
        if path.name.startswith(BASE):
            continue
        try:
            text = path.read_text("utf-8", "replace")
        except OSError:
            continue
        if re.search(rf"^ExecStart=.*{re.escape(OLD_SCRIPT)}", text, re.MULTILINE):
            yield path


async def updaters(patient: Patient) -> Verdict:
    """Whether a container here updates other containers."""
    running = await (await patient.docker()).running()
    found = [one for one in running if updates(one.image)]
    if not found:
        return well("no container updates others")
    one = found[0]
    return fault(
        f"the container {one.name} ({one.image}) updates others",
        "It replaces images behind the worker's back, and nothing rolls that back.",
        f"docker update --restart=no {one.name} && docker stop {one.name}",
    )


def updates(image: str) -> bool:
    """Whether that is the image of a program that updates containers."""
    name = image.partition("@")[0].rpartition("/")[2].partition(":")[0]
    return name in UPDATERS


CHECKS = (
    Check("rivals.script", "old script", script),
    Check("rivals.updaters", "updaters", updaters),
)
