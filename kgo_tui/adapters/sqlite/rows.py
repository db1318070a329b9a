"""How values stand in columns: structs as JSON, times as text that sorts.

Owns the encoding of single values. Must not know tables.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TypeVar

import msgspec

S = TypeVar("S", bound=msgspec.Struct)

_encoder = msgspec.json.Encoder()


class UnreadableRow(Exception):
    """A row does not hold what this version can read; names the table and the row."""


def encode(struct: msgspec.Struct) -> str:
    """The struct as JSON text."""
    return _encoder.encode(struct).decode()


def decode(kind: type[S], data: str, row: str) -> S:
    """The struct of `encode`; fields unknown to this version are ignored. `row` names where the
    text stands, for the UnreadableRow that anything else raises: it is never skipped in silence."""
    try:
        return msgspec.json.decode(data, type=kind)
    except msgspec.MsgspecError as error:
        raise UnreadableRow(f"{row} cannot be read ({error})") from error


def time_text(at: datetime) -> str:
    """RFC 3339, UTC, always with microseconds: texts compare as the times do."""
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def time_of(text: str) -> datetime:
    """The time of `time_text`."""
    return datetime.fromisoformat(text)
