"""What boxes are made from is made once, whole or not at all, and outlives the engine that runs them."""

from __future__ import annotations

import subprocess
import tarfile
from pathlib import Path

import pytest

from kgo_tui.demo.engine import DockerEngine
from kgo_tui.demo.parts import LabError, Parts
from kgo_tui.demo.slots import claim
from tests.lab.box import cache
from tests.lab.box.wheels import build_wheel, dependencies, wheelhouse


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A lab's cache of the test's own."""
    monkeypatch.setenv("KGO_LAB_HOME", str(tmp_path))
    return tmp_path / "box"


def test_what_is_kept_is_made_once_and_again_when_its_key_changes(home: Path) -> None:
    made: list[str] = []

    def make(draft: Path) -> None:
        made.append(draft.name)
        draft.write_text("whole")

    first = cache.made("thing", "1", make)
    assert cache.made("thing", "1", make) == first
    assert len(made) == 1
    other = cache.made("other", "1", make)
    second = cache.made("thing", "2", make)
    assert second.read_text() == "whole"
    assert not first.exists(), "nobody needs the older one any more"
    assert other.exists()


def test_what_could_not_be_made_leaves_nothing_and_is_tried_again(home: Path) -> None:
    def succeed(draft: Path) -> None:
        draft.write_text("whole")

    def fail(draft: Path) -> None:
        draft.write_text("half")
        raise LabError("no space left")

    with pytest.raises(LabError, match="no space left"):
        cache.made("thing", "1", fail)
    assert [path.name for path in home.iterdir()] == ["thing.lock"]
    assert cache.made("thing", "1", succeed).read_text() == "whole"


def test_while_another_process_makes_it_nobody_else_does(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    held = claim(home / "thing.lock")
    assert held is not None
    monkeypatch.setattr(cache, "WAIT_S", 0.1)
    with pytest.raises(LabError, match="another process"):
        cache.made("thing", "1", lambda draft: pytest.fail(f"{draft} was made"))
    held.release()
    assert cache.made("thing", "1", Path.touch).exists()


def test_the_engine_keeps_the_labelled_images_and_nothing_else(
    lab: Parts, engine_home: Path, tmp_path: Path
) -> None:
    archive = tmp_path / "root.tar"
    with tarfile.open(archive, "w") as empty:
        empty.addfile(tarfile.TarInfo("file"))
    for _ in range(2):  # as its start and its end clear it, the second run finds what the first one kept
        with DockerEngine(engine_home, keep="kept", parts=lab) as engine:
            tags = {tag for image in engine.get("/images/json") for tag in image["RepoTags"] or []}
            assert tags in (set(), {"kept:1"})
            _import(lab, engine, archive, "LABEL kept=yes", "kept:1")
            _import(lab, engine, archive, "LABEL kept=", "emptied:1")
            _import(lab, engine, archive, "LABEL other=yes", "other:1")
    assert tags == {"kept:1"}


def _import(lab: Parts, engine: DockerEngine, archive: Path, change: str, tag: str) -> None:
    argv = [lab.need("docker"), "--host", engine.host, "import", "--change", change, str(archive), tag]
    subprocess.run(argv, check=True, capture_output=True, timeout=30)


def test_the_wheels_are_there_for_every_dependency_and_the_python_of_the_box() -> None:
    names = [path.name for path in wheelhouse().iterdir()]
    assert all(name.endswith(("none-any.whl", "_x86_64.whl", "_aarch64.whl")) for name in names)
    have = {name.split("-")[0].lower().replace("_", "-") for name in names}
    wanted = {entry.split(">")[0].strip().lower() for entry in dependencies()}
    assert wanted <= have


def test_the_wheel_is_the_checkouts_own(tmp_path: Path) -> None:
    assert build_wheel(tmp_path / "new").name.startswith("kgo_tui-")
    with pytest.raises(LabError, match="hatchling"):
        build_wheel(tmp_path / "none", checkout=tmp_path)
