"""How the columns of a list share a line.

Owns the fitting of columns into a width. Pure.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

GAP = 1
"""Cells between two columns."""


class Column(NamedTuple):
    """`width` in cells; what is left over goes to those that `grow`, by weight. Where there is too
    little room, the column with the highest `spare` goes first; 0 always stays."""

    title: str
    width: int
    grow: int = 0
    right: bool = False
    spare: int = 0


class Placed(NamedTuple):
    """A column that is shown: which one of the row's cells, and how wide."""

    cell: int
    column: Column
    width: int


def placed(columns: Sequence[Column], room: int) -> tuple[Placed, ...]:
    """The columns that fit into `room` cells, with their widths."""
    shown = list(enumerate(columns))
    while shown and _needed(shown) > room:
        spare = max(shown, key=lambda pair: pair[1].spare)
        if spare[1].spare == 0:
            break
        shown.remove(spare)
    left = room - _needed(shown)
    weights = sum(column.grow for _, column in shown)
    result = []
    for cell, column in shown:
        share = left * column.grow // weights if weights and left > 0 else 0
        weights -= column.grow
        left -= share
        result.append(Placed(cell, column, column.width + share))
    return tuple(result)


def _needed(shown: Sequence[tuple[int, Column]]) -> int:
    return sum(column.width for _, column in shown) + GAP * max(len(shown) - 1, 0)
