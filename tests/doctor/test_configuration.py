"""A configuration that is broken: every fault with its line, and the rest is looked at all the same."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from kgo_tui.demo.sandbox import Sandbox
from tests.doctor.host import FAULT, NONE, OK, WARNING, environment, examined, problems, type_as_shown

lab = pytest.mark.lab


@lab
def test_all_faults_are_listed_and_the_rest_is_looked_at(host: Sandbox) -> None:
    text = host.config.read_text()
    host.config.write_text(text.replace("attempts = 8", 'atempts = 8\nexpect_status = "fine"'))
    try:
        found = examined(host)
    finally:
        host.config.write_text(text)
    finding = found["configuration.valid"]
    assert finding["status"] == FAULT
    assert "attempts" in finding["found"]
    assert "expect_status" in finding["found"]
    line = text.splitlines().index("attempts = 8") + 1
    assert f"{host.config}:{line}" in finding["found"]
    assert finding["mend"] == f"${{EDITOR:-nano}} +{line} {host.config}"
    assert problems(found).keys() == {"configuration.valid"}
    assert found["git.remote"]["status"] == found["registry.images"]["status"] == OK


@lab
@pytest.mark.parametrize("text", ["", "[repository\n", "[repository]\npath = 7\n", "\xff\xfe"])
def test_without_a_usable_configuration_the_host_itself_is_looked_at(host: Sandbox, text: str) -> None:
    before = host.config.read_text()
    host.config.write_text(text, "latin-1")
    try:
        found = examined(host)
    finally:
        host.config.write_text(before)
    assert problems(found).keys() == {"configuration.valid"}
    assert found["docker.engine"]["status"] == found["git.present"]["status"] == OK
    assert found["docker.compose"]["status"] == OK
    assert found["git.remote"]["status"] == NONE


@lab
def test_a_missing_env_file(host: Sandbox) -> None:
    env_file = host.deploy_dir / ".env"
    env_file.rename(host.root / "env-away")
    try:
        found = examined(host)
    finally:
        (host.root / "env-away").rename(env_file)
    told = " ".join(one["found"] for one in found.values() if one["status"] == FAULT)
    assert f"{env_file} does not exist" in told


@lab
def test_a_secret_that_everyone_reads_is_closed_as_shown_and_never_told(sandbox: Sandbox) -> None:
    url = "https://discord.com/api/webhooks/1/abcdefghijklmnop"
    sandbox.up()
    with sandbox.config.open("a") as file:
        file.write(f'[[notify]]\nurl = "{url}"\n')
    sandbox.config.chmod(0o644)
    found = examined(sandbox)
    assert found["configuration.secrets"]["status"] == WARNING
    assert "abcdefghijklmnop" not in str(found)
    assert problems(examined(sandbox, "--fix")) == {}
    assert sandbox.config.stat().st_mode & 0o777 == 0o640
    sandbox.config.chmod(0o644)
    type_as_shown(sandbox, found["configuration.secrets"])
    assert problems(examined(sandbox)) == {}


@lab
def test_a_target_of_notifications_that_cannot_be_read(sandbox: Sandbox) -> None:
    with sandbox.config.open("a") as file:
        file.write(f'[[notify]]\nurl_file = "{sandbox.root}/webhook"\n')
    found = examined(sandbox)
    assert found["configuration.notify"]["status"] == FAULT
    assert found["configuration.valid"]["status"] == OK, "one fault, told once"


@lab
def test_no_value_of_the_env_file_that_is_a_secret_is_told(host: Sandbox) -> None:
    env_file = host.deploy_dir / ".env"
    text = env_file.read_text()
    env_file.write_text(f"{text}POSTGRES_PASSWORD=correct-horse-battery\n")
    compose = host.deploy_dir / "docker-compose.yml"
    good = compose.read_text()
    compose.write_text(good.replace("services:", "services: ${POSTGRES_PASSWORD}\nx-rest:"))
    try:
        found = examined(host)
    finally:
        env_file.write_text(text)
        compose.write_text(good)
    assert found["compose.files"]["status"] == FAULT
    assert "correct-horse-battery" not in str(found)


def test_wrong_use_is_told_apart_from_a_broken_host(tmp_path: Path) -> None:
    for arguments in (["--instance", "no/name", "doctor"], ["doctor", "--frix"]):
        done = subprocess.run(
            [sys.executable, "-m", "kgo_tui", *arguments],
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )
        assert (done.returncode, done.stdout) == (2, ""), done.stderr


@lab
def test_its_output_is_inert(host: Sandbox) -> None:
    """A commit can put anything into a compose file; the admin's terminal must not obey it."""
    compose = host.deploy_dir / "docker-compose.yml"
    good = compose.read_text()
    compose.write_text(good.replace("backend:\n", '"\\e]52;c;ZXZpbA==\\a":\n    no: 1\n  backend:\n', 1))
    try:
        said = subprocess.run(
            host.argv("doctor"), env=environment(host), capture_output=True, timeout=60, check=False
        )
    finally:
        compose.write_text(good)
    assert said.returncode == 1
    assert b"\x1b" not in said.stdout
    assert b"\a" not in said.stdout
