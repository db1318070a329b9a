"""What the console itself writes into a log: gaps, deployments that begin and end, marks.

Owns these sentences, and which lines are marks to jump between. Pure.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from kgo_tui.console.glyphs import of_deployment
from kgo_tui.console.speech import say
from kgo_tui.console.times import clock
from kgo_tui.core.errors import KgoError
from kgo_tui.core.logs import LogLine
from kgo_tui.core.model import SHORT_SHA
from kgo_tui.core.state import EngineState
from kgo_tui.core.text import clean

BEGINS, ENDS = "deployment_queued", "deployment_ended"
"""As the worker names these events, in the journal too."""

_EVENTS = frozenset((BEGINS, ENDS))


def is_mark(line: LogLine) -> bool:
    """Whether one jumps to it: a note, or where a deployment begins or ends. No filter hides a note."""
    return line.marker or (line.event is not None and line.event in _EVENTS)


def note(text: str, at: datetime | None = None) -> LogLine:
    """A note about the log. What a worker says of itself may be in it."""
    return LogLine(text=clean(text), at=at, marker=True)


def dropped(count: int) -> LogLine:
    """They came faster than they could be read."""
    return note(say("lines dropped here, since they came too fast: {count}").format(count=count))


def left_out(count: int) -> LogLine:
    """Forgotten in the middle, so that what is being read could stay."""
    return note(say("lines let go here while you were reading: {count}").format(count=count))


def marked(at: datetime) -> LogLine:
    """Set by hand: what comes below it came later."""
    return note(say("mark, {time}").format(time=clock(at)), at)


def away(error: KgoError) -> LogLine:
    """No line can come now."""
    return note(say("{why}; the log goes on when the worker is back").format(why=error.message))


def refused(error: KgoError) -> LogLine:
    """The worker does not give this log."""
    return note(f"{error.message}. {error.hint}".strip())


def back() -> LogLine:
    """Reading goes on where it stopped."""
    return note(say("the log goes on here, where it stopped"))


def of_deployments(before: EngineState | None, after: EngineState | None) -> Iterator[LogLine]:
    """What became of deployments between two states: for a log that does not tell it itself."""
    if before is None or after is None:
        return
    begun, ended = after.deployment, after.last
    if ended is not None and (before.last is None or before.last.id != ended.id):
        text = say("deployment {id}: {end}").format(id=ended.id, end=of_deployment(ended).text)
        yield LogLine(text=text, at=ended.ended_at, event=ENDS, deployment=ended.id, marker=True)
    if begun is not None and (before.deployment is None or before.deployment.id != begun.id):
        text = say("deployment {id} to {commit} begins, by {by}").format(
            id=begun.id, commit=begun.to_commit[:SHORT_SHA], by=begun.by
        )
        yield LogLine(text=text, at=begun.started_at, event=BEGINS, deployment=begun.id, marker=True)
