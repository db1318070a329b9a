"""Checking out loses nothing that people made, and converges from wherever it starts."""

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

from kgo_tui.adapters.git import argv, command
from kgo_tui.core.errors import LocalChanges, SourceError, UnknownCommit, UntrackedInTheWay
from tests.adapters.git_pair import CLEAN_ENV, Pair, git


@pytest.fixture
def pair(tmp_path: Path) -> Pair:
    return Pair(tmp_path)


def read(pair: Pair, name: str) -> str:
    return (pair.tree / name).read_text()


def assert_is_at(pair: Pair, sha: str, branch: str = "main") -> None:
    assert pair.head() == sha
    assert git(pair.tree, "symbolic-ref", "HEAD") == f"refs/heads/{branch}"
    assert git(pair.tree, "status", "--porcelain", "--untracked-files=no") == ""
    assert git(pair.tree, "for-each-ref", "refs/kgo-tui/") == ""


async def test_there_and_back(pair: Pair) -> None:
    new = pair.deliver({"compose.yml": "two\n", "conf/a": None, "new/deep/file": "x"})
    source = pair.source()
    (pair.tree / ".env").write_text("SECRET=1")
    for _ in range(2):
        assert await source.check_out(new, label="1", save=False) == ()
        assert_is_at(pair, new)
        assert (read(pair, "compose.yml"), read(pair, "new/deep/file")) == ("two\n", "x")
        assert not (pair.tree / "conf/a").exists()
        assert await source.check_out(pair.first, label="2", save=False) == ()
        assert_is_at(pair, pair.first)
        assert not (pair.tree / "new").exists()
    assert read(pair, ".env") == "SECRET=1"


async def test_nothing_to_do_writes_nothing(pair: Pair) -> None:
    source = pair.source()
    reflog = pair.tree / ".git/logs/HEAD"
    before = reflog.read_text()
    assert await source.check_out(pair.first, label="1", save=True) == ()
    assert reflog.read_text() == before


async def test_unknown_commit(pair: Pair) -> None:
    for sha in ("f" * 40, "main", "--force"):
        with pytest.raises(UnknownCommit):
            await pair.source().check_out(sha, label="1", save=True)


async def test_hand_made_changes_are_refused_and_untouched(pair: Pair) -> None:
    new = pair.deliver({"compose.yml": "two\n"})
    (pair.tree / "compose.yml").write_text("by hand")
    (pair.tree / "conf/a").unlink()
    (pair.tree / "staged").write_text("staged")
    git(pair.tree, "add", "staged")
    with pytest.raises(LocalChanges) as caught:
        await pair.source().check_out(new, label="1", save=False)
    assert caught.value.paths == ("compose.yml", "conf/a", "staged")
    assert (pair.head(), read(pair, "compose.yml"), read(pair, "staged")) == (pair.first, "by hand", "staged")
    assert not (pair.tree / "conf/a").exists()


async def test_hand_made_changes_are_saved_where_git_stash_list_shows_them(pair: Pair) -> None:
    new = pair.deliver({"compose.yml": "two\n"})
    (pair.tree / "compose.yml").write_text("by hand")
    (pair.tree / "staged").write_text("staged")
    git(pair.tree, "add", "staged")
    said = await pair.source().check_out(new, label="deployment 7", save=True)
    assert_is_at(pair, new)
    assert git(pair.tree, "stash", "list") == "stash@{0}: kgo-tui deployment-7"
    assert git(pair.tree, "show", "stash@{0}:compose.yml") == "by hand"
    assert git(pair.tree, "show", "stash@{0}:staged") == "staged"
    assert said == ("files changed by hand are saved: git stash list (kgo-tui deployment-7)",)


async def test_a_merge_left_in_conflict_is_saved(pair: Pair) -> None:
    git(pair.tree, "switch", "-q", "-c", "side")
    (pair.tree / "compose.yml").write_text("side\n")
    git(pair.tree, "commit", "-q", "-a", "-m", "side")
    new = pair.deliver({"compose.yml": "two\n"})
    with pytest.raises(subprocess.CalledProcessError):
        git(pair.tree, "merge", "origin/main")
    assert "<<<<<<<" in read(pair, "compose.yml")
    with pytest.raises(LocalChanges):
        await pair.source().check_out(new, label="1", save=False)
    await pair.source().check_out(new, label="1", save=True)
    assert_is_at(pair, new)
    assert "<<<<<<<" in git(pair.tree, "show", "stash@{0}:compose.yml")


