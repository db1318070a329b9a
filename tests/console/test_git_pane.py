"""The Git pane: the rows, pure; what it shows of the played host, and its keys."""

from __future__ import annotations

from datetime import timedelta

import pytest
from msgspec.structs import replace

from kgo_tui.console import commits
from kgo_tui.console.screens.facts import Facts
from kgo_tui.console.widgets.rows import RowList
from kgo_tui.core import messages as m
from kgo_tui.core.model import Commit, SourceView
from kgo_tui.core.state import EngineState
from tests.console.conftest import SIZES, OpenConsole, Seen
from tests.core.values import AT, COMMIT, DEPLOYMENT, QUARANTINE, RELEASE, SOURCE, A, B

NOW = AT + timedelta(hours=1)
C, D = (Commit(sha=letter * 40, subject=f"add {letter}", author="Leo", committed_at=AT) for letter in "cd")


def state(view: SourceView | None = SOURCE, **changes: object) -> EngineState:
    return replace(EngineState(instance="test", version="1", deployed=RELEASE, source=view), **changes)


def shown(known: EngineState) -> list[list[str]]:
    return [["".join(p.text for p in cell) for cell in row.cells] for row in commits.rows(known, NOW)]


def labels(known: EngineState) -> list[tuple[str, str]]:
    return [(row[0], row[1]) for row in shown(known)]


def test_the_tip_what_waits_below_it_and_what_is_deployed() -> None:
    view = replace(SOURCE, remote=D, waiting=(D, C, COMMIT))
    assert labels(state(view)) == [
        ("remote", "ddddddd"),
        ("waits", "ccccccc"),
        ("waits", "bbbbbbb"),
        ("deployed", "aaaaaaa"),
    ]
    assert shown(state(view))[1] == ["waits", "ccccccc", "1h", "add c", "Leo"]


def test_what_was_deployed_since_the_last_check_waits_no_more() -> None:
    view = replace(SOURCE, remote=D, waiting=(D, C, COMMIT))
    assert commits.waiting(state(view, deployed=replace(RELEASE, commit=C.sha))) == (D,)
    assert commits.waiting(state(view, deployed=replace(RELEASE, commit=D.sha))) == ()
    later = shown(state(view, deployed=replace(RELEASE, commit=C.sha)))
    assert [row[3] for row in later if row[0] == "deployed"] == ["add c"], "its subject is still known"


def test_the_work_tree_is_told_where_it_differs() -> None:
    assert ("work tree", "aaaaaaa") not in labels(state())
    assert ("work tree", "ccccccc") in labels(state(replace(SOURCE, local=C)))


def test_a_quarantined_commit_is_marked_where_it_stands_and_told_where_it_does_not() -> None:
    assert "✗ quarantined Mend it" in shown(state(quarantined=(QUARANTINE,)))[0][3]
    elsewhere = replace(QUARANTINE, commit=C.sha)
    assert shown(state(quarantined=(elsewhere,)))[-1][:4] == [
        "✗",
        "ccccccc",
        "1h",
        "✗ quarantined: status 500",
    ]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, None),
        ({"deployed_descends": False}, "the branch was rewritten"),
        ({"descends": False}, "the work tree has commits"),
        ({"descends": False, "deployed_descends": False}, "the branch was rewritten"),
    ],
)
def test_a_rewritten_branch_comes_first(changes: dict[str, bool], said: str | None) -> None:
    first = shown(state(replace(SOURCE, **changes)))[0]
    assert first[0] == ("remote" if said is None else "! branch")
    assert said is None or said in first[3]


def test_files_changed_by_hand_are_listed() -> None:
    rows = shown(state(replace(SOURCE, local_changes=("compose.yml", "a b.txt"))))
    assert [row[3] for row in rows if row[0] == "! changed"] == ["compose.yml", "a b.txt"]


def test_nothing_known_is_no_row() -> None:
    assert shown(state(None, deployed=None)) == []
    assert labels(state(None)) == [("deployed", "aaaaaaa")]


