"""What comes over the socket is believed to be what it says, never to be clean."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from kgo_tui.console.inert import inert, inert_error
from kgo_tui.console.pieces import Piece, fitted, plain, width
from kgo_tui.core import messages as m
from kgo_tui.core.errors import Refused
from kgo_tui.core.model import Commit, Image, Release
from kgo_tui.demo.scenario import hostile
from kgo_tui.demo.scenario.stage import NOW

BAD = "\x1b]0;title\x07"
GOOD = "␛]0;title␇"


def test_a_clean_value_is_the_very_same() -> None:
    commit = Commit(sha="a" * 40, subject="Show the charges of each flat", committed_at=NOW)
    assert inert(commit) is commit


def test_every_text_of_a_value_is_reached() -> None:
    image = Image(ref=BAD, image_id="sha256:1")
    release = Release(id=1, commit="a" * 40, at=NOW, images={BAD: image})
    event = m.DeploymentEnded(deployment=None, deployed=release)  # type: ignore[arg-type]
    found = inert(m.Recorded(cursor=1, at=NOW, event=event)).event
    assert isinstance(found, m.DeploymentEnded)
    assert found.deployed is not None
    assert found.deployed.images == {GOOD: Image(ref=GOOD, image_id="sha256:1")}
    assert inert((BAD, (BAD,), 1, None)) == (GOOD, (GOOD,), 1, None)


def test_line_feeds_stay_in_a_text_and_show_in_a_line() -> None:
    assert inert("two\nlines") == "two\nlines"
    assert fitted(plain("two\nlines"), 9) == (Piece("two␊lines"),)


def test_what_an_error_says_is_inert_too() -> None:
    error = inert_error(Refused(BAD, hint=BAD))
    assert (error.message, error.hint, str(error)) == (GOOD, GOOD, f"{GOOD}\n{GOOD}")


def foreign(text: str) -> Iterator[str]:
    return (c for c in text if ord(c) < 0x20 or 0x7F <= ord(c) < 0xA0 or c in "\u202e\u2066\u2028\u200f")


@pytest.mark.parametrize("number", range(len(hostile.TEXTS)))
@pytest.mark.parametrize("cells", [0, 1, 7, 80])
def test_a_line_has_its_width_whatever_is_in_it(number: int, cells: int) -> None:
    line = fitted((Piece(hostile.TEXTS[number]), Piece(" and more")), cells)
    assert width(line) == cells
    assert not list(foreign("".join(piece.text for piece in line)))