async def test_changes_that_git_was_told_to_overlook_are_saved_too(pair: Pair) -> None:
    new = pair.deliver({"compose.yml": "two\n"})
    git(pair.tree, "update-index", "--assume-unchanged", "conf/a")
    (pair.tree / "conf/a").write_text("overlooked")
    (pair.tree / "compose.yml").write_text("by hand")
    await pair.source().check_out(new, label="1", save=True)
    assert_is_at(pair, new)
    assert git(pair.tree, "show", "stash@{0}:conf/a") == "overlooked"


@pytest.mark.parametrize("flag", ["--assume-unchanged", "--skip-worktree"])
async def test_a_change_hidden_from_git_is_never_overwritten(pair: Pair, flag: str) -> None:
    new = pair.deliver({"compose.yml": "two\n"})
    git(pair.tree, "update-index", flag, "compose.yml")
    (pair.tree / "compose.yml").write_text("hidden")
    with pytest.raises(LocalChanges):
        await pair.source().check_out(new, label="1", save=False)
    assert read(pair, "compose.yml") == "hidden"


@pytest.mark.parametrize("ignored", [False, True])
async def test_untracked_file_where_the_commit_puts_its_own(pair: Pair, ignored: bool) -> None:  # noqa: FBT001
    if ignored:
        (pair.tree / ".git/info/exclude").write_text(".env\n")
    new = pair.deliver({".env": "tracked now", "compose.yml": "two\n"})
    (pair.tree / ".env").write_text("SECRET=1")
    source = pair.source()
    with pytest.raises(UntrackedInTheWay) as caught:
        await source.check_out(new, label="7", save=False)
    assert caught.value.paths == (".env",)
    assert (pair.head(), read(pair, ".env"), read(pair, "compose.yml")) == (pair.first, "SECRET=1", "one\n")

    said = await source.check_out(new, label="7", save=True)
    assert said == ("moved out of the way: .env is in .git/kgo-tui-saved/7",)
    assert_is_at(pair, new)
    assert read(pair, ".env") == "tracked now"
    assert read(pair, ".git/kgo-tui-saved/7/.env") == "SECRET=1"

    assert await source.check_out(pair.first, label="8", save=True) == ("put back: .env",)
    assert read(pair, ".env") == "SECRET=1"


async def test_untracked_file_with_the_same_content_is_accepted_and_outlives_going_back(pair: Pair) -> None:
    new = pair.deliver({".env": "SAME=1"})
    (pair.tree / ".env").write_text("SAME=1")
    source = pair.source()
    assert await source.check_out(new, label="7", save=False) == ()
    assert_is_at(pair, new)
    await source.check_out(pair.first, label="8", save=False)
    assert read(pair, ".env") == "SAME=1"
    assert git(pair.tree, "status", "--porcelain") == "?? .env"


async def test_untracked_directory_where_the_commit_has_a_file(pair: Pair) -> None:
    new = pair.deliver({"data": "a file"})
    (pair.tree / "data/deep").mkdir(parents=True)
    (pair.tree / "data/deep/table").write_text("rows")
    (pair.tree / "data/link").symlink_to("/nonexistent")
    source = pair.source()
    with pytest.raises(UntrackedInTheWay) as caught:
        await source.check_out(new, label="7", save=False)
    assert sorted(caught.value.paths) == ["data/deep/table", "data/link"]
    await source.check_out(new, label="7", save=True)
    assert read(pair, "data") == "a file"
    await source.check_out(pair.first, label="8", save=True)
    assert read(pair, "data/deep/table") == "rows"
    assert (pair.tree / "data/link").is_symlink()


async def test_untracked_file_or_link_where_the_commit_has_a_directory(pair: Pair, tmp_path: Path) -> None:
    new = pair.deliver({"one/x": "x", "two/x": "x"})
    outside = tmp_path / "outside"
    outside.mkdir()
    (pair.tree / "one").write_text("file")
    (pair.tree / "two").symlink_to(outside)
    source = pair.source()
    with pytest.raises(UntrackedInTheWay) as caught:
        await source.check_out(new, label="7", save=False)
    assert caught.value.paths == ("one", "two")
    await source.check_out(new, label="7", save=True)
    assert read(pair, "two/x") == "x"
    assert not any(outside.iterdir())
    await source.check_out(pair.first, label="8", save=True)
    assert read(pair, "one") == "file"
    assert (pair.tree / "two").is_symlink()


