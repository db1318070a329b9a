"""The worker is root, the repository another user's: nothing of root's is left there, nothing planted there
runs as root."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from kgo_tui.demo.remote import git
from kgo_tui.demo.sandbox import Release, Sandbox
from tests.e2e.host import FAILED, configure, kgo, status
from tests.lab.fixtures import NewSandbox

pytestmark = pytest.mark.lab

OWNER = 12345
"""A user without a passwd entry, as in a container or on a host with central accounts."""

HOOKS = ("post-checkout", "reference-transaction", "post-index-change", "post-merge", "pre-auto-gc")
RUN_BY_GIT = (
    "core.fsmonitor",
    "core.alternateRefsCommand",
    "core.sshCommand",
    "diff.external",
    "gpg.program",
)
ANYONES = ("-c", "safe.directory=*")


class Household:
    """A host whose repository and remote belong to one user, who is not root."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.traps = sandbox.root / "traps"
        self.traps.mkdir()
        self.traps.chmod(0o777)
        sandbox.root.chmod(0o755)
        self.give(sandbox.tree, sandbox.remote.path)

    def give(self, *places: Path, owner: int = OWNER) -> None:
        subprocess.run(["chown", "-R", f"{owner}:{owner}", *map(str, places)], check=True, timeout=10)

    def release(self, version: str, act: Callable[[str], Release]) -> Release:
        """The developer, who is root here, may push only to a remote of root's."""
        self.give(self.sandbox.remote.path, owner=0)
        released = act(version)
        self.give(self.sandbox.remote.path)
        return released

    def plant(self) -> None:
        """Everything of the repository's that git would run, each a program that notes who runs it."""
        trap = self.traps / "trap"
        trap.write_text(f"#!/bin/sh\nid -u >>{self.traps}/caught\n")
        trap.chmod(0o755)
        for hook in HOOKS:
            (self.sandbox.tree / ".git/hooks" / hook).symlink_to(trap)
        for name in RUN_BY_GIT:
            git(self.sandbox.tree, *ANYONES, "config", name, str(trap))
        git(self.sandbox.tree, *ANYONES, "config", "core.hooksPath", str(self.sandbox.tree / ".git/hooks"))
        self.give(self.sandbox.tree)

    def caught(self) -> set[str]:
        """Who ran a trap."""
        noted = self.traps / "caught"
        return set(noted.read_text().split()) if noted.exists() else set()

    def of_root(self) -> list[str]:
        """What in the repository belongs to root."""
        return [str(path) for path in _everything(self.sandbox.tree) if path.lstat().st_uid == 0]

    def head(self) -> str:
        return git(self.sandbox.tree, *ANYONES, "rev-parse", "HEAD")


def _everything(folder: Path) -> Iterator[Path]:
    for parent, folders, files in os.walk(folder):
        yield from (Path(parent, name) for name in (*folders, *files))


@pytest.fixture
def household(new_sandbox: NewSandbox) -> Household:
    sandbox = new_sandbox(("backend",))
    sandbox.up()
    return Household(sandbox)


def test_nothing_of_roots_is_left_and_nothing_planted_runs_as_root(household: Household) -> None:
    sandbox = household.sandbox
    household.plant()
    released = household.release("1.1", sandbox.release)
    kgo(sandbox, "deploy")
    assert household.head() == released.commit
    assert household.of_root() == []
    household.release("1.2", sandbox.bad_release)
    kgo(sandbox, "deploy", code=FAILED)
    kgo(sandbox, "rollback")
    for command in ("status", "plan"):
        sandbox.kgo(command)
    assert (sandbox.version(), household.of_root()) == ("1.0", [])
    assert "0" not in household.caught(), "a trap ran as root"

    git(sandbox.tree, *ANYONES, "status")
    assert "0" in household.caught(), "the trap does work: git by hand falls into it"


def test_what_root_left_there_earlier_is_given_back(household: Household) -> None:
    sandbox = household.sandbox
    household.give(sandbox.tree / ".git/objects", sandbox.tree / ".git/index", owner=0)
    outside = sandbox.root / "roots-own"
    outside.write_text("")
    (sandbox.tree / ".git/link").symlink_to(outside)
    os.lchown(sandbox.tree / ".git/link", OWNER, OWNER)
    household.release("1.1", sandbox.release)
    said = kgo(sandbox, "deploy")
    assert "of the repository back to their owner" in said
    assert household.of_root() == []
    assert outside.stat().st_uid == 0, "a symbolic link leads nowhere"


def test_the_owner_can_be_named(household: Household) -> None:
    """As the configuration of the old script's `chown -R koprogo:koprogo` was."""
    sandbox = household.sandbox
    configure(sandbox, repository__owner="daemon")
    daemon = int(subprocess.run(["id", "-u", "daemon"], capture_output=True, check=True, timeout=10).stdout)
    household.give(sandbox.tree, sandbox.remote.path, owner=daemon)
    household.give(sandbox.tree / ".git/refs", owner=0)
    household.give(sandbox.remote.path, owner=0)
    sandbox.release("1.1")
    household.give(sandbox.remote.path, owner=daemon)
    kgo(sandbox, "deploy")
    assert sandbox.version() == "1.1"
    assert {path.lstat().st_uid for path in _everything(sandbox.tree / ".git")} == {daemon}
    assert status(sandbox)["repository"]["behind"] == 0
