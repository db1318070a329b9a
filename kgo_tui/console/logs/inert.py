"""The boundary: lines as they came over the socket, made fit to be kept and drawn.

Owns what is not believed of a worker: that it cleaned, that it cut, that its times are times. Pure.
Colours that a program wrote are taken out, since `␛[32m` tells a reader nothing; all else that acts
on a terminal stays visible.
"""

from __future__ import annotations

import re
from datetime import datetime
from functools import lru_cache

from msgspec.structs import replace

from kgo_tui.core.logs import LogLine
from kgo_tui.core.text import clean

LONGEST = 16 * 1024
"""Characters of one line, as the worker itself cuts them."""

LONGEST_NAME = 255

_FIRST_YEAR, _LAST_YEAR = 1971, 9998
"""Years whose times exist in every time zone."""

_COLOUR = re.compile("\u241b\\[[0-9;:]{0,40}m")
"""SGR (ECMA-48), its ESC made visible by `clean`."""


_JOINERS = "\u200d\ufe0f"
"""They change what stands before them; where nothing does, nobody agrees on their width."""


def inert(line: LogLine) -> LogLine:
    """The same line, or one that can do no harm."""
    text, at = line.text, line.at
    if text.isascii() and text.isprintable() and len(text) <= LONGEST and _is_sane(line):
        return line
    return replace(
        line,
        text=_shown(text),
        at=at if at is None or _is_a_time(at) else None,
        service=_name(line.service),
        identifier=_name(line.identifier),
        event=_name(line.event),
    )


def _shown(text: str) -> str:
    text = clean(text if len(text) <= LONGEST else text[:LONGEST] + " …").lstrip(_JOINERS)
    return _COLOUR.sub("", text) if "\u241b[" in text else text


def _is_sane(line: LogLine) -> bool:
    """Names come again and again: what they are is remembered."""
    return (
        (line.at is None or _is_a_time(line.at))
        and (line.service is None or _is_a_name(line.service))
        and (line.identifier is None or _is_a_name(line.identifier))
        and (line.event is None or _is_a_name(line.event))
    )


def _is_a_time(at: datetime) -> bool:
    return at.tzinfo is not None and _FIRST_YEAR <= at.year <= _LAST_YEAR


@lru_cache(maxsize=256)
def _is_a_name(name: str) -> bool:
    return name.isascii() and name.isprintable() and len(name) <= LONGEST_NAME


def _name(name: str | None) -> str | None:
    return None if name is None else clean(name[:LONGEST_NAME])