async def test_empty_directory_that_docker_made_for_a_missing_file(pair: Pair) -> None:
    new = pair.deliver({"nginx.conf": "new"})
    (pair.tree / "nginx.conf").mkdir()
    await pair.source().check_out(new, label="7", save=False)
    assert read(pair, "nginx.conf") == "new"
    (pair.tree / "nginx.conf").unlink()
    (pair.tree / "nginx.conf").mkdir()
    await pair.source().check_out(new, label="8", save=True)
    assert read(pair, "nginx.conf") == "new"


async def test_tracked_file_replaced_by_a_directory_with_data(pair: Pair) -> None:
    new = pair.deliver({"compose.yml": "two\n"})
    (pair.tree / "conf/a").unlink()
    (pair.tree / "conf/a").mkdir()
    (pair.tree / "conf/a/data").write_text("precious")
    await pair.source().check_out(new, label="7", save=True)
    assert_is_at(pair, new)
    assert read(pair, ".git/kgo-tui-saved/7/conf/a/data") == "precious"


async def test_file_that_was_taken_out_of_the_index_and_edited(pair: Pair) -> None:
    new = pair.deliver({"compose.yml": "two\n"})
    git(pair.tree, "rm", "-q", "--cached", "conf/a")
    (pair.tree / "conf/a").write_text("mine now")
    await pair.source().check_out(new, label="7", save=True)
    assert_is_at(pair, new)
    assert read(pair, ".git/kgo-tui-saved/7/conf/a") == "mine now"


async def test_the_same_place_saved_twice_keeps_both(pair: Pair) -> None:
    new = pair.deliver({"x": "tracked"})
    source = pair.source()
    (pair.tree / "x").write_text("first")
    await source.check_out(new, label="7", save=True)
    (pair.tree / ".git/kgo-tui-saved/7").rename(pair.tree / ".git/elsewhere")
    await source.check_out(pair.first, label="8", save=True)
    (pair.tree / ".git/elsewhere").rename(pair.tree / ".git/kgo-tui-saved/7")
    (pair.tree / "x").write_text("second")
    await source.check_out(new, label="7", save=True)
    saved = sorted(path.read_text() for path in (pair.tree / ".git/kgo-tui-saved").rglob("x"))
    assert saved == ["first", "second"]


async def test_awkward_names(pair: Pair) -> None:
    names = ["-rf", '"quoted"', "new\nline", "é ü", "tab\there", "a\\b", ":(top)x", "*"]
    new = pair.deliver(dict.fromkeys(names, "tracked"))
    for name in names[:4]:
        (pair.tree / name).write_text("tracked")
    for name in names[4:]:
        (pair.tree / name).write_text("mine")
    source = pair.source()
    with pytest.raises(UntrackedInTheWay) as caught:
        await source.check_out(new, label="7", save=False)
    assert len(caught.value.paths) == 4
    await source.check_out(new, label="7", save=True)
    assert_is_at(pair, new)
    await source.check_out(pair.first, label="8", save=True)
    assert [read(pair, name) for name in names] == ["tracked"] * 4 + ["mine"] * 4


async def test_another_branch_was_checked_out(pair: Pair) -> None:
    git(pair.upstream, "switch", "-q", "-c", "staging")
    new = pair.commit({"compose.yml": "staging\n"})
    git(pair.upstream, "push", "-q", "origin", "staging")
    source = pair.source(branch="staging")
    await source.fetch()
    await source.check_out(new, label="1", save=False)
    assert_is_at(pair, new, "staging")
    assert git(pair.tree, "rev-parse", "main") == pair.first


async def test_commits_made_here_are_kept_on_a_branch(pair: Pair) -> None:
    (pair.tree / "compose.yml").write_text("local\n")
    git(pair.tree, "commit", "-q", "-a", "-m", "made here")
    mine = pair.head()
    new = pair.deliver({"compose.yml": "two\n"})
    source = pair.source()
    [said] = await source.check_out(new, label="deployment 7", save=False)
    branch = f"kgo-tui-saved/deployment-7-{mine[:7]}"
    assert branch in said
    assert git(pair.tree, "rev-parse", branch) == mine
    await source.check_out(mine, label="8", save=False)
    assert await source.check_out(new, label="9", save=False) == ()  # still kept, not once more


