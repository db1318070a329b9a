"""Another user's files in the repository: counted, named, given back."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from kgo_tui.demo.sandbox import Sandbox
from tests.doctor.host import FAULT, OK, examined, problems, type_as_shown

pytestmark = pytest.mark.lab

OWNER = 12345


@pytest.fixture
def owned(sandbox: Sandbox) -> Iterator[Sandbox]:
    """The repository is another user's, as koprogo's is; its objects are its own, not links."""
    sandbox.up()
    sandbox.root.chmod(0o755)
    subprocess.run(["git", "-C", str(sandbox.tree), "repack", "-adq"], check=True, timeout=10)
    give(OWNER, sandbox.tree, sandbox.remote.path)
    yield sandbox
    give(0, sandbox.tree, sandbox.remote.path)


def give(owner: int, *places: Path) -> None:
    subprocess.run(["chown", "-hR", f"{owner}:{owner}", *map(str, places)], check=True, timeout=10)


def of_root(folder: Path) -> list[str]:
    return [str(path) for path in folder.rglob("*") if path.lstat().st_uid == 0]


def damage(sandbox: Sandbox) -> None:
    """As `sudo git pull` does it: in .git, and a tracked file."""
    give(0, sandbox.tree / ".git/refs", sandbox.tree / ".git/HEAD", sandbox.tree / "VERSION")


def test_anothers_repository_is_healthy(owned: Sandbox) -> None:
    found = examined(owned)
    assert problems(found) == {}
    assert found["git.trust"]["status"] == OK
    assert str(OWNER) in found["git.ownership"]["found"]


def test_what_root_left_is_counted_and_given_back_as_shown(owned: Sandbox) -> None:
    damage(owned)
    finding = examined(owned)["git.ownership"]
    assert finding["status"] == FAULT
    assert "1 tracked files are root's" in finding["found"]
    assert ".git/HEAD" in finding["found"]
    type_as_shown(owned, finding)
    assert of_root(owned.tree / ".git") == []
    assert (owned.tree / "VERSION").stat().st_uid == OWNER
    assert problems(examined(owned)) == {}


def test_fix_gives_it_back(owned: Sandbox) -> None:
    damage(owned)
    assert problems(examined(owned, "--fix")) == {}
    assert of_root(owned.tree / ".git") == []
