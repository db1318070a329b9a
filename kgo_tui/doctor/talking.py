"""The worker on its socket: does it answer, is it of this version, who may speak to it.

Owns what each refusal means to the person who asks.
"""

from __future__ import annotations

import grp
import os
import pwd
import stat
from contextlib import suppress

from kgo_tui import __version__
from kgo_tui.config.resolve import DEFAULT_GROUP
from kgo_tui.core.errors import KgoError, NotAllowed, NoWorker, VersionMismatch
from kgo_tui.doctor.advice import as_root
from kgo_tui.doctor.check import Check, Verdict, fault, warning, well
from kgo_tui.doctor.facts import NotExamined, aside
from kgo_tui.doctor.measures import few
from kgo_tui.doctor.patient import Patient
from kgo_tui.doctor.service import OLD_SCRIPT

MODE = 0o660


async def answers(patient: Patient) -> Verdict:
    """Whether a worker answers, to this user."""
    greeting = await patient.greeting()
    if not isinstance(greeting, KgoError):
        return well(f"pid {greeting.pid} answers at {greeting.socket}")
    if isinstance(greeting, NotAllowed):
        return warning(greeting.message, f"{greeting.hint} The worker itself is not concerned.", _join())
    if isinstance(greeting, NoWorker):
        return await _nobody(patient)
    return fault(
        greeting.message, "It hangs, or is very busy. Restarting it loses nothing.", await _restart(patient)
    )


async def _nobody(patient: Patient) -> Verdict:
    with suppress(NotExamined):
        unit = await patient.installed_unit()
        if OLD_SCRIPT in unit.command or unit.get("ActiveState") != "active":
            return warning(
                "no worker answers",
                f"{unit.name} does not run one: see Service.",
                f"{patient.words()} service status",
            )
        means = "It runs, and cannot be spoken to: is it just starting? Else its log tells."
        return fault("no worker answers", means, await _restart(patient))
    means = "No commit is deployed by itself; deploy by hand works."
    return warning("no worker answers", means, f"{patient.words()} --headless")


async def _restart(patient: Patient) -> str:
    with suppress(NotExamined):
        unit = await patient.installed_unit()
        command = unit.systemctl("restart", unit.name)
        return command if unit.user_manager else as_root(command)
    return f"{patient.words()} --headless"


def _join() -> str:
    user = pwd.getpwuid(os.geteuid()).pw_name
    return as_root(f"usermod -aG {DEFAULT_GROUP} {user}")


async def version(patient: Patient) -> Verdict:
    """Whether the worker is of this version: an upgrade does not restart it."""
    greeting = await patient.greeting()
    if isinstance(greeting, VersionMismatch):
        return fault(greeting.message, "Restart the worker.", await _restart(patient))
    if isinstance(greeting, KgoError):
        raise NotExamined("no worker answers")
    if greeting.version != __version__:
        return warning(
            f"the worker is {greeting.version}, this is {__version__}",
            "It was upgraded or replaced, and not restarted since.",
            await _restart(patient),
        )
    return well(greeting.version)


async def _socket(patient: Patient) -> os.stat_result:
    path = (await patient.places()).socket
    try:
        return await aside(path.lstat)
    except OSError:
        raise NotExamined("there is no socket") from None


async def rights(patient: Patient) -> Verdict:
    """Whether the socket is its group's, and no one else's."""
    path, found = (await patient.places()).socket, await _socket(patient)
    group = _name_of(found.st_gid)
    mode = stat.S_IMODE(found.st_mode)
    said = f"{path} {mode:04o} {pwd.getpwuid(found.st_uid).pw_name}:{group}"
    if not stat.S_ISSOCK(found.st_mode):
        return fault(f"{path} is not a socket", "The worker cannot serve there.", as_root(f"rm {path}"))
    if mode & ~MODE or mode & 0o600 != 0o600:  # noqa: PLR2004 - as it is written
        return fault(said, "It should be 0660: its group, and nobody else.", as_root(f"chmod 0660 {path}"))
    return well(said)


async def group(patient: Patient) -> Verdict:
    """Whether the group exists, and who is in it."""
    settings = await patient.settings()
    name = (settings.loaded.config.control.group if settings.loaded else None) or DEFAULT_GROUP
    try:
        members = grp.getgrnam(name).gr_mem
    except KeyError:
        if (await patient.worker()).uid != 0:
            raise NotExamined(f"there is no group {name}: only its own user speaks to the worker") from None
        means = "Only root can use the console. Members of that group could, without sudo."
        return warning(f"there is no group {name}", means, as_root(f"groupadd --system {name}"))
    return well(f"{name}: {few(members, 6) or 'nobody beside root'}")


async def given(patient: Patient) -> Verdict:
    """Whether the running worker's socket is that group's: it may have been made before the group."""
    settings = await patient.settings()
    effective = settings.effective
    owner = (await _socket(patient)).st_gid
    if effective is None or effective.group is None:
        raise NotExamined("no group is set")
    if _name_of(owner) != effective.group:
        means = f"Members of {effective.group} are refused. The worker gives it to the group when it starts."
        return fault(f"the socket is {_name_of(owner)}'s", means, await _restart(patient))
    return well(effective.group)


def _name_of(gid: int) -> str:
    try:
        return grp.getgrgid(gid).gr_name
    except KeyError:
        return str(gid)


CHECKS = (
    Check("worker.answers", "answers", answers),
    Check("worker.version", "version", version),
    Check("worker.rights", "socket", rights),
    Check("worker.group", "group", group),
    Check("worker.given", "socket's group", given),
)
