"""Names to addresses, without ever holding up anything else.

Owns the one blocking call that no deadline can end: `getaddrinfo` may take half a minute. It runs in
a daemon thread of its own, one for each name at a time, so that neither the threads that the other
adapters share nor the end of the process wait for it.
"""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import socket
import threading

MOST = 4
"""Addresses that are tried; more would only share a short deadline thinner."""


class Names:
    """Looks names up; whoever asks for a name that is being looked up waits for that answer."""

    def __init__(self) -> None:
        self._pending: dict[str, asyncio.Future[tuple[str, ...]]] = {}

    async def addresses(self, host: str) -> tuple[str, ...]:
        """The addresses of a host, in the order to try them. Raises socket.gaierror, OSError."""
        with contextlib.suppress(ValueError):
            return (str(ipaddress.ip_address(host)),)
        pending = self._pending.get(host)
        if pending is None:
            pending = self._pending[host] = self._look_up(host)
        return await asyncio.shield(pending)

    def _look_up(self, host: str) -> asyncio.Future[tuple[str, ...]]:
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[tuple[str, ...]] = loop.create_future()
        answer.add_done_callback(
            lambda done: (self._pending.pop(host, None), done.cancelled() or done.exception())
        )

        def look_up() -> None:
            try:
                result: tuple[str, ...] | OSError = _addresses(host)
            except OSError as error:
                result = error
            except ValueError:  # a label too long or empty: no such name
                result = socket.gaierror(socket.EAI_NONAME, "not a name")
            with contextlib.suppress(RuntimeError):  # the loop has ended meanwhile
                loop.call_soon_threadsafe(_tell, answer, result)

        threading.Thread(target=look_up, name=f"look up {host}", daemon=True).start()
        return answer


def _tell(answer: asyncio.Future[tuple[str, ...]], result: tuple[str, ...] | OSError) -> None:
    if answer.done():
        return
    if isinstance(result, OSError):
        answer.set_exception(result)
    else:
        answer.set_result(result)


def _addresses(host: str) -> tuple[str, ...]:
    found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return tuple(dict.fromkeys(str(entry[4][0]) for entry in found))[:MOST]
