"""What is known of each cell of time: how many samples, how many good, how fast; nothing is not good.

Owns the adding up of samples into cells. Pure. A row that is longer than a cell (what is old is kept by
the hour) shows in every cell that it covers, as what it is: nobody knows in which of them it was bad.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from kgo_tui.core.model import SampleRollup


class Cell(NamedTuple):
    """The samples of a cell. `blurred` when some of them may belong to a neighbour."""

    samples: int = 0
    good: int = 0
    total_ms: float = 0.0
    timed: int = 0
    most_ms: float | None = None
    blurred: bool = False

    @property
    def bad(self) -> int:
        """How many failed."""
        return self.samples - self.good

    @property
    def average_ms(self) -> float | None:
        """Of the samples with a latency."""
        return self.total_ms / self.timed if self.timed else None


EMPTY = Cell()


def cells(rows: Iterable[SampleRollup], cell_s: int, seen: range) -> Mapping[int, Cell]:
    """The cells of which something is known."""
    found: dict[int, Cell] = {}
    for row in rows:
        start = int(row.at.timestamp())
        first = start // cell_s
        last = max((start + row.span_s - 1) // cell_s, first)
        for number in range(max(first, seen.start), min(last, seen.stop - 1) + 1):
            found[number] = _with(found.get(number, EMPTY), row, blurred=last > first)
    return found


def _with(cell: Cell, row: SampleRollup, *, blurred: bool) -> Cell:
    timed = row.count if row.latency_avg_ms is not None else 0
    most = [ms for ms in (cell.most_ms, row.latency_max_ms) if ms is not None]
    return Cell(
        cell.samples + row.count,
        cell.good + row.ok,
        cell.total_ms + (row.latency_avg_ms or 0.0) * timed,
        cell.timed + timed,
        max(most, default=None),
        cell.blurred or blurred,
    )


class Uptime(NamedTuple):
    """So many samples, so many of them good."""

    samples: int = 0
    good: int = 0

    @property
    def percent(self) -> str:
        """Never rounded up to 100: 99.99 at most when one failed. "-" where nothing is known."""
        if not self.samples:
            return "-"
        if self.good == self.samples:
            return "100 %"
        return f"{self.good * 10_000 // self.samples / 100:.2f} %"


def uptime(rows: Iterable[SampleRollup], since: datetime, until: datetime | None = None) -> Uptime:
    """Of the rows that begin in that time."""
    samples = good = 0
    for row in rows:
        if row.at >= since and (until is None or row.at < until):
            samples += row.count
            good += row.ok
    return Uptime(samples, good)


class Outage(NamedTuple):
    """From the first bad row to the end of the last; `over` when good samples came after it."""

    begin: datetime
    end: datetime
    over: bool


GAP = 3
"""Spans of a row without a bad one that still lie within one outage: a service that flaps."""


def last_outage(rows: Sequence[SampleRollup]) -> Outage | None:
    """The newest run of bad rows, of rows in order."""
    last = next((row for row in reversed(rows) if row.ok < row.count), None)
    if last is None:
        return None
    first = last
    for row in reversed(rows):
        if row.at < first.at and row.ok < row.count:
            if first.at - _end(row) > timedelta(seconds=GAP * row.span_s):
                break
            first = row
    return Outage(first.at, _end(last), any(row.ok for row in rows if row.at > last.at))


def _end(row: SampleRollup) -> datetime:
    return row.at + timedelta(seconds=row.span_s)
