"""One request to one URL: a fresh connection, no redirect followed, the body capped.

Owns the httpx clients and what is sent. Must not judge the answer, nor know deadlines: the caller
cancels. httpx and the authorities are loaded at first use, in a thread, since both take long.
"""

from __future__ import annotations

import asyncio
import os
import ssl
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kgo_tui.adapters.probe.names import Names

if TYPE_CHECKING:
    import httpx

LARGEST_BODY = 1 << 16
"""Bytes of a body that are read; what a health endpoint says beyond that is not waited for."""

AUTHORITIES_LIFE_S = 86400.0
"""Seconds for which loaded authorities are used; the host's may change while the worker runs."""

_HEADERS = {
    "User-Agent": "kgo-tui",
    "Accept": "*/*",
    "Accept-Encoding": "identity",
    "Cache-Control": "no-cache",
    "Connection": "close",
}


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: the status, where a redirect points, the certificate (DER), milliseconds."""

    status: int
    location: str | None
    certificate: bytes | None
    latency_ms: float


class Asker:
    """Asks with verification or without, each through a client of its own that keeps nothing open.

    `timeout_s` is shared out among the addresses of a name, so that one that swallows packets
    leaves time for the next; the deadline over all of it is the caller's.
    """

    def __init__(self, timeout_s: float) -> None:
        self._timeout_s = timeout_s
        self._names = Names()
        self._clients: dict[bool, tuple[httpx.AsyncClient, float]] = {}
        self._making = asyncio.Lock()

    async def ask(self, url: str, *, verify: bool, body: bool = True) -> Answer:
        """GET the URL once. Raises what httpx, ssl and the resolver raise."""
        client = await self.ready(verify=verify)
        import httpx  # noqa: PLC0415 - loaded by now

        parsed = httpx.URL(url)
        host = parsed.raw_host.decode("ascii").rstrip(".")
        addresses = await self._names.addresses(host)
        for address in addresses[:-1]:
            try:
                return await _get(client, parsed, address, self._timeout_s / len(addresses), body=body)
            except (httpx.ConnectError, httpx.ConnectTimeout) as error:
                if _is_tls(error):
                    raise
        return await _get(client, parsed, addresses[-1], self._timeout_s, body=body)

    async def ready(self, *, verify: bool) -> httpx.AsyncClient:
        """The client, made if need be: what is not to count against a request's deadline."""
        async with self._making:
            client, made_at = self._clients.get(verify, (None, 0.0))
            if client is None or time.monotonic() - made_at > AUTHORITIES_LIFE_S:
                client = await asyncio.to_thread(_made, verify=verify)
                self._clients[verify] = client, time.monotonic()
            return client

    async def aclose(self) -> None:
        """Close the clients; asking again makes new ones."""
        clients, self._clients = self._clients, {}
        for client, _ in clients.values():
            await client.aclose()


async def _get(
    client: httpx.AsyncClient, url: httpx.URL, address: str, connect_s: float, *, body: bool
) -> Answer:
    """Ask one address; the name goes into the Host header and the TLS handshake, as if looked up."""
    import httpx  # noqa: PLC0415 - loaded by now

    name = url.raw_host.decode("ascii")
    began = time.perf_counter()
    request = client.stream(
        "GET",
        url.copy_with(host=address),
        headers={"Host": url.netloc.decode("ascii")},
        timeout=httpx.Timeout(None, connect=connect_s),
        extensions={"sni_hostname": name.rstrip(".")},
    )
    async with request as response:
        if body:
            await _read(response)
        took_ms = (time.perf_counter() - began) * 1000
        return Answer(response.status_code, response.headers.get("location"), _certificate(response), took_ms)


async def _read(response: httpx.Response) -> None:
    """Wait for the whole body, or as much of it as is read at most."""
    size = 0
    async for chunk in response.aiter_raw():
        size += len(chunk)
        if size >= LARGEST_BODY:
            return


def _certificate(response: httpx.Response) -> bytes | None:
    stream = response.extensions.get("network_stream")
    tls = stream.get_extra_info("ssl_object") if stream else None
    return tls.getpeercert(binary_form=True) if tls else None


def _is_tls(error: BaseException) -> bool:
    step: BaseException | None = error
    while step is not None and not isinstance(step, ssl.SSLError):
        step = step.__cause__ or step.__context__
    return step is not None


def _made(*, verify: bool) -> httpx.AsyncClient:
    # Its command line, which nobody here runs, would bring click, rich and pygments: 6 MB.
    sys.modules.setdefault("httpx._main", None)  # type: ignore[arg-type]
    import httpx  # noqa: PLC0415 - import time: a console or a `status` never asks

    return httpx.AsyncClient(
        verify=_verifying() if verify else _unverifying(),
        headers=_HEADERS,
        trust_env=False,  # a proxy would answer for a service that is down, and .netrc is not ours
        follow_redirects=False,
        limits=httpx.Limits(max_keepalive_connections=0),
    )


def _verifying() -> ssl.SSLContext:
    """The system's authorities ($SSL_CERT_FILE, $SSL_CERT_DIR), certifi's where it has none."""
    context = ssl.create_default_context()
    asked_for = os.environ.get("SSL_CERT_FILE") or os.environ.get("SSL_CERT_DIR")
    if not context.cert_store_stats()["x509_ca"] and not asked_for and not _has_directory():
        import certifi  # noqa: PLC0415 - only where the system has none

        context.load_verify_locations(certifi.where())
    return context


def _has_directory() -> bool:
    """A directory of authorities is read by OpenSSL at each handshake, so it never counts as loaded."""
    directory = ssl.get_default_verify_paths().capath
    return bool(directory) and any(entry.name.endswith(".0") for entry in os.scandir(directory))


def _unverifying() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context
