"""A configuration that is wrong says where, what, and what was probably meant; it always exits with 2."""

from __future__ import annotations

import json

import pytest

from kgo_tui.demo.sandbox import Sandbox
from tests.e2e.host import USAGE, WORKER_USAGE, asked, configure, kgo, set_variable

pytestmark = pytest.mark.lab


def line_of(sandbox: Sandbox, text: str) -> str:
    lines = sandbox.config.read_text().splitlines()
    return f"{sandbox.config}:{next(n for n, line in enumerate(lines, 1) if text in line)}"


@pytest.mark.parametrize(
    ("command", "code"),
    [("deploy", USAGE), ("monitor", WORKER_USAGE), ("status", USAGE), ("config check", USAGE)],
)
def test_an_unknown_key_is_named_with_its_line_and_the_nearest_valid_name(
    sandbox: Sandbox, command: str, code: int
) -> None:
    configure(sandbox, monitor__intervall=60)
    said = kgo(sandbox, *command.split(), code=code)
    assert line_of(sandbox, "intervall") in said
    assert 'did you mean "interval"?' in said


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"monitor__interval": "soon"}, ["monitor.interval", '"soon"']),
        ({"health__attempts": "ten"}, ["health.attempts", '"ten"']),
        ({"compose__files": "docker-compose.yml"}, ["compose.files"]),
        ({"health__tls": "strickt"}, ["health.tls", 'did you mean "strict"?']),
        ({"monitr__interval": 60}, ["monitr", 'did you mean "monitor"?']),
        (
            {"compose__env_files": [".env", ".env.production"]},
            ["compose.env_files", ".env.production does not exist"],
        ),
        ({"compose__files": ["docker-compse.yml"]}, ["compose.files", 'did you mean "docker-compose.yml"?']),
        ({"compose__directory": "deploy/productoin"}, ["compose.directory", "does not exist"]),
        ({"repository__path": "/nonexistent/koprogo"}, ["repository.path", "does not exist"]),
        ({"repository__owner": "nobody-of-that-name"}, ["repository.owner", "no user"]),
        ({"monitor__windows": ["sometimes"]}, ["monitor.windows", "sometimes"]),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_a_wrong_value_is_named_with_its_key(
    sandbox: Sandbox, change: dict[str, object], named: list[str]
) -> None:
    configure(sandbox, **change)
    said = kgo(sandbox, "config", "check", code=USAGE)
    key = next(iter(change)).rpartition("__")[2]
    assert str(sandbox.config) in said
    assert line_of(sandbox, f"{key} =") in said or line_of(sandbox, "[monitr]") in said
    for text in named:
        assert text in said


def test_a_domain_that_is_not_set_is_named_with_where_it_was_looked_for(sandbox: Sandbox) -> None:
    set_variable(sandbox, "DOMAIN", None)
    said = kgo(sandbox, "deploy", code=USAGE)
    assert "health.urls: ${DOMAIN} has no value" in said
    assert line_of(sandbox, "urls =") in said
    assert f"{sandbox.deploy_dir}/.env" in said
    kgo(sandbox, "config", "check", env={"DOMAIN": "example.org"})


def test_a_file_that_is_no_toml_or_not_there_is_named(sandbox: Sandbox) -> None:
    sandbox.config.write_text("[repository\npath = 1\n")
    assert f"{sandbox.config}:1" in kgo(sandbox, "status", code=USAGE)
    sandbox.config.unlink()
    said = kgo(sandbox, "deploy", code=USAGE)
    assert f"{sandbox.config}: no such file" in said


def test_all_faults_are_told_at_once(sandbox: Sandbox) -> None:
    configure(sandbox, monitor__intervall=60, health__attempts="ten", history__keep=0)
    said = kgo(sandbox, "deploy", code=USAGE)
    for text in ("3 problems", "intervall", "health.attempts", "history.keep"):
        assert text in said


def test_init_writes_a_file_that_needs_one_line(sandbox: Sandbox) -> None:
    sandbox.config = sandbox.root / "etc/config.toml"
    kgo(sandbox, "config", "init")
    text = sandbox.config.read_text()
    assert "# Time between checks for new commits.\n#interval = 180\n" in text
    assert sandbox.config.stat().st_mode & 0o077 == 0, "webhook URLs are secrets"
    assert "is there already" in kgo(sandbox, "config", "init", code=USAGE)
    assert sandbox.config.read_text() == text
    assert "repository.path: is not set" in kgo(sandbox, "config", "check", code=USAGE)
    sandbox.config.write_text(text.replace('#path = "/home/koprogo/koprogo"', f'path = "{sandbox.tree}"'))
    assert "DOMAIN" in kgo(sandbox, "config", "check", code=USAGE)
    assert "all good" in kgo(sandbox, "config", "check", env={"DOMAIN": "example.org"})
    kgo(sandbox, "config", "init", "--force")
    assert sandbox.config.read_text() == text


def test_show_tells_each_value_and_where_it_comes_from(sandbox: Sandbox) -> None:
    configure(sandbox, health__attempts=7)
    shown = asked(sandbox, "config", "show")
    text = json.dumps(shown)
    assert str(sandbox.config) in text
    plain = kgo(sandbox, "config", "show", env={"CHECK_INTERVAL": "60", "BRANCH": "staging"})
    line = {row.split(" = ")[0].strip(): row for row in plain.splitlines() if " = " in row}
    assert "7" in line["health.attempts"]
    assert line_of(sandbox, "attempts =") in line["health.attempts"]
    assert "CHECK_INTERVAL" in line["monitor.interval"]
    assert "staging" in line["repository.branch"]
    assert "BRANCH" in line["repository.branch"]
    assert "default" in line["history.keep"]


def test_the_names_of_the_runbook_still_work_as_environment(sandbox: Sandbox) -> None:
    sandbox.config.write_text(
        sandbox.config.read_text().replace(f'path = "{sandbox.tree}"\n', "").replace('branch = "main"\n', "")
    )
    assert "repository.path: is not set" in kgo(sandbox, "status", code=USAGE)
    kgo(
        sandbox,
        "config",
        "check",
        env={"REPO_DIR": str(sandbox.tree), "BRANCH": "main", "CHECK_INTERVAL": "60"},
    )
