"""The systemd unit: installed, enabled, running, and running what is installed.

Owns what each state of the unit means for automatic deployment.
"""

from __future__ import annotations

import os
from pathlib import Path

from kgo_tui.doctor.advice import as_root
from kgo_tui.doctor.check import Check, Verdict, fault, warning, well
from kgo_tui.doctor.facts import aside
from kgo_tui.doctor.measures import few
from kgo_tui.doctor.patient import Patient
from kgo_tui.doctor.unit import Unit

OLD_SCRIPT = "gitops-deploy.sh"
"""The script of the runbook that this program replaces."""

BAD_CONFIGURATION = "78"
"""EX_CONFIG of sysexits(3): the worker says that starting it again would not help."""

MANY_RESTARTS = 3

_RESULTS = {
    "exit-code": "It ended with an error; its log says which.",
    "signal": "It was killed: by a person, by the kernel for want of memory, or it crashed.",
    "core-dump": "It crashed.",
    "oom-kill": "It was killed for want of memory.",
    "watchdog": "It hung, and systemd restarted it.",
    "timeout": "It did not start or stop in time.",
    "start-limit-hit": "It failed too often in a row, and is not started again by itself.",
    "resources": "systemd could not start it: a user, a directory or memory is missing.",
    "protocol": "It did not tell systemd that it was ready.",
}
"""What `Result` says (systemd.service(5), systemd.exec(5))."""


async def installed(patient: Patient) -> Verdict:
    """Whether there is a unit, and ours."""
    unit = await patient.unit()
    install = as_root(f"{patient.words()} service install")
    if not unit.is_installed:
        return fault(f"{unit.name} is not installed", "No commit is deployed by itself.", install)
    if unit.get("LoadState") != "loaded":
        said = unit.get("LoadError") or unit.get("LoadState")
        look = unit.systemctl("status", unit.name)
        return fault(f"{unit.name} cannot be used: {said}", "No commit is deployed by itself.", look)
    if OLD_SCRIPT in unit.command:
        means = (
            "This host is still looked after by the old script. Installing takes it over, and can undo that."
        )
        return fault(f"{unit.name} runs {unit.command}", means, install)
    if unit.program and not os.access(unit.program, os.X_OK):
        means = "The worker cannot start. Was kgo-tui moved or upgraded?"
        return fault(f"{unit.name} runs {unit.program}, which is not there", means, install)
    return well(unit.get("FragmentPath") or unit.name)


async def enabled(patient: Patient) -> Verdict:
    """Whether it starts with the host."""
    unit = await patient.installed_unit()
    state = unit.get("UnitFileState")
    if state.startswith("enabled") or state in ("generated", "alias"):
        return well(state)
    if state.startswith("masked"):
        mend = _manage(unit, "unmask", unit.name)
        return fault("masked: nobody can start it", "No commit is deployed by itself.", mend)
    mend = _manage(unit, "enable", unit.name)
    return warning(state or "not enabled", "It does not start with the host.", mend)


async def running(patient: Patient) -> Verdict:
    """Whether it runs, and if not, why."""
    unit = await patient.installed_unit()
    active, sub, result = (unit.get(name) for name in ("ActiveState", "SubState", "Result"))
    if active == "failed" or sub == "auto-restart":
        return _failed(patient, unit, result)
    if active == "active":
        return _restarted(unit)
    if active == "inactive":
        return _stopped(unit)
    return well(f"{active} ({sub})")


def _failed(patient: Patient, unit: Unit, result: str) -> Verdict:
    status = unit.get("ExecMainStatus")
    if status == BAD_CONFIGURATION:
        means = "The worker does not run with this configuration; mend it, then start the unit."
        return fault("the configuration was refused (exit 78)", means, f"{patient.words()} config check")
    return fault(
        f"failed: {result}, exit status {status}, restarted {unit.get('NRestarts') or 0} times",
        _RESULTS.get(result, "Its log says why.") + f" Look at it: journalctl -u {unit.name} -n 50",
        _manage(unit, "restart", unit.name),
    )


def _restarted(unit: Unit) -> Verdict:
    times = int(unit.get("NRestarts") or 0)
    if times <= MANY_RESTARTS:
        return well(f"runs, pid {unit.get('MainPID')}")
    means = "Something keeps ending it. The count begins anew when it is started by hand."
    mend = as_root(f"journalctl -u {unit.name} -p warning -n 50 --no-pager")
    return warning(f"runs, after {times} restarts by systemd", means, mend)


def _stopped(unit: Unit) -> Verdict:
    start = _manage(unit, "start", unit.name)
    if unit.get("UnitFileState") == "enabled":
        return fault("stopped", "No commit is deployed by itself.", start)
    # As the runbook's "Désactiver GitOps" leaves it: somebody wanted that.
    return warning("stopped, and not enabled", "Somebody turned automatic deployment off.", start)


async def reloaded(patient: Patient) -> Verdict:
    """Whether systemd has read the unit's files as they are now."""
    unit = await patient.installed_unit()
    if unit.get("NeedDaemonReload") == "yes":
        return warning(
            "the unit's files changed since systemd read them",
            "What was changed is not in force.",
            _manage(unit, "daemon-reload"),
            fixable=os.geteuid() == 0 or unit.user_manager,
        )
    return well("systemd knows the unit as it is")


async def reload(patient: Patient) -> str:
    """Have systemd read its files."""
    unit = await patient.installed_unit()
    await unit.act("daemon-reload")
    return "systemd has read its units anew; restart the worker for changes to count"


async def edited(patient: Patient) -> Verdict:
    """Which files change the unit; the runbook edits them by hand."""
    unit = await patient.installed_unit()
    drop_ins = unit.get("DropInPaths").split()
    if not drop_ins:
        return well("no drop-in")
    lost = await aside(lambda: [path for path in drop_ins if not Path(path).exists()])
    if lost:
        return warning(
            f"{few(lost)} is in force and was removed",
            "The next reload changes the unit.",
            _manage(unit, "daemon-reload"),
        )
    return well(few(drop_ins))


def _manage(unit: Unit, *words: str) -> str:
    command = unit.systemctl(*words)
    return command if unit.user_manager else as_root(command)


CHECKS = (
    Check("service.installed", "unit", installed),
    Check("service.enabled", "at boot", enabled),
    Check("service.running", "running", running),
    Check("service.reload", "reloaded", reloaded, reload),
    Check("service.edited", "drop-ins", edited),
)
