"""The configuration: readable, valid, complete, and readable for the worker too.

Owns what is asked of the files. The rest of the doctor goes on with what is left of them.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from kgo_tui.config.problems import Problem
from kgo_tui.config.variables import expand
from kgo_tui.doctor.advice import as_root
from kgo_tui.doctor.check import Check, Verdict, fault, warning, well
from kgo_tui.doctor.facts import NotExamined, aside
from kgo_tui.doctor.measures import few
from kgo_tui.doctor.patient import Patient
from kgo_tui.doctor.surroundings import worker_may

CREDENTIAL_FILE = "LoadCredential"
OTHERS_READ = 0o004


async def valid(patient: Patient) -> Verdict:
    """Every fault of the configuration, with file and line; variables of URLs are `health`'s matter."""
    settings = await patient.settings()
    elsewhere = ("notify.", "health.urls") if await _lacks_variables(patient) else ("notify.",)
    own = [problem for problem in settings.problems if not problem.key.startswith(elsewhere)]
    closed = await patient.closed_files()
    if own and closed:
        raise NotExamined(f"{few(closed)} may not be read by this user", needs_root=True)
    if own:
        return fault(_listed(own), _hints(own), _edit(patient, own[0]))
    files = settings.loaded.files if settings.loaded else ()
    return well(", ".join(files) or "from the environment alone")


async def _lacks_variables(patient: Patient) -> bool:
    settings = await patient.settings()
    if settings.loaded is None:
        return False
    try:
        sources = await patient.sources()
    except NotExamined:
        return True
    return any(expand(url, sources.get)[1] for url in settings.loaded.config.health.urls)


async def readable(patient: Patient) -> Verdict:
    """Whether the worker's user may read the files."""
    loaded, _effective = await patient.configured()
    worker = await patient.worker()
    if os.geteuid() not in (0, worker.uid):
        raise NotExamined(f"only {worker.name} or root can tell", needs_root=True)
    closed = [path for path in loaded.files if not await worker_may(worker, "-r", path)]
    if closed:
        return fault(
            f"{few(closed)} cannot be read by {worker.name}, who runs the worker",
            "The worker cannot start.",
            as_root(f"chgrp {worker.name} {closed[0]} && {as_root(f'chmod g+r {closed[0]}')}"),
        )
    return well(f"{worker.name}, who runs the worker, can read it")


async def secrets(patient: Patient) -> Verdict:
    """Whether a webhook's URL in the file can be read by everyone."""
    loaded, _effective = await patient.configured()
    if not any(entry.url for entry in loaded.config.notify):
        raise NotExamined("no secret is in the configuration")
    opened = await aside(lambda: _open_to_all(loaded.files))
    if opened:
        return warning(
            f"{few(opened)} can be read by every user, and holds a webhook's URL",
            "Whoever reads that URL can write to your channel.",
            as_root(f"chmod o-rwx {opened[0]}"),
            fixable=True,
        )
    return well("only its owner and group can read it")


async def close_files(patient: Patient) -> str:
    """Take the right to read from everyone else."""
    loaded, _effective = await patient.configured()
    closed = await aside(lambda: _close(loaded.files))
    return f"{few(closed)}: only owner and group can read it now"


def _close(files: Iterable[str]) -> list[str]:
    opened = _open_to_all(files)
    for path in map(Path, opened):
        path.chmod(path.stat().st_mode & ~0o007)
    return opened


def _open_to_all(files: Iterable[str]) -> list[str]:
    return [path for path in files if Path(path).stat().st_mode & OTHERS_READ]


async def notify(patient: Patient) -> Verdict:
    """Whether the targets of notifications can be read."""
    loaded, effective = await patient.configured()
    settings = await patient.settings()
    problems = [problem for problem in settings.problems if problem.key.startswith("notify.")]
    if problems:
        return fault(
            _listed(problems), "Nobody is told when a deployment fails.", _edit(patient, problems[0])
        )
    if not loaded.config.notify:
        raise NotExamined("no [[notify]] is configured")
    names = [entry.url_credential for entry in loaded.config.notify if entry.url_credential]
    unit = await patient.installed_unit() if names else None
    given = unit.get(CREDENTIAL_FILE) if unit else ""
    absent = [name for name in names if name not in given]
    if absent:
        return fault(
            f"the unit is given no credential {few(absent)}",
            f"Nobody is told. Add to the unit: LoadCredential={absent[0]}:/etc/kgo-tui/{absent[0]}",
            as_root(unit.systemctl("edit", unit.name)) if unit else "",
        )
    return well(f"{len(effective.notify) or len(names)} target(s)")


def _listed(problems: Iterable[Problem]) -> str:
    return "; ".join(map(str, problems))


def _hints(problems: Iterable[Problem]) -> str:
    hints = dict.fromkeys(problem.hint for problem in problems if problem.hint)
    return " ".join(hints) or "The worker does not start with this, and a running one keeps what it had."


def _edit(patient: Patient, problem: Problem) -> str:
    """Opens the file at the line of the fault; writes one where there is none."""
    path, _, line = problem.where.rpartition(":")
    place = f"+{line} {path}" if line.isdigit() else problem.where
    if place.startswith("+") or (place.startswith("/") and " " not in place):
        return as_root(f"${{EDITOR:-nano}} {place}")
    missing = problem.key == "repository.path"
    return as_root(f"{patient.words()} config init") if missing else f"{patient.words()} config show"


CHECKS = (
    Check("configuration.valid", "files and values", valid),
    Check("configuration.readable", "readable for the worker", readable),
    Check("configuration.secrets", "secrets", secrets, close_files),
    Check("configuration.notify", "notifications", notify),
)
