"""Every fault in a configuration is told with its line, its key, and what was probably meant."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from kgo_tui.core.errors import ConfigError
from tests.config_host import MINIMAL, Host


@pytest.fixture
def host(tmp_path: Path) -> Host:
    return Host(tmp_path)


FAULTS = r"""
[helth]
urls = []
-> 3: helth: unknown section (did you mean "health"?)

brunch = 'x'
-> 3: repository.brunch: unknown key (did you mean "branch"?)

on-rewrite = 'follow'
-> 3: repository.on-rewrite: unknown key (did you mean "on_rewrite"?)

urls = []
-> 3: repository.urls: unknown key (it belongs in [health])

language = 'fr'
-> 3: repository.language: unknown key (it belongs in the top of the file)

zzz = 1
-> 3: repository.zzz: unknown key

on_rewrite = 'folow'
-> 3: repository.on_rewrite: the text "folow" is not one of refuse, follow (did you mean "follow"?)

branch = 3
-> 3: repository.branch: expected a text, found the number 3

branch = ''
-> 3: repository.branch: is empty

branch = '-x'
-> 3: repository.branch: the text "-x" is not a branch name

branch = 'a..b'
-> 3: repository.branch: the text "a..b" is not a branch name

branch = "a\u001b[2J"
-> 3: repository.branch: the text "a␛[2J" has control characters

remote = 'https://u:hunter22@h/x'
-> 3: repository.remote: the text "https://h/x" is not the name of a remote (give its name in the
   repository, such as "origin", not its URL)

[monitor]
interval = 1
-> 4: monitor.interval: 1 s is too short (at least 5 s)

[monitor]
interval = 'soon'
-> 4: monitor.interval: expected a duration (seconds, or "90s", "3m", "2h"), found the text "soon"

[monitor]
interval = true
-> 4: monitor.interval: expected a duration (seconds, or "90s", "3m", "2h"), found the boolean true

[monitor]
windows = ['mon 25:00-26:00']
-> 4: monitor.windows: the text "mon 25:00-26:00" cannot be used: 25:00 is not a time of day

[health]
attempts = 0
-> 4: health.attempts: 0 is not between 1 and 1000

[health]
attempts = 1.5
-> 4: health.attempts: expected a whole number, found the number 1.5

[health]
urls = 'https://x'
-> 4: health.urls: expected a list of texts such as ["one", "two"], found the text "https://x"

[health]
urls = ['ftp://x']
-> 4: health.urls: the text "ftp://x" does not start with http:// or https://

[health]
urls = ['https://:80/']
-> 4: health.urls: the text "https://:80/" has no valid host and port

[health]
urls = ['https://h:99999/']
-> 4: health.urls: the text "https://h:99999/" has no valid host and port

[compose]
image_tag = '{brunch}'
-> 4: compose.image_tag: the text "{brunch}" cannot be used: {brunch} is not a placeholder; there
   are {branch}, {sha7}, {sha}

[compose]
remove_orphans = 'yes'
-> 4: compose.remove_orphans: expected true or false, found the text "yes"

[compose]
project = 'Big'
-> 4: compose.project: the text "Big" is not a project name (lower-case letters, digits, - and _, a
   letter or digit first)

[compose]
files = ['~/x.yml']
-> 4: compose.files: the text "~/x.yml" starts with ~, which is not expanded (write it in full)

[rollback]
irreversible_paths = ['/srv/x']
-> 4: rollback.irreversible_paths: the text "/srv/x" is not relative to the repository's root (write
   it like backend/migrations/**)

[notify]
url = 'x://y'
-> 3: notify: expected entries that begin with [[notify]], found [notify]

[[notify]]
on = ['succeded']
-> 4: notify.on: the text "succeded" is not one of succeeded, rolled_back, rollback_failed,
   health_lost, health_back, abandoned (did you mean "succeeded"?)

[[notify]]
url_file = '/a'
url_credential = 'b'
-> 3: notify: needs exactly one of url, url_file, url_credential, found 2

[[notify]]
-> 3: notify: needs exactly one of url, url_file, url_credential, found 0

[[notify]]
url = 5
-> 4: notify.url: expected a text
"""
"""After a minimal file: what is written, and what is told of it (the line first)."""


def _blocks() -> list[tuple[str, str]]:
    pairs = [block.split("\n-> ", 1) for block in FAULTS.strip().split("\n\n")]
    return [(text, "config.toml:" + re.sub(r"\n\s+", " ", told)) for text, told in pairs]


@pytest.mark.parametrize(("text", "told"), _blocks())
def test_a_fault_is_told_with_line_key_and_what_was_probably_meant(host: Host, text: str, told: str) -> None:
    assert host.faults(MINIMAL + text + "\n") == [told]


def test_a_section_that_is_no_table_is_told(host: Host) -> None:
    assert host.faults(f"health = 3\n{MINIMAL}") == [
        "config.toml:1: health: expected the section [health], found the number 3"
    ]


def test_all_faults_of_all_sources_are_told_at_once(host: Host) -> None:
    host.write("[history]\nkeep = 0\n", user=True)
    environ = {"CHECK_INTERVAL": "1", "KGO_TUI_HEALTH_TSL": "strict"}
    faults = host.faults("langage = 'fr'\n" + MINIMAL, environ=environ, flags={"health.attempts": "many"})
    assert [fault.replace(f"{host.user}/", "user/") for fault in faults] == [
        'config.toml:1: langage: unknown key (did you mean "language"?)',
        "user/config.toml:2: history.keep: 0 is not between 1 and 100",
        "environment CHECK_INTERVAL: monitor.interval: 1 s is too short (at least 5 s)",
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
