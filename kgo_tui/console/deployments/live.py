"""What the stage shows while a deployment runs, and when it has ended: who, which step, what it prints, how
it ended, why, and what to press.

Owns which of it gives way where there is little room. Pure.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from kgo_tui.console.deployments import waterfall, words
from kgo_tui.console.deployments.wrapped import by_words
from kgo_tui.console.glyphs import of_deployment
from kgo_tui.console.pieces import Piece, Pieces, Tone, plain
from kgo_tui.console.retold import retold
from kgo_tui.console.session import Session
from kgo_tui.console.speech import say
from kgo_tui.console.times import countdown, duration
from kgo_tui.core.machine import can_cancel, is_terminal
from kgo_tui.core.model import Deployment, State, Step

LEAST_OUTPUT = 3
"""Lines that are left to what is printed; the steps take the rest."""

MOST_WHY = 3


def shown(session: Session, number: int | None) -> Deployment | None:
    """The deployment that the stage is about: the one that runs, else the one it was about before."""
    state = session.state
    if state is None:
        return None
    if state.deployment is not None:
        return state.deployment
    return state.last if state.last is not None and state.last.id == number else None


def lines(session: Session, d: Deployment, now: datetime, room: int, height: int) -> tuple[Pieces, ...]:
    """The stage, from top to bottom."""
    steps = session.state.steps if session.state else ()
    top = [_title(d, now), *_subject(d), *_note(session, d, now, room)]
    keys = _keys(d)
    left = height - len(top) - 1
    printed = [o.text for o in session.output if o.deployment in {0, d.id}]
    least = min(LEAST_OUTPUT, len(printed)) + bool(printed)
    drawn = _steps(steps, now, room, max(left - least, 1))
    tail = _output(printed, left - len(drawn))
    body = [*top, *drawn, *tail]
    body += [()] * (height - 1 - len(body))
    return (*body[: max(height - 1, 0)], keys)


def _title(d: Deployment, now: datetime) -> Pieces:
    took = d.duration_s if d.duration_s is not None else (now - d.started_at).total_seconds()
    down = words.downtime(d)
    facts = [words.begun_by(d), words.commits(d)]
    if down:
        facts.append(say("down {time}").format(time=down))
    return (
        of_deployment(d),
        Piece(f"  {duration(max(took, 0))}"),
        Piece(f"  #{d.id} ", Tone.STRONG),
        Piece("  ".join(facts)),
    )


def _subject(d: Deployment) -> Iterator[Pieces]:
    if d.subject:
        yield plain(d.subject.partition("\n")[0], Tone.DIM)


def _note(session: Session, d: Deployment, now: datetime, room: int) -> Iterator[Pieces]:
    """What it waits for; at the end, why and what that means."""
    if is_terminal(d.state):
        reason = words.why(d)
        yield from (plain(line, Tone.BAD) for line in (by_words(reason, room, MOST_WHY) if reason else ()))
        yield from (plain(f"→ {line}") for line in _hint(session, room))
        yield from (plain(line) for line in by_words(words.fate(d), room, 2))
    elif d.state is State.WAITING_IMAGES:
        yield from (plain(line, Tone.WARN) for line in by_words(retold(d.failure or ""), room, 2) if line)
        yield from _waits(d, now)
    elif session.attempt is not None and session.attempt.deployment == d.id:
        said = session.attempt
        count = say("attempt {n} of {all}:").format(n=said.attempt, all=said.attempts)
        yield (Piece(f"{count} ", Tone.WARN), Piece(retold(said.message.partition("\n")[0])))
    elif d.failure:
        yield from (plain(line, Tone.BAD) for line in by_words(retold(d.failure), room, 2))


def _hint(session: Session, room: int) -> tuple[str, ...]:
    steps = session.state.steps if session.state else ()
    hint = next((s.hint for s in reversed(steps) if s.hint), "")
    return by_words(retold(hint), room - 2, 2) if hint else ()


def _waits(d: Deployment, now: datetime) -> Iterator[Pieces]:
    parts = []
    if d.retry_at is not None:
        parts.append(say("asks again in {time}").format(time=countdown(d.retry_at, now)))
    if d.wait_until is not None:
        parts.append(say("gives up in {time}").format(time=countdown(d.wait_until, now)))
    if parts:
        yield plain(", ".join(parts), Tone.WARN)


def _steps(steps: tuple[Step, ...], now: datetime, room: int, most: int) -> list[Pieces]:
    """The newest steps, each with its bar; how many there were before."""
    along = waterfall.axis(steps, now, room)
    if along is None:
        return []
    hidden = len(steps) - most if len(steps) > most else 0
    if hidden:
        hidden += most > 1
    kept = [waterfall.line(s, along, now) for s in steps[hidden:]]
    if hidden and most > 1:
        more = say("{count} steps before").format(count=hidden)
        kept.insert(0, plain(f"… {more}", Tone.DIM))
    return kept


def _output(printed: list[str], room: int) -> list[Pieces]:
    """The last lines that it printed, below a rule."""
    if room < 2 or not printed:  # noqa: PLR2004 - the rule and one line
        return []
    rule = plain(f"── {say('output')} ──", Tone.DIM)
    return [rule, *(plain(text) for text in printed[1 - room :])]


def _keys(d: Deployment) -> Pieces:
    keys = [(say("Enter"), say("details"))]
    if is_terminal(d.state):
        keys.append(("z", say("rollback")))
    elif can_cancel(d.state):
        keys.append(("x", say("give up")))
    keys.append((say("Esc"), say("put away")))
    pieces: list[Piece] = []
    for key, word in keys:
        pieces += [Piece(key, Tone.STRONG), Piece(f" {word}   ", Tone.DIM)]
    return tuple(pieces)
