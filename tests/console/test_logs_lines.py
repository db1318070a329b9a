"""Lines of a log as they are drawn: in the cells there are, whatever is in them; and made inert before."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from msgspec.structs import replace
from rich.cells import cell_len

from kgo_tui.console.logs import cells
from kgo_tui.console.logs.drawn import Look, Stamp, drawn
from kgo_tui.console.logs.inert import LONGEST, inert
from kgo_tui.console.logs.saving import as_text, file_name
from kgo_tui.console.pieces import Tone
from kgo_tui.core.logs import LogLine
from kgo_tui.core.text import clean

AT = datetime(2026, 3, 17, 14, 5, 6, tzinfo=UTC)
TEXTS = st.text(st.sampled_from("ab 漢字é\u0301\U0001f469\u200d\U0001f680\ufe0f☺"), max_size=60).map(
    lambda text: text.lstrip("\u200d\ufe0f")  # `inert` leaves none at the start
)


@given(TEXTS, st.integers(2, 20))
def test_parts_are_the_whole_line_and_fit(text: str, width: int) -> None:
    parts = cells.parts(text, width)
    assert "".join(text[p.start : p.stop] for p in parts) == text
    assert all(cell_len(text[p.start : p.stop]) <= width for p in parts)
    assert all(p.stop > p.start for p in parts[1:])


@given(st.text(st.sampled_from("ab漢é"), max_size=60), st.integers(0, 40), st.integers(1, 20))
def test_a_window_is_what_stands_in_these_cells(text: str, left: int, width: int) -> None:
    """Against a row of cells, in which a wide character takes two."""
    row = [cell for char in text for cell in (char, "")[: cell_len(char)]]
    part = cells.window(text, left, width)
    shown = " " * part.lead + text[part.start : part.stop]
    wanted = row[left : left + width]
    if wanted and wanted[0] == "":
        wanted[0] = " "
    if row[left + width : left + width + 1] == [""] and wanted:
        wanted.pop()  # half of a wide character at the right end stays out
    assert shown.strip(" ") == "".join(wanted).strip(" ")
    assert cell_len(shown) <= width


@given(
    TEXTS,
    st.builds(
        Look,
        width=st.integers(1, 70),
        stamp=st.sampled_from(Stamp),
        names=st.integers(0, 14),
        wrap=st.booleans(),
        left=st.integers(0, 30),
        needle=st.sampled_from(["", "a", "漢", "b "]),
    ),
    st.booleans(),
)
@example("漢" * 60, Look(width=40, wrap=True), False)  # noqa: FBT003
def test_every_row_takes_exactly_the_cells_there_are(text: str, look: Look, marker: bool) -> None:  # noqa: FBT001
    line = LogLine(text=text, at=AT, service="back漢end", marker=marker)
    for part in range(len(look.parts(line))):
        # Measured piece by piece, as they are put on the screen: joined, a joiner at the end of one would
        # seem to take in the blank that follows.
        assert sum(cell_len(piece.text) for piece in drawn(line, part, look, ">")) == look.width


def test_the_columns() -> None:
    line = LogLine(text="connection refused", at=AT, priority=3, service="backend")

    def row(look: Look, part: int = 0, text: str = line.text) -> str:
        return "".join(p.text for p in drawn(replace(line, text=text), part, look, ">"))

    assert row(Look(width=32)) == ">14:05:06 E connection refused  "
    assert row(Look(width=28)) == ">14:05:06 E connection refu…"
    assert row(Look(width=28, left=4)) == ">14:05:06 E ection refused  "
    assert row(Look(width=38, stamp=Stamp.DAY)) == ">03-17 14:05:06 E connection refused  "
    assert row(Look(width=26, stamp=Stamp.NONE, names=4)) == ">E bac… connection refused"
    assert row(Look(width=22, wrap=True)) == ">14:05:06 E connection"
    assert row(Look(width=22, wrap=True), 1) == ">" + " " * 11 + " refused  "


@pytest.mark.parametrize("wrap", [True, False])
def test_a_hit_is_shown_where_it_stands_also_across_a_break(wrap: bool) -> None:  # noqa: FBT001
    look = Look(width=10, stamp=Stamp.NONE, wrap=wrap, needle="fgh", any_case=True)
    line = LogLine(text="abcdeFGHi")

    def hits(part: int) -> list[str]:
        return [p.text for p in drawn(line, part, look, " ") if p.tone is Tone.MATCH]

    assert [hits(part) for part in range(len(look.parts(line)))] == ([["FG"], ["H"]] if wrap else [["F"]])


def test_ten_thousand_characters_cost_no_more_than_what_is_seen_of_them() -> None:
    def cost(text: str) -> float:
        line, look, best = LogLine(text=text, at=AT), Look(width=200), 1.0
        for _ in range(20):
            began = time.perf_counter()
            drawn(line, 0, look, " ")
            best = min(best, time.perf_counter() - began)
        return best

    for char in ("x", "漢"):
        assert cost(char * 16_000) < 8 * cost(char * 400) + 0.0005


HOSTILE = "\x1b]52;c;aGk=\x07\x9b31m\x90\u202e\x00\n"


def test_nothing_that_a_worker_sends_reaches_the_terminal_as_it_is() -> None:
    line = inert(LogLine(text=HOSTILE * 2000, service=HOSTILE, identifier=HOSTILE, event=HOSTILE, at=AT))
    for text in (line.text, line.service, line.identifier, line.event):
        assert text is not None
        assert clean(text) == text
        assert "\x1b" not in text
    assert len(line.text) < LONGEST * 8
    assert inert(line).text == inert(inert(line)).text


@pytest.mark.parametrize(
    "at",
    [AT.replace(tzinfo=None), datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, 23, tzinfo=UTC)],
)
def test_a_time_that_is_none_is_not_believed(at: datetime) -> None:
    assert inert(LogLine(text="x", at=at)).at is None
    assert inert(LogLine(text="x", at=AT)).at == AT


def test_what_is_inert_already_is_the_same_object() -> None:
    line = LogLine(text="GET / 200", at=AT, service="web", identifier="kgo-tui", event="check_started")
    assert inert(line) is line


def test_colours_of_a_program_are_taken_out_and_no_other_sequence() -> None:
    assert inert(LogLine(text="\x1b[32m INFO\x1b[0m \x1b[2Jx")).text == " INFO \u241b[2Jx"


def test_joiners_that_join_nothing_are_taken_out() -> None:
    assert inert(LogLine(text="\u200d\ufe0f\u200da\u200db")).text == "a\u200db"


def test_the_text_of_a_file() -> None:
    line = LogLine(text="no", at=AT, priority=3, service="web")
    assert as_text([line, LogLine(text="gap", marker=True)]) == (
        "2026-03-17T14:05:06.000Z E web: no\n── gap ──\n"
    )
    assert file_name("../../etc/passwd", AT) == "log-_etc_passwd-20260317-140506.txt"
