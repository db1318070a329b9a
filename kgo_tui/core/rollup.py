"""Health samples, many as one: rows brought to a coarser span without losing one of them.

Owns this adding up. Pure. Must not know where rows are kept or how they are drawn.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from kgo_tui.core.model import Sample, SampleRollup


def as_row(sample: Sample) -> SampleRollup:
    """One sample as a row of its own, of no length."""
    return SampleRollup(
        at=sample.at,
        span_s=0,
        count=1,
        ok=int(sample.ok),
        latency_avg_ms=sample.latency_ms,
        latency_max_ms=sample.latency_ms,
    )


def rolled(rows: Iterable[SampleRollup], span_s: int) -> tuple[SampleRollup, ...]:
    """Rows of `span_s` seconds, each beginning at a multiple of it since 1970, oldest first. What is
    already coarser keeps its own span. Averages count by the number of samples."""
    sums: dict[tuple[int, int], _Sum] = {}
    for row in rows:
        span = max(span_s, row.span_s)
        key = (int(row.at.timestamp()) // span * span, span)
        if (sum_ := sums.get(key)) is None:
            sum_ = sums[key] = _Sum()
        sum_.add(row)
    return tuple(sum_.row(start, span) for (start, span), sum_ in sorted(sums.items(), key=lambda kv: kv[0]))


class _Sum:
    """Rows of one span, added up."""

    __slots__ = ("count", "most_ms", "ok", "timed", "total_ms")

    def __init__(self) -> None:
        self.count = self.ok = self.timed = 0
        self.total_ms = 0.0
        self.most_ms: float | None = None

    def add(self, row: SampleRollup) -> None:
        self.count += row.count
        self.ok += row.ok
        if row.latency_avg_ms is not None:
            self.total_ms += row.latency_avg_ms * row.count
            self.timed += row.count
        if row.latency_max_ms is not None and (self.most_ms is None or row.latency_max_ms > self.most_ms):
            self.most_ms = row.latency_max_ms

    def row(self, start: int, span_s: int) -> SampleRollup:
        return SampleRollup(
            at=datetime.fromtimestamp(start, UTC),
            span_s=span_s,
            count=self.count,
            ok=self.ok,
            latency_avg_ms=self.total_ms / self.timed if self.timed else None,
            latency_max_ms=self.most_ms,
        )
