"""Asks the application's URLs whether it is well, and makes a sample of the answers.

Owns what counts as well: the status, the whole answer within the deadline, and, if strict, the
certificate. Must not know why it is asked.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from urllib.parse import urlsplit

from kgo_tui.adapters.probe.asking import Answer, Asker
from kgo_tui.adapters.probe.words import certificate_fault, certificate_words, failure_words, status_words
from kgo_tui.adapters.probe.x509 import validity
from kgo_tui.core.model import Sample, Tls
from kgo_tui.core.text import clean, redact_url

QUICK_S = 1.0
"""Seconds that `answers` waits at most: it measures how long nothing answers, not how slowly."""


def _utc_now() -> datetime:
    return datetime.now(UTC)


class HttpProber:
    """`Prober` over HTTP(S). `tls`: "lenient" records an invalid certificate, "strict" fails on it.

    `timeout_s` bounds everything that is asked of one URL, from the name's look-up to the last byte
    of the body; URLs are asked side by side.
    """

    def __init__(
        self,
        urls: Sequence[str],
        *,
        expect_status: int = 200,
        timeout_s: float = 5.0,
        tls: str = "lenient",
        now: Callable[[], datetime] = _utc_now,
    ) -> None:
        self._urls = tuple(urls)
        self._expect_status = expect_status
        self._timeout_s = timeout_s
        self._strict = tls == "strict"
        self._now = now
        self._asker = Asker(timeout_s)
        self._quick = Asker(QUICK_S)

    async def probe(self) -> Sample:
        """Ask every URL once: the first bad sample, else the last good one, one with an invalid
        certificate before others. Without a URL nothing is bad. Never raises."""
        if not self._urls:
            return Sample(at=self._now(), ok=True)
        samples = await asyncio.gather(*map(self._sample, self._urls))
        bad = [sample for sample in samples if not sample.ok]
        invalid = [sample for sample in samples if sample.tls not in (Tls.NONE, Tls.VALID)]
        return (bad or invalid or samples[-1:])[0]

    async def answers(self) -> bool | None:
        """Whether the first URL answers with the expected status right now, whatever its
        certificate; None without a URL. Never raises."""
        if not self._urls:
            return None
        try:
            await self._quick.ready(verify=False)
            async with asyncio.timeout(QUICK_S):
                answer = await self._quick.ask(self._urls[0], verify=False, body=False)
        except Exception:  # noqa: BLE001 - whatever it was, it was no answer
            return False
        return answer.status == self._expect_status

    async def aclose(self) -> None:
        """Let go of the clients."""
        await self._asker.aclose()
        await self._quick.aclose()

    async def _sample(self, url: str) -> Sample:
        at = self._now()
        sample = Sample(at=at, ok=False, url=clean(redact_url(url)))
        deadline = asyncio.timeout(self._timeout_s)
        try:
            await self._asker.ready(verify=True)
            async with deadline:
                return await self._asked(sample, url)
        except Exception as error:  # noqa: BLE001 - a failure is a sample
            late = deadline.expired()
            words = f"timed out after {self._timeout_s:g} s" if late else failure_words(error)
            return _with(sample, error=words)

    async def _asked(self, sample: Sample, url: str) -> Sample:
        """With verification first; refused, once more without, so that status and latency are known.

        Strict does not ask again: an unverified server is not to be told anything.
        """
        fault = None
        try:
            answer = await self._asker.ask(url, verify=True)
        except Exception as error:
            fault = certificate_fault(error)
            if fault is None:
                raise
            if self._strict:
                return _with(sample, tls=fault, error=certificate_words(fault))
            answer = await self._asker.ask(url, verify=False)
        secure = urlsplit(url).scheme.lower() == "https"
        return self._judged(sample, answer, (fault or Tls.VALID) if secure else Tls.NONE)

    def _judged(self, sample: Sample, answer: Answer, tls: Tls) -> Sample:
        ok = answer.status == self._expect_status
        return Sample(
            at=sample.at,
            ok=ok,
            url=sample.url,
            status_code=answer.status,
            latency_ms=round(answer.latency_ms, 3),
            tls=tls,
            tls_days_left=_days_left(answer.certificate, sample.at),
            error=None if ok else status_words(answer.status, answer.location),
        )


def _with(sample: Sample, *, error: str, tls: Tls | None = None) -> Sample:
    return Sample(at=sample.at, ok=False, url=sample.url, tls=tls, error=error)


def _days_left(certificate: bytes | None, at: datetime) -> int | None:
    """Whole days until the certificate ends, negative once it has; None when not known."""
    dates = validity(certificate) if certificate else None
    return (dates[1] - at).days if dates else None
