"""The installer: idle when all is there, else plain about what is missing; derives sources as they stand."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from kgo_tui.demo.parts import Parts, find_parts
from tests.lab import install
from tests.lab.sources import source_in

CHECKOUT = Path(__file__).parents[1]
DEB822 = """\
Types: deb
URIs: {mirror}
Suites: bookworm bookworm-updates
Components: main
Signed-By: /usr/share/keyrings/keys.gpg

Types: deb
URIs: {mirror}-security
Suites: bookworm-security
Components: main
"""


def test_nothing_is_done_when_all_is_there(lab: Parts) -> None:
    began = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-m", "tests.lab.install"],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert done.stdout == "The lab is complete.\n"
    assert time.monotonic() - began < 5, "a run that has nothing to do must not ask apt"


def test_without_root_it_says_what_is_missing_and_how_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(install, "find_parts", lambda: _without(find_parts(), "compose", "registry"))
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert install.main() == 1
    said = capsys.readouterr().err
    assert "compose, registry missing" in said
    assert "root" in said or "Debian" in said


def _without(parts: Parts, *names: str) -> Parts:
    return Parts(**{**vars(parts), **dict.fromkeys(names)})


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (DEB822, "deb [signed-by=/usr/share/keyrings/keys.gpg] {mirror} trixie main"),
        ("deb {mirror} bookworm main contrib\n", "deb {mirror} trixie main"),
        ("deb [arch=amd64] {mirror} bookworm main\n", "deb [arch=amd64] {mirror} trixie main"),
        ("# deb {mirror} bookworm main\n", None),
        ("deb {mirror} bookworm-backports main\n", None),
    ],
)
def test_the_later_source_is_this_machines_own_with_the_suite_replaced(
    content: str, expected: str | None
) -> None:
    mirror = "file:///mirror/debian"
    found = source_in(content.format(mirror=mirror), "bookworm")
    line = found.line("trixie") if found is not None else None
    assert line == (expected.format(mirror=mirror) if expected is not None else None)
