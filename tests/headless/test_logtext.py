"""Log lines as people and programs read them."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from kgo_tui.core.logs import LogBatch, LogLine
from kgo_tui.headless.logtext import as_json, coloured, plain, shown

AT = datetime(2026, 1, 2, 23, 4, 5, 678901, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _in_brussels(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "CET-1")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def test_a_line_says_when_by_the_local_clock_who_and_what() -> None:
    assert plain(LogLine(text="up", at=AT, identifier="kgo-tui")) == "Jan 03 00:04:05 kgo-tui: up"
    assert plain(LogLine(text="up", at=AT, service="web")) == "Jan 03 00:04:05 web: up"
    assert plain(LogLine(text="up")) == "up"
    assert plain(LogLine(text="a gap", marker=True, at=AT, service="web")) == "-- a gap --"


def test_errors_are_red_warnings_yellow_and_markers_dim() -> None:
    def colour(line: LogLine) -> str:
        begin, _, rest = coloured(line).partition(plain(line))
        assert rest == ("\x1b[0m" if begin else "")
        return begin

    expected = {None: "", 0: "\x1b[31m", 3: "\x1b[31m", 4: "\x1b[33m", 5: "", 7: ""}
    assert {p: colour(LogLine(text="x", priority=p)) for p in expected} == expected
    assert colour(LogLine(text="x", priority=3, marker=True)) == "\x1b[2m"


def test_json_has_every_key_on_one_line_and_null_for_the_unknown() -> None:
    line = LogLine(text="né\n", at=AT, priority=3, service="web", stream="stderr")
    text = as_json(line)
    assert "\n" not in text
    assert json.loads(text) == {
        "at": "2026-01-02T23:04:05.678Z",
        "service": "web",
        "stream": "stderr",
        "identifier": None,
        "priority": 3,
        "event": None,
        "deployment": None,
        "marker": False,
        "text": "né\n",
    }
    assert set(json.loads(as_json(LogLine(text="")))) == set(json.loads(text))


def test_a_gap_is_told_before_the_lines_behind_it() -> None:
    batch = LogBatch(lines=(LogLine(text="one"), LogLine(text="two")), dropped=7)
    assert shown(batch, plain) == "-- 7 lines were dropped, for they came too fast --\none\ntwo\n"
    assert shown(LogBatch(), plain) == ""
