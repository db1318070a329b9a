"""The Logs pane in a test: opened with so many lines, and read off the screen."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from kgo_tui.console.panes.logs import LogsPane
from tests.console.conftest import NARROW, OpenConsole, Seen


def pane(seen: Seen) -> LogsPane:
    return seen.app.screen_stack[1].query_one(LogsPane)


def title(seen: Seen) -> str:
    return seen.line("── Logs")


def rows(seen: Seen) -> list[str]:
    """The lines below the title, above the line of keys."""
    lines = seen.lines()
    at = next(n for n, line in enumerate(lines) if "── Logs" in line)
    return [line.rstrip(" ▁▂▃▄▅▆▇█") for line in lines[at + 1 : -1] if line.strip()]


def cursor_row(seen: Seen) -> str:
    return next(row for row in rows(seen) if row[0] == ">")


def say(seen: Seen, *texts: str, service: str | None = None, priority: int = 6) -> None:
    seen.theatre.host.say(service, *texts, priority=priority)


@asynccontextmanager
async def logs(
    console: OpenConsole, act: str = "empty", *, size: tuple[int, int] = NARROW, count: int = 0
) -> AsyncIterator[Seen]:
    """The pane with the keys, and so many numbered lines in the journal."""
    async with console(act, size=size) as seen:
        await seen.press("5")
        await seen.until(lambda: pane(seen).view.has_focus and seen.scenario.requests)
        if count:
            say(seen, *(f"number {n}" for n in range(count)))
            await seen.shows(f"number {count - 1}")
        yield seen
