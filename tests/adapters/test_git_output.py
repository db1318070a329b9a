"""Reading what git prints for programs."""

import os

from hypothesis import given
from hypothesis import strategies as st

from kgo_tui.adapters.git import output

SHA = b"a" * 40


def test_a_last_commit_that_was_cut_off_is_left_out() -> None:
    whole = SHA + b"\0Ann\x001700000000\0subject\0"
    assert [commit.subject for commit in output.commits(whole + SHA + b"\0Ann\x0017")] == ["subject"]


def test_a_time_beyond_time_is_not_known() -> None:
    assert output.commit([SHA, b"a", b"99999999999999999", b"s"]).committed_at is None
    assert output.commit([SHA, b"a", b"", b"s"]).committed_at is None


def test_a_huge_subject_is_cut_and_hostile_bytes_are_inert() -> None:
    commit = output.commit([SHA, b"\xff\x1b]52;c;x\x07", b"0", b"\xe2\x80\xae" + b"x" * 10_000_000])
    assert "\x1b" not in commit.author
    assert "\u202e" not in commit.subject
    assert len(commit.subject) < 1000


@given(st.binary())
def test_no_bytes_break_a_reader(data: bytes) -> None:
    for read in (output.changes, output.paths, output.unwatched):
        read(data)


@given(st.lists(st.binary(min_size=1).filter(lambda name: b"\0" not in name)))
def test_quoted_paths_are_one_line_each(names: list[bytes]) -> None:
    paths = [os.fsdecode(name) for name in names]
    assert output.lines_of(paths).count(b"\n") == len(paths)
