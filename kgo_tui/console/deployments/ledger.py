"""The deployments that are known of a history that may be long: the newest, and older ones page by page.

Owns how pages are joined without a gap. Pure. Must not know how they are asked for or shown.
"""

from __future__ import annotations

from msgspec.structs import replace

from kgo_tui.core.model import Deployment
from kgo_tui.core.state import EngineState
from kgo_tui.core.struct import Struct

PAGE = 50
"""Deployments that are asked for at first."""

MOST = 400
"""At once: whoever goes down far is given more each time."""


class Ledger(Struct, frozen=True, kw_only=True):
    """`known` without a gap, newest first; `more` whether there may be older ones."""

    known: tuple[Deployment, ...] = ()
    more: bool = True
    asked: bool = False

    @property
    def page(self) -> int:
        """How many to ask for next."""
        return min(max(len(self.known), PAGE), MOST)


def newest(ledger: Ledger, page: tuple[Deployment, ...], limit: int) -> Ledger:
    """The newest ones as they are now; older ones stay, unless some in between are not known."""
    if not page or not ledger.known or page[-1].id > ledger.known[0].id:
        return Ledger(known=page, more=len(page) == limit, asked=True)
    older = tuple(d for d in ledger.known if d.id < page[-1].id)
    return replace(ledger, known=page + older, asked=True)


def older(ledger: Ledger, page: tuple[Deployment, ...], limit: int) -> Ledger:
    """Those before the last one that was known."""
    last = ledger.known[-1].id if ledger.known else None
    fitting = tuple(d for d in page if last is None or d.id < last)
    return replace(ledger, known=ledger.known + fitting, more=len(page) == limit)


def with_live(known: tuple[Deployment, ...], state: EngineState | None) -> tuple[Deployment, ...]:
    """The same with what runs, or has just ended, as it is now: no answer is waited for."""
    for d in (state.last, state.deployment) if state else ():
        if d is None:
            continue
        at = next((i for i, one in enumerate(known) if one.id <= d.id), None)
        if at is not None and known[at].id == d.id:
            known = (*known[:at], d, *known[at + 1 :])
        elif at == 0 or not known:
            known = (d, *known)
    return known
