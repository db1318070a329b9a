"""Workers side by side do not share a Compose project."""

from __future__ import annotations

from pathlib import Path

import pytest

from kgo_tui.unit import beside, found
from kgo_tui.unit.found import Found
from kgo_tui.unit.places import Places


@pytest.fixture
def places(tmp_path: Path) -> Places:
    return Places(
        unit="koprogo-gitops@dev.2.service",
        instance="dev.2",
        user=False,
        units=tmp_path / "systemd",
        config_dir=tmp_path / "etc",
        state=tmp_path / "var",
        runtime=None,
        catalogs=None,
    )


def clone(top: Path, text: str = "services: {}\n") -> Found:
    folder = top / "deploy/production"
    folder.mkdir(parents=True)
    (top / ".git").mkdir()
    (folder / "docker-compose.yml").write_text(text)
    return found.look(top, "")


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("services: {}\n", "production"),
        ("name: 'shop' # ours\nservices: {}\n", "shop"),
        ("x:\n  name: no\n", "production"),
    ],
)
def test_the_name_that_compose_would_take(tmp_path: Path, text: str, name: str) -> None:
    clone(tmp_path / "clone", text)
    assert beside.project_name(tmp_path / "clone/deploy/production") == name


def test_letters_that_compose_does_not_allow() -> None:
    assert beside.project_name(Path("/srv/_My App.2")) == "myapp2"


def test_the_usual_name_is_left_alone_while_it_is_free(tmp_path: Path, places: Places) -> None:
    assert beside.own_project(places, clone(tmp_path / "dev")) is None


def test_a_second_worker_of_the_same_project_gets_a_name_of_its_own(tmp_path: Path, places: Places) -> None:
    first = clone(tmp_path / "first")
    (tmp_path / "etc").mkdir()
    text = f'[repository]\npath = "{first.repository}"\n[compose]\ndirectory = "deploy/production"\n'
    (tmp_path / "etc/config.toml").write_text(text)
    (tmp_path / "etc/broken.toml").write_text("[repository")
    assert beside.own_project(places, clone(tmp_path / "dev")) == "production-dev-2"
    (tmp_path / "etc/config.toml").write_text(f"{text}project = 'koprogo'\n")
    assert beside.own_project(places, found.look(tmp_path / "dev", "")) is None
