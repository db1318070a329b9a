"""The health probe over plain HTTP: only the wanted status, whole and in time, is good."""

from __future__ import annotations

import asyncio
import socket
import time
from datetime import UTC, datetime

import pytest

from kgo_tui.adapters.probe import HttpProber
from kgo_tui.adapters.probe.asking import LARGEST_BODY
from kgo_tui.core.model import Sample, Tls
from tests.adapters.probe_server import OK, Answer, resolve_to, says, serving, status

NOW = datetime(2030, 1, 2, 3, 4, 5, tzinfo=UTC)


async def probed(*urls: str, timeout_s: float = 5.0, expect_status: int = 200) -> Sample:
    prober = HttpProber(urls, expect_status=expect_status, timeout_s=timeout_s, now=lambda: NOW)
    try:
        return await prober.probe()
    finally:
        await prober.aclose()


async def answered(answer: Answer, **given: float) -> Sample:
    async with serving(answer) as server:
        return await probed(server.url(), timeout_s=given.get("timeout_s", 5.0))


async def test_a_good_answer_is_a_sample_with_all_that_is_known() -> None:
    async with serving(says(OK)) as server:
        sample = await probed(server.url())
    assert sample.ok
    assert (sample.at, sample.url, sample.status_code, sample.error) == (NOW, server.url(), 200, None)
    assert (sample.tls, sample.tls_days_left) == (Tls.NONE, None)
    assert sample.latency_ms is not None
    assert 0 < sample.latency_ms < 5000


async def test_what_is_sent_names_the_host_and_asks_for_no_cached_answer() -> None:
    async with serving(says(OK)) as server:
        await probed(server.url("localhost", path="/a?b=c"))
    request = server.requests[0].lower()
    assert request.startswith("get /a?b=c http/1.1\r\n")
    assert f"\r\nhost: localhost:{server.port}\r\n" in request
    assert "\r\ncache-control: no-cache\r\n" in request
    assert "\r\nconnection: close\r\n" in request


@pytest.mark.parametrize("code", [201, 204, 401, 404, 500, 503])
async def test_another_status_is_a_failure(code: int) -> None:
    sample = await answered(status(code))
    assert (sample.ok, sample.status_code, sample.error) == (False, code, f"status {code}")


async def test_a_redirect_is_not_followed_and_shown_inert_without_secrets() -> None:
    async with serving(says(OK)) as target:
        where = f"Location: http://user:hunter22@127.0.0.1:{target.port}/x?token=hunter22\x85"
        sample = await answered(status(302, where))
        assert target.connections == 0
    assert (sample.ok, sample.status_code) == (False, 302)
    assert sample.error is not None
    assert sample.error.startswith(f"redirect to http://127.0.0.1:{target.port}/x?token=***")
    assert sample.error.isprintable()


async def test_a_redirect_is_good_only_where_it_is_expected() -> None:
    async with serving(status(301, "Location: /there")) as server:
        assert (await probed(server.url(), expect_status=301)).ok
        assert (await probed(server.url())).error == "redirect to /there"


async def test_a_body_that_drips_is_a_failure_in_time() -> None:
    async def drip(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        while True:
            writer.write(b".")
            await writer.drain()
            await asyncio.sleep(0.05)

    began = time.monotonic()
    sample = await answered(drip, timeout_s=0.4)
    assert (sample.ok, sample.error) == (False, "timed out after 0.4 s")
    assert time.monotonic() - began < 3


async def test_headers_that_do_not_come_are_a_failure_in_time() -> None:
    async def silent(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
        await asyncio.Event().wait()

    assert (await answered(silent, timeout_s=0.3)).error == "timed out after 0.3 s"


async def test_of_an_endless_body_only_the_beginning_is_read() -> None:
    sent = 0

    async def flood(writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            writer.write(b"x" * LARGEST_BODY)
            await writer.drain()
            sent += LARGEST_BODY

    sample = await answered(flood, timeout_s=20)
    assert sample.ok
    assert sent < 1000 * LARGEST_BODY


async def test_a_body_cut_short_is_a_failure() -> None:
    sample = await answered(says(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort"))
    assert (sample.ok, sample.error) == (False, "no valid HTTP answer")


async def test_an_old_server_that_ends_the_body_by_closing_is_good() -> None:
    assert (await answered(says(b"HTTP/1.0 200 OK\r\n\r\nold but well"))).ok


@pytest.mark.parametrize(
    "raw", [b"", b"SSH-2.0-OpenSSH_9\r\n", b"\x15\x03\x01\x00\x02\x02\x46", b"HTTP/1.1 99999\r\n\r\n"]
)
async def test_what_is_no_http_is_a_failure(raw: bytes) -> None:
    sample = await answered(says(raw))
    assert (sample.ok, sample.status_code, sample.error) == (False, None, "no valid HTTP answer")


async def test_headers_without_end_are_a_failure_and_not_kept() -> None:
    async def endless(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\n")
        while True:
            writer.write(b"X: " + b"y" * 10_000 + b"\r\n")
            await writer.drain()

    assert (await answered(endless, timeout_s=20)).error == "no valid HTTP answer"


async def test_a_compressed_body_is_never_unpacked() -> None:
    raw = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nnope"
    assert (await answered(says(raw))).ok


async def test_a_port_where_nothing_listens_is_refused() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        sample = await probed(f"http://127.0.0.1:{taken.getsockname()[1]}/")
    assert (sample.ok, sample.error, sample.latency_ms) == (False, "connection refused", None)


@pytest.mark.parametrize("host", ["no-such-host.invalid", "x" * 64 + ".invalid", "a..b.invalid"])
async def test_a_name_that_does_not_exist_is_told(host: str) -> None:
    assert (await probed(f"http://{host}/", timeout_s=20)).error == "name not resolved"


@pytest.mark.parametrize("url", ["http://[::1", "ftp://127.0.0.1/", "", "http://", "http://h:99999/"])
async def test_what_is_no_url_is_a_failed_sample_too(url: str) -> None:
    sample = await probed(url)
    assert not sample.ok
    assert sample.error


@pytest.mark.parametrize("addresses", [("127.9.9.9", "127.0.0.1"), ("127.0.0.1", "127.9.9.9")])
async def test_a_name_with_several_addresses_is_asked_at_each(
    monkeypatch: pytest.MonkeyPatch, addresses: tuple[str, ...]
) -> None:
    resolve_to(monkeypatch, *addresses)
    async with serving(says(OK)) as server:
        assert (await probed(server.url("two.test"))).ok
    assert f"Host: two.test:{server.port}" in server.requests[0]


async def test_a_resolver_that_hangs_holds_up_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    import threading  # noqa: PLC0415

    release, lookups = threading.Event(), []

    def hang(host: str, *_args: object, **_more: object) -> None:
        lookups.append(host)
        release.wait(60)
        raise socket.gaierror(socket.EAI_AGAIN, "try again")

    monkeypatch.setattr(socket, "getaddrinfo", hang)
    prober = HttpProber(["http://slow.test/"], timeout_s=0.1)
    try:
        for _ in range(5):
            assert (await prober.probe()).error == "timed out after 0.1 s"
        assert lookups == ["slow.test"]
        assert await asyncio.wait_for(asyncio.to_thread(lambda: "free"), 5) == "free"
    finally:
        release.set()
        await prober.aclose()


async def test_a_proxy_of_the_environment_is_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    async with serving(says(OK)) as proxy, serving(status(500)) as server:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url(path=""))
        assert (await probed(server.url())).status_code == 500
        assert proxy.connections == 0
