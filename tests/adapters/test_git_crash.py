"""Killed at any instant, the next checkout converges and keeps what people made."""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from kgo_tui.adapters.git import argv
from kgo_tui.core.errors import LocalChanges, SourceError
from tests.adapters.git_pair import CLEAN_ENV, Pair, git, open_directory


@pytest.fixture
def pair(tmp_path: Path) -> Pair:
    return Pair(tmp_path)


@pytest.mark.parametrize("damage", [b"", b"DIRC", b"garbage" * 50])
async def test_damaged_index(pair: Pair, damage: bytes) -> None:
    new = pair.deliver({"compose.yml": "two\n"})
    (pair.tree / ".git/index").write_bytes(damage)
    (pair.tree / "conf/a").write_text("by hand")
    with pytest.raises((SourceError, LocalChanges)):
        await pair.source().check_out(new, label="7", save=False)
    await pair.source().check_out(new, label="7", save=True)
    pair.assert_is_at(new)
    assert git(pair.tree, "show", "stash@{0}:conf/a") == "by hand"


BIG = {f"many/{number // 20}/{number}": f"{number}\n" * 200 for number in range(300)}
OTHER = {name: f"changed {text}" for name, text in BIG.items() if int(name.rpartition("/")[2]) % 3}
MORE = {f"added/{number}": f"{number}\n" * 200 for number in range(100)}


SEEDS = int(os.environ.get("KGO_GIT_SEEDS", "8"))
"""How many random instants to kill at; more for a night."""