async def test_going_back_and_forth_on_the_remote_branch_makes_no_branches(pair: Pair) -> None:
    new = pair.deliver({"compose.yml": "two\n"})
    source = pair.source()
    await source.check_out(new, label="1", save=False)
    await source.check_out(pair.first, label="2", save=False)
    git(pair.tree, "checkout", "-q", "--detach", new)
    await source.check_out(pair.first, label="3", save=False)
    assert_is_at(pair, pair.first)
    assert git(pair.tree, "for-each-ref", "refs/heads/kgo-tui-saved/") == ""


async def test_repository_without_a_first_commit(pair: Pair, tmp_path: Path) -> None:
    pair.tree = tmp_path / "fresh"
    git(tmp_path, "init", "-q", "-b", "main", "fresh")
    git(pair.tree, "remote", "add", "origin", str(pair.remote))
    (pair.tree / "compose.yml").write_text("mine")
    git(pair.tree, "add", "compose.yml")
    source = pair.source()
    await source.fetch()
    with pytest.raises(LocalChanges):
        await source.check_out(pair.first, label="7", save=False)
    await source.check_out(pair.first, label="7", save=True)
    assert_is_at(pair, pair.first)
    assert read(pair, ".git/kgo-tui-saved/7/compose.yml") == "mine"


@pytest.mark.parametrize("damage", [b"", b"DIRC", b"garbage" * 50])
async def test_damaged_index(pair: Pair, damage: bytes) -> None:
    new = pair.deliver({"compose.yml": "two\n"})
    (pair.tree / ".git/index").write_bytes(damage)
    (pair.tree / "conf/a").write_text("by hand")
    with pytest.raises((SourceError, LocalChanges)):
        await pair.source().check_out(new, label="7", save=False)
    await pair.source().check_out(new, label="7", save=True)
    assert_is_at(pair, new)
    assert git(pair.tree, "show", "stash@{0}:conf/a") == "by hand"


async def test_linked_work_tree(pair: Pair, tmp_path: Path) -> None:
    linked = tmp_path / "linked"
    git(pair.tree, "worktree", "add", "-q", "-b", "side", str(linked))
    new = pair.deliver({".env": "tracked"})
    (linked / ".env").write_text("mine")
    pair.tree = linked
    source = pair.source(branch="side")
    await source.check_out(new, label="7", save=True)
    assert_is_at(pair, new, "side")
    lock = Path(git(linked, "rev-parse", "--absolute-git-dir")) / "index.lock"
    lock.write_text("")
    await source.check_out(pair.first, label="9", save=True)
    assert read(pair, ".env") == "mine"


async def test_checkout_that_does_not_take_is_told(pair: Pair) -> None:
    git(pair.tree, "config", "filter.liar.smudge", "cat")
    git(pair.tree, "config", "filter.liar.clean", "sed s/two/three/")
    new = pair.deliver({".gitattributes": "compose.yml filter=liar\n", "compose.yml": "two\n"})
    with pytest.raises(SourceError, match=r"compose\.yml"):
        await pair.source().check_out(new, label="7", save=True)


@pytest.mark.parametrize("ignored", [False, True])
async def test_a_file_made_while_we_look_is_not_overwritten(
    pair: Pair,
    monkeypatch: pytest.MonkeyPatch,
    ignored: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    (pair.tree / ".git/info/exclude").write_text("x\n" if ignored else "")
    new = pair.deliver({"x": "tracked"})
    spawn = command.spawn

    def late(words: list[str], *rest: object) -> object:
        if "checkout" in words:
            (pair.tree / "x").write_text("just made")
        return spawn(words, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(command, "spawn", late)
    with pytest.raises(UntrackedInTheWay):
        await pair.source().check_out(new, label="7", save=True)
    assert read(pair, "x") == "just made"


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
    assert_is_at(pair, target)
    assert git(pair.tree, "status", "--porcelain").splitlines() == ["?? .env", "?? many/mine"]
    assert (read(pair, ".env"), read(pair, "many/mine")) == ("SECRET=1", "untracked")
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
    assert_is_at(pair, after)
    stashes = git(pair.tree, "stash", "list").splitlines()
    saved = [git(pair.tree, "show", f"stash@{{{number}}}:many/3/61") for number in range(len(stashes))]
    assert "by hand" in saved
    await source.check_out(before, label="3", save=True)
    assert read(pair, "kept") == "untracked"
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
    assert_is_at(pair, before)
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
    assert_is_at(pair, new)
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
    assert_is_at(pair, new)
