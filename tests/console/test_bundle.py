"""The incident bundle: what is in it, that it is one file of one's own, and that no secret is."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kgo_tui.console import bundle
from kgo_tui.control.queries import Details, History
from kgo_tui.core import messages as m
from kgo_tui.core.errors import Unreachable
from tests.console.conftest import MEDIUM, NARROW, OpenConsole, Seen

SECRET = "s3cr3t-s3cr3t"  # noqa: S105 - what must not be found


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.delenv("TMUX", raising=False)
    monkeypatch.delenv("STY", raising=False)
    return tmp_path / "state/kgo-tui"


def bundles(home: Path) -> list[Path]:
    return list(home.glob("incident-*.txt"))


async def made(seen: Seen, home: Path) -> str:
    await seen.press("ctrl+s")
    await seen.until(lambda: bundles(home), 30)
    [file] = bundles(home)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    return file.read_text("utf-8")


async def test_it_holds_what_somebody_who_helps_wants_to_see(console: OpenConsole, home: Path) -> None:
    async with console("rolled_back", size=MEDIUM) as seen:
        text = await made(seen, home)
        titles = [line for line in text.splitlines() if line.startswith("==== ")]
        assert titles[:5] == [
            f"==== {title} ===="
            for title in ("About", "Screen", "Status", "Plan", "Deployments, newest first")
        ]
        assert titles[-2:] == ["==== Log ====", "==== Screen as SVG ===="]
        assert "==== Deployment 31 ====" in titles
        assert "---- " in text, "the evidence of the failure"
        assert '"verdict": "warning"' in text
        assert "<svg" in text
        assert "Deployment 31" in text.partition("==== Log ====")[2]
        assert "↩ rolled back" in text.partition("==== Status")[0], "the screen, as text"


async def test_its_path_is_told_and_copied(console: OpenConsole, home: Path) -> None:
    async with console("calm") as seen:
        await made(seen, home)
        await seen.until((home / "copied.txt").exists)
        [file] = bundles(home)
        assert (home / "copied.txt").read_text() == str(file)
        await seen.shows("The bundle is")


async def test_the_log_is_what_the_filter_leaves(console: OpenConsole, home: Path) -> None:
    async with console("calm") as seen:
        seen.theatre.host.say(None, "needle in the journal")
        await seen.press("5")
        await seen.shows("needle")
        await seen.press("slash", *"needle", "enter")
        await seen.until(lambda: "1 of" in seen.text())
        log = (await made(seen, home)).partition("==== Log ====")[2].partition("==== Screen")[0]
        assert "needle in the journal" in log
        assert "Deployment 26" not in log


async def test_secrets_are_in_no_part_of_it(console: OpenConsole, home: Path) -> None:
    async with console("calm", size=MEDIUM) as seen:
        for text in (
            f"connecting to https://admin:{SECRET}@db.example.org/",
            f"POSTGRES_PASSWORD={SECRET}",
            f'{{"api_key": "{SECRET}"}}',
            f"Authorization: Bearer {SECRET}",
        ):
            seen.theatre.host.say(None, text)
        seen.happen(m.FaultRaised(what="git", message=f"https://x:{SECRET}@git.example.org refused"))
        await seen.caught_up()
        await seen.shows("POSTGRES_PASSWORD")
        text = await made(seen, home)
        assert SECRET not in text
        assert "db.example.org" in text
        assert "POSTGRES_PASSWORD=***" in text
        assert SECRET[:6] not in text.replace("&#160;", " ")


async def test_foreign_control_characters_are_not_in_it(console: OpenConsole, home: Path) -> None:
    async with console("hostile") as seen:
        text = await made(seen, home)
        assert not [
            c for c in text if c != "\n" and (ord(c) < 0x20 or 0x7F <= ord(c) < 0xA0 or c == "\u202e")
        ]


async def test_without_a_worker_it_says_so_in_each_part(console: OpenConsole, home: Path) -> None:
    async with console("calm") as seen:
        await seen.theatre.vanish()
        await seen.until(lambda: not seen.app.session.up)
        text = await made(seen, home)
        assert "this is how it was last known" in text
        assert "not to be had: not connected to the worker" in text


async def test_what_cannot_be_had_does_not_keep_the_rest(console: OpenConsole, home: Path) -> None:
    def refused(_: object) -> object:
        raise Unreachable("the store is locked")

    async with console("rolled_back") as seen:
        seen.scenario.answers[Details] = refused
        seen.scenario.answers[m.MakePlan] = refused
        text = await made(seen, home)
        assert "not to be had: the store is locked" in text
        assert "==== Deployments, newest first ====" in text
        seen.scenario.answers[History] = refused


@pytest.fixture
def in_the_way(home: Path) -> None:
    home.parent.mkdir()
    home.write_text("in the way")


@pytest.mark.usefixtures("in_the_way")
async def test_a_folder_that_cannot_be_written_is_told(console: OpenConsole) -> None:
    async with console("calm", size=NARROW) as seen:
        await seen.press("ctrl+s")
        await seen.shows("not saved")


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("DB_PASSWORD=abc", "DB_PASSWORD=***"),
        ('password: "abc def"', 'password: "*** def"'),
        ("--token=abc --verbose", "--token=*** --verbose"),
        ("secret: abc, next: d", "secret: ***, next: d"),
        ("Authorization: Basic dXNlcjpwYXNz", "Authorization: Basic ***"),
        ("the password was wrong", "the password was wrong"),
        ("tokens are counted: 5", "tokens are counted: 5"),
        ("commit 3f2a9c1 by Ada", "commit 3f2a9c1 by Ada"),
    ],
)
def test_what_is_masked(text: str, masked: str) -> None:
    assert bundle.redacted(text) == masked


@given(st.text(max_size=80))
def test_masking_twice_changes_nothing_more(text: str) -> None:
    once = bundle.redacted(text)
    assert bundle.redacted(once) == once
