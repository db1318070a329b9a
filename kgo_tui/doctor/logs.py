"""The journal: kept over a reboot, readable for whom it matters.

Owns where journald keeps its files (systemd-journald.service(8)) and who may read them.
"""

from __future__ import annotations

import os
from pathlib import Path

from kgo_tui.adapters.host import Identity, current_identity
from kgo_tui.adapters.process import run_async
from kgo_tui.core.errors import CommandFailed
from kgo_tui.doctor.advice import as_root
from kgo_tui.doctor.check import Check, Verdict, warning, well
from kgo_tui.doctor.facts import NotExamined, aside
from kgo_tui.doctor.patient import Patient
from kgo_tui.doctor.unit import BOOTED

KEPT = Path("/var/log/journal")
READERS = ("systemd-journal", "adm", "wheel")
"""Groups that journald lets read everything (journalctl(1))."""


async def persistent(_patient: Patient) -> Verdict:
    """Whether the journal outlives a reboot."""
    if not await aside(BOOTED.is_dir):
        raise NotExamined("systemd does not run here")
    if await aside(KEPT.is_dir):
        return well(f"kept in {KEPT}")
    make = as_root(f"mkdir -p {KEPT}")
    start = as_root("systemctl restart systemd-journald")
    return warning(
        "kept in memory only",
        "After a reboot nobody knows what happened before it.",
        f"{make} && {as_root(f'systemd-tmpfiles --create --prefix {KEPT}')} && {start}",
    )


async def readable(patient: Patient) -> Verdict:
    """Whether the worker may read it: it shows the journal to whoever may use its socket."""
    unit = await patient.installed_unit()
    worker = await patient.worker()
    if worker.uid != 0 and not _reads(worker, unit.get("SupplementaryGroups").split()):
        return warning(
            f"{worker.name}, who runs the worker, may not read the journal",
            "kgo-tui logs shows only what this worker said since it started.",
            as_root(f"usermod -aG {READERS[0]} {worker.name}"),
        )
    me = current_identity()
    if os.geteuid() not in (0, worker.uid) and not _reads(me, []):
        return well(f"by the worker; {me.name} sees it with kgo-tui logs")
    return well(await _newest(unit.name))


def _reads(user: Identity, more: list[str]) -> bool:
    import grp  # noqa: PLC0415 - a host without systemd never asks

    groups = {group.gr_gid for group in grp.getgrall() if group.gr_name in READERS}
    return bool(groups & set(user.groups)) or bool(set(READERS) & set(more))


async def _newest(unit: str) -> str:
    words = ["journalctl", "-u", unit, "-n", "1", "-q", "--no-pager", "-o", "short-iso"]
    try:
        done = await run_async(words, deadline_s=6.0)
    except (OSError, CommandFailed):
        return "journalctl does not answer"
    line = done.text.strip()
    return f"the last line is of {line.split()[0]}" if line else "no line of the unit yet"


CHECKS = (
    Check("journal.persistent", "kept", persistent),
    Check("journal.readable", "readable", readable),
)
