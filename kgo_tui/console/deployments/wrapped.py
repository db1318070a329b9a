"""Texts of several lines, broken to the cells that there are.

Owns this breaking; foreign text is made inert on the way. Pure; the same text is broken once.
"""

from __future__ import annotations

from functools import lru_cache

from kgo_tui.console.logs.cells import parts
from kgo_tui.core.text import clean_block

LONGEST = 256 * 1024
"""Characters of one text that are shown; what is kept of a failure is shorter."""


@lru_cache(maxsize=64)
def wrapped(text: str, cells: int) -> tuple[str, ...]:
    """The lines of a text, none wider than that many cells; at least one."""
    lines = []
    for whole in clean_block(text[:LONGEST]).split("\n"):
        lines += [" " * part.lead + whole[part.start : part.stop] for part in parts(whole, max(cells, 1))]
    return tuple(lines)


def by_words(text: str, cells: int, most: int = 0) -> tuple[str, ...]:
    """The same, broken between words where there are some; with `most` no more lines than that, the
    last of them ending in an ellipsis."""
    lines: list[str] = []
    for whole in clean_block(text[:LONGEST]).split("\n"):
        lines += _sentence(whole, max(cells, 1))
    if most and len(lines) > most:
        return (*lines[: most - 1], lines[most - 1][: max(cells - 1, 0)] + "…")
    return tuple(lines)


def _sentence(text: str, cells: int) -> list[str]:
    lines = [""]
    for word in text.split(" "):
        longer = f"{lines[-1]} {word}" if lines[-1] else word
        pieces = [longer[part.start : part.stop] for part in parts(longer, cells)]
        if len(pieces) > 1 and lines[-1]:
            pieces = [word[part.start : part.stop] for part in parts(word, cells)]
            lines += pieces
        else:
            lines[-1:] = pieces
    return lines
