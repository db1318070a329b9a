"""Getting through to the worker's socket, or saying in words why not.

Owns what each refusal of the system means to a user. Must not know what is said afterwards. Kept
quick to import: it stands before the console's first paint.
"""

from __future__ import annotations

import asyncio
import os
import socket
from pathlib import Path

from kgo_tui.core.errors import KgoError, NotAllowed, NoWorker, Unreachable

AGAIN_S = 0.02
"""Between two tries while the worker's queue of new connections is full."""


async def dial(path: str | os.PathLike[str]) -> socket.socket:
    """A connected, non-blocking socket; the caller sets the deadline.

    Raises NoWorker when nobody serves there, NotAllowed when this user may not connect, Unreachable
    for the rest.
    """
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
    try:
        await _connect(sock, os.fspath(path))
    except BaseException as error:
        sock.close()
        if isinstance(error, OSError):
            raise _in_words(error, Path(path)) from None
        raise
    return sock


async def _connect(sock: socket.socket, path: str) -> None:
    while True:
        try:
            sock.connect(path)
        except BlockingIOError:  # unix(7): the backlog is full; there is nothing to wait on
            await asyncio.sleep(AGAIN_S)
        else:
            return


def _in_words(error: OSError, path: Path) -> KgoError:
    if isinstance(error, FileNotFoundError | ConnectionRefusedError | NotADirectoryError):
        return NoWorker(f"no worker serves at {path}", hint="Start it: kgo-tui service start")
    if isinstance(error, PermissionError):
        return _not_allowed(path)
    return Unreachable(f"the worker's socket {path} cannot be used: {error.strerror or error}")


def _not_allowed(path: Path) -> NotAllowed:
    """Names the group that may, and how this user gets into it."""
    import grp  # noqa: PLC0415 - only a refused user needs the names
    import pwd  # noqa: PLC0415

    try:
        group = grp.getgrgid(path.stat().st_gid)
        user = pwd.getpwuid(os.geteuid()).pw_name
    except (OSError, KeyError):
        return NotAllowed(
            f"this user may not use the worker's socket {path}", hint="Ask its owner, or use sudo."
        )
    if group.gr_gid == 0:
        return NotAllowed(
            f"only root may use the worker's socket {path}",
            hint="Use sudo, or have the worker give its socket to a group.",
        )
    joined = user in group.gr_mem
    hint = "You are a member: log in again for that to count." if joined else _join(group.gr_name, user)
    return NotAllowed(f"the worker's socket {path} is for members of the group {group.gr_name}", hint=hint)


def _join(group: str, user: str) -> str:
    return f"Have an administrator run: usermod -aG {group} {user} - then log in again."
