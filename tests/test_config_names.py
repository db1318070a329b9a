"""Names that others gave their rules: held against git itself, else against the rule as written."""

from __future__ import annotations

import subprocess

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from kgo_tui.config import names


def git_takes(name: str) -> bool:
    """Whether git takes it for a branch; the full form is asked, which knows no shorthands."""
    asked = ["git", "check-ref-format", f"refs/heads/{name}"]
    return subprocess.run(asked, capture_output=True, check=False, timeout=30).returncode == 0


@given(st.text(alphabet="ab./@{}-~^:?*[\\ \x7f\t", min_size=1, max_size=8))
@example("feature/a-b.c")
@example("a@{b")
@example("a.lock/b")
@example("é")
@example("a.")
@example("a/.b")
@example("a..b")
@settings(max_examples=60, deadline=None)
def test_a_branch_that_passes_is_one_for_git_too(name: str) -> None:
    shorthand = name == "@" or name.startswith("-")
    assert (names.branch(name) is None) == (git_takes(name) and not shorthand)


@pytest.mark.parametrize("name", ["origin", "up-stream", "a/b"])
def test_a_remotes_name_passes(name: str) -> None:
    assert names.remote(name) is None


@pytest.mark.parametrize("name", ["https://h/x", "git@h:x", "/srv/x.git", "../x", "-x", "ssh://h/x", "a b"])
def test_a_url_or_an_option_is_no_remotes_name(name: str) -> None:
    assert names.remote(name) is not None


@pytest.mark.parametrize(
    ("check", "good", "bad"),
    [
        (names.absolute, "/srv/app", "srv/app"),
        (names.path, "a/b.yml", "~/b.yml"),
        (names.glob, "db/migrations/**", "../x"),
        (names.project, "app-1_x", "App"),
        (names.user, "kopro-go_1", "a:b"),
        (names.credential, "web-hook", "../hook"),
        (names.service_url, "discord://id/token", "discord"),
        (names.web_url, "https://${SUB}.example.org:8443/x?y", "https:///x"),
        (names.web_url, "http://[::1]:80/", "http://[::1/"),
        (names.web_url, "${BASE}/health", "//h/x"),
        (names.web_url, "http://h", "http://h/a b"),
        (names.window, "mon-fri 08:00-18:00", "whenever"),
        (names.image_tag, "{branch}-{sha7}", "{branch} {sha}"),
    ],
)
def test_each_rule_takes_the_good_and_refuses_the_bad(check: names.Check, good: str, bad: str) -> None:
    assert check(good) is None
    assert check(bad)
