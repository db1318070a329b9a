"""Where the worker's lines go: to the journal as records with fields, elsewhere as plain lines.

Owns the two forms, and how both take in what the process logs besides events. Must not know how the
journal is written to (it is given a `Writer`) nor which of the two forms a process gets (`wiring`).
"""

from __future__ import annotations

import logging
import os
import sys
import threading
from collections.abc import Iterable, Mapping
from contextlib import suppress
from types import TracebackType
from typing import Protocol, TextIO

from kgo_tui.core.messages import Recorded
from kgo_tui.core.text import clean_block
from kgo_tui.message_ids import MESSAGE_IDS
from kgo_tui.phrases import DEBUG, ERROR, INFO, WARNING, line
from kgo_tui.records import IDENTIFIER, fields_of

CRITICAL = 2
"""syslog's priority of what ends the worker (RFC 5424 section 6.2.1)."""

PLAIN_FORMAT = "%(levelname)s %(name)s: %(message)s"

log = logging.getLogger(__name__)


class Writer(Protocol):
    """Takes one record of the journal. Must return soon and not raise, whatever the journal does."""

    def send(self, fields: Mapping[str, str], /) -> bool:
        """Write it; whether the journal took it."""
        ...


class Sink(Protocol):
    """Takes all that the worker has to say. `language` may be set at any time."""

    language: str

    def show(self, recorded: Recorded) -> None:
        """Log an event, if it is one that is logged."""
        ...

    def say(self, priority: int, text: str, /, **fields: str) -> None:
        """Log what is no event; `fields` are for the journal only. With a KGO_EVENT that has a
        MESSAGE_ID it gets that too."""
        ...

    def install_logging(self) -> None:
        """From now on warnings, logged errors and the traceback that ends a process or a thread go
        the same way."""
        ...


def in_journal(environ: Mapping[str, str] = os.environ, outputs: Iterable[int] = (2, 1)) -> bool:
    """Whether stderr or stdout is connected to the journal: one of them is the very stream that
    $JOURNAL_STREAM names (systemd.exec(5)); the variable alone is inherited by anyone."""
    named = environ.get("JOURNAL_STREAM")
    return bool(named) and any(_name(fd) == named for fd in outputs)


def _name(fd: int) -> str:
    with suppress(OSError):  # closed: no stream at all
        found = os.fstat(fd)
        return f"{found.st_dev}:{found.st_ino}"
    return ""


class PlainLines:
    """One line per logged event: with the priority that journald reads (sd-daemon(3)) where the
    journal reads them, elsewhere with the local time."""

    def __init__(self, stream: TextIO, language: str) -> None:
        self.language = language
        self._stream = stream
        self._prefixed = in_journal()

    def show(self, recorded: Recorded) -> None:
        """Print the event's log line, if it has one."""
        said = line(recorded.event, self.language)
        if said is not None:
            lead = f"<{said.priority}>" if self._prefixed else f"{recorded.at.astimezone():%H:%M:%S} "
            self._stream.write(f"{lead}{said.text}\n")
            self._stream.flush()


class PlainSink(PlainLines):
    """The worker's plain lines, and on stderr what else it logs. Deployments go on when nobody reads
    them any more."""

    def show(self, recorded: Recorded) -> None:
        """Print the event's log line, if it has one and there is somewhere to print it."""
        with suppress(OSError):
            super().show(recorded)

    def say(self, _priority: int, text: str, /, **_fields: str) -> None:
        """Print a line that is no event."""
        with suppress(OSError):
            self._stream.write(f"{clean_block(text)}\n")
            self._stream.flush()

    def install_logging(self) -> None:
        """Print warnings and errors on stderr."""
        handler = logging.StreamHandler(sys.stderr)
        handler.setFormatter(_Inert(PLAIN_FORMAT))
        _take_over(handler)


class _Inert(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        return clean_block(super().format(record))


class JournalSink:
    """Native records: each with its text in the operator's language and fields that have none."""

    def __init__(self, writer: Writer, language: str, instance: str) -> None:
        self.language = language
        self._writer = writer
        self._instance = instance

    def show(self, recorded: Recorded) -> None:
        """Write the event's record, if it is one that is logged."""
        said = line(recorded.event, self.language)
        if said is not None:
            fields = fields_of(recorded.event, self._instance)
            self._writer.send({"MESSAGE": said.text, "PRIORITY": str(said.priority), **fields})

    def say(self, priority: int, text: str, /, **fields: str) -> None:
        """Write a record that is no event's."""
        known = MESSAGE_IDS.get(fields.get("KGO_EVENT", ""))
        self._writer.send(
            {
                "MESSAGE": clean_block(text),
                "PRIORITY": str(priority),
                "SYSLOG_IDENTIFIER": IDENTIFIER,
                "KGO_INSTANCE": self._instance,
                **({"MESSAGE_ID": known} if known else {}),
                **{name: clean_block(value) for name, value in fields.items()},
            }
        )

    def install_logging(self) -> None:
        """Make records of warnings, errors and of the traceback that ends the process or a thread."""
        _take_over(JournalHandler(self))
        sys.excepthook = _uncaught
        threading.excepthook = lambda it: _uncaught(it.exc_type, it.exc_value, it.exc_traceback)


class JournalHandler(logging.Handler):
    """A logged record as one of the journal: a traceback is one record, not a line each."""

    def __init__(self, sink: Sink) -> None:
        super().__init__()
        self._sink = sink
        self.setFormatter(logging.Formatter())

    def emit(self, record: logging.LogRecord) -> None:
        """Write it, with the place in the code that it comes from (systemd.journal-fields(7))."""
        try:
            where = {
                "LOGGER": record.name,
                "CODE_FILE": record.pathname,
                "CODE_LINE": str(record.lineno),
                "CODE_FUNC": record.funcName or "",
            }
            defect = {"KGO_EVENT": "defect"} if record.exc_info else {}
            self._sink.say(_priority(record.levelno), self.format(record).rstrip(), **where, **defect)
        except Exception:  # noqa: BLE001 - as every handler of logging does
            self.handleError(record)


def _priority(level: int) -> int:
    levels = ((logging.CRITICAL, CRITICAL), (logging.ERROR, ERROR), (logging.WARNING, WARNING))
    return next((p for at_least, p in levels if level >= at_least), INFO if level >= logging.INFO else DEBUG)


def _take_over(handler: logging.Handler) -> None:
    """The only handler there is, for warnings of Python as well."""
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    logging.captureWarnings(capture=True)


def _uncaught(kind: type[BaseException], error: BaseException | None, trace: TracebackType | None) -> None:
    """What ends the process or a thread, as one record."""
    if error is not None:
        log.critical("ended by what nobody foresaw", exc_info=(kind, error, trace))
