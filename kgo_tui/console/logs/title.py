"""The line over the log: which log, followed or not, what is looked for and how much of it there is.

Owns these words. Pure.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator

from kgo_tui.console.logs.levels import LETTER_OF
from kgo_tui.console.logs.reading import Reading
from kgo_tui.console.pieces import Piece, Pieces, Tone, cut, width
from kgo_tui.console.speech import say

RULE = "─"


def title(name: str, reading: Reading, room: int, *, away: bool = False, left: int = 0) -> Pieces:
    """As much as fits, and a rule to the end."""
    facts = [Piece(f"{RULE * 2} {say('Logs')} {name}", Tone.STRONG)]
    for fact in _facts(reading, away=away, left=left):
        facts += [Piece("  "), fact]
    facts.append(Piece(" "))
    missing = room - width(facts)
    if missing < 0:
        return tuple(cut(tuple(facts), room))
    return (*facts, Piece(RULE * missing, Tone.DIM))


def _facts(reading: Reading, *, away: bool, left: int) -> Iterator[Piece]:
    if away:
        yield Piece(f"✗ {say('AWAY')}", Tone.BAD)
    yield _place(reading)
    if reading.query.active:
        yield Piece(_looked_for(reading), Tone.MATCH)
    lost = Tone.WARN if reading.dropped else Tone.DIM
    yield Piece(f"{say('dropped')} {reading.dropped}", lost)
    if left:
        yield Piece(f"→{left}", Tone.DIM)


def _place(reading: Reading) -> Piece:
    if reading.following:
        return Piece(say("FOLLOW"), Tone.OK)
    new = f" {say('+{count} new').format(count=reading.unseen)}" if reading.unseen else ""
    return Piece(f"‖ {say('PAUSED')}{new}", Tone.WARN)


def _looked_for(reading: Reading) -> str:
    """What, which of the hits the cursor is on, how many hits, of how many lines."""
    query, hits = reading.query, reading.listing.hits
    text = f"/{query.text}" if query.hides else f"{say('search')} {query.text}"
    words = [text] if query.text else []
    if query.level is not None:
        words.append(f"≥{LETTER_OF[query.level]}")
    at = bisect_left(hits, reading.cursor)
    here = f"{at + 1}/" if at < len(hits) and hits[at] == reading.cursor else ""
    around = f" ±{query.context}" if query.narrows and query.context else ""
    count = say("{hits} of {lines}").format(hits=f"{here}{len(hits)}", lines=len(reading.buffer))
    return f"{' '.join(words)} {count}{around}"
