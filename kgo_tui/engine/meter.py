"""Measures for how long the service did not answer while a deployment touched it.

Owns the fast probing loop and its sum. Must not know what a good deployment is: that is the gate.
"""

from __future__ import annotations

import asyncio
import logging
from types import TracebackType
from typing import Self

from kgo_tui.engine.ports import Clock, Prober

log = logging.getLogger(__name__)

PERIOD_S = 0.1
"""Pause between two questions; the resolution of what is measured."""


class DowntimeMeter:
    """Use as `async with`; `total_ms` is None as long as the service was never seen to answer,
    because then nothing is known of what it would have done without us."""

    def __init__(self, prober: Prober, clock: Clock) -> None:
        self._prober = prober
        self._clock = clock
        self._seen = False
        self._down_since: float | None = None
        self._down_s = 0.0
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._note(await self._ask())
        self._task = asyncio.create_task(self._watch(), name="downtime")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    @property
    def total_ms(self) -> int | None:
        """Milliseconds without an answer so far, one that still lasts included."""
        if not self._seen:
            return None
        lasting = self._clock.monotonic() - self._down_since if self._down_since is not None else 0.0
        return round((self._down_s + lasting) * 1000)

    async def _watch(self) -> None:
        while True:
            await self._clock.sleep(PERIOD_S)
            asked = self._clock.monotonic()
            self._note(await self._ask(), asked)

    async def _ask(self) -> bool | None:
        try:
            return await self._prober.answers()
        except Exception:
            log.exception("the downtime could not be measured")
            return None  # measuring never changes what is measured

    def _note(self, answered: bool | None, asked: float | None = None) -> None:  # noqa: FBT001 - the answer itself
        now = self._clock.monotonic()
        if answered:
            self._seen = True
            if self._down_since is not None:
                self._down_s += now - self._down_since
            self._down_since = None
        elif answered is False and self._seen and self._down_since is None:
            self._down_since = asked if asked is not None else now
