"""Lines on the screen: which stand between top and bottom, where the next page begins.

Owns walking up and down over lines, each of which may be broken into several parts. Pure. Only what is
walked over is measured, so that a page of 50,000 lines and one of 50 cost the same.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Sequence
from typing import NamedTuple


class Spot(NamedTuple):
    """A line by its number, and which part of it."""

    number: int
    part: int = 0


class Paper(NamedTuple):
    """The numbers of the lines in order, and how many parts each has."""

    numbers: Sequence[int]
    parts: Callable[[int], int]

    def near(self, spot: Spot) -> Spot | None:
        """The same spot, or where it is gone the next one below, or the last."""
        if not self.numbers:
            return None
        at = bisect_left(self.numbers, spot.number)
        if at == len(self.numbers):
            return self.last
        number = self.numbers[at]
        part = min(spot.part, self.parts(number) - 1) if number == spot.number else 0
        return Spot(number, part)

    @property
    def last(self) -> Spot:
        """The very last part; there must be a line."""
        return Spot(self.numbers[-1], self.parts(self.numbers[-1]) - 1)

    def moved(self, spot: Spot, by: int) -> Spot:
        """So many parts further down, up when negative; stops at the ends."""
        at = bisect_left(self.numbers, spot.number)
        return self._down(at, spot.part + by) if by > 0 else self._up(at, spot.part + by)

    def _down(self, at: int, part: int) -> Spot:
        while part >= (size := self.parts(self.numbers[at])):
            if at + 1 == len(self.numbers):
                return Spot(self.numbers[at], size - 1)
            part -= size
            at += 1
        return Spot(self.numbers[at], part)

    def _up(self, at: int, part: int) -> Spot:
        while part < 0:
            if at == 0:
                return Spot(self.numbers[0])
            at -= 1
            part += self.parts(self.numbers[at])
        return Spot(self.numbers[at], part)

    def page(self, top: Spot, height: int) -> list[Spot]:
        """The spots from this one down that fill the height, fewer at the end."""
        spots: list[Spot] = []
        at, part = bisect_left(self.numbers, top.number), top.part
        while len(spots) < height and at < len(self.numbers):
            number = self.numbers[at]
            room = height - len(spots)
            spots += [Spot(number, each) for each in range(part, min(self.parts(number), part + room))]
            at, part = at + 1, 0
        return spots

    def top_of_end(self, height: int) -> Spot:
        """The top of the page whose last line is the last of all."""
        return self.moved(self.last, 1 - height)
