"""What can be found out in a real clone, and the choice that is asked for where it cannot."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from kgo_tui.core.errors import UsageError
from kgo_tui.unit import found, project, tree
from kgo_tui.unit.former import Former
from kgo_tui.unit.found import Asked
from kgo_tui.unit.script import Script


def git(at: Path, *words: str) -> None:
    subprocess.run(["git", "-C", str(at), *words], check=True, capture_output=True, timeout=30)


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A clone at a usual place, with the project where the runbook has it."""
    top = tmp_path / "home/koprogo/koprogo"
    top.mkdir(parents=True)
    git(top, "init", "--quiet", "--initial-branch=main")
    git(top, "remote", "add", "origin", "https://example.org/koprogo.git")
    write(top, "deploy/production/docker-compose.yml", "services: {}\n")
    write(top, "deploy/production/.env", "DOMAIN=example.org\n")
    return top


def write(top: Path, name: str, text: str = "") -> None:
    (top / name).parent.mkdir(parents=True, exist_ok=True)
    (top / name).write_text(text)


def settings(top: Path, asked: Asked = Asked(), former: Former = Former()) -> dict[str, object]:  # noqa: B008
    return found.settings(found.clear(found.look(top, "", asked, former)))


def test_the_runbooks_host_needs_nothing_but_its_place(clone: Path) -> None:
    assert settings(clone) == {"repository.path": str(clone), "compose.directory": "deploy/production"}


def test_the_script_and_the_unit_before_are_believed(clone: Path) -> None:
    write(clone, "deploy/production/docker-compose.prod.yml")
    write(clone, "deploy/staging/docker-compose.yml")
    url = "https://staging.${DOMAIN}/health"
    told = Script(branch="staging", directories=(str(clone), f"{clone}/deploy/staging"), health_url=url)
    write(clone, "deploy/staging/.env", "DOMAIN=example.org\n")
    assert settings(clone, former=Former(script=told, interval_s=60.0)) == {
        "repository.path": str(clone),
        "repository.branch": "staging",
        "compose.directory": "deploy/staging",
        "health.urls": [url],
        "monitor.interval": 60.0,
    }


def test_what_is_asked_for_comes_first(clone: Path) -> None:
    write(clone, "other/stack.yml")
    asked = Asked(branch="dev", directory="other", files=("stack.yml",))
    given = settings(clone, asked, Former(script=Script(branch="staging")))
    assert (given["repository.branch"], given["compose.directory"], given["compose.files"]) == (
        *("dev", "other", ["stack.yml"]),
    )


def test_without_a_domain_no_url_is_asked(clone: Path) -> None:
    write(clone, "deploy/production/.env", "DOMAIN=\n")
    assert settings(clone)["health.urls"] == []
    old = Former(domain="example.org")
    assert settings(clone, former=old)["health.urls"] == ["https://api.example.org/api/v1/health"]


def test_the_branch_that_is_checked_out(clone: Path) -> None:
    git(clone, "checkout", "--quiet", "-b", "release/2")
    assert settings(clone)["repository.branch"] == "release/2"
    git(clone, "-c", "user.name=a", "-c", "user.email=a@b", "commit", "--quiet", "--allow-empty", "-m", "x")
    git(clone, "checkout", "--quiet", "--detach")
    assert tree.branch(clone) is None


def test_a_linked_work_tree_writes_to_its_origin_too(clone: Path, tmp_path: Path) -> None:
    git(clone, "-c", "user.name=a", "-c", "user.email=a@b", "commit", "--quiet", "--allow-empty", "-m", "x")
    git(clone, "worktree", "add", "--quiet", "-b", "dev", str(tmp_path / "dev"))
    assert tree.branch(tmp_path / "dev") == "dev"
    assert tree.git_dirs(tmp_path / "dev") == (clone / ".git/worktrees/dev", clone / ".git")
    assert tree.git_dirs(clone) == (clone / ".git",)


