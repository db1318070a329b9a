"""Text in terminal cells: where a long line is broken, and what of it shows through a window.

Owns this measuring. Pure. Lines of ASCII, nearly all, cost next to nothing however long they are; of
the others only what is looked at is measured. A wide character is never cut in half.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from rich.cells import cell_len, split_graphemes

_MOST_PER_CELL = 4
"""Characters that one cell may hold on average before the rest is not looked at (accents pile up)."""


class Part(NamedTuple):
    """A piece of a line: the characters from `start` to `stop`, after `lead` blank cells."""

    start: int
    stop: int
    lead: int = 0


def parts(text: str, width: int) -> tuple[Part, ...]:
    """The line broken into parts that fit; at least one."""
    if text.isascii():
        return tuple(Part(at, min(at + width, len(text))) for at in range(0, len(text) or 1, width))
    return tuple(_broken(text, width))


def window(text: str, left: int, width: int) -> Part:
    """What of the line stands in `width` cells from the cell `left` on."""
    if text.isascii():
        return Part(min(left, len(text)), min(left + width, len(text)))
    near = text[: (left + width) * _MOST_PER_CELL]
    start, lead, cell, stop = len(near), 0, 0, len(near)
    begun = False
    for first, _, size in split_graphemes(near)[0]:
        if not begun and cell >= left:
            start, lead, begun = first, cell - left, True
        if cell + size > left + width:
            stop = first
            break
        cell += size
    return Part(min(start, stop), stop, lead if start < stop else 0)


def is_longer(text: str, cells: int) -> bool:
    """Whether it does not fit into that many cells."""
    if text.isascii():
        return len(text) > cells
    return cell_len(text[: cells * _MOST_PER_CELL + 1]) > cells


def occurrences(text: str, needle: str, part: Part, *, any_case: bool) -> Iterator[tuple[int, int]]:
    """Where a text stands in a part of a line, also where only a piece of it does."""
    if not needle:
        return
    near = max(part.start - len(needle) + 1, 0)
    flags = re.IGNORECASE if any_case else re.NOFLAG
    for found in re.finditer(re.escape(needle), text[near : part.stop + len(needle) - 1], flags):
        start, stop = max(found.start() + near, part.start), min(found.end() + near, part.stop)
        if start < stop:
            yield start, stop


def _broken(text: str, width: int) -> Iterator[Part]:
    start = cells = 0
    for first, _, size in split_graphemes(text)[0]:
        if cells + size > width and first > start:
            yield Part(start, first)
            start, cells = first, 0
        cells += size
    yield Part(start, len(text))