def check_out_and_kill(pair: Pair, sha: str, delay_s: float) -> None:
    words = argv.check_out(str(pair.tree), "main", sha)
    with subprocess.Popen(
        words, env=CLEAN_ENV, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        time.sleep(delay_s)  # a random instant is the point here
        process.kill()


@pytest.mark.parametrize("seed", range(SEEDS))
async def test_killed_git_converges(pair: Pair, seed: int) -> None:
    """Kill git at a random instant of a checkout of 400 files, then go on or back."""
    chance = random.Random(seed)  # noqa: S311 - repeatable, not secret
    before = pair.deliver(dict(BIG), "many")
    gone = {f"many/{directory}": None for directory in range(0, 15, 7)}
    after = pair.deliver({**OTHER, **MORE, **gone}, "changed")
    source = pair.source()
    await source.check_out(before, label="1", save=False)
    (pair.tree / ".env").write_text("SECRET=1")
    (pair.tree / "many/mine").write_text("untracked")
    git(pair.tree, "update-ref", argv.INTENT, after)
    check_out_and_kill(pair, after, chance.random() * 0.04)
    if seed % 4 == 0:
        half = pair.tree / "added/1"
        half.parent.mkdir(exist_ok=True)
        half.write_text(MORE["added/1"][:123])
        (pair.tree / "many/1/31").write_text(OTHER["many/1/31"][:57])
    if seed % 4 == 1:
        (pair.tree / ".git/index.lock").write_text("half an index")
        (pair.tree / ".git/HEAD.lock").write_text("")
        (pair.tree / ".git/refs/heads/main.lock").write_text("")
    target = chance.choice([before, after])
    assert await source.check_out(target, label="2", save=seed % 2 == 0) == ()
    pair.assert_is_at(target)
    assert git(pair.tree, "status", "--porcelain").splitlines() == ["?? .env", "?? many/mine"]
    assert (pair.read(".env"), pair.read("many/mine")) == ("SECRET=1", "untracked")
    assert git(pair.tree, "stash", "list") == ""


@pytest.mark.parametrize("seed", range(SEEDS))
async def test_killed_worker_converges_and_keeps_what_people_did(pair: Pair, seed: int) -> None:
    """Interrupt a whole saving checkout, whichever command it is at, and start it again."""
    chance = random.Random(seed)  # noqa: S311 - repeatable, not secret
    before = pair.deliver(dict(BIG), "many")
    after = pair.deliver({**OTHER, **MORE, "kept": "tracked"}, "changed")
    source = pair.source()
    await source.check_out(before, label="1", save=False)
    (pair.tree / "kept").write_text("untracked")
    (pair.tree / "many/3/61").write_text("by hand")
    process = start_checkout(pair, after)
    kill_group_soon(process, 0.15 + chance.random() * 0.35)
    await source.check_out(after, label="2", save=True)
    pair.assert_is_at(after)
    stashes = git(pair.tree, "stash", "list").splitlines()
    saved = [git(pair.tree, "show", f"stash@{{{number}}}:many/3/61") for number in range(len(stashes))]
    assert "by hand" in saved
    await source.check_out(before, label="3", save=True)
    assert pair.read("kept") == "untracked"
    assert git(pair.tree, "status", "--porcelain") == "?? kept"


def start_checkout(pair: Pair, sha: str) -> subprocess.Popen[bytes]:
    script = (
        "import asyncio, sys\n"
        "from kgo_tui.adapters.git import GitSource\n"
        "asyncio.run(GitSource(sys.argv[1]).check_out(sys.argv[2], label='2', save=True))"
    )
    return subprocess.Popen([sys.executable, "-c", script, str(pair.tree), sha], start_new_session=True)


def kill_group_soon(process: subprocess.Popen[bytes], delay_s: float) -> None:
    """Kill the worker and, as a control group would, the git that it has started."""
    time.sleep(delay_s)
    children = Path(f"/proc/{process.pid}/task").glob("*/children")
    try:
        pids = [int(pid) for child in children for pid in child.read_text().split()]
    except OSError:
        pids = []
    process.kill()
    for pid in pids:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue
    process.wait()


async def test_change_made_by_hand_after_a_crash_is_told_from_debris(pair: Pair) -> None:
    before = pair.deliver(dict(BIG), "many")
    after = pair.deliver({**OTHER, **MORE}, "changed")
    source = pair.source()
    await source.check_out(before, label="1", save=False)
    git(pair.tree, "update-ref", argv.INTENT, after)
    (pair.tree / "many/1/31").write_text(OTHER["many/1/31"][:57])
    (pair.tree / "many/1/32").write_text("by hand")
    (pair.tree / "added").mkdir()
    (pair.tree / "added/1").write_text(MORE["added/1"][:9])
    (pair.tree / "added/2").write_text("mine")
    with pytest.raises(LocalChanges) as caught:
        await source.check_out(before, label="2", save=False)
    assert caught.value.paths == ("many/1/32",)
    await source.check_out(before, label="2", save=True)
    pair.assert_is_at(before)
    assert git(pair.tree, "show", "stash@{0}:many/1/32") == "by hand"
    assert git(pair.tree, "status", "--porcelain") == "?? added/"
    assert [path.name for path in (pair.tree / "added").iterdir()] == ["2"]


LOCKS = ["index", "HEAD", "refs/heads/main", "refs/stash", "packed-refs", "refs/kgo-tui/checkout"]


async def test_every_lock_that_a_killed_git_may_leave(pair: Pair) -> None:
    new = pair.deliver({"compose.yml": "two\n"})
    git(pair.tree, "pack-refs", "--all")
    (pair.tree / "conf/a").write_text("by hand")
    for name in LOCKS:
        lock = pair.tree / f".git/{name}.lock"
        lock.parent.mkdir(exist_ok=True)
        lock.write_text("half")
    await pair.source().check_out(new, label="1", save=True)
    pair.assert_is_at(new)
    assert git(pair.tree, "show", "stash@{0}:conf/a") == "by hand"
    assert list((pair.tree / ".git").rglob("*.lock")) == []


@contextmanager
def held_for(lock: Path, seconds: float) -> Iterator[None]:
    """The lock is there, and a process has it open, for that long."""
    lock.write_text("")
    with lock.open() as open_lock:
        os.set_inheritable(open_lock.fileno(), True)  # noqa: FBT003 - its only parameter
        holder = subprocess.Popen(["sh", "-c", f"sleep {seconds}; rm {lock}"], close_fds=False)
    with holder:
        yield


async def test_waits_for_a_git_that_works_there_now(pair: Pair) -> None:
    new = pair.deliver({"compose.yml": "two\n"})
    with held_for(pair.tree / ".git/index.lock", 0.6):
        started = time.monotonic()
        await pair.source().check_out(new, label="1", save=False)
        assert time.monotonic() - started > 0.4
    pair.assert_is_at(new)


@contextmanager
def small_disk(size: str) -> Iterator[Path]:
    with open_directory() as top:
        disk = top / "disk"
        disk.mkdir()
        mount = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(disk)]
        if subprocess.run(mount, capture_output=True, check=False).returncode:
            pytest.skip("only root can make a small disk")
        try:
            yield disk
        finally:
            subprocess.run(["umount", str(disk)], check=True)


async def test_full_disk_is_told_and_survived(pair: Pair) -> None:
    zeros, noise = "0" * 8_000_000, random.Random(1).randbytes(6_000_000).hex()  # noqa: S311 - as above
    with small_disk("4m") as disk:
        git(disk, "clone", "-q", str(pair.remote), "tree")
        pair.tree = disk / "tree"
        source = pair.source()
        big = pair.commit({"big": zeros, "compose.yml": "two\n"})
        pair.push()
        await source.fetch()
        with pytest.raises(SourceError, match="no space is left"):
            await source.check_out(big, label="1", save=False)
        await source.check_out(pair.first, label="2", save=False)
        pair.assert_is_at(pair.first)
        assert not (pair.tree / "big").exists()
        pair.commit({"noise": noise})
        pair.push()
        with pytest.raises(SourceError, match="no space is left"):
            await source.fetch()
        assert (await source.view(None)).local is not None