@pytest.mark.parametrize(
    ("key", "sha"),
    [(f"remote {A}", A), (f"work tree {B}", B), ("path a b", None), ("! rewritten", None), (None, None)],
)
def test_a_row_knows_its_commit(key: str | None, sha: str | None) -> None:
    assert commits.sha_of(key) == sha


def test_keys_of_rows_are_unique_whatever_stands_where() -> None:
    view = replace(SOURCE, remote=D, local=C, waiting=(D, C), local_changes=("x", "y"), descends=False)
    keys = [row.key for row in commits.rows(state(view, quarantined=(QUARANTINE,)), NOW)]
    assert len(set(keys)) == len(keys)


def test_a_commit_in_full_with_its_deployments() -> None:
    of_it = [replace(DEPLOYMENT, id=9), DEPLOYMENT]
    told = commits.facts(state(quarantined=(QUARANTINE,)), COMMIT, of_it)
    by_name = {fact.name: fact.value for fact in told}
    assert (by_name["commit"], by_name["author"], by_name["quarantined"]) == (B, "Ann", "status 500")
    assert by_name["deployments"].startswith("9  ")
    assert len(told) == 7
    assert commits.facts(state(), COMMIT, None)[-1].value == "asking…"
    assert "none" in commits.facts(state(), COMMIT, ())[-1].value


async def chosen(seen: Seen, label: str) -> None:
    await seen.press("1")
    rows = seen.app.screen.query_one("#git-rows", RowList)
    rows.move_to(next(row.key for row in rows.rows if row.key.startswith(label)))
    await seen.pilot.pause()


@pytest.mark.parametrize("size", SIZES)
async def test_the_commits_that_wait_are_listed(console: OpenConsole, size: tuple[int, int]) -> None:
    async with console("suspended", size=size) as seen:
        await seen.press("1")
        await seen.shows("waits")
        source = seen.theatre.host.state.source
        assert source is not None
        assert len(source.waiting) == 2
        for commit in source.waiting:
            assert commit.subject[:12] in seen.line(commit.short)


async def test_enter_shows_a_commit_with_the_deployments_of_it(console: OpenConsole) -> None:
    async with console("calm") as seen:
        await chosen(seen, "deployed")
        await seen.press("enter")
        await seen.until(lambda: isinstance(seen.app.screen, Facts))
        deployed = seen.theatre.host.state.deployed
        assert deployed is not None
        await seen.shows(deployed.commit)
        await seen.until(lambda: f"{deployed.id}  " in seen.line("deployments"))
        assert "✓ succeeded" in seen.line("deployments")
        await seen.press("q")
        await seen.until(lambda: not isinstance(seen.app.screen, Facts))


async def test_y_copies_the_whole_sha(console: OpenConsole, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TMUX", raising=False)
    monkeypatch.delenv("STY", raising=False)
    async with console("calm") as seen:
        await chosen(seen, "deployed")
        await seen.press("y")
        deployed = seen.theatre.host.state.deployed
        assert deployed is not None
        await seen.until(lambda: seen.app.clipboard == deployed.commit)


async def test_a_worker_that_is_gone_leaves_the_details_without_deployments(console: OpenConsole) -> None:
    async with console("calm") as seen:
        await chosen(seen, "deployed")
        await seen.theatre.vanish()
        await seen.until(lambda: not seen.app.session.up)
        await seen.press("enter")
        await seen.shows("not connected to the worker")


async def test_a_check_that_finds_more_shows_it_at_once(console: OpenConsole) -> None:
    async with console("calm") as seen:
        await seen.press("1")
        view = seen.theatre.host.state.source
        assert view is not None
        newer = Commit(sha="e" * 40, subject="fix [/] parser \x1b[2J", author="Eve")
        seen.happen(
            m.CheckFinished(kind="deploy", reason="new", source=replace(view, remote=newer, waiting=(newer,)))
        )
        await seen.shows("fix [/] parser ␛[2J")
