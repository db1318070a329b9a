"""Log lines as text for people, in journalctl's short form, and as JSON for programs.

Owns that layout and its colours. Pure: lines in, text out; every line was made inert where it came in.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from functools import lru_cache

from kgo_tui.core.logs import LogBatch, LogLine
from kgo_tui.core.report import rfc3339
from kgo_tui.phrases import ERROR, WARNING

RED, YELLOW, DIM, PLAIN = "\x1b[31m", "\x1b[33m", "\x1b[2m", "\x1b[0m"
"""Select Graphic Rendition (ECMA-48)."""

Form = Callable[[LogLine], str]


def shown(batch: LogBatch, form: Form) -> str:
    """The lines of a batch, each with its newline; a gap before them is told."""
    gap = LogLine(text=f"{batch.dropped} lines were dropped, for they came too fast", marker=True)
    lines = (gap, *batch.lines) if batch.dropped else batch.lines
    return "".join(f"{form(line)}\n" for line in lines)


def plain(line: LogLine) -> str:
    """Local time, who said it, what; a marker between dashes."""
    if line.marker:
        return f"-- {line.text} --"
    time = "" if line.at is None else f"{_local(line.at.replace(microsecond=0))} "
    who = line.service or line.identifier
    return f"{time}{who}: {line.text}" if who else f"{time}{line.text}"


def coloured(line: LogLine) -> str:
    """The same, errors red, warnings yellow, markers dim."""
    colour = _colour(line)
    return f"{colour}{plain(line)}{PLAIN}" if colour else plain(line)


def as_json(line: LogLine) -> str:
    """All that is known, as one JSON object; what is not known is null."""
    return json.dumps(
        {
            "at": None if line.at is None else rfc3339(line.at),
            "service": line.service,
            "stream": line.stream,
            "identifier": line.identifier,
            "priority": line.priority,
            "event": line.event,
            "deployment": line.deployment,
            "marker": line.marker,
            "text": line.text,
        },
        ensure_ascii=False,
    )


def _colour(line: LogLine) -> str:
    if line.marker:
        return DIM
    if line.priority is None or line.priority > WARNING:
        return ""
    return RED if line.priority <= ERROR else YELLOW


@lru_cache(maxsize=64)
def _local(at: datetime) -> str:
    return f"{at.astimezone():%b %d %H:%M:%S}"
