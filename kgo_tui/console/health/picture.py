"""The Health pane as lines: facts above, cells of time below, and what gives way in a low terminal.

Owns this arrangement. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from kgo_tui.console.deployments.ledger import Ledger
from kgo_tui.console.health import facts, strip
from kgo_tui.console.health.cells import EMPTY, Cell, Uptime, cells, uptime
from kgo_tui.console.health.frame import Frame
from kgo_tui.console.health.known import Known
from kgo_tui.console.pieces import Piece, Pieces, Tone, fitted, plain, width
from kgo_tui.console.speech import say
from kgo_tui.core.model import Deployment

MARGIN = 9
"""Cells of the labels at the left."""

MOST_BARS = 9
ROOMY = 11
"""Lines from which on the certificate has one of its own."""


def cells_for(room: int) -> int:
    """How many cells of time fit."""
    return max(room - MARGIN, 1)


def lines(
    known: Known, history: Ledger, frame: Frame, now: datetime, size: tuple[int, int]
) -> tuple[Pieces, ...]:
    """The pane, from top to bottom, in so many columns and lines."""
    room, height = size
    seen = frame.seen(now)
    found = cells(known.all_rows, frame.cell_s, seen)
    deployed = strip.by_cell(history.known, frame)
    unknown = frame.at(history.known[-1].started_at) if history.more and history.known else 0
    head = _head(known, frame, now, room, height)
    foot = _foot(found, deployed, frame, now, size)
    axis = [
        _labelled(say("health"), _with_cursor(strip.health(found, seen), frame, now)),
        _labelled(say("deploys"), strip.marks(deployed, seen, unknown)),
        _labelled("", plain(strip.scale(frame, seen), Tone.DIM)),
    ]
    bars = _bars(found, seen, height - len(head) - len(foot) - len(axis))
    return (*head, *bars, *axis, *foot)[: max(height, 1)]


def _head(known: Known, frame: Frame, now: datetime, room: int, height: int) -> list[Pieces]:
    answer, secure = facts.answer(known.sample), facts.certificate(known.sample)
    if height >= ROOMY or width((*answer, facts.GAP, *secure)) > room:
        head = [answer, secure] if secure and height >= ROOMY else [answer]
    else:
        head = [(*answer, facts.GAP, *secure) if secure else answer]
    head.append(facts.uptimes(_uptimes(known, frame, now), room))
    if height >= len(head) + 7:
        head.append(facts.outage(known.outage, known.sample, now))
    return head


def _uptimes(known: Known, frame: Frame, now: datetime) -> list[tuple[str, Uptime]]:
    seen = frame.seen(now)
    here = uptime(known.all_rows, frame.begin(seen.start), frame.begin(seen.stop))
    spans = ((say("24 h"), 1), (say("7 d"), 7), (say("30 d"), 30))
    hours = known.all_hours
    return [
        *((name, uptime(hours, now - timedelta(days=days))) for name, days in spans),
        (say("here"), here),
    ]


def _bars(found: Mapping[int, Cell], seen: range, room: int) -> list[Pieces]:
    """The latency, as high as there is room, its average beside it."""
    height = min(max(room, 1), MOST_BARS)
    mean = strip.average(found, seen)
    number = "" if mean is None else f"{mean:.0f} ms"
    labels = [say("latency"), number] if height > 1 else [number]
    bars = strip.latency(found, seen, height)
    return [_labelled(labels[n] if n < len(labels) else "", bar) for n, bar in enumerate(bars)]


def _foot(
    found: Mapping[int, Cell],
    deployed: Mapping[int, Sequence[Deployment]],
    frame: Frame,
    now: datetime,
    size: tuple[int, int],
) -> list[Pieces]:
    at = frame.chosen(now)
    said = facts.cell(frame, at, found.get(at, EMPTY), deployed.get(at, ()), now)
    return [said, facts.legend(size[0])] if size[1] >= 9 else [said]  # noqa: PLR2004 - all else has its line


def _labelled(label: str, pieces: Pieces) -> Pieces:
    return (*fitted(plain(label, Tone.DIM), MARGIN - 1), Piece(" "), *pieces)


def _with_cursor(pieces: Pieces, frame: Frame, now: datetime) -> Pieces:
    """The cell of the cursor stands out."""
    at = frame.chosen(now) - frame.seen(now).start
    result: list[Piece] = []
    for piece in pieces:
        if 0 <= at < len(piece.text):
            before, here, after = piece.text[:at], piece.text[at], piece.text[at + 1 :]
            result += [Piece(before, piece.tone), Piece(here, Tone.MATCH), Piece(after, piece.tone)]
        else:
            result.append(piece)
        at -= len(piece.text)
    return tuple(piece for piece in result if piece.text)
