"""Untracked files where a commit puts its own are never lost, and come back."""

from pathlib import Path

import pytest

from kgo_tui.adapters.git import command
from kgo_tui.core.errors import UntrackedInTheWay
from tests.adapters.git_pair import Pair, git


@pytest.fixture
def pair(tmp_path: Path) -> Pair:
    return Pair(tmp_path)


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
    assert (pair.head(), pair.read(".env"), pair.read("compose.yml")) == (pair.first, "SECRET=1", "one\n")

    said = await source.check_out(new, label="7", save=True)
    assert said == ("moved out of the way: .env is in .git/kgo-tui-saved/7",)
    pair.assert_is_at(new)
    assert pair.read(".env") == "tracked now"
    assert pair.read(".git/kgo-tui-saved/7/.env") == "SECRET=1"

    assert await source.check_out(pair.first, label="8", save=True) == ("put back: .env",)
    assert pair.read(".env") == "SECRET=1"


async def test_untracked_file_with_the_same_content_is_accepted_and_outlives_going_back(pair: Pair) -> None:
    new = pair.deliver({".env": "SAME=1"})
    (pair.tree / ".env").write_text("SAME=1")
    source = pair.source()
    assert await source.check_out(new, label="7", save=False) == ()
    pair.assert_is_at(new)
    await source.check_out(pair.first, label="8", save=False)
    assert pair.read(".env") == "SAME=1"
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
    assert pair.read("data") == "a file"
    await source.check_out(pair.first, label="8", save=True)
    assert pair.read("data/deep/table") == "rows"
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
    assert pair.read("two/x") == "x"
    assert not any(outside.iterdir())
    await source.check_out(pair.first, label="8", save=True)
    assert pair.read("one") == "file"
    assert (pair.tree / "two").is_symlink()


async def test_empty_directory_that_docker_made_for_a_missing_file(pair: Pair) -> None:
    new = pair.deliver({"nginx.conf": "new"})
    (pair.tree / "nginx.conf").mkdir()
    await pair.source().check_out(new, label="7", save=False)
    assert pair.read("nginx.conf") == "new"
    (pair.tree / "nginx.conf").unlink()
    (pair.tree / "nginx.conf").mkdir()
    await pair.source().check_out(new, label="8", save=True)
    assert pair.read("nginx.conf") == "new"


async def test_tracked_file_replaced_by_a_directory_with_data(pair: Pair) -> None:
    new = pair.deliver({"compose.yml": "two\n"})
    (pair.tree / "conf/a").unlink()
    (pair.tree / "conf/a").mkdir()
    (pair.tree / "conf/a/data").write_text("precious")
    await pair.source().check_out(new, label="7", save=True)
    pair.assert_is_at(new)
    assert pair.read(".git/kgo-tui-saved/7/conf/a/data") == "precious"


async def test_file_that_was_taken_out_of_the_index_and_edited(pair: Pair) -> None:
    new = pair.deliver({"compose.yml": "two\n"})
    git(pair.tree, "rm", "-q", "--cached", "conf/a")
    (pair.tree / "conf/a").write_text("mine now")
    await pair.source().check_out(new, label="7", save=True)
    pair.assert_is_at(new)
    assert pair.read(".git/kgo-tui-saved/7/conf/a") == "mine now"


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
    pair.assert_is_at(new)
    await source.check_out(pair.first, label="8", save=True)
    assert [pair.read(name) for name in names] == ["tracked"] * 4 + ["mine"] * 4


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
    assert pair.read("x") == "just made"
