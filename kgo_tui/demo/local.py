"""Plain HTTP to programs on this machine, whatever proxies and authorities the caller's environment names."""

from __future__ import annotations

import ssl
from pathlib import Path

import httpx

# Never used, but httpx would otherwise read all of the machine's authorities for each client: slow.
_NO_AUTHORITIES = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def local_client(base_url: str, *, socket: Path | None = None, timeout_s: float = 30.0) -> httpx.Client:
    """A client for a port of 127.0.0.1, or for a Unix socket."""
    transport = httpx.HTTPTransport(
        uds=str(socket) if socket is not None else None, verify=_NO_AUTHORITIES, trust_env=False
    )
    return httpx.Client(base_url=base_url, transport=transport, timeout=timeout_s, trust_env=False)
