"""The program that the unit starts, and what is said against it."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from kgo_tui.adapters.host import Identity
from kgo_tui.unit import program

ROOT = Identity(0, 0, (), "/root", "root")
ANNA = Identity(4711, 4711, (4712,), "/home/anna", "anna")


@pytest.fixture
def called(tmp_path: Path) -> Path:
    """An installation, and a link to it by which it is called."""
    real = tmp_path / "opt/kgo-tui"
    real.parent.mkdir()
    real.write_text("#!/bin/sh\n")
    real.chmod(0o755)
    (tmp_path / "bin").mkdir()
    link = tmp_path / "bin/kgo-tui"
    link.symlink_to(real)
    return link


def test_the_link_by_which_it_was_called_stays(called: Path) -> None:
    assert program.command(str(called)) == (str(called),)
    assert {called, called.resolve()} <= set(program.parts((str(called),)))


def test_without_a_program_of_that_name_python_starts_it(tmp_path: Path) -> None:
    beside = Path(sys.executable).parent / "kgo-tui"
    expected = (str(beside),) if beside.exists() else (sys.executable, "-m", "kgo_tui")
    assert program.command(str(tmp_path / "__main__.py")) == expected


def test_a_home_and_a_private_tmp_are_told() -> None:
    assert (
        "home directory (/home/anna/bin/kgo-tui)"
        in program.warnings([Path("/home/anna/bin/kgo-tui")], ANNA)[0]
    )
    private = Path("/tmp/x/kgo-tui")  # noqa: S108 - only looked at
    assert program.hidden([Path("/usr/bin/x"), private]) == private
    assert program.hidden([Path("/usr/bin/x")]) is None


@pytest.mark.skipif(os.geteuid() != 0, reason="gives a file to another user")
def test_what_others_may_change_is_not_for_root(called: Path) -> None:
    os.chown(called.resolve(), ANNA.uid, -1)
    [said] = [text for text in program.warnings([called.resolve()], ROOT) if "changed by others" in text]
    assert str(called.resolve()) in said


def test_what_the_worker_may_not_read_is_named_from_the_top(tmp_path: Path) -> None:
    file = tmp_path / "closed/open/file"
    file.parent.mkdir(parents=True)
    file.write_text("")
    for part in (tmp_path, *tmp_path.parents):
        if not part.stat().st_mode & 0o001:
            part.chmod(part.stat().st_mode | 0o001)
    (tmp_path / "closed").chmod(0o700)
    assert program.unreadable(file, ANNA) == tmp_path / "closed"
    assert program.unreadable(file, ROOT) is None
    (tmp_path / "closed").chmod(0o711)
    file.chmod(0o640)
    assert program.unreadable(file, ANNA) == file
