"""How each container was, the last times that anybody looked: LAST 12.

Owns the marks and when one is added: at every change, and with every health sample. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import groupby

from kgo_tui.console.pieces import Piece, Pieces, Tone
from kgo_tui.core.model import ContainerView

MOST = 12
WELL, BAD, BETWEEN, DONE = "✓", "✗", "…", "–"
_TONES = {WELL: Tone.OK, BAD: Tone.BAD, BETWEEN: Tone.BUSY, DONE: Tone.DIM}

Marks = Mapping[str, str]
"""By the container's name, so that its successor goes on; the newest last."""


def mark(c: ContainerView) -> str:
    """One glyph for how it is."""
    if c.state == "running":
        return {"unhealthy": BAD, "starting": BETWEEN}.get(c.health or "", WELL)
    if c.state == "exited":
        return DONE if c.exit_code == 0 else BAD
    return BAD if c.state in {"restarting", "dead"} else BETWEEN


def observed(before: Marks, containers: Iterable[ContainerView]) -> dict[str, str]:
    """One more mark for each container; those that are gone are forgotten."""
    return {c.name: (before.get(c.name, "") + mark(c))[-MOST:] for c in containers}


def changed(before: Marks, old: Iterable[ContainerView], new: Iterable[ContainerView]) -> dict[str, str]:
    """One more mark for each container that is another way than it was."""
    was = {c.name: _way(c) for c in old}
    return {
        c.name: before.get(c.name, "")
        if was.get(c.name) == _way(c) and c.name in before
        else (before.get(c.name, "") + mark(c))[-MOST:]
        for c in new
    }


def drawn(marks: str) -> Pieces:
    """The marks, each kind in its tone."""
    return tuple(Piece("".join(run), _TONES[glyph]) for glyph, run in groupby(marks))


def _way(c: ContainerView) -> tuple[str, str, str | None, int]:
    return c.id, c.state, c.health, c.restarts
