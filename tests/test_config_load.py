"""The configuration: which layer wins, and that every fault is told with its place and a way out."""

from __future__ import annotations

from pathlib import Path

import pytest

from kgo_tui.config.keys import KEYS, attribute, default
from kgo_tui.config.problems import ConfigInvalid
from kgo_tui.config.secret import Secret
from kgo_tui.config.sections import NOTIFIED, SECTIONS, Config
from kgo_tui.core.errors import UsageError
from tests.config_host import MINIMAL, Host


@pytest.fixture
def host(tmp_path: Path) -> Host:
    return Host(tmp_path)


def test_a_minimal_file_gives_the_documented_defaults(host: Host) -> None:
    host.write(MINIMAL)
    config = host.load().config
    assert config.repository.path == "/srv/app"
    assert (config.repository.remote, config.repository.branch) == ("origin", "main")
    assert (config.repository.on_rewrite, config.repository.on_local_changes) == ("refuse", "refuse")
    assert config.health.urls == ("https://api.${DOMAIN}/api/v1/health",)
    assert (config.health.expect_status, config.health.attempts, config.health.interval_s) == (200, 10, 10)
    assert (config.monitor.interval_s, config.compose.wait_for_images_s) == (180, 900)
    assert (config.history.keep, config.compose.remove_orphans, config.health.between_s) == (5, False, 30)
    assert (config.language, config.notify, config.health.tls) == ("auto", (), "lenient")


def test_every_field_has_a_key_and_every_key_a_field() -> None:
    fields = {f"{name}.{field}" for name, section in SECTIONS.items() for field in section.__struct_fields__}
    fields |= {name for name in Config.__struct_fields__ if name not in SECTIONS}
    assert {f"{key.rpartition('.')[0]}.{attribute(key)}".lstrip(".") for key in KEYS} == fields


@pytest.mark.parametrize("key", KEYS)
def test_every_default_is_a_value_that_its_key_takes(key: str) -> None:
    usual = default(key)
    assert usual is None or KEYS[key].kind.accept(list(usual) if isinstance(usual, tuple) else usual) == usual


def test_each_layer_wins_over_the_weaker_ones_and_is_named_as_origin(host: Host) -> None:
    host.write(MINIMAL + 'branch = "system"\n[monitor]\ninterval = "1m"\n[health]\nattempts = 2\nurls = []\n')
    host.write('[repository]\nbranch = "user"\n[health]\nattempts = 3\n', user=True)
    environ = {"BRANCH": "old-name", "KGO_TUI_REPOSITORY_BRANCH": "environment", "CHECK_INTERVAL": "300"}
    loaded = host.load(environ=environ, flags={"repository.branch": "flag"})
    assert loaded.config.repository.branch == "flag"
    assert loaded.config.monitor.interval_s == 300
    assert (loaded.config.health.attempts, loaded.config.health.urls) == (3, ())
    assert {key: str(origin) for key, origin in loaded.origins.items() if origin.source != "default"} == {
        "repository.path": f"{host.system}/config.toml:2",
        "repository.branch": "command line",
        "monitor.interval": "environment CHECK_INTERVAL",
        "health.attempts": f"{host.user}/config.toml:4",
        "health.urls": f"{host.system}/config.toml:8",
    }
    assert host.load(environ=environ).config.repository.branch == "environment"
    assert host.load().config.repository.branch == "user"


def test_the_runbooks_variables_are_enough(host: Host) -> None:
    webhook = "https://discord.com/api/webhooks/1/token"
    environ = {"REPO_DIR": "/home/koprogo/koprogo", "BRANCH": "staging", "CHECK_INTERVAL": "60"}
    config = host.load(environ=environ | {"DISCORD_WEBHOOK_URL": webhook}).config
    assert (config.repository.path, config.repository.branch) == ("/home/koprogo/koprogo", "staging")
    assert config.monitor.interval_s == 60
    assert [(entry.url, entry.on) for entry in config.notify] == [(Secret(webhook), NOTIFIED)]


def test_a_webhook_of_the_environment_is_added_to_those_of_the_file(host: Host) -> None:
    host.write(MINIMAL + '[[notify]]\nurl_file = "/etc/hook"\non = ["rolled_back"]\n')
    loaded = host.load(environ={"DISCORD_WEBHOOK_URL": "https://h/x", "KGO_TUI_NOTIFY_URL": "slack://y"})
    assert [entry.url or entry.url_file for entry in loaded.config.notify] == [
        "/etc/hook", Secret("slack://y"), Secret("https://h/x"),
    ]  # fmt: skip
    assert str(loaded.origins["notify.2.url"]) == "environment DISCORD_WEBHOOK_URL"


