"""As root on another user's repository: nothing of root's is left there, nothing planted there
runs as root. These tests need root."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from kgo_tui.adapters import host
from kgo_tui.adapters.git import command
from kgo_tui.core.errors import RepositoryInvalid, SourceUnreachable
from tests.adapters.git_pair import Pair, git, open_directory
from tests.adapters.test_git_fetch import asking_server

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")

HOOKS = (
    *("post-checkout", "reference-transaction", "post-index-change", "pre-auto-gc", "post-merge"),
    *("pre-commit", "post-commit", "post-rewrite", "fsmonitor-watchman", "pre-receive", "update"),
)


@pytest.fixture
def pair() -> Iterator[Pair]:
    with open_directory() as top:
        yield Pair(top)


@pytest.fixture(params=[12345, "daemon"], ids=["no passwd entry", "daemon"])
def owner(request: pytest.FixtureRequest) -> host.Identity:
    return (
        host.identity_of_uid(request.param, 12346) if request.param == 12345 else host.identity_of("daemon")
    )


class Trap:
    """A planted program that writes down who runs it, then does as the real one."""

    def __init__(self, top: Path) -> None:
        self.top = top / "traps"
        self.top.mkdir()
        self.top.chmod(0o777)

    def script(self, name: str, then: str = "cat") -> str:
        path = self.top / f"{name}.sh"
        path.write_text(f'#!/bin/sh\nid -u >>{self.top}/{name}\n{then} "$@"\n')
        path.chmod(0o755)
        return str(path)

    def caught(self, name: str) -> set[str]:
        path = self.top / name
        return set(path.read_text().split()) if path.exists() else set()

    def all_caught(self) -> dict[str, set[str]]:
        return {path.name: self.caught(path.name) for path in self.top.iterdir() if path.suffix != ".sh"}


def plant(pair: Pair, trap: Trap) -> None:
    """Everything in a repository's reach that git would run."""
    for hook in HOOKS:
        (pair.tree / ".git/hooks" / hook).symlink_to(trap.script("hook", "true"))
    (pair.tree / ".git/info/attributes").write_text("* filter=planted diff=planted merge=planted\n")
    settings = {
        "core.hooksPath": str(pair.tree / ".git/hooks"),
        "core.fsmonitor": trap.script("fsmonitor", "true"),
        "core.pager": trap.script("pager"),
        "core.editor": trap.script("editor", "true"),
        "core.askPass": trap.script("askpass", "true"),
        "core.alternateRefsCommand": trap.script("alternates", "true"),
        "filter.planted.smudge": trap.script("smudge", "cat #"),
        "filter.planted.clean": trap.script("clean", "cat #"),
        "diff.external": trap.script("diff", "true"),
        "diff.planted.textconv": trap.script("textconv"),
        "gpg.program": trap.script("gpg", "true"),
        "log.showSignature": "true",
        "credential.helper": trap.script("credential", "true"),
        "remote.origin.uploadpack": trap.script("uploadpack", "git-upload-pack"),
        "gc.auto": "1",
        "gc.autoDetach": "true",
        "maintenance.auto": "true",
    }
    for key, value in settings.items():
        git(pair.tree, "config", key, value)


async def test_nothing_of_roots_is_left_and_nothing_planted_runs_as_root(
    pair: Pair, owner: host.Identity
) -> None:
    new = pair.commit({"compose.yml": "two\n", ".env": "tracked", "deep/er/file": "x"}, "second")
    pair.push()
    (pair.tree / ".env").write_text("SECRET=1")
    (pair.tree / "conf/a").write_text("by hand")
    trap = Trap(pair.top)
    plant(pair, trap)
    pair.give_to(owner.uid, owner.gid)
    source = pair.source()

    await source.fetch()
    await source.view(pair.first)
    await source.resolve(new[:8])
    await source.commits(pair.first, new)
    await source.changes(pair.first, new)
    await source.file_at(new, "compose.yml")
    await source.check_out(new, label="7", save=True)
    assert (pair.tree / "compose.yml").read_text() == "two\n"
    (pair.tree / ".git/index.lock").touch()
    await source.check_out(pair.first, label="8", save=True)

    assert (pair.tree / ".env").read_text() == "SECRET=1"
    assert pair.foreign_to(owner.uid) == []
    assert {uid for uids in trap.all_caught().values() for uid in uids} == {str(owner.uid)}
    assert trap.caught("smudge")
    assert trap.caught("uploadpack")
    for never in ("hook", "fsmonitor", "pager", "editor", "askpass", "diff", "textconv", "gpg"):
        assert trap.caught(never) == set()


