"""The event log: append durable events, read them by cursor.

Owns the table `events`. Must not know what an event leads to.

An event whose kind this version does not know was written by a later one; it is passed over, so
that going back to an older version starts. A known kind that cannot be decoded is an error.
"""

from __future__ import annotations

import json
import sqlite3
from datetime import datetime
from typing import get_args

import msgspec

from kgo_tui.adapters.sqlite.rows import UnreadableRow, time_of, time_text
from kgo_tui.core.messages import Event, Recorded, decode_event, encode_event
from kgo_tui.core.model import Deployment


def _kind(event: type[Event] | Event) -> str:
    return str(event.__struct_config__.tag)


_KNOWN = json.dumps([_kind(kind) for kind in get_args(Event)])

_SELECT = "SELECT cursor, at, data FROM events WHERE kind IN (SELECT value FROM json_each(?))"


def append(connection: sqlite3.Connection, events: tuple[Event, ...], at: datetime) -> tuple[Recorded, ...]:
    """Add the durable ones of these; each with the cursor it got."""
    return tuple(
        Recorded(cursor=_append(connection, event, at), at=at, event=event)
        for event in events
        if event.durable
    )


def after(connection: sqlite3.Connection, cursor: int, limit: int) -> tuple[Recorded, ...]:
    """Those after a cursor, oldest first."""
    rows = connection.execute(f"{_SELECT} AND cursor > ? ORDER BY cursor LIMIT ?", (_KNOWN, cursor, limit))
    return tuple(_recorded(*row) for row in rows)


def recent(connection: sqlite3.Connection, limit: int) -> tuple[Recorded, ...]:
    """The newest, oldest of them first."""
    rows = connection.execute(f"{_SELECT} ORDER BY cursor DESC LIMIT ?", (_KNOWN, limit)).fetchall()
    return tuple(_recorded(*row) for row in reversed(rows))


def highest(connection: sqlite3.Connection) -> int:
    """The highest cursor ever given, of events that were dropped as well."""
    row = connection.execute("SELECT seq FROM sqlite_sequence WHERE name = 'events'").fetchone()
    return int(row[0]) if row else 0


def _append(connection: sqlite3.Connection, event: Event, at: datetime) -> int:
    row = (time_text(at), _kind(event), _deployment_of(event), encode_event(event).decode())
    done = connection.execute("INSERT INTO events (at, kind, deployment, data) VALUES (?, ?, ?, ?)", row)
    return int(done.lastrowid or 0)


def _deployment_of(event: Event) -> int | None:
    told = getattr(event, "deployment", None)
    return told.id if isinstance(told, Deployment) else told


def _recorded(cursor: int, at: str, data: str) -> Recorded:
    try:
        return Recorded(cursor=cursor, at=time_of(at), event=decode_event(data))
    except (msgspec.MsgspecError, ValueError) as error:
        raise UnreadableRow(f"event {cursor} cannot be read ({error})") from error
