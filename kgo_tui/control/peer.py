"""Who is at the other end of a Unix socket, as the kernel says.

Owns SO_PEERCRED and the name that goes with a user id. Must not know what the peer wants.
"""

from __future__ import annotations

import asyncio
import pwd
import socket
import struct
from typing import NamedTuple

_UCRED = struct.Struct("iII")
"""`struct ucred` of unix(7): pid, uid, gid, as they were at connect (or at listen, for a server)."""

NAME_LOOKUP_S = 2.0
_names: dict[int, str] = {}


class Peer(NamedTuple):
    """The process at the other end when it connected."""

    pid: int
    uid: int
    gid: int


def peer_of(sock: socket.socket) -> Peer:
    """The peer of a connected Unix socket. Raises OSError when it is no such socket."""
    return Peer(*_UCRED.unpack(sock.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _UCRED.size)))


async def name_of(uid: int) -> str:
    """The user's login name, else `uid N`. Never waits longer than `NAME_LOOKUP_S` seconds: the
    name may have to come from a directory server."""
    if uid not in _names:
        try:
            async with asyncio.timeout(NAME_LOOKUP_S):
                _names[uid] = (await asyncio.to_thread(pwd.getpwuid, uid)).pw_name
        except (KeyError, TimeoutError, OSError):
            return f"uid {uid}"
    return _names[uid]
