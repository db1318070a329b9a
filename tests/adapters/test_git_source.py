"""`GitSource` reads a real clone."""

import shutil
import time
from pathlib import Path

import pytest

from kgo_tui.adapters.git import GitSource, command
from kgo_tui.core.errors import (
    GitMissing,
    RepositoryInvalid,
    SourceError,
    UnknownCommit,
)
from tests.adapters.git_pair import Pair, git


@pytest.fixture
def pair(tmp_path: Path) -> Pair:
    return Pair(tmp_path)


async def test_fetch_brings_the_new_commit(pair: Pair) -> None:
    new = pair.commit({"compose.yml": "two\n"}, "second")
    pair.push()
    source = pair.source()
    await source.fetch()
    view = await source.view(pair.first)
    assert view.local is not None
    assert view.remote is not None
    assert (view.local.sha, view.remote.sha, view.remote.subject) == (pair.first, new, "second")
    assert (view.remote.author, view.remote.short) == ("Ann", new[:7])
    assert (view.ahead, view.behind, view.descends, view.deployed_descends) == (0, 1, True, True)
    assert view.local_changes == ()
    assert view.fetched_at is not None
    assert abs(view.fetched_at.timestamp() - time.time()) < 60
    assert view.remote_url == str(pair.remote)
    assert (view.path, view.branch) == (str(pair.tree), "main")


