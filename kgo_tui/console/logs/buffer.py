"""The lines that are kept: a bounded number, each with a number of its own for ever.

Owns what is kept and what is let go. Pure. Numbers are absolute, so that letting go of old lines moves
nothing that is being read; what is being read is never let go, but then the lines just after it are,
and a note says how many.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterable

from kgo_tui.console.logs.levels import level_of
from kgo_tui.console.logs.notes import is_mark, left_out
from kgo_tui.core.logs import LogLine
from kgo_tui.phrases import ERROR

MOST_LINES = 50_000
MOST_BYTES = 24 * 1024 * 1024
"""About, counted as Python keeps text; without what a line costs beside its text."""

_WIDE = 4
"""Bytes that a character beyond ASCII may cost."""

NOTHING = range(0)


class Buffer:
    """Lines in order. `numbers`, `lines` and `levels` go together; `errors`, `marks`, those of them that
    are `notes`, and `own` (set by hand) are sorted numbers."""

    def __init__(self, most_lines: int = MOST_LINES, most_bytes: int = MOST_BYTES) -> None:
        self.most_lines, self._most_bytes = most_lines, most_bytes
        self._bytes = 0
        self._next = 0
        self.numbers: list[int] = []
        self.lines: list[LogLine] = []
        self.levels: list[int] = []
        self.errors: list[int] = []
        self.marks: list[int] = []
        self.notes: list[int] = []
        self.own: list[int] = []

    def __len__(self) -> int:
        return len(self.numbers)

    def __contains__(self, number: int) -> bool:
        at = bisect_left(self.numbers, number)
        return at < len(self.numbers) and self.numbers[at] == number

    def line(self, number: int) -> LogLine:
        """The line of that number, which is here."""
        return self.lines[bisect_left(self.numbers, number)]

    def extend(self, lines: Iterable[LogLine]) -> int:
        """Add lines; the index of the first of them."""
        start = len(self.numbers)
        self.lines += lines
        levels = [level_of(line) for line in self.lines[start:]]
        self.levels += levels
        numbers = range(self._next, self._next + len(levels))
        self.numbers += numbers
        self._next = numbers.stop
        self._bytes += sum(map(_weight, self.lines[start:]))
        self.errors += [number for number, level in zip(numbers, levels, strict=True) if level <= ERROR]
        self.marks += [n for n, line in zip(numbers, self.lines[start:], strict=True) if is_mark(line)]
        self.notes += [n for n, line in zip(numbers, self.lines[start:], strict=True) if line.marker]
        return start

    def toggle(self, number: int) -> None:
        """Mark a line by hand, or no longer."""
        if number in self.own:
            self.own.remove(number)
        else:
            insort(self.own, number)

    def trim(self, held: range = NOTHING) -> list[range]:
        """Let go of the oldest lines beyond what may be kept, but not of those `held`; the spans of
        numbers that are gone. A note that stands for some keeps the last number of its span."""
        gone = [self._cut(0, bisect_left(self.numbers, held.start) if held else len(self))]
        if held and self._is_full():
            gone.append(self._cut_behind(bisect_left(self.numbers, held.stop)))
        return [span for span in gone if span]

    def _is_full(self) -> bool:
        return len(self) > self.most_lines or self._bytes > self._most_bytes

    def _cut(self, first: int, stop: int, more: int = 0) -> range:
        """Let go from one index on, as many as needed to have room for some more, at most up to another."""
        index, lines, held = first, len(self) + more, self._bytes
        while index < stop and (lines > self.most_lines or held > self._most_bytes):
            held -= _weight(self.lines[index])
            lines -= 1
            index += 1
        if index == first:
            return NOTHING
        gone = range(self.numbers[first], self.numbers[index - 1] + 1)
        self._bytes = held
        for kept in (self.numbers, self.lines, self.levels):
            del kept[first:index]
        for some in (self.errors, self.marks, self.notes, self.own):
            del some[bisect_left(some, gone.start) : bisect_left(some, gone.stop)]
        return gone

    def _cut_behind(self, first: int) -> range:
        """Let go in the middle; the last of what goes becomes the note that says so."""
        before = self.numbers[first - 1] if first else -1
        gone = self._cut(first, len(self) - 1, more=1)
        if not gone:
            return gone
        number = gone.stop - 1
        line = left_out(number - before)
        self.numbers.insert(first, number)
        self.lines.insert(first, line)
        self.levels.insert(first, level_of(line))
        self._bytes += _weight(line)
        insort(self.marks, number)
        insort(self.notes, number)
        return gone


def _weight(line: LogLine) -> int:
    return len(line.text) if line.text.isascii() else len(line.text) * _WIDE
