"""The command lines of Compose, word by word."""

from __future__ import annotations

from kgo_tui.adapters.compose import argv
from kgo_tui.adapters.compose.argv import Project

PLAIN = Project()
FULL = Project(("a.yml", "b.yml"), ("one.env", "two.env"), "shop", ("web", "jobs"))
FULL_WORDS = [
    *("docker", "compose", "--env-file", "one.env", "--env-file", "two.env", "-f", "a.yml", "-f", "b.yml"),
    *("-p", "shop", "--profile", "web", "--profile", "jobs"),
]


def test_plain_project_leaves_the_lookup_to_compose() -> None:
    assert argv.version() == ["docker", "compose", "version", "--short"]
    assert argv.config_json(PLAIN) == ["docker", "compose", "config", "--format", "json"]
    assert argv.config_uninterpolated(PLAIN) == [*argv.config_json(PLAIN), "--no-interpolate"]
    assert argv.config_hashes(PLAIN) == ["docker", "compose", "config", "--hash", "*"]
    assert argv.config_images(PLAIN) == ["docker", "compose", "config", "--images"]
    assert argv.pull(PLAIN) == ["docker", "compose", "pull"]
    assert argv.build(PLAIN, ["page"]) == ["docker", "compose", "build", "page"]
    assert argv.up(PLAIN) == ["docker", "compose", "up", "-d", "--pull", "never", "--no-build"]


def test_files_env_files_name_and_profiles_stand_before_the_command() -> None:
    assert argv.pull(FULL, ["api", "db"]) == [*FULL_WORDS, "pull", "api", "db"]
    assert argv.pull(FULL, ignore_failures=True) == [*FULL_WORDS, "pull", "--ignore-pull-failures"]
    assert argv.up(FULL, force_recreate=True, remove_orphans=True) == [
        *FULL_WORDS, "up", "-d", "--pull", "never", "--no-build", "--force-recreate", "--remove-orphans",
    ]  # fmt: skip


def test_copies_of_the_files_keep_the_projects_directory() -> None:
    copied = Project(files=("/copy/0.yml",), directory="/srv/app")
    assert argv.config_json(copied) == [
        *("docker", "compose", "-f", "/copy/0.yml", "--project-directory", "/srv/app"),
        *("config", "--format", "json"),
    ]


def test_a_command_is_told_as_a_person_would_type_it() -> None:
    words = argv.config_hashes(Project(files=("my file.yml",)))
    assert argv.typed(words, {"IMAGE_TAG": "main-abc1234"}) == (
        "IMAGE_TAG=main-abc1234 docker compose -f 'my file.yml' config --hash '*'"
    )


def test_the_environment_keeps_what_is_the_hosts_and_nothing_of_the_workers() -> None:
    inherited = {
        "PATH": "/bin",
        "DOMAIN": "example.org",
        "COMPOSE_FILE": "x.yml",
        "COMPOSE_REMOVE_ORPHANS": "1",
        "COMPOSE_ANSI": "always",
        "NOTIFY_SOCKET": "/run/n",
        "WATCHDOG_USEC": "1",
        "CREDENTIALS_DIRECTORY": "/run/c",
        "DISCORD_WEBHOOK_URL": "https://example.org/secret",
        "KGO_ANYTHING": "x",
    }
    assert argv.environment(inherited, {"IMAGE_TAG": "t", "DOMAIN": "over.example.org"}, None) == {
        "PATH": "/bin",
        "DOMAIN": "over.example.org",
        "COMPOSE_FILE": "x.yml",
        "COMPOSE_ANSI": "never",
        "COMPOSE_PROGRESS": "plain",
        "COMPOSE_MENU": "false",
        "DOCKER_CLI_HINTS": "false",
        "IMAGE_TAG": "t",
    }
    assert argv.environment({}, {}, "unix:///x.sock")["DOCKER_HOST"] == "unix:///x.sock"
