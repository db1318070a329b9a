"""Places in the logs of containers: where reading goes on, exactly, after a break.

Owns the place in one log, its form in a position, and finding it again. Must not know how logs are
read. A place is the last line's stamp, and how many lines with that very stamp were read.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from itertools import chain
from typing import NamedTuple

from kgo_tui.adapters.compose.frames import Stamped
from kgo_tui.core.errors import UsageError
from kgo_tui.core.logs import LogLine

SLACK = timedelta(seconds=1)
"""How far the stamps of neighbouring lines may be out of order: the engine stamps stdout and stderr
each on its own."""

LAST_YEAR = 2999
"""Later stamps are no engine's; one second more than the last year of all would be no time."""

SHORT_ID = 12
GONE = "{service}: the log was shortened: lines are missing here"

_PREFIX = "containers:"
_PLACE = re.compile(r"([0-9a-f]{12})@(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z)\+(\d{1,9})", re.ASCII)


class Place(NamedTuple):
    """Behind the `seen`th line of that stamp; with 0 before the first line of it or of a later one."""

    stamp: str
    seen: int

    def past(self, line: Stamped) -> Place:
        """The place behind one more line."""
        return Place(line.stamp, self.seen + 1 if line.stamp == self.stamp else 1)


BEGINNING = Place("0001-01-01T00:00:00.000000000Z", 0)
NOT_BEGUN = Place(BEGINNING.stamp, 1)
"""The place in a log of which nothing had come yet: it is opened again as the first time."""


def stamp_of(at: datetime) -> str:
    """A time (aware) as the engine writes it."""
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%f}000Z"


def seconds_before(place: Place) -> int:
    """From where on the engine is to be asked for lines, in seconds since the epoch; 0 for all."""
    if place.stamp <= stamp_of(datetime(1970, 1, 2, tzinfo=UTC)):
        return 0
    return int((datetime.fromisoformat(place.stamp) - SLACK).timestamp())


def encode(places: Mapping[str, Place]) -> str:
    """The position that stands for these places, by container ID."""
    return _PREFIX + ",".join(f"{each[:SHORT_ID]}@{p.stamp}+{p.seen}" for each, p in sorted(places.items()))


def decode(position: str) -> dict[str, Place]:
    """The places of a position, by short container ID. Raises UsageError."""
    written = position.removeprefix(_PREFIX)
    found = [_PLACE.fullmatch(each) for each in written.split(",")] if written else []
    places = {match[1]: Place(match[2], int(match[3])) for match in found if match}
    if written == position or not all(found) or not all(_is_time(place.stamp) for place in places.values()):
        raise UsageError("that position is of another log")
    return places


def _is_time(stamp: str) -> bool:
    try:
        return datetime.fromisoformat(stamp).year <= LAST_YEAR
    except ValueError:
        return False


def continued(lines: Iterator[Stamped], place: Place, service: str) -> Iterator[Stamped]:
    """What comes behind a place, out of lines that begin before it. Where the place is not there
    any more, a marker says so."""
    if place.seen == 0:
        return (line for line in lines if line.stamp >= place.stamp)
    held: list[Stamped] = []
    if _found(lines, place, held):
        return lines
    gap = [Stamped("", LogLine(text=GONE.format(service=service), marker=True))] if held else []
    return chain(gap, held, lines)


def _found(lines: Iterable[Stamped], place: Place, later: list[Stamped]) -> bool:
    """Take lines up to the place; `later` gets those that are too late to stand before it."""
    left = place.seen
    end = stamp_of(datetime.fromisoformat(place.stamp) + SLACK)
    for line in lines:
        if line.stamp == place.stamp:
            left -= 1
            if left == 0:
                return True
        elif line.stamp > place.stamp:
            later.append(line)
            if line.stamp > end:
                return False
    return False