async def test_credential_helper_runs_as_the_owner(pair: Pair, owner: host.Identity) -> None:
    trap = Trap(pair.top)
    plant(pair, trap)
    with asking_server() as port:
        git(pair.tree, "remote", "set-url", "origin", f"http://127.0.0.1:{port}/x.git")
        pair.give_to(owner.uid, owner.gid)
        with pytest.raises(SourceUnreachable):
            await pair.source().fetch()
    assert trap.caught("credential") == {str(owner.uid)}
    assert trap.caught("askpass") == set()


async def test_the_owner_sees_nothing_of_roots_environment(
    pair: Pair, owner: host.Identity, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DISCORD_WEBHOOK_URL", "https://127.0.0.1/s3cret")
    monkeypatch.setenv("XDG_CONFIG_HOME", "/root/.config")
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:9")
    told = pair.top / "told"
    told.touch(mode=0o666)
    told.chmod(0o666)
    git(pair.tree, "config", "remote.origin.uploadpack", f"env >{told}; git-upload-pack")
    pair.give_to(owner.uid, owner.gid)
    await pair.source().fetch()
    lines = told.read_text().splitlines()
    assert not [line for line in lines if "s3cret" in line or line.startswith(("DISCORD", "XDG_"))]
    assert "https_proxy=http://127.0.0.1:9" in lines
    assert f"HOME={owner.home}" in lines
    assert f"USER={owner.name}" in lines


def test_the_environment_of_the_very_first_program_is_clean_too(
    owner: host.Identity, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET", "1")
    assert command.environment("/w", owner)["SECRET"] == ""
    variables = {"SECRET": "1", "PATH": "/bin", "GIT_DIR": "/x", "GIT_SSH_COMMAND": "ssh", "HOME": "/root"}
    assert command.unwanted(variables, owner) == ["GIT_DIR", "SECRET"]
    assert command.unwanted(variables, None) == ["GIT_DIR"]


async def test_a_configured_owner_who_is_not_trusted_is_told_what_to_do(pair: Pair) -> None:
    pair.give_to(12345, 12345)
    source = pair.source(owner=host.identity_of("root"))
    for asked in (
        source.view(None),
        source.fetch(),
        source.resolve("main"),
        source.on_branch(pair.first),
        source.file_at(pair.first, "compose.yml"),
        source.commits(None, pair.first),
        source.check_out(pair.first, label="1", save=True),
    ):
        with pytest.raises(RepositoryInvalid, match=r"safe\.directory"):
            await asked


async def test_roots_own_repository_stays_roots(pair: Pair) -> None:
    new = pair.deliver({"compose.yml": "two\n"})
    source = pair.source()
    await source.fetch()
    await source.check_out(new, label="7", save=False)
    assert pair.foreign_to(0) == []


async def test_git_that_may_not_write_names_the_mend(pair: Pair) -> None:
    pair.commit({"compose.yml": "two\n"})
    pair.push()
    pair.give_to(12345, 12345)
    for path in (pair.tree / ".git").rglob("*"):
        if path != pair.tree / ".git/config":
            os.chown(path, 0, 0)
    with pytest.raises(Exception, match=rf"chown -R 12345: {pair.tree}/\.git"):
        await pair.source().fetch()
    assert await pair.source().repair_ownership() > 10
    await pair.source().fetch()
