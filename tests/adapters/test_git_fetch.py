"""Fetching from a real remote, and from ones that fail, ask or hang."""

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

from kgo_tui.adapters.git import GitSource
from kgo_tui.core.errors import (
    ConfigError,
    SourceError,
    SourceUnreachable,
)
from tests.adapters.git_pair import Pair, git


@pytest.fixture
def pair(tmp_path: Path) -> Pair:
    return Pair(tmp_path)


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
