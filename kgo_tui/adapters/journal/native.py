"""The journal's native protocol: one record as the bytes that journald reads. Pure.

Owns field names and the two forms of a field (systemd.io/JOURNAL_NATIVE_PROTOCOL). Must not know
sockets, nor what a record is about.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

MAX_VALUE = 1 << 20
"""Bytes of one value; the rest is cut off, visibly. journald itself would take 768 MiB."""

CUT = " …".encode()
"""Stands where a value was cut off."""

_NAME = re.compile(r"[A-Z][A-Z0-9_]{0,63}", re.ASCII)
"""journald drops other names silently; a leading underscore is its own (systemd.journal-fields(7))."""


def encode(fields: Mapping[str, str]) -> bytes:
    """One record. Raises ValueError for a name that journald would not keep."""
    return b"".join(_field(name, value) for name, value in fields.items())


def _field(name: str, value: str) -> bytes:
    if not _NAME.fullmatch(name):
        raise ValueError(f"{name!r} is not a field name: A to Z, 0 to 9 and '_', at most 64, first a letter")
    data = _capped(value)
    if b"\n" not in data:
        return b"%s=%s\n" % (name.encode(), data)
    return b"%s\n%s%s\n" % (name.encode(), len(data).to_bytes(8, "little"), data)


def _capped(value: str) -> bytes:
    data = value.encode("utf-8", "backslashreplace")
    if len(data) <= MAX_VALUE:
        return data
    return data[: MAX_VALUE - len(CUT)].decode("utf-8", "ignore").encode() + CUT


def plain(fields: Mapping[str, str]) -> bytes:
    """The same record as text, for a stream that ends in the journal: each line of the message with
    its priority in front (sd-daemon(3)); the other fields are lost."""
    lead = b"<%s>" % fields.get("PRIORITY", "6").encode()
    lines = _capped(fields.get("MESSAGE", "")).split(b"\n")
    return b"".join(b"%s%s\n" % (lead, text) for text in lines)
