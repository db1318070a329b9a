"""Where the worker's lines go: records with fields or plain lines, and what it logs besides events."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from io import StringIO
from pathlib import Path

import pytest

from kgo_tui.adapters.journal import JournalWriter
from kgo_tui.core.messages import Event, OutputLine, Recorded
from kgo_tui.message_ids import MESSAGE_IDS
from kgo_tui.sink import JournalSink, PlainSink, in_journal
from kgo_tui.wiring import journal_or_plain
from tests.adapters.journald import Journald
from tests.core.values import AT
from tests.records import LOGGED

OURS = f"{os.fstat(2).st_dev}:{os.fstat(2).st_ino}"
NOT_LOGGED = OutputLine(deployment=8, state="pulling", text="Pulled")

DEFECTS = """
import logging, sys, threading, warnings
from kgo_tui.adapters.journal import JournalWriter
from kgo_tui.sink import JournalSink

JournalSink(JournalWriter(sys.argv[1]), "fr", "staging").install_logging()
log = logging.getLogger("kgo_tui.engine.monitor")
log.info("too much to say")
log.warning("the disk is \\x1b[31mred %s", "\\n<0>hot")
try:
    raise KeyError("x")
except KeyError:
    log.exception("met what nobody foresaw")
warnings.warn("old age", DeprecationWarning)
thread = threading.Thread(target=lambda: [][0])
thread.start()
thread.join()
raise RuntimeError("the end")
"""


def recorded(event: Event) -> Recorded:
    return Recorded(cursor=None, at=AT, event=event)


def run(code: str, *arguments: str, env: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-W", "always", "-c", code, *arguments],
        env={**os.environ, **(env or {})},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.fixture
def journald(tmp_path: Path) -> Iterator[Journald]:
    """A journal that listens."""
    journal = Journald(tmp_path / "socket").start()
    yield journal
    journal.stop()


@pytest.fixture
def sink(journald: Journald) -> Iterator[JournalSink]:
    """Writes to it, in French, for the instance `staging`."""
    writer = JournalWriter(journald.path)
    yield JournalSink(writer, "fr", "staging")
    writer.close()


def test_an_event_is_a_record_with_its_line_and_its_fields(sink: JournalSink, journald: Journald) -> None:
    sink.show(recorded(NOT_LOGGED))
    sink.show(recorded(LOGGED["check_started"]))
    assert journald.record() == {
        "MESSAGE": "Checking for updates",
        "PRIORITY": "6",
        "MESSAGE_ID": MESSAGE_IDS["check_started"],
        "SYSLOG_IDENTIFIER": "kgo-tui",
        "KGO_EVENT": "check_started",
        "KGO_INSTANCE": "staging",
    }


def test_another_language_changes_the_text_and_nothing_else(sink: JournalSink, journald: Journald) -> None:
    sink.show(recorded(LOGGED["deployment_rollback_failed"]))
    sink.language = "en"
    sink.show(recorded(LOGGED["deployment_rollback_failed"]))
    french, english = journald.records(2)
    assert french["MESSAGE"].startswith("ÉCHEC DU ROLLBACK")
    assert english["MESSAGE"].startswith("ROLLBACK FAILED")
    assert {**french, "MESSAGE": ""} == {**english, "MESSAGE": ""}
    assert english["PRIORITY"] == "3"


@pytest.mark.parametrize("kind", LOGGED)
def test_every_logged_event_makes_one_record(sink: JournalSink, journald: Journald, kind: str) -> None:
    sink.show(recorded(LOGGED[kind]))
    assert journald.record()["MESSAGE_ID"] == MESSAGE_IDS[kind]


def test_what_is_no_event_has_the_instance_and_the_id_of_its_kind(
    sink: JournalSink, journald: Journald
) -> None:
    sink.say(3, "no answer\n\x1b[2J", KGO_EVENT="watchdog_silent", KGO_REASON="disk\x07")
    sink.say(5, "hello")
    first, second = journald.records(2)
    assert first == {
        "MESSAGE": "no answer\n␛[2J",
        "PRIORITY": "3",
        "SYSLOG_IDENTIFIER": "kgo-tui",
        "KGO_INSTANCE": "staging",
        "MESSAGE_ID": MESSAGE_IDS["watchdog_silent"],
        "KGO_EVENT": "watchdog_silent",
        "KGO_REASON": "disk␇",
    }
    assert "MESSAGE_ID" not in second


def test_warnings_errors_and_tracebacks_are_one_record_each(journald: Journald) -> None:
    done = run(DEFECTS, journald.path)
    assert (done.returncode, done.stdout, done.stderr) == (1, "", "")
    warning, defect, old, thread, end = journald.records(5)
    assert warning["MESSAGE"] == "the disk is ␛[31mred \n<0>hot"
    assert warning["PRIORITY"] == "4"
    assert warning["LOGGER"] == "kgo_tui.engine.monitor"
    assert (warning["CODE_FILE"], warning["CODE_FUNC"]) == ("<string>", "<module>")
    assert DEFECTS.splitlines()[int(warning["CODE_LINE"]) - 1].startswith("log.warning")
    assert "MESSAGE_ID" not in warning
    assert re.match(r"(?s)met what nobody foresaw\nTraceback .*\nKeyError: 'x'$", defect["MESSAGE"])
    assert (defect["PRIORITY"], defect["KGO_INSTANCE"]) == ("3", "staging")
    assert defect["MESSAGE_ID"] == MESSAGE_IDS["defect"]
    assert old["LOGGER"] == "py.warnings"
    assert "DeprecationWarning: old age" in old["MESSAGE"]
    assert not old["MESSAGE"].endswith("\n")
    assert thread["MESSAGE"].endswith("IndexError: list index out of range")
    assert end["MESSAGE"].endswith("RuntimeError: the end")
    assert (end["PRIORITY"], end["KGO_EVENT"]) == ("2", "defect")


def test_elsewhere_the_same_goes_to_stderr_inert(tmp_path: Path) -> None:
    code = DEFECTS.replace(
        'JournalSink(JournalWriter(sys.argv[1]), "fr", "staging")', 'PlainSink(sys.stdout, "fr")'
    )
    code = code.replace("import JournalSink", "import PlainSink")
    done = run(code, "x")
    assert done.stdout == ""
    assert "WARNING kgo_tui.engine.monitor: the disk is ␛[31mred \n<0>hot\n" in done.stderr
    assert "WARNING py.warnings: <string>" in done.stderr
    assert "\x1b" not in done.stderr


def test_plain_lines_have_the_local_time() -> None:
    stream = StringIO()
    sink = PlainSink(stream, "fr")
    sink.show(recorded(NOT_LOGGED))
    sink.show(recorded(LOGGED["check_started"]))
    sink.say(3, "no answer", KGO_EVENT="watchdog_silent")
    assert stream.getvalue() == f"{AT.astimezone():%H:%M:%S} Checking for updates\nno answer\n"


def test_a_deployment_goes_on_when_nobody_reads_the_plain_lines_any_more() -> None:
    reader, writing = os.pipe()
    os.close(reader)
    stream = os.fdopen(writing, "w")
    sink = PlainSink(stream, "fr")
    sink.show(recorded(LOGGED["check_started"]))
    sink.say(3, "no answer")
    with pytest.raises(BrokenPipeError):
        stream.close()


@pytest.mark.parametrize(
    ("environ", "connected"),
    [
        ({}, False),
        ({"JOURNAL_STREAM": ""}, False),
        ({"JOURNAL_STREAM": "8:12345"}, False),
        ({"JOURNAL_STREAM": "nonsense"}, False),
        ({"JOURNAL_STREAM": OURS}, True),
    ],
)
def test_the_journal_is_where_the_stream_is_and_not_where_the_variable_is(
    environ: Mapping[str, str], *, connected: bool
) -> None:
    assert in_journal(environ, outputs=(999, 2)) is connected


def test_a_closed_stream_is_not_the_journal() -> None:
    assert not in_journal({"JOURNAL_STREAM": OURS}, outputs=(999,))
    assert not in_journal({"JOURNAL_STREAM": ""}, outputs=(999,))


CHOICE = """
import os, sys
from kgo_tui.wiring import journal_or_plain
found = os.fstat(int(sys.argv[1]))
os.environ["JOURNAL_STREAM"] = f"{found.st_dev}:{found.st_ino}"
print(type(journal_or_plain(sys.stdout, "en", "default")).__name__)
"""


@pytest.mark.parametrize(
    ("stream", "chosen"), [("2", "JournalSink"), ("1", "JournalSink"), ("0", "PlainSink")]
)
def test_a_process_that_writes_to_the_journal_makes_records(stream: str, chosen: str) -> None:
    assert run(CHOICE, stream).stdout == f"{chosen}\n"


def test_this_process_does_not() -> None:
    assert isinstance(journal_or_plain(StringIO(), "en", "default"), PlainSink)
