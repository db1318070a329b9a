"""The journal's records as log lines: pure functions from journalctl's JSON to the model.

Owns what each field means and what is done about fields that lack, repeat or hold no text. Must not
run anything. Format: systemd's "Journal JSON Format", fields as in systemd.journal-fields(7).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import msgspec

from kgo_tui.core.logs import LogLine
from kgo_tui.core.text import clean

FIELDS = ("MESSAGE", "PRIORITY", "SYSLOG_IDENTIFIER", "KGO_EVENT", "KGO_DEPLOYMENT")
"""What is asked for; the cursor and the times come by themselves."""

MAX_TEXT = 64 * 1024
"""Characters of one record that are shown; journald itself takes much longer ones."""

MAX_RECORD = 1024 * 1024
"""Bytes of one record as JSON. Text that is not UTF-8 takes about four for each of its own."""

LEFT_OUT = "a record that is too long was left out"
UNREADABLE = "a record that cannot be read was left out"
GONE = "the journal was shortened: records are missing here"

Value = str | None | list[int | str | list[int] | None]
"""A field: text; bytes where it is not UTF-8; several of these where it was given several times."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Record(msgspec.Struct, frozen=True):
    """One record, as far as it is read. Unknown fields are skipped."""

    cursor: str = msgspec.field(name="__CURSOR")
    realtime: Value = msgspec.field(name="__REALTIME_TIMESTAMP", default=None)
    message: Value = msgspec.field(name="MESSAGE", default=None)
    priority: Value = msgspec.field(name="PRIORITY", default=None)
    identifier: Value = msgspec.field(name="SYSLOG_IDENTIFIER", default=None)
    event: Value = msgspec.field(name="KGO_EVENT", default=None)
    deployment: Value = msgspec.field(name="KGO_DEPLOYMENT", default=None)


_decoder: msgspec.json.Decoder[Record] = msgspec.json.Decoder(Record)


def decode(line: bytes) -> Record | None:
    """The record of one line of JSON, None for what is no record. Never raises."""
    try:
        return _decoder.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def log_lines(record: Record) -> Iterator[LogLine]:
    """The lines of a record's message, at least one."""
    message = _text(record.message)
    shown = message[:MAX_TEXT] + (" …" if len(message) > MAX_TEXT else "")
    priority = _number(record.priority)
    line = LogLine(
        text="",
        at=_moment(_number(record.realtime)),
        priority=priority if priority is not None and priority <= 7 else None,  # noqa: PLR2004 - syslog's last
        identifier=clean(_text(record.identifier)) or None,
        event=clean(_text(record.event)) or None,
        deployment=_number(record.deployment),
    )
    for text in shown.removesuffix("\n").replace("\r\n", "\n").split("\n"):
        yield msgspec.structs.replace(line, text=clean(text))


def _text(value: Value) -> str:
    if value is None or isinstance(value, str):
        return value or ""
    if all(isinstance(each, int) for each in value):
        return bytes(each & 0xFF for each in value if isinstance(each, int)).decode("utf-8", "replace")
    return "\n".join(_text([*each] if isinstance(each, list) else str(each or "")) for each in value)


def _number(value: Value) -> int | None:
    """A decimal number that fits in 64 bits; of several values the first."""
    text = _text(value).partition("\n")[0]
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None  # noqa: PLR2004


def _moment(microseconds: int | None) -> datetime | None:
    if microseconds is None:
        return None
    try:
        return _EPOCH + timedelta(microseconds=microseconds)
    except OverflowError:
        return None


class Splitter:
    """Cuts journalctl's output at newlines, and leaves out what is longer than any record may be."""

    def __init__(self, limit: int = MAX_RECORD) -> None:
        self._limit = limit
        self._rest = bytearray()
        self._skipping = False

    def feed(self, data: bytes) -> Iterator[bytes | None]:
        """The lines that `data` completes, None in the place of one that is too long."""
        *ends, rest = data.split(b"\n")
        for end in ends:
            self._hold(end)
            line = None if self._skipping else bytes(self._rest)
            self._rest.clear()
            self._skipping = False
            yield line
        self._hold(rest)

    def _hold(self, part: bytes) -> None:
        self._skipping = self._skipping or len(self._rest) + len(part) > self._limit
        if self._skipping:
            self._rest.clear()
        else:
            self._rest += part
