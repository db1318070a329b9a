"""What the bash installation tells: its unit and its script."""

from __future__ import annotations

from pathlib import Path

import pytest

from kgo_tui.unit import former, script

SCRIPT = """\
#!/bin/bash
REPO_DIR="${REPO_DIR:-/home/koprogo/koprogo}"
BRANCH="${BRANCH:-staging}"
DEPLOY_DIR="$REPO_DIR/deploy/production"
HEALTH_URL="https://api.${DOMAIN}/api/v1/health"
NOW=$(date)
cd "$REPO_DIR"
git fetch --quiet origin "$BRANCH"
git pull origin "$BRANCH"
cd $DEPLOY_DIR && docker compose -f docker-compose.yml -f docker-compose.prod.yml --env-file .env.prod pull
chown -R koprogo:koprogo "$REPO_DIR/.git"
curl -s -k "$HEALTH_URL"
"""

UNIT = """\
[Service]
User=root
WorkingDirectory=/home/koprogo/koprogo
ExecStart=/bin/bash {script} monitor
Restart=always
RestartSec=3min
"""


def test_the_script_tells_what_it_follows_and_where_it_works() -> None:
    assert script.read(SCRIPT) == script.Script(
        remote="origin",
        branch="staging",
        directories=("/home/koprogo/koprogo", "/home/koprogo/koprogo/deploy/production"),
        files=("docker-compose.yml", "docker-compose.prod.yml"),
        env_files=(".env.prod",),
        owner="koprogo",
        health_url="https://api.${DOMAIN}/api/v1/health",
    )


@pytest.mark.parametrize(
    "line", ["git fetch origin $1", "git fetch --all", "git pull", "git fetch $(x) main"]
)
def test_what_is_not_plainly_there_is_left_out(line: str) -> None:
    assert script.read(line).branch is None


def test_a_script_is_never_run(tmp_path: Path) -> None:
    planted = f"BRANCH=$(touch {tmp_path}/ran)\ngit fetch origin $BRANCH\n"
    assert script.read(planted) == script.Script()
    assert not (tmp_path / "ran").exists()


def test_a_script_that_logs_in_french_is_followed_in_french() -> None:
    """What people search the journal for must go on being found."""
    assert script.read('echo "📦 Nouveau commit détecté: $REMOTE"').language == "fr"
    assert script.read(SCRIPT).language is None


def test_the_unit_tells_where_and_how_often(tmp_path: Path) -> None:
    path = tmp_path / "gitops-deploy.sh"
    path.write_text(SCRIPT)
    found = former.read(UNIT.format(script=path))
    assert found.places == (Path("/home/koprogo/koprogo"), path)
    assert (found.user, found.interval_s, found.script.branch) == ("root", 180.0, "staging")


def test_its_variables_come_before_its_lines() -> None:
    variables = "[Service]\nRestartSec=180\nEnvironment=CHECK_INTERVAL=60 BRANCH=dev REPO_DIR=/srv/app\n"
    found = former.read(
        variables + "Environment=DISCORD_WEBHOOK_URL=https://discord.example/api/webhooks/1/t\n"
    )
    assert (found.interval_s, found.branch, found.places) == (60.0, "dev", (Path("/srv/app"),))
    assert found.webhook == "https://discord.example/api/webhooks/1/t"


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("180", 180.0), ("3min", 180.0), ("1h 30min", 5400.0), ("100ms", 0.1), ("often", None), ("", None)],
)
def test_time_spans(text: str, seconds: float | None) -> None:
    assert former.span(text) == pytest.approx(seconds) if seconds else former.span(text) is None


def test_a_short_pause_is_not_an_interval() -> None:
    assert former.read("[Service]\nRestartSec=1\n").interval_s is None
