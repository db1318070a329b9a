"""The cells of time as lines: good or bad, how fast, what was deployed, and when that was.

Owns the glyphs. Pure. What is not known is blank, and never looks like what is good.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime

from kgo_tui.console.health.cells import EMPTY, Cell
from kgo_tui.console.health.frame import Frame
from kgo_tui.console.pieces import Piece, Pieces, Tone
from kgo_tui.console.speech import later
from kgo_tui.core import report
from kgo_tui.core.model import Deployment, State

GOOD, SOME, BAD, NONE = "█", "▄", "✗", "░"
LEVELS = "▁▂▃▄▅▆▇█"

MARKS: Mapping[State, tuple[str, str, Tone]] = {
    State.SUCCEEDED: ("▲", later("deployed"), Tone.OK),
    State.ROLLED_BACK: ("↩", later("rolled back"), Tone.WARN),
    State.ABANDONED: ("–", later("abandoned"), Tone.DIM),
    State.ROLLBACK_FAILED: ("✗", later("rollback failed"), Tone.BAD),
}
_WORSE = (State.ABANDONED, State.SUCCEEDED, State.ROLLED_BACK, State.ROLLBACK_FAILED)
"""Where several deployments lie in one cell, the last of this order is shown, and before it what runs."""

RUNS = ("▶", later("runs"), Tone.BUSY)

DAY_S = 86400
LABEL_CELLS = 9
"""Between the labels of two moments."""

_STEPS = (60, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, DAY_S)
_STEPS_IN_DAYS = (1, 2, 3, 7, 14, 28, 56, 91, 182, 364)


def health(cells: Mapping[int, Cell], seen: range) -> Pieces:
    """Good, partly bad, bad, unknown."""
    return joined(_health(cells.get(n, EMPTY)) for n in seen)


def _health(cell: Cell) -> Piece:
    if not cell.samples:
        return Piece(NONE, Tone.DIM)
    if not cell.bad:
        return Piece(GOOD, Tone.OK)
    return Piece(BAD, Tone.BAD) if not cell.good else Piece(SOME, Tone.WARN)


def latency(cells: Mapping[int, Cell], seen: range, height: int) -> tuple[Pieces, ...]:
    """Bars of the average latency, so many lines high, the slowest the highest; blank where unknown."""
    averages = [cells.get(n, EMPTY).average_ms for n in seen]
    most = max((ms for ms in averages if ms is not None), default=0.0)
    full = height * len(LEVELS)
    eighths = [0 if ms is None else max(round(ms / most * full), 1) if most else 1 for ms in averages]
    lines = range(height - 1, -1, -1)
    return tuple((Piece("".join(_bar(e - line * len(LEVELS)) for e in eighths), Tone.DIM),) for line in lines)


def _bar(eighths: int) -> str:
    return " " if eighths <= 0 else LEVELS[min(eighths, len(LEVELS)) - 1]


def average(cells: Mapping[int, Cell], seen: range) -> float | None:
    """The latency of all that is seen."""
    timed = sum(cell.timed for n, cell in cells.items() if n in seen)
    total = sum(cell.total_ms for n, cell in cells.items() if n in seen)
    return total / timed if timed else None


def marks(deployments: Mapping[int, Sequence[Deployment]], seen: range, unknown: int = 0) -> Pieces:
    """What was deployed in each cell; before the cell `unknown` nobody has asked."""
    return joined(Piece(NONE, Tone.DIM) if n < unknown else _mark(deployments.get(n, ())) for n in seen)


def _mark(some: Sequence[Deployment]) -> Piece:
    if not some:
        return Piece(" ")
    glyph, _, tone = mark(max(some, key=_badness))
    return Piece(glyph, tone)


def _badness(d: Deployment) -> int:
    if d.state not in _WORSE:
        return len(_WORSE)
    return _WORSE.index(State.SUCCEEDED if report.succeeded(d) else d.state)


def mark(d: Deployment) -> tuple[str, str, Tone]:
    """Glyph, word and tone of a deployment on the axis of time."""
    if report.succeeded(d):
        return MARKS[State.SUCCEEDED] if d.state is State.SUCCEEDED else ("↩", MARKS[d.state][1], Tone.OK)
    return MARKS.get(d.state, RUNS)


def by_cell(deployments: Iterable[Deployment], frame: Frame) -> Mapping[int, Sequence[Deployment]]:
    """Deployments by the cell in which they began."""
    found: dict[int, list[Deployment]] = {}
    for d in deployments:
        found.setdefault(frame.at(d.started_at), []).append(d)
    return found


def scale(frame: Frame, seen: range) -> str:
    """Times under the cells, at round moments."""
    step, named = _labels(frame.cell_s)
    text = [" "] * len(seen)
    for number in seen:
        if number % step:
            continue
        label = f"╵{named(frame.begin(number))}"
        at = number - seen.start
        if at + len(label) <= len(seen):
            text[at : at + len(label)] = label
    return "".join(text)


def _labels(cell_s: int) -> tuple[int, Callable[[datetime], str]]:
    """Cells from one label to the next, and the form of a label."""
    least_s = LABEL_CELLS * cell_s
    steps = [s for s in (*_STEPS, *(d * DAY_S for d in _STEPS_IN_DAYS)) if s % cell_s == 0 and s >= least_s]
    step_s = min(steps, default=LABEL_CELLS * cell_s)
    return step_s // cell_s, _hour if step_s < DAY_S else _day


def _hour(at: datetime) -> str:
    """The time of day; at midnight the day that begins."""
    return f"{at.astimezone():%H:%M}" if at.astimezone().hour or at.astimezone().minute else _day(at)


def _day(at: datetime) -> str:
    return f"{at.astimezone():%m-%d}"


def joined(cells: Iterable[Piece]) -> Pieces:
    """Neighbours of one tone as one piece: less is sent to the terminal."""
    pieces: list[Piece] = []
    for one in cells:
        if pieces and pieces[-1].tone is one.tone:
            pieces[-1] = Piece(pieces[-1].text + one.text, one.tone)
        else:
            pieces.append(one)
    return tuple(pieces)
