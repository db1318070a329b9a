"""The configuration: which layer wins, and that every fault is told with its place and a way out."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kgo_tui.config.keys import KEYS, attribute, default
from kgo_tui.config.load import Loaded, load
from kgo_tui.config.problems import ConfigInvalid
from kgo_tui.config.secret import Secret
from kgo_tui.config.sections import NOTIFIED, SECTIONS, Config
from kgo_tui.core.errors import ConfigError, UsageError

MINIMAL = '[repository]\npath = "/srv/app"\n'


class Host:
    """A system's and a user's configuration directory."""

    def __init__(self, root: Path) -> None:
        self.system, self.user = root / "etc", root / "user"
        self.system.mkdir()
        self.user.mkdir()

    def write(self, text: str, name: str = "config", *, user: bool = False) -> Path:
        path = (self.user if user else self.system) / f"{name}.toml"
        path.write_text(text, "utf-8")
        return path

    def load(self, **given: Any) -> Loaded:
        return load(**{"environ": {}, "system_dir": self.system, "user_dir": self.user} | given)

    def faults(self, text: str = MINIMAL, **given: Any) -> list[str]:
        self.write(text)
        with pytest.raises(ConfigInvalid) as raised:
            self.load(**given)
        return [str(problem).replace(f"{self.system}/", "") for problem in raised.value.problems]


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
    [("180", 180), ("0.5", 0.5), ('"90s"', 90), ('"3m"', 180), ('"1h 30m"', 5400), ('"250ms"', 0.25), ('"5"', 5)],
)
def test_durations_are_seconds_or_text_with_units(host: Host, written: str, seconds: float) -> None:
    host.write(f"{MINIMAL}[health]\nstable_for = {written}\n")
    assert host.load().config.health.stable_for_s == seconds


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[helth]\nurls = []", 'config.toml:3: helth: unknown section (did you mean "health"?)'),
        ("brunch = 'x'", 'config.toml:3: repository.brunch: unknown key (did you mean "branch"?)'),
        ("on-rewrite = 'follow'", 'config.toml:3: repository.on-rewrite: unknown key (did you mean "on_rewrite"?)'),
        ("urls = []", "config.toml:3: repository.urls: unknown key (it belongs in [health])"),
        ("language = 'fr'", "config.toml:3: repository.language: unknown key (it belongs in the top of the file)"),
        ("zzz = 1", "config.toml:3: repository.zzz: unknown key"),
        ("on_rewrite = 'folow'", 'config.toml:3: repository.on_rewrite: the text "folow" is not one of refuse, '
         'follow (did you mean "follow"?)'),
        ("branch = 3", "config.toml:3: repository.branch: expected a text, found the number 3"),
        ("branch = ''", "config.toml:3: repository.branch: is empty"),
        ("branch = '-x'", 'config.toml:3: repository.branch: the text "-x" is not a branch name'),
        ("branch = 'a..b'", 'config.toml:3: repository.branch: the text "a..b" is not a branch name'),
        ("branch = \"a\\u001b[2J\"", 'config.toml:3: repository.branch: the text "a␛[2J" has control characters'),
        ("remote = 'https://u:hunter22@h/x'", 'config.toml:3: repository.remote: the text "https://h/x" is not the '
         'name of a remote (give its name in the repository, such as "origin", not its URL)'),
        ("[monitor]\ninterval = 1", "config.toml:4: monitor.interval: 1 s is too short (at least 5 s)"),
        ("[monitor]\ninterval = 'soon'", 'config.toml:4: monitor.interval: expected a duration (seconds, or "90s", '
         '"3m", "2h"), found the text "soon"'),
        ("[monitor]\ninterval = true", 'config.toml:4: monitor.interval: expected a duration (seconds, or "90s", '
         '"3m", "2h"), found the boolean true'),
        ("[monitor]\nwindows = ['mon 25:00-26:00']", 'config.toml:4: monitor.windows: the text "mon 25:00-26:00" '
         "cannot be used: 25:00 is not a time of day"),
        ("[health]\nattempts = 0", "config.toml:4: health.attempts: 0 is not between 1 and 1000"),
        ("[health]\nattempts = 1.5", "config.toml:4: health.attempts: expected a whole number, found the number 1.5"),
        ("[health]\nurls = 'https://x'", "config.toml:4: health.urls: expected a list of texts such as "
         '["one", "two"], found the text "https://x"'),
        ("[health]\nurls = ['ftp://x']", 'config.toml:4: health.urls: the text "ftp://x" does not start with '
         "http:// or https://"),
        ("[health]\nurls = ['https://:80/']", 'config.toml:4: health.urls: the text "https://:80/" has no valid '
         "host and port"),
        ("[health]\nurls = ['https://h:99999/']", 'config.toml:4: health.urls: the text "https://h:99999/" has no '
         "valid host and port"),
        ("[compose]\nimage_tag = '{brunch}'", 'config.toml:4: compose.image_tag: the text "{brunch}" cannot be '
         "used: {brunch} is not a placeholder; there are {branch}, {sha7}, {sha}"),
        ("[compose]\nremove_orphans = 'yes'", "config.toml:4: compose.remove_orphans: expected true or false, found "
         'the text "yes"'),
        ("[compose]\nproject = 'Big'", 'config.toml:4: compose.project: the text "Big" is not a project name '
         "(lower-case letters, digits, - and _, a letter or digit first)"),
        ("[compose]\nfiles = ['~/x.yml']", 'config.toml:4: compose.files: the text "~/x.yml" starts with ~, which '
         "is not expanded (write it in full)"),
        ("[rollback]\nirreversible_paths = ['/srv/x']", 'config.toml:4: rollback.irreversible_paths: the text '
         '"/srv/x" is not relative to the repository\'s root (write it like backend/migrations/**)'),
        ("[notify]\nurl = 'x://y'", "config.toml:3: notify: expected entries that begin with [[notify]], found "
         "[notify]"),
        ("[[notify]]\non = ['succeded']", 'config.toml:4: notify.on: the text "succeded" is not one of succeeded, '
         'rolled_back, rollback_failed, health_lost, health_back, abandoned (did you mean "succeeded"?)'),
        ("[[notify]]\nurl_file = '/a'\nurl_credential = 'b'", "config.toml:3: notify: needs exactly one of url, "
         "url_file, url_credential, found 2"),
        ("[[notify]]", "config.toml:3: notify: needs exactly one of url, url_file, url_credential, found 0"),
        ("[[notify]]\nurl = 5", "config.toml:4: notify.url: expected a text"),
    ],
)  # fmt: skip
def test_a_fault_is_told_with_line_key_and_what_was_probably_meant(host: Host, text: str, told: str) -> None:
    assert host.faults(MINIMAL + text + "\n") == [told]


def test_a_section_that_is_no_table_is_told(host: Host) -> None:
    assert host.faults(f"health = 3\n{MINIMAL}") == [
        "config.toml:1: health: expected the section [health], found the number 3"
    ]


def test_all_faults_of_all_sources_are_told_at_once(host: Host) -> None:
    host.write("[history]\nkeep = 0\n", user=True)
    environ = {"CHECK_INTERVAL": "abc", "KGO_TUI_HEALTH_TSL": "strict"}
    faults = host.faults("langage = 'fr'\n" + MINIMAL, environ=environ, flags={"health.attempts": "many"})
    assert [fault.replace(f"{host.user}/", "user/") for fault in faults] == [
        'config.toml:1: langage: unknown key (did you mean "language"?)',
        "user/config.toml:2: history.keep: 0 is not between 1 and 100",
        'environment CHECK_INTERVAL: monitor.interval: expected a duration (seconds, or "90s", "3m", "2h"), '
        'found the text "abc"',
        'environment KGO_TUI_HEALTH_TSL: unknown key (did you mean "KGO_TUI_HEALTH_TLS"?)',
        'command line: health.attempts: expected a whole number, found the text "many"',
    ]


def test_the_message_counts_the_faults_and_gives_each_way_out_once(host: Host) -> None:
    host.write("[monitor]\ninterval = 1\n")
    with pytest.raises(ConfigError) as raised:
        host.load()
    said = str(raised.value)
    assert said.startswith("2 problems in the configuration:\n  ")
    assert said.count("kgo-tui config init") == 1


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


@pytest.mark.parametrize("name", ["../etc/passwd", "a/b", ".hidden", "config", "default", "x" * 49, "é", "-x", "a\n"])
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


@pytest.mark.parametrize(
    ("raw", "told"),
    [
        (b"[repository]\npath = \n", "config.toml:2: is not valid TOML, column 8: Invalid value"),
        (b'[repository]\npath = "x', "config.toml:2: is not valid TOML"),
        (b'[a]\nb = 1\nc = "\xff"\n', "config.toml:3: is not UTF-8 here"),
        (b"a = 1\na = 2\n", "config.toml:2: is not valid TOML, column 6: Cannot overwrite a value"),
        (b"a = " + b"[" * 5000, "config.toml: is not valid TOML"),
        (b"a = " + b"9" * 5000, "config.toml: is not valid TOML"),
        (b"#" * (1 << 20) + b"#", "config.toml: larger than 1024 KiB"),
    ],
)
def test_a_file_that_cannot_be_parsed_is_told_with_its_line(host: Host, raw: bytes, told: str) -> None:
    (host.system / "config.toml").write_bytes(raw)
    with pytest.raises(ConfigInvalid) as raised:
        host.load()
    assert len(raised.value.problems) == 1
    assert str(raised.value.problems[0]).replace(f"{host.system}/", "").startswith(told)


def test_a_file_with_a_byte_order_mark_and_windows_line_ends_is_read(host: Host) -> None:
    (host.system / "config.toml").write_bytes(b"\xef\xbb\xbf" + MINIMAL.replace("\n", "\r\n").encode())
    loaded = host.load()
    assert str(loaded.origins["repository.path"]) == f"{host.system}/config.toml:2"


def test_a_directory_or_a_file_in_the_place_of_the_file_is_told(host: Host) -> None:
    (host.system / "config.toml").mkdir()
    with pytest.raises(ConfigInvalid, match=r"config\.toml: cannot be read: Is a directory"):
        host.load()
    with pytest.raises(ConfigInvalid, match="a part of its path is a file"):
        host.load(file=host.write(MINIMAL, "x") / "config.toml")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything; the next test drops to nobody")
def test_an_unreadable_file_is_told(host: Host) -> None:
    host.write(MINIMAL).chmod(0)
    with pytest.raises(ConfigInvalid, match="not readable by this user"):
        host.load()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_an_unreadable_file_is_told_to_another_user(host: Host) -> None:
    host.write(MINIMAL).chmod(0o600)
    program = (
        "import os, sys; from pathlib import Path; from kgo_tui.config.load import load;"
        "d = os.open(sys.argv[1], os.O_PATH); os.setgid(65534); os.setuid(65534);"
        "load(environ={}, system_dir=Path(f'/proc/self/fd/{d}'), user_dir=Path('/nonexistent'))"
    )
    host.system.chmod(0o755)
    done = subprocess.run(
        [sys.executable, "-c", program, host.system], capture_output=True, text=True, check=False, timeout=60
    )
    assert "not readable by this user" in done.stderr


ODD = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.dates(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@given(st.sampled_from([key for key in KEYS if not key.startswith("notify.")]), ODD)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_value_is_taken_or_refused_in_words(host: Host, key: str, value: object) -> None:
    try:
        host.load(environ={"REPO_DIR": "/srv/app"}, flags={key: value})
    except ConfigInvalid as invalid:
        assert str(invalid).replace("\n", " ").isprintable()


@given(st.binary(max_size=60) | st.text(alphabet="[]#='\"\\.\n ahelnopty\t19", max_size=60).map(str.encode))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_bytes_are_a_configuration_or_refused_in_words(host: Host, raw: bytes) -> None:
    (host.system / "config.toml").write_bytes(raw)
    with pytest.raises(ConfigInvalid) as raised:
        host.load()
    assert str(raised.value).replace("\n", " ").isprintable()