async def test_view_before_any_fetch_knows_little_and_invents_nothing(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q", "-b", "main", "new")
    view = await GitSource(tmp_path / "new").view("a" * 40)
    assert (view.local, view.remote, view.remote_url, view.fetched_at) == (None, None, None, None)
    assert (view.ahead, view.behind, view.descends, view.deployed_descends) == (None, None, None, None)


async def test_rewritten_history_is_fetched_and_seen(pair: Pair) -> None:
    old = pair.deliver({"compose.yml": "two\n"})
    source = pair.source()
    await source.check_out(old, label="x", save=False)
    git(pair.upstream, "reset", "-q", "--hard", pair.first)
    new = pair.commit({"compose.yml": "other\n"})
    pair.push("--force")
    await source.fetch()
    view = await source.view(pair.first)
    assert view.remote is not None
    assert view.remote.sha == new
    assert (view.ahead, view.behind, view.descends, view.deployed_descends) == (1, 1, False, True)
    assert (await source.view(old)).deployed_descends is False
    assert (await source.view("f" * 40)).deployed_descends is None
    assert await source.on_branch(new)
    assert not await source.on_branch(old)
    assert not await source.on_branch("f" * 40)


async def test_view_needs_three_git_processes_in_sync(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[list[str]] = []
    spawn = command.spawn

    def counted(words: list[str], *rest: object) -> object:
        started.append(words)
        return spawn(words, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(command, "spawn", counted)
    source = pair.source()
    await source.view(pair.first)
    assert len(started) == 3
    new = pair.deliver({"compose.yml": "two\n"})
    started.clear()
    await source.view(new)
    assert len(started) == 4


async def test_resolve(pair: Pair) -> None:
    new = pair.commit({"compose.yml": "two\n"})
    git(pair.upstream, "tag", "-a", "-m", "annotated", "v1.2")
    pair.push("--follow-tags")
    source = pair.source()
    await source.fetch()
    for name in (new, new[:7], "main", "v1.2", "origin/main"):
        assert (await source.resolve(name)).sha == new
    assert (await source.resolve(pair.first[:10])).sha == pair.first
    hostile = (
        "",
        "nope",
        "f" * 40,
        "--all",
        "-1",
        "HEAD..main",
        ":/first",
        "main@{1}",
        "^main",
        "a b",
        "x\ny",
    )
    for name in hostile:
        with pytest.raises(UnknownCommit):
            await source.resolve(name)


async def test_two_commits_under_one_abbreviation(pair: Pair) -> None:
    tree = git(pair.tree, "write-tree")
    by_prefix: dict[str, str] = {}
    for number in range(5000):
        sha = git(pair.tree, "commit-tree", "-m", str(number), tree)
        if by_prefix.setdefault(sha[:4], sha) != sha:
            break
    with pytest.raises(UnknownCommit, match="ambiguous"):
        await pair.source().resolve(sha[:4])


async def test_commits_newest_first_up_to_the_limit(pair: Pair) -> None:
    shas = [pair.deliver({"compose.yml": f"{number}\n"}, f"number {number}") for number in range(4)]
    source = pair.source()
    assert [commit.sha for commit in await source.commits(pair.first, shas[-1])] == shas[::-1]
    assert [commit.sha for commit in await source.commits(pair.first, shas[-1], limit=2)] == shas[:1:-1]
    assert [commit.sha for commit in await source.commits(None, shas[-1])] == shas[-1:]
    assert await source.commits(shas[-1], pair.first) == ()
    for bad in ("--all", "main", "f" * 40):
        with pytest.raises(UnknownCommit):
            await source.commits(pair.first, bad)


async def test_hostile_subject_and_author_are_inert(pair: Pair) -> None:
    git(pair.upstream, "config", "user.name", "Ann")
    evil = "x\x1b]52;c;aGk=\x07\x1b[2J\u202e\x9b31m [red]y"
    sha = pair.deliver({"compose.yml": "two\n"}, evil)
    source = pair.source()
    remote = (await source.view(None)).remote
    assert remote is not None
    for commit in (*await source.commits(pair.first, sha), remote):
        assert commit.subject.startswith("x")
        assert commit.subject.endswith("y")
        assert not any(ord(char) < 32 or 0x7F <= ord(char) < 0xA0 for char in commit.subject)
        assert "\u202e" not in commit.subject


async def test_changes_and_files(pair: Pair) -> None:
    files = {"compose.yml": "two\n", "conf/a": None, "migrations/1\n2 é.sql": "x"}
    new = pair.deliver(files)
    source = pair.source()
    found = {change.path: change.status for change in await source.changes(pair.first, new)}
    assert found.pop("compose.yml") == "M"
    assert found.pop("conf/a") == "D"
    [(path, status)] = found.items()
    assert (status, path[:12], path[-5:]) == ("A", "migrations/1", "é.sql")
    assert "\n" not in path
    assert await source.file_at(new, "compose.yml") == b"two\n"
    assert await source.file_at(pair.first, "compose.yml") == b"one\n"
    assert await source.file_at(new, "conf/a") is None
    assert await source.file_at(new, "-no-such") is None
    assert await source.file_at("f" * 40, "compose.yml") is None


async def test_a_huge_file_is_refused(pair: Pair) -> None:
    new = pair.deliver({"big": "x" * 2_000_000})
    with pytest.raises(SourceError, match="larger"):
        await pair.source().file_at(new, "big")


async def test_local_changes_are_seen_untracked_files_are_not(pair: Pair) -> None:
    (pair.tree / "compose.yml").write_text("by hand")
    (pair.tree / "conf/b").unlink()
    (pair.tree / ".env").write_text("SECRET=1")
    assert (await pair.source().view(None)).local_changes == ("compose.yml", "conf/b")


async def test_called_from_a_hook_of_another_repository(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_DIR", str(pair.remote))
    monkeypatch.setenv("GIT_INDEX_FILE", "/nonexistent/index")
    monkeypatch.setenv("GIT_QUARANTINE_PATH", "/nonexistent")
    view = await pair.source().view(None)
    assert view.local is not None
    assert view.local_changes == ()


async def test_not_a_repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(RepositoryInvalid, match=r"repository\.path"):
        await GitSource(tmp_path / "missing").fetch()
    git(tmp_path, "init", "-q", "outer")
    inner = tmp_path / "outer" / "inner"
    inner.mkdir()
    with pytest.raises(RepositoryInvalid):
        await GitSource(inner).view(None)  # the repository around it is not the one that was meant
    (inner / ".git").mkdir()
    with pytest.raises(RepositoryInvalid):
        await GitSource(inner).view(None)


async def test_git_is_not_there(pair: Pair, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(GitMissing, match="Install git"):
        await pair.source().view(None)


async def test_damaged_repository(pair: Pair) -> None:
    shutil.rmtree(pair.tree / ".git/objects")
    (pair.tree / ".git/objects").mkdir()
    with pytest.raises(SourceError, match="damaged"):
        await pair.source().view(None)
