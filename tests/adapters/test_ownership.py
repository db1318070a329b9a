"""Files of root's go back to the owner of the repository, and no other file does. Needs root."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from kgo_tui.adapters import host
from kgo_tui.adapters.git import ownership
from tests.adapters.git_pair import Pair, git, open_directory

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")

OWNER = 12345


@pytest.fixture
def pair() -> Iterator[Pair]:
    with open_directory() as top:
        made = Pair(top)
        made.give_to(OWNER, OWNER)
        yield made


@pytest.fixture
def secret(pair: Pair) -> Path:
    path = pair.top / "outside/secret"
    path.parent.mkdir()
    path.write_text("root's")
    path.chmod(0o644)
    return path


def uid(path: Path) -> int:
    return path.lstat().st_uid


async def test_what_git_as_root_left_is_mended(pair: Pair) -> None:
    pair.give_to(0, 0)
    new = pair.commit({"compose.yml": "two\n", "added/deep/file": "x"})
    pair.push()
    pair.give_to(OWNER, OWNER)
    git(pair.tree, "pull", "-q", str(pair.upstream), "main")
    foreign = pair.foreign_to(OWNER)
    assert str(pair.tree / "added/deep") in foreign
    assert str(pair.tree / ".git/index") in foreign
    source = pair.source()
    assert await source.repair_ownership() == len(foreign)
    assert pair.foreign_to(OWNER) == []
    assert await source.repair_ownership() == 0
    await source.check_out(pair.first, label="1", save=False)
    await source.check_out(new, label="2", save=False)


async def test_untracked_files_of_root_stay_roots(pair: Pair) -> None:
    env = pair.tree / ".env"
    env.write_text("SECRET=1")
    assert await pair.source().repair_ownership() == 0
    assert uid(env) == 0


async def test_what_a_container_owns_in_the_work_tree_stays_its(pair: Pair) -> None:
    os.chown(pair.tree / "conf/a", 999, 999)
    assert await pair.source().repair_ownership() == 0
    assert uid(pair.tree / "conf/a") == 999


async def test_links_are_not_followed(pair: Pair, secret: Path) -> None:
    (pair.tree / ".git/link").symlink_to(secret)
    (pair.tree / ".git/directory").symlink_to(secret.parent)
    os.link(secret, pair.tree / ".git/hard")
    os.link(secret, pair.tree / ".git/objects/hard")
    os.mkfifo(pair.tree / ".git/fifo")
    await pair.source().repair_ownership()
    assert (uid(secret), uid(secret.parent)) == (0, 0)
    assert uid(pair.tree / ".git/fifo") == 0


def test_a_link_put_there_after_the_look_is_not_followed(pair: Pair, secret: Path) -> None:
    (pair.top / "link").symlink_to(secret)
    directory = os.open(pair.top, os.O_RDONLY)
    walk = ownership.Repair(
        host.identity_of_uid(OWNER, OWNER), lambda uid: uid != OWNER, secret.stat().st_dev
    )
    walk._open_and_give(directory, "link")
    os.close(directory)
    assert (uid(secret), walk.mended, walk.left) == (0, 0, 1)


async def test_a_tracked_path_that_leads_out_of_the_work_tree(pair: Pair, secret: Path) -> None:
    outside = secret.parent
    (outside / "a").write_text("root's")
    (pair.tree / "conf").rename(pair.tree / "conf.old")
    (pair.tree / "conf").symlink_to(outside)
    (pair.tree / "compose.yml").unlink()
    os.link(secret, pair.tree / "compose.yml")
    await pair.source().repair_ownership()
    assert (uid(outside / "a"), uid(outside), uid(secret)) == (0, 0, 0)


async def test_a_secret_that_was_moved_in_is_not_handed_over(pair: Pair) -> None:
    secret = pair.tree / ".git/FETCH_HEAD"
    secret.write_text("SECRET=1")
    secret.chmod(0o600)
    private = pair.tree / ".git/objects/ff"
    private.mkdir(0o700)
    await pair.source().repair_ownership()
    assert (uid(secret), uid(private)) == (0, 0)


async def test_a_git_directory_elsewhere_is_left_alone(pair: Pair, secret: Path) -> None:
    git_dir = secret.parent / "elsewhere"
    (pair.tree / ".git").rename(git_dir)
    (pair.tree / ".git").symlink_to(git_dir)
    (git_dir / "left").write_text("")
    await pair.source().repair_ownership()
    assert uid(git_dir / "left") == 0


def test_directories_swapped_for_links_while_we_walk(pair: Pair, secret: Path) -> None:
    inside = pair.top / "open/swap"
    inside.mkdir(parents=True)
    for directory in (inside, inside.parent):
        os.chown(directory, OWNER, OWNER)
    for number in range(3):
        (inside / f"secret{number}").write_text("")
        (secret.parent / f"secret{number}").write_text("")
    walk = ownership.Repair(
        host.identity_of_uid(OWNER, OWNER), lambda uid: uid != OWNER, secret.stat().st_dev
    )
    top = os.open(inside.parent, os.O_RDONLY)
    with swapping(inside, secret) as swapper:
        for _ in range(10_000):
            walk.all_below(top)
            give_back(inside)
        assert swapper.poll() is None, "it swapped to the end"
    os.close(top)
    assert walk.mended > 0
    assert [path for path in secret.parent.rglob("*") if uid(path) != 0] == []


def give_back(inside: Path) -> None:
    """Make the bait root's again, as far as it can be found."""
    for number in range(1, 3):
        with suppress(OSError):
            os.chown(inside / f"secret{number}", 0, 0, follow_symlinks=False)


SWAP = """
import os, sys
from contextlib import suppress
inside, secret, owner = sys.argv[1:]
os.setgroups([])
os.setgid(int(owner))
os.setuid(int(owner))
aside, file = inside + ".aside", inside + "/secret0"
print("swapping", flush=True)
while True:
    for _ in range(50):  # half of the time it is a link
        os.rename(inside, aside)
        os.symlink(os.path.dirname(secret), inside)
        os.stat(inside), os.stat(inside)
        os.unlink(inside)
        os.rename(aside, inside)
    os.unlink(file)
    with suppress(PermissionError):  # the kernel refuses it (fs.protected_hardlinks)
        os.link(secret, file)
        os.unlink(file)
    open(file, "w").close()
"""


@contextmanager
def swapping(inside: Path, secret: Path) -> Iterator[subprocess.Popen[bytes]]:
    """The owner of the repository puts links in the place of a directory and of a file, and takes them
    away, as fast as can be. As that user, not as root, who may link what nobody else may."""
    argv = [sys.executable, "-c", SWAP, str(inside), str(secret), str(OWNER)]
    child = subprocess.Popen(argv, stdout=subprocess.PIPE)
    try:
        assert child.stdout is not None
        assert child.stdout.readline() == b"swapping\n"
        yield child
    finally:
        child.kill()
        child.communicate(timeout=10)


async def test_deeper_than_any_git_goes(pair: Pair) -> None:
    path = pair.tree / ".git"
    for _ in range(200):
        path /= "d"
        path.mkdir()
    await pair.source().repair_ownership()
    assert uid(pair.tree / ".git/d/d/d") == OWNER


async def test_nothing_to_do_for_anyone_but_root(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    (pair.tree / ".git/left").write_text("")
    monkeypatch.setattr(os, "geteuid", lambda: OWNER)
    assert await pair.source().repair_ownership() == 0
    assert uid(pair.tree / ".git/left") == 0
