"""What has been told of health so far, and what has to be asked for to show a part of time.

Owns when what is known will do. Pure. Live samples are added to it, so that time going on asks nothing.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from msgspec.structs import replace

from kgo_tui.console.health.cells import Outage, last_outage
from kgo_tui.console.health.frame import Frame
from kgo_tui.control.queries import Health, HealthView
from kgo_tui.core.model import Sample, SampleRollup
from kgo_tui.core.rollup import as_row, rolled
from kgo_tui.core.struct import Struct

HOUR_S, MINUTE_S = 3600, 60
MONTH = timedelta(days=30)
MOST_FRESH = 240
"""Live samples after which it is asked anew: they are few, and a defect would heal."""


class Known(Struct, frozen=True, kw_only=True):
    """`rows` of cells of `cell_s` seconds, all there is from `begin` to `end` (None: up to now); `hours`
    the last 30 days, `minutes` those around the last outage. `fresh` and `late` are live samples that
    `rows` and `hours` lack, `sample` the newest one."""

    cell_s: int = 0
    begin: datetime | None = None
    end: datetime | None = None
    rows: tuple[SampleRollup, ...] = ()
    fresh: tuple[Sample, ...] = ()
    hours: tuple[SampleRollup, ...] = ()
    minutes: tuple[SampleRollup, ...] = ()
    late: tuple[Sample, ...] = ()
    sample: Sample | None = None

    @property
    def all_rows(self) -> tuple[SampleRollup, ...]:
        """With what is live."""
        return (*self.rows, *map(as_row, self.fresh)) if self.end is None else self.rows

    @property
    def all_hours(self) -> tuple[SampleRollup, ...]:
        """The same by the hour."""
        return (*self.hours, *map(as_row, self.late))

    @property
    def outage(self) -> Outage | None:
        """The last one, to the minute."""
        return last_outage(rolled((*self.minutes, *map(as_row, self.late)), MINUTE_S))


def will_do(known: Known, frame: Frame, now: datetime) -> bool:
    """Whether all of what is seen is known."""
    if known.begin is None or known.cell_s != frame.cell_s or len(known.fresh) > MOST_FRESH:
        return False
    seen = frame.seen(now)
    reaches = known.end is None or frame.begin(seen.stop) <= known.end
    return reaches and known.begin <= frame.begin(seen.start)


def request(frame: Frame, now: datetime) -> Health:
    """Asks for what is seen and as much before it, by cells; whole hours, since what is old has no less."""
    seen = frame.seen(now)
    begin = int(frame.begin(max(seen.start - len(seen), 0)).timestamp()) // HOUR_S * HOUR_S
    since = datetime.fromtimestamp(begin, now.tzinfo)
    until = None if frame.last is None else frame.begin(seen.stop + len(seen) // 2)
    if until is not None and until >= now:
        until = None
    return Health(since=since, until=until, span_s=frame.cell_s, limit=5000)


def answered(known: Known, frame: Frame, asked: Health, view: HealthView) -> Known:
    """With the rows that were asked for. A worker that knows no spans tells all it has: it is added up."""
    rows = rolled((*view.rollups, *map(as_row, view.samples)), frame.cell_s)
    return replace(known, cell_s=frame.cell_s, begin=asked.since, end=asked.until, rows=rows, fresh=())


def month(now: datetime) -> Health:
    """Asks for 30 days by the hour."""
    return Health(since=now - MONTH, span_s=HOUR_S, limit=1000)


def around(hours: tuple[SampleRollup, ...]) -> Health | None:
    """Asks for the hours of the last outage by the minute; None when there was none."""
    rough = last_outage(hours)
    if rough is None:
        return None
    hour = timedelta(hours=1)
    return Health(since=rough.begin - hour, until=rough.end + hour, span_s=MINUTE_S, limit=10_000)


def with_sample(known: Known, sample: Sample | None) -> Known:
    """With a live one, if that is new."""
    if sample is None or (known.sample is not None and sample.at <= known.sample.at):
        return known
    return replace(known, fresh=(*known.fresh, sample), late=(*known.late, sample), sample=sample)
