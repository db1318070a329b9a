"""Where an instance keeps its state and its socket.

Owns these places: the worker's, and where a client looks for a worker. Must not create anything,
nor know what the files hold. Worker and command line of the same user must come to the same lock,
so a directory of the system that this user may write in is preferred to the user's own.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from kgo_tui.core.model import Struct

NAME = "kgo-tui"
SYSTEM_STATE = Path("/var/lib") / NAME
SYSTEM_RUNTIME = Path("/run") / NAME
USERS_RUNTIME = Path("/run/user")


class Places(Struct, frozen=True, kw_only=True):
    """The files of one instance: the state store, the lock beside it, the control socket."""

    store: Path
    lock: Path
    socket: Path


def places(
    instance: str | None,
    *,
    environ: Mapping[str, str] = os.environ,
    euid: int | None = None,
    socket: str | None = None,
) -> Places:
    """The worker's files. `socket` is `control.socket`, which replaces the usual place."""
    name = instance or "default"
    state = state_dir(environ, euid)
    usual = runtime_dir(environ, euid) / f"{name}.sock"
    return Places(
        store=state / f"{name}.db", lock=state / f"{name}.lock", socket=Path(socket) if socket else usual
    )


def client_sockets(
    instance: str | None,
    *,
    environ: Mapping[str, str] = os.environ,
    euid: int | None = None,
    socket: str | None = None,
) -> tuple[Path, ...]:
    """Where a client looks for a worker, in this order: the configured socket alone, else the
    system's worker, then this user's own. Whether one is there, the client finds out."""
    if socket:
        return (Path(socket),)
    name = f"{instance or 'default'}.sock"
    return tuple(dict.fromkeys((SYSTEM_RUNTIME / name, runtime_dir(environ, euid) / name)))


def state_dir(environ: Mapping[str, str] = os.environ, euid: int | None = None) -> Path:
    """`$STATE_DIRECTORY` (systemd.exec(5): several are separated by colons, the first is ours), the
    system's directory for root and whoever may write there, else the user's."""
    given = _first(environ.get("STATE_DIRECTORY"))
    if given or _is_ours(SYSTEM_STATE, euid):
        return given or SYSTEM_STATE
    return _from_xdg(environ, "XDG_STATE_HOME") or _user_state()


def runtime_dir(environ: Mapping[str, str] = os.environ, euid: int | None = None) -> Path:
    """`$RUNTIME_DIRECTORY`, the system's for root and whoever may write there, else the user's, as
    the login manager made it; else with the state, since in /tmp anyone could take the name first."""
    given = _first(environ.get("RUNTIME_DIRECTORY"))
    if given or _is_ours(SYSTEM_RUNTIME, euid):
        return given or SYSTEM_RUNTIME
    users = USERS_RUNTIME / str(os.geteuid() if euid is None else euid)
    return _from_xdg(environ, "XDG_RUNTIME_DIR") or (
        users / NAME if _writable(users) else state_dir(environ, euid)
    )


def _first(directories: str | None) -> Path | None:
    first = (directories or "").partition(":")[0]
    return Path(first) if first.startswith("/") else None


def _is_ours(directory: Path, euid: int | None) -> bool:
    return (os.geteuid() if euid is None else euid) == 0 or _writable(directory)


def _writable(directory: Path) -> bool:
    return os.access(directory, os.W_OK | os.X_OK)


def _from_xdg(environ: Mapping[str, str], variable: str) -> Path | None:
    """The XDG base directory specification: a path that is not absolute is ignored."""
    given = environ.get(variable, "")
    return Path(given) / NAME if given.startswith("/") else None


def _user_state() -> Path:
    from platformdirs import user_state_path  # noqa: PLC0415 - import time

    return user_state_path(NAME)
