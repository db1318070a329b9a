"""The line at the top that always answers: what host, is it well, what is next, and if nothing, why.

Owns which facts stand there and in which order they give way in a narrow terminal. Pure: pieces out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime

from kgo_tui.console.glyphs import GLYPH, TONE_OF
from kgo_tui.console.pieces import Piece, Pieces, Tone, width
from kgo_tui.console.retold import retold
from kgo_tui.console.session import LinkState, Session
from kgo_tui.console.speech import later, say
from kgo_tui.console.times import age, clock, countdown
from kgo_tui.core import report
from kgo_tui.core.policy import Kind
from kgo_tui.core.state import Activity, EngineState

GAP = Piece("   ")
_WORDS = (later("ok"), later("warning"), later("critical"))
"""Of the verdict, as `report` has them."""

_WELL: Mapping[str, str] = {Kind.NOTHING: later("in sync"), Kind.DEPLOY: later("update available")}
_ACTIVITIES = {
    Activity.IDLE: later("idle"),
    Activity.CHECKING: later("checking"),
    Activity.DEPLOYING: later("deploying"),
    Activity.ROLLING_BACK: later("rolling back"),
}


def first_line(session: Session, now: datetime, host: str, room: int) -> Pieces:
    """Host, verdict, branch, times and worker; what has no room is left out from the end."""
    return _joined(_facts(session, now, host), room)


def second_line(session: Session, room: int) -> Pieces:
    """Why: the reason of the verdict, the suspension, or what keeps us from the worker."""
    if not session.up:
        hint = f" {session.hint}" if session.hint else ""
        return _joined(
            iter([(*_old(session), Piece(f"{session.why}.{hint}" if session.why else "", Tone.BAD))]), room
        )
    if session.state is None:
        return ()
    word, reason = report.verdict(session.state)
    told = Piece(retold(reason), TONE_OF[word] if word != report.OK else Tone.DIM)
    return _joined(iter([(told, *_passing(session.state))]), room)


def _old(session: Session) -> Pieces:
    """What is below is not what is."""
    if session.state is None or session.since is None:
        return ()
    return (Piece(say("Old, as of {time}:").format(time=clock(session.since)) + " ", Tone.STRONG),)


def _passing(state: EngineState) -> Pieces:
    """A worker for a while deploys nothing by itself."""
    if not (state.worker.running and state.worker.transient):
        return ()
    return (Piece(" · " + say("runs while somebody looks, does not poll"), Tone.WARN),)


def _facts(session: Session, now: datetime, host: str) -> Iterator[Pieces]:
    state = session.state
    instance = f" {state.instance}" if state else ""
    yield (Piece(f"kgo {host}{instance}", Tone.STRONG),)
    yield _verdict(session, now)
    if state is None:
        return
    yield from _branch(state)
    yield from _times(state, now)
    running = session.up and state.worker.running
    yield (Piece(f"{say('worker')} {'✓' if running else '✗'}", Tone.DIM if running else Tone.BAD),)


def _verdict(session: Session, now: datetime) -> Pieces:
    if not session.up:
        return (_link(session, now),)
    if session.state is None:
        return ()
    if session.state.suspended is not None:
        return (Piece(f"‖ {say('suspended')}", Tone.WARN),)
    word, _ = report.verdict(session.state)
    if session.state.deployment is not None and word == report.OK:
        return (Piece(f"▶ {say(_ACTIVITIES[session.state.activity])}", Tone.BUSY),)
    return (Piece(f"{GLYPH[word]} {say(_word(session.state, word))}", TONE_OF[word]),)


def _word(state: EngineState, word: str) -> str:
    """Well can be said better."""
    if word != report.OK or state.decision is None:
        return word
    return _WELL.get(state.decision.kind, word)


def _link(session: Session, now: datetime) -> Piece:
    waited = age(session.since, now)
    words = {
        LinkState.CONNECTING: ("…", later("connecting"), Tone.DIM),
        LinkState.LOST: ("✗", later("connection lost"), Tone.BAD),
        LinkState.NO_WORKER: ("✗", later("no worker"), Tone.BAD),
        LinkState.NOT_ALLOWED: ("✗", later("not allowed"), Tone.BAD),
        LinkState.VERSION: ("✗", later("other version"), Tone.BAD),
    }
    glyph, text, tone = words[session.link]
    return Piece(f"{glyph} {say(text)} {waited}".rstrip(), tone)


def _branch(state: EngineState) -> Iterator[Pieces]:
    view = state.source
    if view is None:
        return
    sha = state.deployed.commit[:7] if state.deployed else "-"
    counts = "" if view.behind is None else f" ↓{view.behind} ↑{view.ahead}"
    yield (Piece(f"{view.branch} {sha}{counts}", Tone.WARN if view.behind else Tone.PLAIN),)


def _times(state: EngineState, now: datetime) -> Iterator[Pieces]:
    if state.source is not None and state.source.fetched_at is not None:
        yield (Piece(f"{say('fetched')} {age(state.source.fetched_at, now)}", Tone.DIM),)
    if state.checking:
        yield (Piece(say("checking"), Tone.BUSY),)
    elif state.next_check_at is not None:
        yield (Piece(f"{say('next')} {countdown(state.next_check_at, now)}", Tone.DIM),)


def _joined(facts: Iterator[Pieces], room: int) -> Pieces:
    """As many facts as fit, from the first; the first two always, cut if need be."""
    line: Pieces = ()
    for number, fact in enumerate(fact for fact in facts if fact):
        longer = (*line, *((GAP,) if line else ()), *fact)
        if number > 1 and width(longer) > room:
            break
        line = longer
    return line
