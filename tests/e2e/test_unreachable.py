"""Something that is needed does not answer: which one, how to mend it, and nothing is touched."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from kgo_tui.demo.remote import git
from kgo_tui.demo.sandbox import Sandbox
from tests.e2e.host import (
    CRITICAL,
    FAILED,
    IN_SYNC,
    UNREACHABLE,
    WARNING,
    Running,
    configure,
    history,
    kgo,
    outcomes,
    programs,
)

pytestmark = pytest.mark.lab

ACTING = ("deploy", "check", "rollback")
TOO_OLD = "#!/bin/sh\necho \"docker: 'compose' is not a docker command.\" >&2\nexit 1\n"


@pytest.fixture
def host(sandbox: Sandbox) -> Sandbox:
    """1.1 is deployed after 1.0, and 1.2 waits in the remote."""
    sandbox.up()
    sandbox.release("1.1")
    kgo(sandbox, "deploy")
    sandbox.release("1.2")
    return sandbox


def test_no_docker(host: Sandbox) -> None:
    before, nowhere = host.container_ids(), {"DOCKER_HOST": f"unix://{host.root}/nobody.sock"}
    for command in ("deploy", "rollback"):
        said = kgo(host, command, code=UNREACHABLE, env=nowhere)
        assert "Docker does not answer" in said
        assert "systemctl start docker" in said
    shown = kgo(host, "status", code=CRITICAL, env=nowhere)
    assert "Docker does not answer" in shown
    assert host.container_ids() == before
    assert (host.version(), len(history(host))) == ("1.1", 1)


def test_the_engine_was_killed_and_comes_back(host: Sandbox) -> None:
    host.engine.kill()
    assert "systemctl start docker" in kgo(host, "deploy", code=UNREACHABLE)
    host.engine.start_dockerd()
    kgo(host, "deploy")
    assert host.version() == "1.2"


def test_no_compose(host: Sandbox) -> None:
    plugin = host.root / "docker/cli-plugins/docker-compose"
    plugin.unlink()
    plugin.write_text(TOO_OLD)
    plugin.chmod(0o755)
    before = host.container_ids()
    for command in ("deploy", "rollback"):
        said = kgo(host, command, code=UNREACHABLE)
        assert "docker compose (v2) is not there" in said
        assert "docker-compose-plugin" in said, "the way out"
    assert host.container_ids() == before


def test_no_docker_client_in_the_path(host: Sandbox) -> None:
    path = {"PATH": programs(host.root / "bin", ["git", "sh"])}
    said = kgo(host, "deploy", code=UNREACHABLE, env=path)
    assert "docker compose (v2) is not there" in said
    assert host.version() == "1.1"


@pytest.mark.parametrize("command", ["deploy", "check", "plan", "status"])
def test_no_git_in_the_path(sandbox: Sandbox, command: str) -> None:
    path = {"PATH": programs(sandbox.root / "bin", ["docker", "sh"])}
    said = kgo(sandbox, command, code=WARNING if command == "status" else UNREACHABLE, env=path)
    assert "git" in said
    assert command == "status" or "Install git" in said


def test_no_remote(host: Sandbox) -> None:
    host.remote.break_()
    for command in ("deploy", "check", "plan"):
        said = kgo(host, command, code=UNREACHABLE)
        assert "the git remote origin cannot be read" in said
        assert "ls-remote origin" in said, "the way out"
    assert host.version() == "1.1"
    assert len(history(host)) == 1
    host.remote.restore()
    kgo(host, "deploy")
    assert host.version() == "1.2"


def test_no_registry(host: Sandbox) -> None:
    before, head = host.container_ids(), host.head()
    with host.registry.outage():
        said = kgo(host, "deploy", code=FAILED)
    assert f"the registry does not answer ({host.registry.address})" in said
    assert "the services were not touched" in said
    assert (host.container_ids(), host.head()) == (before, head)
    newest = history(host)[0]
    assert outcomes(newest)[-2:] == [("pulling", "failed"), ("reverting", "ok")]
    kgo(host, "deploy")
    assert host.version() == "1.2", "an outage is nobody's fault: not quarantined"


def test_an_image_that_was_never_published_is_told_by_its_name(sandbox: Sandbox) -> None:
    sandbox.up()
    sandbox.registry.unpublish("koprogo/backend", "latest")
    before = sandbox.container_ids()
    sandbox.release("1.1", publish=False)
    sandbox.config.write_text(
        sandbox.config.read_text().replace("[compose]", "[compose]\nwait_for_images = 0")
    )
    said = kgo(sandbox, "deploy", code=FAILED)
    assert f"not published yet: {sandbox.registry.address}/koprogo/backend:latest" in said
    assert sandbox.container_ids() == before


def test_no_repository(sandbox: Sandbox) -> None:
    (sandbox.tree / ".git").rename(sandbox.tree / "git-of-yesterday")
    for command in ("deploy", "check"):
        said = kgo(sandbox, command, code=2, env={"GIT_CEILING_DIRECTORIES": str(sandbox.root)})
        assert "is not a git repository" in said
        assert "repository.path" in said


@pytest.fixture
def small_disk(sandbox: Sandbox) -> Iterator[Path]:
    """The state directory is a file system of its own, of two MiB."""
    mount = ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(sandbox.state)]
    subprocess.run(mount, check=True, timeout=10)
    yield sandbox.state
    subprocess.run(["umount", str(sandbox.state)], check=True, timeout=10)


def fill(folder: Path) -> Path:
    """Write until nothing fits any more."""
    filler = folder / "filler"
    with filler.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(b"x" * 4096)
        except OSError:
            return filler


def test_the_disk_is_full_from_the_start(sandbox: Sandbox, small_disk: Path) -> None:
    sandbox.up()
    before = sandbox.container_ids()
    filler = fill(small_disk)
    said = kgo(sandbox, "deploy", code=FAILED)
    assert f"no space is left in the state directory {sandbox.state}" in said
    assert "df -h" in said, "the way out"
    assert sandbox.container_ids() == before
    filler.unlink()
    kgo(sandbox, "deploy")


def test_the_disk_fills_up_between_two_deployments(sandbox: Sandbox, small_disk: Path) -> None:
    sandbox.up()
    kgo(sandbox, "deploy")
    before = sandbox.container_ids()
    sandbox.release("1.1")
    filler = fill(small_disk)
    said = kgo(sandbox, "deploy", code=FAILED)
    assert "no space is left" in said
    assert str(sandbox.state) in said
    assert sandbox.container_ids() == before
    assert "backend" in sandbox.kgo("status").stdout, "whoever looks for the fault can still look"
    filler.unlink()
    kgo(sandbox, "deploy")
    assert sandbox.version() == "1.1"


def test_the_disk_fills_up_during_a_deployment(sandbox: Sandbox, small_disk: Path) -> None:
    """What cannot be written down is told, and carried on from the record once it can."""
    sandbox.up()
    configure(sandbox, health__stable_for=3)
    sandbox.release("1.1")
    with Running(sandbox, "deploy") as deploying:
        deploying.until("Health check")
        filler = fill(small_disk)
        assert deploying.code() == FAILED
    assert "no space is left" in deploying.log
    assert str(sandbox.state) in deploying.log
    filler.unlink()
    kgo(sandbox, "check", code=IN_SYNC)
    assert sandbox.version() == "1.1"
    assert history(sandbox)[0]["state"] == "succeeded"


def test_the_disk_of_the_repository_is_full(sandbox: Sandbox) -> None:
    sandbox.up()
    mount = ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(sandbox.tree / ".git/objects")]
    objects = sandbox.tree / ".git/objects"
    kept = sandbox.root / "objects"
    subprocess.run(["cp", "-a", str(objects), str(kept)], check=True, timeout=10)
    subprocess.run(mount, check=True, timeout=10)
    try:
        subprocess.run(["cp", "-a", f"{kept}/.", str(objects)], check=True, timeout=10)
        filler = fill(objects)
        released = sandbox.release("1.1")
        said = kgo(sandbox, "deploy", code=FAILED)
        assert "no space is left for the repository" in said
        assert "df -h" in said, "the way out"
        assert git(sandbox.tree, "status", "--porcelain", "--untracked-files=no") == ""
        assert sandbox.version() == "1.0"
        filler.unlink()
        kgo(sandbox, "deploy")
        assert sandbox.head() == released.commit
    finally:
        subprocess.run(["umount", str(objects)], check=True, timeout=10)
        subprocess.run(["cp", "-a", f"{kept}/.", str(objects)], check=True, timeout=10)


def test_a_state_directory_that_cannot_be_used_is_told(sandbox: Sandbox) -> None:
    blocked = sandbox.root / "a-file"
    blocked.write_text("")
    for command in ("deploy", "monitor"):
        said = kgo(sandbox, command, code=FAILED, env={"STATE_DIRECTORY": f"{blocked}/state"})
        assert f"cannot use the state directory {blocked}/state" in said
        assert "STATE_DIRECTORY" in said, "the way out"
