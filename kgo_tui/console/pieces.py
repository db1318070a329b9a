"""Text with a meaning: what a cell or a line is made of, before any colour.

Owns tones and the joining of pieces. Colours belong to the theme: a tone is a component class of the
widget that draws it. Strings are drawn as they are; nothing here ever parses markup.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import StrEnum
from typing import NamedTuple

from rich.cells import cell_len, set_cell_size

from kgo_tui.core.text import clean


class Tone(StrEnum):
    """What a text means; the value is the component class that gives it a colour."""

    PLAIN = "tone--plain"
    OK = "tone--ok"
    WARN = "tone--warn"
    BAD = "tone--bad"
    BUSY = "tone--busy"
    DIM = "tone--dim"
    STRONG = "tone--strong"
    MATCH = "tone--match"


TONES = set(map(str, Tone))
"""For the `COMPONENT_CLASSES` of a widget that draws pieces."""


class Piece(NamedTuple):
    """A text of one tone, without line breaks."""

    text: str
    tone: Tone = Tone.PLAIN


Pieces = tuple[Piece, ...]

MOST = 1000
"""Characters of a piece that are looked at; no line is that wide."""


def plain(text: str, tone: Tone = Tone.PLAIN) -> Pieces:
    """One text as pieces."""
    return (Piece(text, tone),) if text else ()


def width(pieces: Iterable[Piece]) -> int:
    """Terminal cells that they take."""
    return sum(cell_len(piece.text) for piece in pieces)


def fitted(pieces: Pieces, cells: int, *, right: bool = False) -> Pieces:
    """The pieces in exactly that many cells: padded, or cut with an ellipsis. On one line: whatever acts
    on a terminal, line feeds too, is made visible."""
    pieces = tuple(piece if _is_simple(piece.text) else _simple(piece) for piece in pieces)
    missing = cells - width(pieces)
    if missing >= 0:
        pad = (Piece(" " * missing),) if missing else ()
        return (*pad, *pieces) if right else (*pieces, *pad)
    return (*cut(pieces, cells),)


def wrapped(text: str, cells: int, tone: Tone = Tone.PLAIN, *, indent: int = 0) -> Iterator[Pieces]:
    """A sentence on as many lines as it takes, broken between words; those after the first are
    indented. As inert as `fitted`."""
    line, pad = "", " " * indent
    for word in clean(text[:MOST]).split(" "):
        longer = f"{line} {word}" if line else word
        if line.strip() and cell_len(longer) > cells:
            yield (Piece(line, tone),)
            longer = pad + word
        while cell_len(longer) > cells > indent + 1:
            head = set_cell_size(longer, cells).rstrip(" ")  # half a wide character became a blank
            yield (Piece(head, tone),)
            longer = pad + longer[len(head) :]
        line = longer
    yield (Piece(line, tone),)


def _is_simple(text: str) -> bool:
    return len(text) <= MOST and text.isascii() and text.isprintable()


def _simple(piece: Piece) -> Piece:
    return Piece(clean(piece.text[:MOST]), piece.tone)


def cut(pieces: Pieces, cells: int) -> Iterator[Piece]:
    """As much as fits, the last cell an ellipsis; a wide character is never cut in half."""
    left = cells - 1
    for piece in pieces:
        size = cell_len(piece.text)
        if size <= left:
            yield piece
            left -= size
            continue
        if left >= 0 and cells > 0:
            yield Piece(set_cell_size(piece.text, left) + "…", piece.tone)
        return