def test_another_remote_and_a_shared_repository(clone: Path) -> None:
    git(clone, "remote", "rename", "origin", "upstream")
    assert settings(clone)["repository.remote"] == "upstream"
    assert not tree.is_shared(clone)
    git(clone, "config", "core.sharedRepository", "group")
    assert tree.is_shared(clone)


@pytest.mark.parametrize(
    ("there", "meant"),
    [
        (["a/compose.yaml"], "a"),
        (["compose.yaml"], ""),
        (["deploy/production/compose.yml", "deploy/staging/compose.yml", "compose.yml"], "deploy/production"),
        (["infra/prod/compose.yml", "infra/dev/compose.yml"], "infra/prod"),
        (["node_modules/x/compose.yml", ".ci/compose.yml", "app/compose.yml"], "app"),
    ],
)
def test_the_directory_that_is_meant(tmp_path: Path, there: list[str], meant: str) -> None:
    for name in there:
        write(tmp_path, name)
    assert project.directory(project.directories(tmp_path)) == meant


def test_two_directories_are_a_choice_with_its_flag(clone: Path) -> None:
    for name in ("one/compose.yml", "two/compose.yml"):
        write(clone, name)
    (clone / "deploy/production/docker-compose.yml").unlink()
    with pytest.raises(
        UsageError, match=r"(?s)more than one directory.*\n  one\n  two\n.*--compose-directory"
    ):
        settings(clone)


def test_files_with_names_of_their_own(clone: Path) -> None:
    folder = clone / "deploy/production"
    (folder / "docker-compose.yml").rename(folder / "docker-compose.prod.yml")
    (folder / ".env").rename(folder / ".env.production")
    given = settings(clone)
    assert (given["compose.files"], given["compose.env_files"]) == (
        *(["docker-compose.prod.yml"], [".env.production"]),
    )
    assert "health.urls" not in given, "DOMAIN is in the env file"
    (folder / "docker-compose.prod.yml").rename(folder / "docker-compose.a.yml")
    write(folder, "docker-compose.b.yml")
    with pytest.raises(UsageError, match=r"(?s)compose\.a\.yml\n  docker-compose\.b\.yml\n.*--compose-file"):
        settings(clone)


def test_the_repository_is_where_you_are_or_the_only_one(clone: Path, tmp_path: Path) -> None:
    below = clone / "deploy/production"
    assert found.repository(Asked(), Former(), below, tmp_path) == (clone, "where you are")
    assert found.repository(Asked(), Former(), tmp_path, tmp_path)[0] == clone
    assert found.repository(Asked(repository=str(below)), Former(), tmp_path, tmp_path)[0] == clone
    old = Former(places=(tmp_path / "gone", below / "gitops-deploy.sh"))
    assert found.repository(Asked(), old, tmp_path, tmp_path)[0] == clone


def test_no_repository_or_two_are_told_with_the_flag(clone: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="--repository DIR"):
        found.repository(Asked(), Former(), tmp_path, tmp_path / "nowhere")
    with pytest.raises(UsageError, match="not in a git repository"):
        found.repository(Asked(repository=str(tmp_path)), Former(), tmp_path)
    other = tmp_path / "srv/shop"
    write(other, "compose.yaml")
    git(other, "init", "--quiet")
    with pytest.raises(UsageError, match=rf"(?s){clone}\n  {other}\n.*--repository DIR"):
        found.repository(Asked(), Former(), tmp_path, tmp_path)


def test_a_configuration_begins_with_what_a_directory_tells(clone: Path, tmp_path: Path) -> None:
    assert found.settings_at(clone / "deploy")["compose.directory"] == "deploy/production"
    assert found.settings_at(tmp_path) == {}
    write(clone, "one/compose.yml")
    write(clone, "two/compose.yml")
    (clone / "deploy/production/docker-compose.yml").unlink()
    assert found.settings_at(clone) == {"repository.path": str(clone)}
