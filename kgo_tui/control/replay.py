"""How a client joins: what it missed, then the state, then everything as it happens.

Owns the order that makes this lossless. Must not know sockets.
"""

from __future__ import annotations

from typing import cast

from kgo_tui.control.codec import encode
from kgo_tui.control.limits import Limits
from kgo_tui.control.outbox import Hub, Outbox
from kgo_tui.control.protocol import Happened, Snapshot
from kgo_tui.control.queries import Events
from kgo_tui.control.service import Service
from kgo_tui.core.messages import Recorded

PAGE = 200
"""Events read from the log at a time."""


async def catch_up(service: Service, hub: Hub, outbox: Outbox, limits: Limits, cursor: int | None) -> None:
    """Send the durable events after `cursor`, the snapshot, and make the outbox live.

    Only events that the snapshot contains are replayed, and between taking the snapshot and going
    live the loop does not turn: no event is missed, and none comes twice.
    """
    seen, complete = await _start(service, limits, cursor)
    while True:
        await outbox.drained(limits.drain_s)
        now, state = service.snapshot()
        if seen is None or seen >= now:
            break
        page = [r for r in await _after(service, seen, PAGE) if r.cursor is not None and r.cursor <= now]
        for recorded in page:
            outbox.send(Happened(cursor=recorded.cursor, at=recorded.at, event=recorded.event))
        seen = page[-1].cursor if len(page) == PAGE else now
    outbox.send_large(encode(Snapshot(cursor=now, state=state, complete=complete)))
    hub.join(outbox)


async def _start(service: Service, limits: Limits, cursor: int | None) -> tuple[int | None, bool]:
    """Where to replay from, and whether that is all: a cursor that is no longer (or not yet) in the
    log means that it was tidied, or belongs to another log."""
    now, _ = service.snapshot()
    if cursor is None:
        return None, True
    start = max(cursor, now - limits.replay)
    return start, start == cursor and await _in_log(service, cursor)


async def _in_log(service: Service, cursor: int) -> bool:
    found = await _after(service, cursor - 1, 1) if cursor else ()
    return cursor == 0 or (bool(found) and found[0].cursor == cursor)


async def _after(service: Service, cursor: int, limit: int) -> tuple[Recorded, ...]:
    return cast("tuple[Recorded, ...]", await service.query(Events(after=cursor, limit=limit)))
