"""Which logs there are: the unit's journal, all services together, each of them; and since when.

Owns their names and the rows of the two pickers. Pure.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from kgo_tui.console.glyphs import of_container
from kgo_tui.console.pieces import Tone, plain
from kgo_tui.console.speech import later, say
from kgo_tui.console.widgets.rows import Row
from kgo_tui.control.queries import JournalLog, LogRequest, ServiceLog
from kgo_tui.core.state import EngineState
from kgo_tui.core.struct import Struct

UNIT = "koprogo-gitops"
ALONE = frozenset({"", "default", "config"})
"""Instances whose unit bears no name of theirs."""

PAST = 2_000
"""Lines of the past (of each service) when nothing is said of since when."""

MOST_PAST = 50_000
"""As many as are kept."""

SPANS = (
    ("600", later("the last 10 minutes")),
    ("3600", later("the last hour")),
    ("86400", later("the last day")),
    ("604800", later("the last week")),
    ("", later("the newest lines")),
)


class Source(Struct, frozen=True):
    """One log: `service` is None for the unit's journal, "" for all services together."""

    service: str | None = None

    @property
    def key(self) -> str:
        """Its key in the picker."""
        return "unit" if self.service is None else f"service {self.service}"

    def name(self, state: EngineState | None) -> str:
        """For the title."""
        if self.service is not None:
            return self.service or say("all services")
        instance = state.instance if state else ""
        return UNIT if instance in ALONE else f"{UNIT}@{instance}"

    def request(self, since: datetime | None) -> LogRequest:
        """What to ask of the worker."""
        names = (self.service,) if self.service else ()
        source = JournalLog() if self.service is None else ServiceLog(services=names)
        return LogRequest(source=source, follow=True, since=since, lines=PAST if since is None else MOST_PAST)


def source_of(key: str) -> Source:
    """The source of a row."""
    return Source() if key == "unit" else Source(key.removeprefix("service "))


def source_rows(state: EngineState | None) -> Iterator[Row]:
    """One for each log."""
    yield Row(
        Source().key, (plain(Source().name(state), Tone.STRONG), plain(say("the worker's unit"), Tone.DIM))
    )
    yield Row(
        Source("").key, (plain(Source("").name(state), Tone.STRONG), plain(say("in order of time"), Tone.DIM))
    )
    seen = set()
    for container in state.containers if state else ():
        if container.service not in seen:
            seen.add(container.service)
            yield Row(Source(container.service).key, (plain(container.service), (of_container(container),)))


def since_rows() -> Iterator[Row]:
    """One for each span."""
    for key, words in SPANS:
        yield Row(key or "newest", (plain(say(words)),))


def since_of(key: str, now: datetime) -> datetime | None:
    """The time that a row means."""
    return now - timedelta(seconds=int(key)) if key.isdigit() else None
