"""The worker's own lines as a stream: what it logged, and what it logs from now on.

Owns the way from events to lines for whoever reads them over the socket. Must not know the journal:
the lines are the same that `monitor` prints there, made anew from the event log.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator

from kgo_tui.control.queries import MAX_ROWS, LogRequest
from kgo_tui.core.messages import Recorded
from kgo_tui.engine.world import World
from kgo_tui.phrases import DEBUG, line

BACKLOG = 1000
"""Lines that wait for a reader at most; the oldest go first."""


async def own_lines(world: World, request: LogRequest, language: str) -> AsyncGenerator[str, None]:
    """The last `lines` of what is remembered, then with `follow` every new one."""
    waiting: asyncio.Queue[Recorded] = asyncio.Queue(BACKLOG)

    def hear(recorded: Recorded) -> None:
        if waiting.full():
            waiting.get_nowait()
        if _text(recorded, request, language) is not None:
            waiting.put_nowait(recorded)

    unsubscribe = world.feed.subscribe(hear)
    try:
        last = 0
        past = await world.store.recent_events(limit=MAX_ROWS)
        texts = [(r.cursor, text) for r in past if (text := _text(r, request, language)) is not None]
        for cursor, text in texts[-request.lines :] if request.lines else ():
            last = cursor or last
            yield text
        while request.follow:
            recorded = await waiting.get()
            text = _text(recorded, request, language)
            if text is not None and (recorded.cursor is None or recorded.cursor > last):
                yield text
    finally:
        unsubscribe()


def _text(recorded: Recorded, request: LogRequest, language: str) -> str | None:
    said = line(recorded.event, language)
    if said is None or said.priority > (DEBUG if request.priority is None else request.priority):
        return None
    if request.since is not None and recorded.at < request.since:
        return None
    return f"{recorded.at.astimezone():%Y-%m-%d %H:%M:%S} {said.text}"
