"""The systemd unit that a process belongs to, as its control group tells it.

Owns the reading of /proc/PID/cgroup (cgroups(7)) in both versions of control groups. Must not know
what the unit is for. Done without asking systemd, as sd_pid_get_unit(3) does it.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit by its full name; `user`: of a user's service manager, not of the system's."""

    name: str
    user: bool = False


def own_unit() -> Unit | None:
    """The service that this process runs as, None when it was started otherwise."""
    return unit_of(_groups("self"), _groups("1"))


def _groups(process: str) -> str:
    with suppress(OSError):  # hidepid hides other processes
        return Path(f"/proc/{process}/cgroup").read_text("utf-8", "replace")
    return ""


def machine_id() -> str:
    """How the journal names this machine (machine-id(5)), "" when it has no name."""
    with suppress(OSError):
        found = Path("/etc/machine-id").read_text("utf-8", "replace").strip()
        return found if found.isascii() and found.isalnum() else ""
    return ""


def unit_of(groups: str, of_init: str = "") -> Unit | None:
    """The service in a process's control groups, given those of process 1: inside a container they
    begin with the container's own path."""
    path = _path(groups).removeprefix(_path(of_init).removesuffix("/init.scope"))
    units = [part for part in path.split("/") if part and not part.endswith(".slice")]
    if not units:
        return None
    user = units[0].startswith("user@") and units[0].endswith(".service")
    name = units[1] if user and len(units) > 1 else units[0]
    if not name.endswith(".service") or (user and len(units) == 1):
        return None
    return Unit(name, user)


def _path(groups: str) -> str:
    """The path in the hierarchy of systemd: `0::PATH`, or beside version 1 `N:name=systemd:PATH`."""
    found = {}
    for line in groups.splitlines():
        number, _, rest = line.partition(":")
        controllers, _, path = rest.partition(":")
        found["" if number == "0" else controllers] = path
    path = found.get("name=systemd") or found.get("") or ""
    return "" if path == "/" else path
