"""The rows of the Services pane: a container each, those in trouble first.

Owns columns, order and cells. Pure: session in, rows out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime

from kgo_tui.console import glyphs
from kgo_tui.console.pieces import Piece, Pieces, Tone, plain
from kgo_tui.console.services import marks, words
from kgo_tui.console.session import Session
from kgo_tui.console.speech import later, say
from kgo_tui.console.times import age
from kgo_tui.console.widgets.columns import Column
from kgo_tui.console.widgets.rows import Row
from kgo_tui.core.drift import Oddity, absent, oddities
from kgo_tui.core.model import ContainerAction, ContainerView
from kgo_tui.core.state import EngineState

COLUMNS = (
    Column(later("STATE"), 10),
    Column(later("NAME"), 8, grow=3),
    Column(later("HEALTH"), 9),
    Column(later("LAST 12"), 12, spare=2),
    Column(later("AGE"), 4, right=True, spare=1),
    Column(later("DRIFT"), 9),
    Column(later("IMAGE"), 13, grow=3, spare=3),
    Column(later("IMAGE ID"), 12, spare=5),
    Column(later("RESTARTS"), 8, right=True, spare=4),
    Column(later("PORTS"), 20, grow=2, spare=6),
)
_AT_IT = {
    ContainerAction.START: later("starting"),
    ContainerAction.STOP: later("stopping"),
    ContainerAction.RESTART: later("restarting"),
}
_ABSENT = "absent "

Busy = Mapping[str, ContainerAction]
"""What is being done with which container, by id."""


def rows(session: Session, now: datetime, busy: Busy) -> Iterator[Row]:
    """Every container, and every service that should have one."""
    state = session.state
    if state is None:
        return
    several = Counter(c.service for c in state.containers)
    for service in absent(state):
        yield _gone(service)
    for c in sorted(state.containers, key=lambda c: not _in_trouble(c)):
        name = c.service if c.service and several[c.service] == 1 else c.name
        before = (_state(c, busy),), plain(name), (glyphs.of_health(c),)
        yield Row(key(c), (*before, marks.drawn(session.marks.get(c.name, "")), *_facts(state, c, now)))


def key(c: ContainerView) -> str:
    """The row of a container; its successor has the same, so that the cursor stays."""
    return f"{c.service}/{c.name}"


def container_of(session: Session, row: str | None) -> ContainerView | None:
    """The container of a row, as it is now."""
    found = session.state.containers if session.state else ()
    return next((c for c in found if key(c) == row), None)


def odd(state: EngineState, c: ContainerView) -> tuple[Oddity, ...]:
    """Its differences; none while a deployment is making new ones."""
    return () if state.touching else oddities(c, state.deployed)


def note(session: Session, row: str | None) -> Pieces:
    """What the row has no room for: what has drifted, else the whole image and all ports."""
    c = container_of(session, row)
    if c is None or session.state is None:
        gone = row is not None and row.startswith(_ABSENT)
        return plain(say("no container: it is deployed, and somebody removed it") if gone else "", Tone.WARN)
    if found := odd(session.state, c):
        return plain(words.explained(found), Tone.DIM if found == (Oddity.ONE_OFF,) else Tone.WARN)
    return plain("  ".join(part for part in (c.name, c.image, words.ports(c)) if part), Tone.DIM)


def _facts(state: EngineState, c: ContainerView, now: datetime) -> tuple[Pieces, ...]:
    return (
        plain(age(words.since(c), now), Tone.DIM),
        words.short(odd(state, c)),
        plain(words.image(c)),
        plain(words.identifier(c.image_id), Tone.DIM),
        plain(str(c.restarts), Tone.WARN if c.restarts else Tone.DIM),
        plain(words.ports(c), Tone.DIM),
    )


def _state(c: ContainerView, busy: Busy) -> Piece:
    if c.id in busy:
        return Piece(f"… {say(_AT_IT[busy[c.id]])}", Tone.BUSY)
    return glyphs.of_container(c)


def _in_trouble(c: ContainerView) -> bool:
    return not c.oneoff and marks.mark(c) == marks.BAD


def _gone(service: str) -> Row:
    return Row(
        f"{_ABSENT}{service}",
        (plain(f"✗ {say('gone')}", Tone.BAD), plain(service), plain("-", Tone.DIM), *[()] * 7),
    )
