"""Records to the journal: the bytes, the large ones, and what happens while the journal is away."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from kgo_tui.adapters.journal import JournalWriter
from kgo_tui.adapters.journal.native import MAX_VALUE, encode
from kgo_tui.adapters.journal.writer import PATIENCE_S
from tests.adapters.journald import Journald, decode

LARGER_THAN_A_DATAGRAM = 600_000


@pytest.fixture
def journald(tmp_path: Path) -> Iterator[Journald]:
    """A journal that listens."""
    journal = Journald(tmp_path / "socket").start()
    yield journal
    journal.stop()


@pytest.fixture
def aside(tmp_path: Path) -> Path:
    """Where stderr goes."""
    return tmp_path / "stderr"


@pytest.fixture
def writer(journald: Journald, aside: Path) -> Iterator[JournalWriter]:
    """Writes to that journal, and aside to that file."""
    with aside.open("wb") as stderr:
        made = JournalWriter(journald.path, aside=stderr.fileno())
        yield made
        made.close()


def open_files() -> int:
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


def test_a_record_arrives_with_its_fields(writer: JournalWriter, journald: Journald, aside: Path) -> None:
    fields = {"MESSAGE": "déployé = oui", "PRIORITY": "5", "KGO_EVENT": "deployment_ended", "KGO_7": ""}
    assert writer.send(fields)
    assert journald.record() == fields
    assert aside.read_bytes() == b""


def test_a_value_with_line_feeds_is_one_field(writer: JournalWriter, journald: Journald) -> None:
    fields = {"MESSAGE": "one\nPRIORITY=0\n\nthree\n", "PRIORITY": "3"}
    writer.send(fields)
    assert journald.record() == fields


def test_the_bytes_are_those_of_the_protocol() -> None:
    # The example of systemd.io/JOURNAL_NATIVE_PROTOCOL, with a length of eight bytes, little-endian.
    binary = b"MESSAGE\n\x0b\x00\x00\x00\x00\x00\x00\x00hello\nworld\n"
    assert encode({"PRIORITY": "6", "MESSAGE": "hello\nworld"}) == b"PRIORITY=6\n" + binary


@pytest.mark.parametrize("name", ["", "message", "_PID", "7TH", "KGO EVENT", "KGO=1", "É", "A\nB", "A" * 65])
def test_a_name_that_journald_would_drop_is_refused(
    writer: JournalWriter, journald: Journald, name: str
) -> None:
    with pytest.raises(ValueError, match="is not a field name"):
        writer.send({"MESSAGE": "x", name: "y"})
    writer.send({"MESSAGE": "next", "A" * 64: "y"})
    assert journald.record()["MESSAGE"] == "next"


def test_what_is_too_large_for_a_datagram_comes_as_a_sealed_file(
    writer: JournalWriter, journald: Journald
) -> None:
    fields = {"MESSAGE": "x" * LARGER_THAN_A_DATAGRAM, "PRIORITY": "4"}
    before = open_files()
    assert writer.send({"MESSAGE": "small"})
    for _ in range(3):
        assert writer.send(fields)
    assert journald.records(4)[1:] == [fields] * 3
    assert journald.files == 3
    assert open_files() == before + 1, "only the socket stays open"


def test_a_value_has_a_cap_and_shows_that_it_was_cut(writer: JournalWriter, journald: Journald) -> None:
    writer.send({"MESSAGE": "x" + "é" * MAX_VALUE})  # in odd bytes, so that the cut is within one
    said = journald.record()["MESSAGE"]
    assert len(said.encode()) <= MAX_VALUE
    assert said.endswith("é …")


def test_text_that_is_no_unicode_is_written_all_the_same(writer: JournalWriter, journald: Journald) -> None:
    writer.send({"MESSAGE": b"caf\xe9".decode("utf-8", "surrogateescape")})
    assert journald.record()["MESSAGE"] == r"caf\udce9"


def test_while_the_journal_is_away_stderr_gets_it_with_its_priority_and_then_the_journal_again(
    writer: JournalWriter, journald: Journald, aside: Path
) -> None:
    writer.send({"MESSAGE": "before"})
    journald.record()
    journald.stop()
    assert not writer.send({"MESSAGE": "one\ntwo", "PRIORITY": "3", "KGO_EVENT": "x"})
    assert not writer.send({"MESSAGE": "three"})
    assert aside.read_text() == "<3>one\n<3>two\n<6>three\n"
    journald.start()
    assert writer.send({"MESSAGE": "after"})
    assert journald.record() == {"MESSAGE": "after"}


def test_a_journal_that_takes_nothing_more_is_waited_for_once_and_shortly(
    writer: JournalWriter, journald: Journald, aside: Path
) -> None:
    started = time.monotonic()
    taken = [writer.send({"MESSAGE": str(number)}) for number in range(3000)]
    took_s = time.monotonic() - started
    assert took_s < 500 * PATIENCE_S, "the first one waits, the others do not"
    assert not taken[-1]
    written = [int(r["MESSAGE"]) for r in journald.records(sum(taken))]
    beside = [int(text.removeprefix("<6>")) for text in aside.read_text().splitlines()]
    assert sorted(written + beside) == list(range(3000)), "each one is somewhere, and only once"


def test_the_wait_is_for_the_queue_and_ends_with_it(journald: Journald, writer: JournalWriter) -> None:
    for _ in range(2):
        while writer.send({"MESSAGE": "x" * 1000}):
            pass
        journald.record()
        assert writer.send({"MESSAGE": "there is room again"})
    started = time.monotonic()
    assert not writer.send({"MESSAGE": "full again"})
    assert time.monotonic() - started >= PATIENCE_S / 2, "after each recovery it is worth waiting once"


@pytest.mark.timeout(30)  # a write that blocks would never end
def test_neither_the_journal_nor_stderr_can_make_the_caller_wait(journald: Journald) -> None:
    journald.stop()
    ours, theirs = socket.socketpair()
    with ours, theirs:
        writer = JournalWriter(journald.path, aside=ours.fileno())
        for number in range(3000):
            writer.send({"MESSAGE": f"{number} {'x' * 2000}"})
        theirs.settimeout(0)
        first = theirs.recv(100).decode()
        assert first.startswith("<6>0 xxx")
        journald.start()
        assert writer.send({"MESSAGE": "back", "SYSLOG_IDENTIFIER": "kgo-tui"})
        assert writer.send({"MESSAGE": "next"})
        assert writer.send({"MESSAGE": "last"})
        writer.close()
    back, missing, *following = journald.records(4)
    assert back["MESSAGE"] == "back"
    assert [r["MESSAGE"] for r in following] == ["next", "last"], "what is missing is told once"
    assert missing["SYSLOG_IDENTIFIER"] == "kgo-tui"
    assert missing["PRIORITY"] == "4"
    count, said = missing["MESSAGE"].split(" ", 1)
    assert said == "records could be written nowhere before this one"
    assert 0 < int(count) < 3000


def test_a_closed_stderr_is_no_failure(journald: Journald, tmp_path: Path) -> None:
    journald.stop()
    reader, writing = os.pipe()
    os.close(reader)
    writer = JournalWriter(journald.path, aside=writing)
    assert not writer.send({"MESSAGE": "nobody reads this"})
    os.close(writing)
    assert not writer.send({"MESSAGE": "nor this"})
    writer.close()


def test_the_reader_of_these_tests_reads_two_forms_in_one_record() -> None:
    data = b"A=1\nB\n\x03\x00\x00\x00\x00\x00\x00\x00\n=\n\nC=\n"
    assert decode(data) == [("A", b"1"), ("B", b"\n=\n"), ("C", b"")]
