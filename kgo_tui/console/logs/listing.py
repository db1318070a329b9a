"""Which of the kept lines are shown, and which of them are hits.

Owns this choice, kept up line by line: what is added costs what is added, however much there is. Pure.
A line is shown when it is a note, or within `context` numbers of a line that the query keeps.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable

from kgo_tui.console.logs.buffer import Buffer
from kgo_tui.console.logs.query import Query


class Listing:
    """`shown` and `hits` are sorted numbers of lines in the buffer. After each change of the buffer say
    `take` or `forget`."""

    def __init__(self, buffer: Buffer, query: Query) -> None:
        self.query = query
        self.hits: list[int] = []
        self._buffer = buffer
        self._fits = query.fits()
        self._some: list[int] = []
        self._reach = -1
        self.take(0)

    @property
    def shown(self) -> list[int]:
        """The lines that are shown."""
        return self._some if self.query.narrows else self._buffer.numbers

    def take(self, start: int) -> None:
        """Lines were added, the first of them at this index."""
        if not self.query.active:
            return
        urgent = self._urgent(start)
        hits = self._matching(urgent)
        self.hits += [self._buffer.numbers[index] for index in hits]
        if self.query.narrows:
            self._show(start, hits if self.query.hides else urgent)

    def forget(self, gone: range) -> None:
        """Lines are gone. A note may stand for the last of them."""
        numbers = [self.hits, self._some] if self.query.narrows else [self.hits]
        for some in numbers:
            del some[bisect_left(some, gone.start) : bisect_left(some, gone.stop)]
        if self.query.narrows and gone.stop - 1 in self._buffer:
            insort(self._some, gone.stop - 1)

    def _urgent(self, start: int) -> list[int]:
        """The indices of lines that are urgent enough; notes are no lines of the log."""
        lines, level = self._buffer.lines, self.query.level
        if level is None:
            return [i for i in range(start, len(lines)) if not lines[i].marker]
        levels = self._buffer.levels
        return [i for i in range(start, len(lines)) if levels[i] <= level and not lines[i].marker]

    def _matching(self, indices: Iterable[int]) -> list[int]:
        lines, fits = self._buffer.lines, self._fits
        return [i for i in indices if fits(lines[i].text)]

    def _show(self, start: int, kept: Iterable[int]) -> None:
        numbers, notes, around = self._buffer.numbers, self._buffer.notes, self.query.context
        if start >= len(numbers):
            return
        first = numbers[start]
        spans = [(numbers[i] - around, numbers[i] + around) for i in kept]
        spans += [(number, number) for number in notes[bisect_left(notes, first) :]]
        if self._reach >= first:
            spans.append((first, self._reach))
        for low, high in _joined(sorted(spans)):
            # What is shown already from `low` on lies up to `high`: all of that is to be shown.
            self._reach = high
            stop = bisect_right(numbers, high)
            self._some[bisect_left(self._some, low) :] = numbers[bisect_left(numbers, low) : stop]


def _joined(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Spans that touch, as one."""
    joined: list[tuple[int, int]] = []
    for low, high in spans:
        if joined and low <= joined[-1][1] + 1:
            joined[-1] = (joined[-1][0], max(high, joined[-1][1]))
        else:
            joined.append((low, high))
    return joined
