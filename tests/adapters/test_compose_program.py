"""Which program is started for `docker compose`."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from kgo_tui.adapters.compose.program import started

WORDS = ["docker", "compose", "-p", "shop", "up"]


@pytest.fixture
def host(tmp_path: Path) -> dict[str, str]:
    """An environment with Docker's own client (any program will do) and a user's plugin."""
    plugin = tmp_path / "config/cli-plugins/docker-compose"
    plugin.parent.mkdir(parents=True)
    plugin.write_text("")
    plugin.chmod(0o755)
    shutil.copy2("/bin/true", tmp_path / "docker")
    return {"PATH": str(tmp_path), "DOCKER_CONFIG": str(tmp_path / "config"), "HOME": str(tmp_path)}


def test_the_plugin_is_started_without_the_client(host: dict[str, str], tmp_path: Path) -> None:
    assert started(WORDS, host) == [f"{tmp_path}/config/cli-plugins/docker-compose", "-p", "shop", "up"]


def test_the_users_plugin_is_found_in_the_home_as_well(host: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "config").rename(tmp_path / ".docker")
    del host["DOCKER_CONFIG"]
    assert started(WORDS, host)[0] == f"{tmp_path}/.docker/cli-plugins/docker-compose"


def test_a_wrapper_and_no_client_at_all_are_left_alone(host: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "docker").write_text("#!/bin/sh\n")
    assert started(WORDS, host) == WORDS
    (tmp_path / "docker").unlink()
    assert started(WORDS, host) == WORDS


def test_other_commands_are_left_alone(host: dict[str, str]) -> None:
    assert started(["docker", "tag", "a", "b"], host) == ["docker", "tag", "a", "b"]
