"""A unit's journal as a stream of lines, read by the host's own `journalctl`.

Owns the command, and where reading goes on. Must not know what the unit is for, nor who reads. The
host's program and not a library, for only it is sure to know the host's journal format.
"""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, Iterable
from contextlib import aclosing, suppress
from datetime import UTC, datetime

from kgo_tui.adapters.journal import entries
from kgo_tui.adapters.journal.program import output
from kgo_tui.adapters.journal.unit import Unit, machine_id
from kgo_tui.core.errors import KgoError, UsageError
from kgo_tui.core.logs import LogBatch, LogLine, LogWindow

_PREFIX = "journal:"
_PLACE = re.compile(r"@\d{1,12}\.\d{6}|[0-9a-z]+=[0-9a-z;=]{1,400}")
"""A moment, or a cursor as journald writes them (sd_journal_get_cursor(3)); neither begins with a dash."""


def argv(unit: Unit, window: LogWindow, machine: str = "") -> list[str]:
    """The command that reads the part of the unit's journal that is wanted (journalctl(1)), as it is
    on this machine. Raises UsageError for a position that is not the journal's."""
    # --follow alone would leave out earlier boots; --merge alone brings in other machines as well.
    following = ["--follow", "--merge", *([f"_MACHINE_ID={machine}"] if machine else [])]
    return [
        "journalctl",
        f"--user-unit={unit.name}" if unit.user else f"--unit={unit.name}",
        "--output=json",
        f"--output-fields={','.join(entries.FIELDS)}",
        "--all",
        "--no-pager",
        *_begin(window),
        *([] if window.priority is None else [f"--priority={window.priority}"]),
        *(following if window.follow else []),
    ]


def _begin(window: LogWindow) -> list[str]:
    if window.after is None:
        since = [] if window.since is None else [f"--since={_moment(window.since)}"]
        return [f"--lines={window.lines}", *since]
    place = _place(window.after)
    # Not --after-cursor: when that record is gone, it skips the first one after the gap as well.
    begin = f"--since={place}" if place.startswith("@") else f"--cursor={place}"
    return [begin, *(["--no-tail"] if window.follow else [])]


def _moment(at: datetime) -> str:
    """A moment as systemd.time(7) reads it whatever the time zone, to the microsecond."""
    at = at.astimezone(UTC)
    return f"@{int(at.replace(microsecond=0).timestamp())}.{at.microsecond:06d}"


def _place(position: str) -> str:
    place = position.removeprefix(_PREFIX)
    if place == position or not _PLACE.fullmatch(place):
        raise UsageError("that position is of another log")
    return place


class JournalReader:
    """The journal of one unit. Fulfils `engine.ports.Journal`."""

    def __init__(self, unit: Unit) -> None:
        self.unit = unit
        self._machine = machine_id()

    async def lines(self, window: LogWindow) -> AsyncGenerator[LogBatch, None]:
        """What the unit wrote and what systemd wrote about it. Rotation does not end it; where
        records after the position are gone, a marker says so.

        Raises JournalUnreadable, UsageError for a position of another log, CommandFailed.
        """
        words, batches = argv(self.unit, window, self._machine), _Batches(window.after)
        if window.follow and not window.lines and window.after is None:
            yield LogBatch(position=f"{_PREFIX}{_moment(datetime.now(UTC))}")
        async with aclosing(output(words, follow=window.follow)) as written:
            async for lines in written:
                if (batch := batches.of(lines)).lines:
                    yield batch

    async def holds_any(self) -> bool:
        """Whether there is anything of the unit that this user may read. Never raises KgoError."""
        with suppress(KgoError):
            async with aclosing(self.lines(LogWindow(lines=1))) as batches:
                return [batch async for batch in batches] != []
        return False


class _Batches:
    """Records to batches; the one that the reader had last is not given again."""

    def __init__(self, after: str | None) -> None:
        place = None if after is None else _place(after)
        self._last = None if place is None or place.startswith("@") else place

    def of(self, lines: Iterable[bytes | None]) -> LogBatch:
        """The batch of some lines of output; it may be empty."""
        shown: list[LogLine] = []
        position = None
        for line in lines:
            record = None if line is None else entries.decode(line)
            if record is None:
                shown += _instead(line)
            else:
                position = f"{_PREFIX}{record.cursor}"
                shown += self._lines(record)
        return LogBatch(lines=tuple(shown), position=position)

    def _lines(self, record: entries.Record) -> list[LogLine]:
        last, self._last = self._last, None
        if record.cursor == last:
            return []
        gap = [] if last is None else [LogLine(text=entries.GONE, marker=True)]
        return [*gap, *entries.log_lines(record)]


def _instead(line: bytes | None) -> list[LogLine]:
    """What stands for output that is no record; journalctl's own remarks begin with two dashes."""
    if line is not None and (not line or line.startswith(b"-- ")):
        return []
    return [LogLine(text=entries.LEFT_OUT if line is None else entries.UNREADABLE, marker=True)]
