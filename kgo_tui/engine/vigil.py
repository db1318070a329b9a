"""Who promised to be heard of again, and until when: how a worker notices that it hangs.

Owns the promises. Must not know who gives them nor what a broken one leads to. Each piece of work
has deadlines of its own; a promise is broken only when those failed, by a defect or a machine that
does not answer even to a kill.
"""

from __future__ import annotations

from kgo_tui.core.model import Struct
from kgo_tui.engine.ports import Clock

WORK = "work"
"""The single flight: the one check, plan or deployment that goes on."""


class Promise(Struct, frozen=True, kw_only=True):
    """`doing` what, and by when (monotonic seconds, None: whenever something outside happens)."""

    doing: str
    seconds: float | None
    until: float | None


class Vigil:
    """The promises of one worker, one for each name."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._promises: dict[str, Promise] = {}

    def within(self, seconds: float | None, who: str, doing: str) -> None:
        """`who` is heard of again within so many seconds; this replaces what it promised before."""
        until = None if seconds is None else self._clock.monotonic() + seconds
        self._promises[who] = Promise(doing=doing, seconds=seconds, until=until)

    def done(self, who: str) -> None:
        """`who` promises nothing any more."""
        self._promises.pop(who, None)

    def broken(self) -> str | None:
        """The first broken promise in words, None while all is as it should be."""
        now = self._clock.monotonic()
        late = (p for p in self._promises.values() if p.until is not None and p.until < now)
        return next((f"{p.doing} has not ended within {p.seconds:.0f} s" for p in late), None)
