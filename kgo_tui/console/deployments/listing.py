"""The history as rows: how each deployment ended, what it brought, how long it took, why it failed.

Owns the columns and which of them give way. Rows that stay the same are the same objects, so that ten
thousand of them cost little.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from kgo_tui.console.deployments import words
from kgo_tui.console.glyphs import of_deployment
from kgo_tui.console.pieces import Pieces, Tone, plain
from kgo_tui.console.speech import later, say
from kgo_tui.console.times import age, duration
from kgo_tui.console.widgets.columns import Column
from kgo_tui.console.widgets.rows import Row
from kgo_tui.core.model import Deployment

COLUMNS = (
    Column(later("STATE"), 15),
    Column(later("ID"), 5, right=True, spare=1),
    Column(later("WHO"), 8, spare=4),
    Column(later("FROM"), 9, spare=6),
    Column(later("TO"), 7),
    Column(later("AGE"), 4, right=True),
    Column(later("TOOK"), 7, right=True, spare=3),
    Column(later("DOWN"), 6, right=True, spare=2),
    Column(later("WHY, OR WHAT"), 12, grow=1),
)


def columns() -> tuple[Column, ...]:
    """The columns with their titles in the language in force."""
    return tuple(column._replace(title=say(column.title)) for column in COLUMNS)


class Listing:
    """Makes rows, and remembers them."""

    def __init__(self) -> None:
        self._made: dict[int, tuple[Deployment, str, Row]] = {}

    def rows(self, deployments: Iterable[Deployment], now: datetime) -> tuple[Row, ...]:
        """One for each deployment."""
        before, self._made = self._made, {}
        for d in deployments:
            old, when = before.get(d.id), age(d.started_at, now)
            same = old is not None and old[0] is d and old[1] == when
            self._made[d.id] = old if same and old else (d, when, row(d, when))
        return tuple(made for _, _, made in self._made.values())


def row(d: Deployment, when: str) -> Row:
    """One deployment."""
    return Row(
        str(d.id),
        (
            (of_deployment(d),),
            plain(str(d.id), Tone.DIM),
            words.who(d),
            plain(f"{words.short(d.from_commit)} →", Tone.DIM),
            plain(words.short(d.to_commit), Tone.STRONG),
            plain(when, Tone.DIM),
            plain(duration(d.duration_s)),
            plain(words.downtime(d)),
            _why_or_what(d),
        ),
    )


def _why_or_what(d: Deployment) -> Pieces:
    """A failure's reason in its first line, else the commit's subject."""
    if reason := words.why(d):
        return plain(reason.partition("\n")[0], Tone.BAD)
    return plain(d.subject.partition("\n")[0], Tone.DIM)
