"""Before the first paint: nothing is fetched, nothing heavy is imported, and no terminal is an error."""

from __future__ import annotations

import io
import os
import subprocess
import sys

import pytest

from kgo_tui.console.curtain import LOWERED, RAISED, curtain

HEAVY = ("git", "docker", "httpx", "requests", "apprise", "tree_sitter", "sqlite3")


def test_git_docker_and_httpx_are_never_imported_by_the_console() -> None:
    """Every module of it, those that are imported late too."""
    code = (
        "import importlib, pkgutil, sys, kgo_tui.console as c\n"
        "for m in pkgutil.walk_packages(c.__path__, 'kgo_tui.console.'): importlib.import_module(m.name)\n"
        f"print([name for name in {HEAVY} if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.strip() == "[]"


def test_the_first_words_come_before_textual_is_imported() -> None:
    code = "import sys, kgo_tui.console.command; print('textual' in sys.modules, 'rich' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.split() == ["False", "False"]


@pytest.mark.parametrize("words", [[], ["--instance", "staging"]])
def test_without_a_terminal_it_names_what_needs_none(words: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "kgo_tui", *words],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("kgo-tui: the console needs a terminal, and this is none\n")
    assert "kgo-tui status" in done.stderr


def test_the_curtain_says_which_host_and_goes_when_nothing_comes_of_it() -> None:
    terminal = io.StringIO()
    with pytest.raises(ImportError), curtain(terminal):
        raise ImportError
    assert terminal.getvalue().startswith(f"{RAISED}kgo ")
    assert terminal.getvalue().endswith(LOWERED)
