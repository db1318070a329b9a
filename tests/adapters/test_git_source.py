"""`GitSource` reads a real clone and fetches from a real remote."""

import asyncio
import os
import shutil
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from kgo_tui.adapters.git import GitSource, command
from kgo_tui.core.errors import (
    ConfigError,
    GitMissing,
    RepositoryInvalid,
    SourceError,
    SourceUnreachable,
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


async def test_shallow_single_branch_clone_of_another_branch(pair: Pair, tmp_path: Path) -> None:
    git(pair.upstream, "push", "-q", "origin", "HEAD:staging")
    git(tmp_path, "clone", "-q", "--depth=1", "--single-branch", f"file://{pair.remote}", "shallow")
    new = pair.commit({"compose.yml": "two\n"})
    git(pair.upstream, "push", "-q", "origin", "HEAD:staging")
    source = GitSource(tmp_path / "shallow", branch="staging")
    await source.fetch()
    view = await source.view(None)
    assert view.remote is not None
    assert (view.remote.sha, view.behind) == (new, 1)
    await source.check_out(new, label="x", save=False)
    assert git(tmp_path / "shallow", "symbolic-ref", "HEAD") == "refs/heads/staging"


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
    with pytest.raises(UnknownCommit, match="more than one"):
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


async def test_credentials_in_the_remote_url_are_not_shown(pair: Pair) -> None:
    git(pair.tree, "remote", "set-url", "origin", "https://bob:t0ken@127.0.0.1:1/x.git")
    source = pair.source()
    assert (await source.view(None)).remote_url == "https://127.0.0.1:1/x.git"
    with pytest.raises(SourceUnreachable) as caught:
        await source.fetch()
    assert "t0ken" not in str(caught.value)
    assert f"git -C {pair.tree} ls-remote origin" in str(caught.value)


class Unauthorized(BaseHTTPRequestHandler):
    """Asks everyone for a password."""

    def do_GET(self) -> None:
        self.send_response(401)
        self.send_header("WWW-Authenticate", 'Basic realm="x"')
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
        """Quiet."""


@contextmanager
def asking_server() -> Iterator[int]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Unauthorized) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


async def test_a_remote_that_asks_for_a_password_fails_at_once(
    pair: Pair, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = tmp_path / "asked"
    askpass = tmp_path / "askpass"
    askpass.write_text(f"#!/bin/sh\ntouch {asked}\nsleep 60\n")
    askpass.chmod(0o755)
    for name in ("GIT_ASKPASS", "SSH_ASKPASS"):
        monkeypatch.setenv(name, str(askpass))
    git(pair.tree, "config", "core.askPass", str(askpass))
    with asking_server() as port:
        git(pair.tree, "remote", "set-url", "origin", f"http://127.0.0.1:{port}/x.git")
        started = time.monotonic()
        with pytest.raises(SourceUnreachable, match="terminal prompts disabled"):
            await pair.source(fetch_timeout_s=30).fetch()
    assert time.monotonic() - started < 10
    assert not asked.exists()


@pytest.fixture
def silent_port() -> Iterator[int]:
    """A server that takes connections and never says anything."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


async def test_a_remote_that_never_answers_meets_the_deadline(pair: Pair, silent_port: int) -> None:
    git(pair.tree, "remote", "set-url", "origin", f"http://127.0.0.1:{silent_port}/x.git")
    started = time.monotonic()
    with pytest.raises(SourceUnreachable, match=r"no answer within 0\.5 s"):
        await pair.source(fetch_timeout_s=0.5).fetch()
    assert time.monotonic() - started < 4


async def test_cancelled_fetch_leaves_no_process(pair: Pair, silent_port: int) -> None:
    git(pair.tree, "remote", "set-url", "origin", f"http://127.0.0.1:{silent_port}/x.git")
    task = asyncio.create_task(pair.source(fetch_timeout_s=60).fetch())
    while not _gits_in(pair.tree):  # noqa: ASYNC110 - nothing tells that a process has started
        await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not _gits_in(pair.tree)


def _gits_in(tree: Path) -> list[str]:
    found = []
    for process in Path("/proc").iterdir():
        try:
            if (process / "comm").read_text().startswith("git") and (process / "cwd").readlink() == tree:
                found.append(process.name)
        except OSError:
            continue
    return found


async def test_unreachable_and_wrong_remotes(pair: Pair) -> None:
    source = pair.source()
    git(pair.tree, "remote", "set-url", "origin", "http://127.0.0.1:1/x")
    with pytest.raises(SourceUnreachable, match="ls-remote origin"):
        await source.fetch()
    git(pair.tree, "remote", "set-url", "origin", "/nonexistent/x.git")
    with pytest.raises(SourceUnreachable):
        await source.fetch()
    git(pair.tree, "remote", "set-url", "origin", "ext::sh -c touch% /tmp/never")
    with pytest.raises(SourceError, match="runs commands"):
        await source.fetch()
    git(pair.tree, "remote", "set-url", "origin", str(pair.remote))
    with pytest.raises(SourceError, match="no branch nope"):
        await pair.source(branch="nope").fetch()


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


@pytest.mark.parametrize("name", ["-x", "a..b", "a b", "", "a/", "x.lock", "a\nb", "a:b", "a*"])
def test_names_that_could_be_options_or_revisions(name: str, tmp_path: Path) -> None:
    for key in ("branch", "remote"):
        with pytest.raises(ConfigError, match=rf"repository\.{key}"):
            GitSource(tmp_path, **{key: name})  # type: ignore[arg-type]


async def test_stale_lock_is_removed_a_held_one_is_not(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    new = pair.commit({"compose.yml": "two\n"})
    pair.push()
    lock = pair.tree / ".git/refs/remotes/origin/main.lock"
    lock.write_text("")
    with lock.open() as held:
        os.set_inheritable(held.fileno(), True)  # noqa: FBT003 - its only parameter
        holder = await asyncio.create_subprocess_exec("sleep", "60", close_fds=False)
    monkeypatch.setattr("kgo_tui.adapters.git.locks.PATIENCE_S", 0.5)
    with pytest.raises(SourceError, match=r"main\.lock"):
        await pair.source().fetch()
    assert lock.exists()
    holder.kill()
    await holder.wait()
    with pytest.raises(SourceError, match=r"main\.lock"):
        await pair.source(lock_stale_s=3600).fetch()
    assert lock.exists()
    await pair.source().fetch()
    assert not lock.exists()
    assert git(pair.tree, "rev-parse", "origin/main") == new


async def test_a_lock_from_the_future_goes_stale_too(pair: Pair) -> None:
    pair.commit({"compose.yml": "two\n"})
    pair.push()
    lock = pair.tree / ".git/refs/remotes/origin/main.lock"
    lock.write_text("")
    os.utime(lock, (time.time() + 4e7, time.time() + 4e7))
    await pair.source(lock_stale_s=0.3).fetch()
    assert not lock.exists()


async def test_a_lock_elsewhere_is_not_touched(pair: Pair, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "main.lock").write_text("")
    pair.commit({"compose.yml": "two\n"})
    pair.push()
    shutil.rmtree(pair.tree / ".git/refs/remotes/origin")
    (pair.tree / ".git/refs/remotes/origin").symlink_to(outside)
    with pytest.raises(SourceError, match=r"main\.lock"):
        await pair.source().fetch()
    assert (outside / "main.lock").exists()
