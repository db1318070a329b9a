"""A glyph and a word for everything that has a state: never a colour alone.

Owns these tables. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping

from kgo_tui.console.pieces import Piece, Tone
from kgo_tui.console.speech import later, say
from kgo_tui.core import report
from kgo_tui.core.model import ContainerView, Deployment, State

GLYPH: Mapping[str, str] = {report.OK: "✓", report.WARNING: "!", report.CRITICAL: "✗"}
TONE_OF: Mapping[str, Tone] = {
    report.OK: Tone.OK,
    report.WARNING: Tone.WARN,
    report.CRITICAL: Tone.BAD,
}

_ENDS: Mapping[State, tuple[str, str, Tone]] = {
    State.SUCCEEDED: ("✓", later("succeeded"), Tone.OK),
    State.ABANDONED: ("–", later("abandoned"), Tone.WARN),
    State.ROLLED_BACK: ("↩", later("rolled back"), Tone.BAD),
    State.ROLLBACK_FAILED: ("✗", later("rollback failed"), Tone.BAD),
}

_OF_DOCKER = (
    *(later("created"), later("restarting"), later("removing"), later("paused"), later("dead")),
    *(later("starting"), later("healthy"), later("unhealthy")),
)
"""Docker's own words for a container's state and health."""


def of_deployment(d: Deployment) -> Piece:
    """How it ended, or where it is. A rollback that a person asked for ended well as `rolled back`."""
    if d.state not in _ENDS:
        return Piece(f"▶ {say(str(d.state).replace('_', ' '))}", Tone.BUSY)
    glyph, word, tone = _ENDS[d.state]
    return Piece(f"{glyph} {say(word)}", Tone.OK if report.succeeded(d) else tone)


def of_container(c: ContainerView) -> Piece:
    """Whether it runs."""
    if c.state == "running":
        return Piece(f"✓ {say('up')}", Tone.OK)
    if c.state == "exited":
        done = c.exit_code == 0
        return Piece(f"{'–' if done else '✗'} {say('exit')} {c.exit_code}", Tone.DIM if done else Tone.BAD)
    if c.state in {"restarting", "dead"}:
        return Piece(f"✗ {say(c.state)}", Tone.BAD)
    return Piece(f"… {say(c.state)}", Tone.WARN)


def of_health(c: ContainerView) -> Piece:
    """What Docker's own health check says; nothing where there is none."""
    tones = {"healthy": Tone.OK, "unhealthy": Tone.BAD, "starting": Tone.BUSY}
    return Piece(say(c.health), tones.get(c.health, Tone.PLAIN)) if c.health else Piece("-", Tone.DIM)
