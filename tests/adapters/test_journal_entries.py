"""The journal's records as lines: what every field may hold, and what must never reach a terminal."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kgo_tui.adapters.journal.entries import MAX_TEXT, Splitter, decode, log_lines
from kgo_tui.core.logs import LogLine
from kgo_tui.core.text import clean

NAMES = ["MESSAGE", "PRIORITY", "SYSLOG_IDENTIFIER", "KGO_EVENT", "KGO_DEPLOYMENT", "__REALTIME_TIMESTAMP"]
patiently = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
SINGLE = st.none() | st.text(max_size=20) | st.lists(st.integers(-1000, 1000), max_size=20)
VALUES = (
    SINGLE
    | st.lists(SINGLE, max_size=4)
    | st.integers()
    | st.floats()
    | st.dictionaries(st.text(), st.text())
)


def lines_of(**fields: Any) -> list[LogLine]:
    record = decode(json.dumps({"__CURSOR": "s=1;i=2", **fields}).encode())
    assert record is not None
    return list(log_lines(record))


def test_a_record_of_the_workers_own_has_all_its_fields() -> None:
    assert lines_of(
        MESSAGE="Health check réussi",
        PRIORITY="5",
        SYSLOG_IDENTIFIER="kgo-tui",
        KGO_EVENT="step_finished",
        KGO_DEPLOYMENT="17",
        __REALTIME_TIMESTAMP="1795444172797553",
        _BOOT_ID="978d281e48994f4d8cdb046a41bacdbc",
    ) == [
        LogLine(
            text="Health check réussi",
            at=datetime(2026, 11, 23, 14, 29, 32, 797553, tzinfo=UTC),
            priority=5,
            identifier="kgo-tui",
            event="step_finished",
            deployment=17,
        )
    ]


def test_what_is_not_there_is_not_made_up() -> None:
    assert lines_of() == [LogLine(text="")]
    assert lines_of(MESSAGE=None) == [LogLine(text="")], "journald's word for a field that is too long"


def test_bytes_that_are_no_text_are_shown_and_do_nothing() -> None:
    assert lines_of(MESSAGE=[98, 97, 100, 32, 255, 27, 91, 51, 49, 109]) == [LogLine(text="bad �␛[31m")]
    assert lines_of(SYSLOG_IDENTIFIER="\x1b]52;", MESSAGE="\u202egpj") == [
        LogLine(text="‹202e›gpj", identifier="␛]52;")
    ]


def test_a_message_of_several_lines_is_several_lines_of_one_record() -> None:
    lines = lines_of(MESSAGE="Traceback:\n  here\r\n\nValueError\n", PRIORITY="3")
    assert [line.text for line in lines] == ["Traceback:", "  here", "", "ValueError"]
    assert {line.priority for line in lines} == {3}


def test_a_field_that_was_given_several_times_counts_once_and_a_message_whole() -> None:
    [first, second] = lines_of(MESSAGE=["one", [0x74, 0x77, 0x6F]], PRIORITY=["3", "4"])
    assert (first.text, second.text, first.priority) == ("one", "two", 3)


@pytest.mark.parametrize("odd", ["8", "-1", "", "3.0", "٣", "9" * 30, "0x3", None])
def test_a_number_that_is_none_is_unknown(odd: str | None) -> None:
    [line] = lines_of(PRIORITY=odd, MESSAGE="x")
    assert line.priority is None
    [line] = lines_of(KGO_DEPLOYMENT=odd, MESSAGE="x")
    assert line.deployment in {None, 8}


def test_a_time_that_no_calendar_has_is_unknown() -> None:
    assert lines_of(__REALTIME_TIMESTAMP="9" * 18)[0].at is None


def test_a_message_without_end_is_cut_visibly() -> None:
    [line] = lines_of(MESSAGE="x" * (MAX_TEXT + 1))
    assert len(line.text) == MAX_TEXT + 2
    assert line.text.endswith(" …")


@pytest.mark.parametrize(
    "line",
    [b"", b"-- No entries --", b"{", b"[]", b'{"MESSAGE":"x"}', b'{"__CURSOR":1}', b"\xff", b"[" * 9999],
)
def test_what_is_no_record_is_none(line: bytes) -> None:
    assert decode(line) is None


@patiently
@given(st.dictionaries(st.sampled_from(NAMES), VALUES))
def test_whatever_the_fields_hold_the_lines_are_inert(fields: dict[str, Any]) -> None:
    record = decode(json.dumps({"__CURSOR": "s=1", **fields}).encode("utf-8", "surrogatepass"))
    if record is not None:
        for line in log_lines(record):
            for text in (line.text, line.identifier or "", line.event or ""):
                assert clean(text) == text
                assert "\n" not in text
                text.encode()


@patiently
@given(
    st.lists(st.binary(max_size=30).filter(lambda line: b"\n" not in line)),
    st.lists(st.integers(1, 9), min_size=1),
)
def test_lines_are_put_together_however_they_were_cut_and_long_ones_left_out(
    lines: list[bytes], sizes: list[int]
) -> None:
    data, splitter = b"".join(line + b"\n" for line in lines), Splitter(limit=20)
    seen: list[bytes | None] = []
    turn = 0
    while data:
        size = sizes[turn % len(sizes)]
        seen += splitter.feed(data[:size])
        data, turn = data[size:], turn + 1
    assert seen == [line if len(line) <= 20 else None for line in lines]
