"""A document that is being read: what is folded, where the cursor is, what is looked for.

Owns folding, search and what a copy takes. Pure. Must not know how lines are drawn, nor what they say.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from kgo_tui.console.deployments.document import Line
from kgo_tui.console.logs.cells import Part, occurrences
from kgo_tui.console.pieces import Piece, Pieces, Tone
from kgo_tui.console.widgets.rows import Row

MOST_SEARCHED = 2000
"""Characters of a line in which hits are shown."""


class Folding:
    """Lines, and which of them are seen."""

    def __init__(self) -> None:
        self.lines: tuple[Line, ...] = ()
        self.needle = ""
        self._by_key: dict[str, Line] = {}
        self._turned: set[str] = set()

    def become(self, lines: Sequence[Line]) -> None:
        """The document says this now. What was folded stays so."""
        self.lines = tuple(lines)
        self._by_key = {line.key: line for line in lines}

    def is_open(self, key: str) -> bool:
        """Whether the lines under this one are seen, as far as it goes."""
        line = self._by_key.get(key)
        return line is None or line.opens != (key in self._turned)

    def is_seen(self, line: Line) -> bool:
        """Whether nothing above it is folded."""
        while line.under:
            if not self.is_open(line.under):
                return False
            line = self._by_key[line.under]
        return True

    def turn(self, key: str, *, to: bool | None = None) -> str:
        """Fold or unfold the line, or what it lies under; returns the key on which the cursor is then."""
        line = self._by_key.get(key)
        if line is None:
            return key
        owner = line.key if line.folds else line.under
        if owner and self.is_open(owner) is not to:
            self._turned ^= {owner}
        return owner or key

    def reveal(self, line: Line) -> None:
        """Unfold all that hides it."""
        while line.under:
            if not self.is_open(line.under):
                self._turned ^= {line.under}
            line = self._by_key[line.under]

    def rows(self) -> tuple[Row, ...]:
        """What is seen, with an arrow before what can be folded."""
        return tuple(Row(line.key, (self._drawn(line),)) for line in self.lines if self.is_seen(line))

    def hit(self, after: str | None, direction: int) -> str | None:
        """The next line, or the one before, that says what is looked for; begins again at the end."""
        if not self.needle:
            return None
        at = next((n for n, line in enumerate(self.lines) if line.key == after), -1)
        order = [*range(at + 1, len(self.lines)), *range(at + 1)]
        found = (self.lines[n] for n in (order if direction > 0 else self._backwards(order, at)))
        line = next((one for one in found if self.needle.lower() in one.text.lower()), None)
        if line is None:
            return None
        self.reveal(line)
        return line.key

    def hits(self) -> int:
        """How many lines say it."""
        return sum(self.needle.lower() in line.text.lower() for line in self.lines) if self.needle else 0

    def section(self, key: str | None) -> str:
        """As text: the line that can be folded and all under it; where there is none, the line."""
        line = self._by_key.get(key or "")
        if line is None:
            return ""
        owner = line.key if line.folds else line.under
        if owner:
            return _joined(one for one in self.lines if self._belongs(one, owner))
        part = line.key.partition("/")[0]
        return _joined(one for one in self.lines if one.key.partition("/")[0] == part)

    def _belongs(self, line: Line, owner: str) -> bool:
        while line.key != owner and line.under:
            line = self._by_key[line.under]
        return line.key == owner

    @staticmethod
    def _backwards(order: list[int], at: int) -> list[int]:
        """From just before the cursor up, and again from the end; the cursor's own line comes last."""
        turned = list(reversed(order))
        return [*(n for n in turned if n != at), *(n for n in turned if n == at)]

    def _drawn(self, line: Line) -> Pieces:
        arrow = ("▾ " if self.is_open(line.key) else "▸ ") if line.folds else "  "
        return (Piece(arrow, Tone.DIM), *self._marked(line.pieces))

    def _marked(self, pieces: Pieces) -> Iterable[Piece]:
        return (
            (part for piece in pieces for part in _with_hits(piece, self.needle)) if self.needle else pieces
        )


def _joined(lines: Iterable[Line]) -> str:
    """Lines as they were before they were broken."""
    text: list[str] = []
    for line in lines:
        if line.glue is None:
            text.append(line.text.rstrip())
        else:
            text[-1:] = [f"{text[-1] if text else ''}{line.glue}{line.pieces[-1].text}".rstrip()]
    return "\n".join(text)


def _with_hits(piece: Piece, needle: str) -> Iterator[Piece]:
    text, at = piece.text, 0
    for start, stop in occurrences(text, needle, Part(0, min(len(text), MOST_SEARCHED)), any_case=True):
        yield Piece(text[at:start], piece.tone)
        yield Piece(text[start:stop], Tone.MATCH)
        at = stop
    yield Piece(text[at:], piece.tone)
