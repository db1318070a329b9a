"""A log as the text of a file: what is copied, saved, and put into an incident bundle.

Owns this form. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime

from kgo_tui.console.logs.drawn import body
from kgo_tui.console.logs.levels import letter
from kgo_tui.console.logs.reading import Reading
from kgo_tui.core.logs import LogLine
from kgo_tui.core.report import rfc3339

_NOT_IN_A_NAME = re.compile(r"[^A-Za-z0-9@_-]+")


def as_text(lines: Iterable[LogLine]) -> str:
    """A line each: time (UTC), letter, who, what."""
    return "".join(f"{_one(line)}\n" for line in lines)


def all_shown(reading: Reading) -> list[LogLine]:
    """What the filter leaves, all of it."""
    return [reading.buffer.line(number) for number in reading.listing.shown]


def meant(reading: Reading) -> list[LogLine]:
    """What one means by "this": the lines that were chosen, or the one under the cursor; while
    following, the hits, or what is on the screen."""
    numbers = reading.chosen()
    if reading.following:
        numbers = reading.listing.hits or list(dict.fromkeys(spot.number for spot in reading.page()))
    return [reading.buffer.line(number) for number in numbers]


def file_name(source: str, now: datetime) -> str:
    """Of which log, and when it was saved; nothing in it leads to another folder."""
    return f"log-{_NOT_IN_A_NAME.sub('_', source)[:60]}-{now:%Y%m%d-%H%M%S}.txt"


def _one(line: LogLine) -> str:
    who = line.service or line.identifier
    words = (rfc3339(line.at), letter(line).strip(), f"{who}:" if who else "", body(line))
    return " ".join(word for word in words if word)
