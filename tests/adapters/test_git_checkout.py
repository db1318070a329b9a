"""Checking out a commit: what is refused, what is saved, where it ends."""

import subprocess
from pathlib import Path

import pytest

from kgo_tui.core.errors import LocalChanges, SourceError, UnknownCommit
from tests.adapters.git_pair import Pair, git


@pytest.fixture
def pair(tmp_path: Path) -> Pair:
    return Pair(tmp_path)


async def test_there_and_back(pair: Pair) -> None:
    new = pair.deliver({"compose.yml": "two\n", "conf/a": None, "new/deep/file": "x"})
    source = pair.source()
    (pair.tree / ".env").write_text("SECRET=1")
    for _ in range(2):
        assert await source.check_out(new, label="1", save=False) == ()
        pair.assert_is_at(new)
        assert (pair.read("compose.yml"), pair.read("new/deep/file")) == ("two\n", "x")
        assert not (pair.tree / "conf/a").exists()
        assert await source.check_out(pair.first, label="2", save=False) == ()
        pair.assert_is_at(pair.first)
        assert not (pair.tree / "new").exists()
    assert pair.read(".env") == "SECRET=1"


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
    assert (pair.head(), pair.read("compose.yml"), pair.read("staged")) == (pair.first, "by hand", "staged")
    assert not (pair.tree / "conf/a").exists()


async def test_hand_made_changes_are_saved_where_git_stash_list_shows_them(pair: Pair) -> None:
    new = pair.deliver({"compose.yml": "two\n"})
    (pair.tree / "compose.yml").write_text("by hand")
    (pair.tree / "staged").write_text("staged")
    git(pair.tree, "add", "staged")
    said = await pair.source().check_out(new, label="deployment 7", save=True)
    pair.assert_is_at(new)
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
    assert "<<<<<<<" in pair.read("compose.yml")
    with pytest.raises(LocalChanges):
        await pair.source().check_out(new, label="1", save=False)
    await pair.source().check_out(new, label="1", save=True)
    pair.assert_is_at(new)
    assert "<<<<<<<" in git(pair.tree, "show", "stash@{0}:compose.yml")


async def test_changes_that_git_was_told_to_overlook_are_saved_too(pair: Pair) -> None:
    new = pair.deliver({"compose.yml": "two\n"})
    git(pair.tree, "update-index", "--assume-unchanged", "conf/a")
    (pair.tree / "conf/a").write_text("overlooked")
    (pair.tree / "compose.yml").write_text("by hand")
    await pair.source().check_out(new, label="1", save=True)
    pair.assert_is_at(new)
    assert git(pair.tree, "show", "stash@{0}:conf/a") == "overlooked"


@pytest.mark.parametrize("flag", ["--assume-unchanged", "--skip-worktree"])
async def test_a_change_hidden_from_git_is_never_overwritten(pair: Pair, flag: str) -> None:
    new = pair.deliver({"compose.yml": "two\n"})
    git(pair.tree, "update-index", flag, "compose.yml")
    (pair.tree / "compose.yml").write_text("hidden")
    with pytest.raises(LocalChanges):
        await pair.source().check_out(new, label="1", save=False)
    assert pair.read("compose.yml") == "hidden"


async def test_another_branch_was_checked_out(pair: Pair) -> None:
    git(pair.upstream, "switch", "-q", "-c", "staging")
    new = pair.commit({"compose.yml": "staging\n"})
    git(pair.upstream, "push", "-q", "origin", "staging")
    source = pair.source(branch="staging")
    await source.fetch()
    await source.check_out(new, label="1", save=False)
    pair.assert_is_at(new, "staging")
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
    pair.assert_is_at(pair.first)
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
    pair.assert_is_at(pair.first)
    assert pair.read(".git/kgo-tui-saved/7/compose.yml") == "mine"


async def test_linked_work_tree(pair: Pair, tmp_path: Path) -> None:
    linked = tmp_path / "linked"
    git(pair.tree, "worktree", "add", "-q", "-b", "side", str(linked))
    new = pair.deliver({".env": "tracked"})
    (linked / ".env").write_text("mine")
    pair.tree = linked
    source = pair.source(branch="side")
    await source.check_out(new, label="7", save=True)
    pair.assert_is_at(new, "side")
    lock = Path(git(linked, "rev-parse", "--absolute-git-dir")) / "index.lock"
    lock.write_text("")
    await source.check_out(pair.first, label="9", save=True)
    assert pair.read(".env") == "mine"


async def test_checkout_that_does_not_take_is_told(pair: Pair) -> None:
    git(pair.tree, "config", "filter.liar.smudge", "cat")
    git(pair.tree, "config", "filter.liar.clean", "sed s/two/three/")
    new = pair.deliver({".gitattributes": "compose.yml filter=liar\n", "compose.yml": "two\n"})
    with pytest.raises(SourceError, match=r"compose\.yml"):
        await pair.source().check_out(new, label="7", save=True)
