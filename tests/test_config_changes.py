"""What differs between two configurations: said in the words of `config show`, and nothing secret."""

from __future__ import annotations

from pathlib import Path

import pytest

from kgo_tui.config.changes import Differences, differences
from kgo_tui.config.load import Loaded, load
from kgo_tui.config.resolve import Effective, resolve

WEBHOOK = "https://discord.com/api/webhooks/1/hunter22"


class Host:
    """A repository with an env file, and a configuration file that is written again and again."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.tree = root / "tree"
        self.tree.mkdir()
        self.env("DOMAIN=example.org\nDB_PASSWORD=hunter22\n")
        self.before = self.read("")

    def env(self, text: str) -> None:
        (self.tree / ".env").write_text(text)

    def read(self, text: str, path: str | None = None) -> tuple[Loaded, Effective]:
        file = self.root / "config.toml"
        file.write_text(f'[repository]\npath = "{path or self.tree}"\n{text}', "utf-8")
        loaded = load(file=file, environ={})
        return loaded, resolve(loaded, {})

    def changed(self, text: str, path: str | None = None) -> Differences:
        return differences(self.before, self.read(text, path))


@pytest.fixture
def host(tmp_path: Path) -> Host:
    return Host(tmp_path)


def test_the_same_again_is_no_difference(host: Host) -> None:
    assert host.changed("") == Differences()
    assert host.changed("[monitor]\ninterval = 180\n") == Differences(), "only its origin is another"


def test_each_key_tells_old_and_new(host: Host) -> None:
    text = '[monitor]\ninterval = 60\nwindows = ["mon-fri 08:00-18:00"]\n[compose]\nproject = "app"\n'
    assert host.changed(text) == Differences(
        changes=(
            'compose.project: (none) -> "app"',
            "monitor.interval: 180 -> 60",
            'monitor.windows: [] -> ["mon-fri 08:00-18:00"]',
        )
    )


def test_a_domain_that_changed_in_the_env_file_is_told_though_no_key_did(host: Host) -> None:
    host.env("DOMAIN=example.net\nDB_PASSWORD=hunter22\n")
    (said,) = host.changed("").changes
    assert said == (
        'health.urls resolved: ["https://api.example.org/api/v1/health"]'
        ' -> ["https://api.example.net/api/v1/health"]'
    )


def test_that_a_secret_changed_is_told_and_not_what_it_is(host: Host) -> None:
    host.env("DOMAIN=example.org\nDB_PASSWORD=hunter23\n")
    assert host.changed("").changes == ("env files: other secrets",)
    host.env("DOMAIN=example.org\nDB_PASSWORD=hunter22\n")
    added = host.changed(f'[[notify]]\nurl = "{WEBHOOK}"\n')
    host.before = host.read(f'[[notify]]\nurl = "{WEBHOOK}"\n')
    changed = host.changed(f'[[notify]]\nurl = "{WEBHOOK}3"\n')
    assert changed.changes == ("notify: other URLs (secret)",)
    assert 'notify.0.url: (none) -> "***"' in added.changes
    assert "hunter" not in str((added, changed))


def test_what_is_taken_at_the_start_only_is_for_later(host: Host) -> None:
    found = host.changed('[control]\nsocket = "/run/other.sock"\ngroup = "daemon"\n[history]\nkeep = 9\n')
    assert found.changes == ("history.keep: 5 -> 9",)
    assert found.later == (
        'control.group: (none) -> "daemon"',
        'control.socket: (none) -> "/run/other.sock"',
    )


def test_of_another_repository_nothing_is_followed(host: Host) -> None:
    other = host.root / "other"
    other.mkdir()
    (other / ".env").write_text("DOMAIN=example.com\n")
    found = host.changed("[monitor]\ninterval = 60\n", str(other))
    assert found.changes == ()
    assert f'repository.path: "{host.tree}" -> "{other}"' in found.later
    assert "monitor.interval: 180 -> 60" in found.later


def test_another_name_of_the_same_repository_is_no_other_one(host: Host) -> None:
    link = host.root / "link"
    link.symlink_to(host.tree)
    found = host.changed("", str(link))
    assert found.later == ()
    assert len(found.changes) == 1


def test_a_value_is_no_longer_than_a_line(host: Host) -> None:
    windows = ", ".join(['"mon-fri 08:00-18:00"'] * 50)
    (said,) = host.changed(f"[monitor]\nwindows = [{windows}]\n").changes
    assert said.endswith("…")
    assert len(said) < 200
