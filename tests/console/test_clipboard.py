"""Copying: to tmux, to the terminal, and always to a file that says where it is."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from kgo_tui.console import clipboard


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    return {"XDG_STATE_HOME": str(tmp_path)}


async def copied(text: str, environ: dict[str, str]) -> tuple[str, list[str]]:
    sent: list[str] = []
    return await clipboard.copy(text, sent.append, environ), sent


async def test_to_the_terminal_and_to_a_file(environ: dict[str, str], tmp_path: Path) -> None:
    told, sent = await copied("é 漢\n", environ)
    file = tmp_path / "kgo-tui/copied.txt"
    assert told == f"copied, if the terminal allows it; it is in {file}"
    assert sent == ["é 漢\n"]
    assert file.read_text("utf-8") == "é 漢\n"
    assert file.stat().st_mode & 0o777 == 0o600
    assert file.parent.stat().st_mode & 0o777 == 0o700


async def test_what_a_terminal_would_not_take_is_only_in_the_file(environ: dict[str, str]) -> None:
    told, sent = await copied("x" * (clipboard.MOST_BYTES + 1), environ)
    assert told.startswith("too long for a terminal's clipboard; it is in ")
    assert sent == []
    assert (await copied("x" * clipboard.MOST_BYTES, environ))[1] != []


async def test_screen_hands_nothing_on(environ: dict[str, str]) -> None:
    told, sent = await copied("x", {**environ, "STY": "1234.pts-0"})
    assert told.startswith("screen hands on no clipboard; it is in ")
    assert sent == []


@pytest.fixture
def tmux(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., str]]:
    """A tmux server of our own, which `TMUX` names."""
    if shutil.which("tmux") is None:
        pytest.skip("tmux is not here")

    def run(*arguments: str) -> str:
        done = subprocess.run(
            ["tmux", "-S", tmp_path / "tmux", "-f", "/dev/null", *arguments],
            check=True,
            capture_output=True,
            timeout=10,
        )
        return done.stdout.decode()

    run("new-session", "-d", "sleep 60")
    monkeypatch.setenv("TMUX", f"{tmp_path}/tmux,1,0")
    yield run
    run("kill-server")


async def test_in_tmux(environ: dict[str, str], tmux: Callable[..., str]) -> None:
    text = "é 漢 " * 30_000
    told, sent = await copied(text, {**environ, "TMUX": "set"})
    assert told.startswith("copied to tmux and its terminal; it is in ")
    assert sent == []
    assert tmux("show-buffer") == text


async def test_a_tmux_that_is_gone_leaves_the_terminal(
    environ: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMUX", f"{tmp_path}/nothing,1,0")
    told, sent = await copied("x", {**environ, "TMUX": "set"})
    assert told.startswith("copied, if the terminal allows it")
    assert sent == ["x"]


async def test_no_file_is_no_failure(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    told, sent = await copied("x", {"XDG_STATE_HOME": str(tmp_path / "file")})
    assert told == "copied, if the terminal allows it"
    assert sent == ["x"]


def test_a_link_in_the_way_is_not_followed(tmp_path: Path) -> None:
    target = tmp_path / "target"
    target.write_text("precious")
    (tmp_path / "out").mkdir()
    (tmp_path / "out/copied.txt").symlink_to(target)
    assert clipboard.write(tmp_path / "out", "copied.txt", b"new").read_bytes() == b"new"
    assert target.read_text() == "precious"
