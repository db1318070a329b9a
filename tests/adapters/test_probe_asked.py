"""What a prober is asked beside one URL: several, none, quickly, again and again, and no longer."""

from __future__ import annotations

import asyncio
import time

import pytest

from kgo_tui.adapters.probe import HttpProber
from kgo_tui.core.model import Sample
from tests.adapters.probe_server import OK, says, serving, status
from tests.adapters.test_probe import NOW, probed


async def test_of_several_urls_the_first_bad_answer_counts_else_the_last() -> None:
    async with serving(says(OK)) as good, serving(status(500)) as bad, serving(status(404)) as worse:
        sample = await probed(good.url(), bad.url(), worse.url())
        assert (sample.ok, sample.url) == (False, bad.url())
        sample = await probed(good.url(path="/1"), good.url(path="/2"))
        assert (sample.ok, sample.url) == (True, good.url(path="/2"))


async def test_credentials_in_a_url_are_sent_and_not_shown() -> None:
    async with serving(says(OK)) as server:
        sample = await probed(f"http://user:hunter22@127.0.0.1:{server.port}/?key=hunter22")
    assert "Authorization: Basic dXNlcjpodW50ZXIyMg==" in server.requests[0]
    assert sample.url == f"http://127.0.0.1:{server.port}/?key=***"


async def test_every_probe_is_a_connection_of_its_own() -> None:
    async def stays(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nConnection: keep-alive\r\nContent-Length: 0\r\n\r\n")
        await asyncio.Event().wait()

    async with serving(stays) as server:
        prober = HttpProber([server.url()])
        assert [(await prober.probe()).ok for _ in range(3)] == [True] * 3
        assert [await prober.answers() for _ in range(3)] == [True] * 3
        assert server.connections == 6
        await prober.aclose()


async def test_answers_says_whether_it_answers_now() -> None:
    async with serving(says(OK)) as server:
        url = server.url()
        prober = HttpProber([url])
        assert await prober.answers() is True
    assert await prober.answers() is False
    await prober.aclose()
    async with serving(status(503)) as server:
        prober = HttpProber([server.url()])
        assert await prober.answers() is False
        await prober.aclose()


async def test_answers_gives_up_after_a_second() -> None:
    async def silent(_writer: asyncio.StreamWriter) -> None:
        await asyncio.Event().wait()

    async with serving(silent) as server:
        prober = HttpProber([server.url()])
        began = time.monotonic()
        assert await prober.answers() is False
        assert 0.9 < time.monotonic() - began < 5
        await prober.aclose()


async def test_without_a_url_nothing_is_known_and_nothing_bad() -> None:
    prober = HttpProber([], now=lambda: NOW)
    assert await prober.answers() is None
    assert await prober.probe() == Sample(at=NOW, ok=True)
    await prober.aclose()


async def test_a_probe_that_is_cancelled_stays_cancelled() -> None:
    async def silent(_writer: asyncio.StreamWriter) -> None:
        await asyncio.Event().wait()

    async with serving(silent) as server:
        prober = HttpProber([server.url()])
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.2):
                await prober.probe()
        await prober.aclose()