def test_notify_of_the_users_file_replaces_the_systems(host: Host) -> None:
    host.write(MINIMAL + '[[notify]]\nurl_file = "/a"\n[[notify]]\nurl_file = "/b"\n')
    host.write('[[notify]]\nurl_file = "/c"\n', user=True)
    assert [entry.url_file for entry in host.load().config.notify] == ["/c"]


@pytest.mark.parametrize(
    ("variable", "text", "key", "value"),
    [
        ("KGO_TUI_COMPOSE_FILES", "a.yml, b.yml", "compose.files", ("a.yml", "b.yml")),
        ("KGO_TUI_COMPOSE_FILES", '["a,b.yml"]', "compose.files", ("a,b.yml",)),
        ("KGO_TUI_HEALTH_URLS", "[]", "health.urls", ()),
        ("KGO_TUI_HEALTH_URLS", "", "health.urls", ("https://api.${DOMAIN}/api/v1/health",)),
        ("KGO_TUI_COMPOSE_REMOVE_ORPHANS", "yes", "compose.remove_orphans", True),
        ("KGO_TUI_HEALTH_EXPECT_STATUS", "204", "health.expect_status", 204),
        ("KGO_TUI_HEALTH_STABLE_FOR", "1m30s", "health.stable_for", 90.0),
        ("KGO_TUI_MONITOR_WINDOWS", "sat,sun 22:00-02:00; mon 08:00-09:00", "monitor.windows",
         ("sat,sun 22:00-02:00", "mon 08:00-09:00")),
        ("KGO_TUI_LANGUAGE", "fr", "language", "fr"),
    ],
)  # fmt: skip
def test_every_kind_of_value_can_come_from_the_environment(
    host: Host, variable: str, text: str, key: str, value: object
) -> None:
    config = host.load(environ={"REPO_DIR": "/srv/app", variable: text}).config
    section, _, _ = key.rpartition(".")
    assert getattr(getattr(config, section) if section else config, attribute(key)) == value


@pytest.mark.parametrize(
    ("written", "seconds"),
    [
        ("180", 180),
        ("0.5", 0.5),
        ('"90s"', 90),
        ('"3m"', 180),
        ('"1h 30m"', 5400),
        ('"250ms"', 0.25),
        ('"5"', 5),
    ],
)
def test_durations_are_seconds_or_text_with_units(host: Host, written: str, seconds: float) -> None:
    host.write(f"{MINIMAL}[health]\nstable_for = {written}\n")
    assert host.load().config.health.stable_for_s == seconds


def test_without_a_repository_the_files_and_the_way_out_are_named(host: Host) -> None:
    with pytest.raises(ConfigInvalid) as raised:
        host.load()
    said = str(raised.value)
    assert f"{host.system}/config.toml or {host.user}/config.toml: repository.path: is not set" in said
    assert "kgo-tui config init" in said
    assert "REPO_DIR" in said


def test_a_value_of_a_secret_key_is_never_part_of_a_message(host: Host) -> None:
    host.write(MINIMAL + '[[notify]]\nurl = "hunter22 with spaces"\n[[notify]]\nurl = "tab\\thunter22"\n')
    with pytest.raises(ConfigInvalid) as raised:
        host.load(environ={"DISCORD_WEBHOOK_URL": "hunter22"})
    assert len(raised.value.problems) == 3
    assert "hunter22" not in str(raised.value)


def test_an_instance_has_a_file_of_its_own_and_shares_none(host: Host) -> None:
    host.write(MINIMAL + "[history]\nkeep = 9\n")
    host.write('[repository]\npath = "/srv/staging"\n', "staging")
    loaded = host.load(instance="staging")
    assert (loaded.config.repository.path, loaded.config.history.keep) == ("/srv/staging", 5)
    assert loaded.files == (f"{host.system}/staging.toml",)
    with pytest.raises(ConfigInvalid, match='no configuration of the instance "other"'):
        host.load(instance="other", environ={"REPO_DIR": "/srv/app"} | {"BRANCH": "x"})


@pytest.mark.parametrize(
    "name", ["../etc/passwd", "a/b", ".hidden", "config", "default", "x" * 49, "é", "-x", "a\n"]
)
def test_a_name_that_no_instance_can_have_is_refused(host: Host, name: str) -> None:
    with pytest.raises(UsageError, match="cannot be an instance"):
        host.load(instance=name)


def test_a_file_given_by_name_is_the_only_one_and_must_be_there(host: Host, tmp_path: Path) -> None:
    host.write("broken")
    only = tmp_path / "only.toml"
    with pytest.raises(ConfigInvalid, match=r"only\.toml: no such file"):
        host.load(file=only)
    only.write_text(MINIMAL)
    assert host.load(file=only).files == (str(only),)
