"""Pane 5, Logs: the unit's journal or what the services say, followed, filtered, searched, copied.

Owns which log is read and what its keys do; the reading itself is `console.logs`. What comes is drawn
at most ten times a second.
"""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Protocol, cast

from textual import work

from kgo_tui.console import clipboard, keys
from kgo_tui.console.link import Link
from kgo_tui.console.logs import notes, saving, sources
from kgo_tui.console.logs.board import LogBoard
from kgo_tui.console.logs.picker import Picker
from kgo_tui.console.logs.reading import Reading
from kgo_tui.console.logs.sources import Source
from kgo_tui.console.logs.tail import Tail
from kgo_tui.console.logs.title import title
from kgo_tui.console.speech import later, say
from kgo_tui.console.widgets.columns import Column
from kgo_tui.console.widgets.lines import PieceLines
from kgo_tui.core.state import EngineState

SETTLE_S = 0.1
"""Lines that come within that time are drawn together."""


class _Linked(Protocol):
    link: Link


class LogsPane(LogBoard):
    """One log at a time. `show_service` is for whoever wants to see another one."""

    TITLE = later("Logs")
    BINDINGS = keys.bindings(keys.LOGS)

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self.source = Source()
        self._since: datetime | None = None
        self._tail: Tail | None = None
        self._settling = False
        self._state: EngineState | None = None

    def on_mount(self) -> None:
        """The journal first."""
        self._open(self.source)

    def draw(self) -> None:
        """Tell what became of deployments where the log does not; the title."""
        self.view.sheet.today = self.now.astimezone().date()
        before, self._state = self._state, self.session.state
        told = [] if self.source.service is None else list(notes.of_deployments(before, self._state))
        if told:
            self.reading.feed(told)
            self.came()
        self.draw_title()

    def show_service(self, service: str | None) -> None:
        """Read what a service says; a container's name will do too. "" is all services, None the unit."""
        self._open(Source(service))

    def exported(self) -> str:
        """All that the filter leaves, as text."""
        return saving.as_text(saving.all_shown(self.reading))

    def _open(self, source: Source, since: datetime | None = None) -> None:
        self.source, self._since = source, since
        link = cast("_Linked", self.app).link
        self._tail = Tail(link, source.request(since), self._news)
        self.view.begin(Reading(), named=source.service == "")
        self.view.look_for(self.query_now)
        self._follow(self._tail)

    @work(exclusive=True, group="log")
    async def _follow(self, tail: Tail) -> None:
        """One at a time: cancelled, a tail closes its stream before the next one opens another."""
        await tail.run()

    def _news(self) -> None:
        """The first lines of a burst are drawn at once, the others together."""
        if not self._settling:
            self._settling = True
            self._settle()
            self.set_timer(SETTLE_S, self._settled)

    def _settled(self) -> None:
        self._settling = False
        if self._tail is not None and self._tail.has_news:
            self._news()

    def _settle(self) -> None:
        if self._tail is not None:
            lines, dropped = self._tail.take()
            self.reading.feed(lines, dropped)
            self.came()

    def draw_title(self) -> None:
        """See LogBoard."""
        away = self._tail is not None and self._tail.away
        left = self.view.sheet.look.left
        name = self.source.name(self.session.state)
        self.query_one(PieceLines).show(title(name, self.reading, self.size.width, away=away, left=left))

    async def action_full(self) -> None:
        """Nothing but the log, or all again."""
        await self.run_action(
            "screen.zoom(False)" if self.screen.has_class("zoomed") else "screen.zoom(True)"
        )

    @work
    async def action_source(self) -> None:
        """Which log?"""
        columns = (Column("", 20, grow=1), Column("", 20, grow=1))
        rows = tuple(sources.source_rows(self.session.state))
        key = await self.app.push_screen_wait(Picker(say("Which log?"), columns, rows, at=self.source.key))
        if key is not None:
            self._open(sources.source_of(key))

    @work
    async def action_since(self) -> None:
        """Since when?"""
        picker = Picker(say("Since when?"), (Column("", 20, grow=1),), tuple(sources.since_rows()))
        if (key := await self.app.push_screen_wait(picker)) is not None:
            self._open(self.source, sources.since_of(key, self.now))

    @work
    async def action_copy(self) -> None:
        """What is meant, by every way there is."""
        lines = saving.meant(self.reading)
        told = await clipboard.copy(saving.as_text(lines), self.app.copy_to_clipboard)
        self.app.notify(say("lines: {count}; {told}").format(count=len(lines), told=told), markup=False)

    @work
    async def action_save(self) -> None:
        """What the filter leaves, to a file."""
        name = saving.file_name(self.source.name(self.session.state), self.now)
        data = self.exported().encode("utf-8", "replace")
        try:
            path = await asyncio.to_thread(clipboard.write, clipboard.folder(), name, data)
        except OSError as error:
            told = say("not saved: {reason}").format(reason=f"{error.strerror} ({error.filename})")
            self.app.notify(told, severity="error", markup=False)
        else:
            self.app.notify(say("saved to {file}").format(file=path), markup=False)
