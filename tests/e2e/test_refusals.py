"""What is refused, in words, with the way out; and nothing that people made is lost."""

from __future__ import annotations

import subprocess

import pytest

from kgo_tui.demo.host import COMPOSE_FILE, DEPLOY
from kgo_tui.demo.remote import git
from kgo_tui.demo.sandbox import Sandbox
from tests.e2e.host import (
    BUSY,
    DONE,
    FAILED,
    NOT_NOW,
    USAGE,
    asked,
    compose_with,
    configure,
    history,
    kgo,
    outcomes,
    status,
)

pytestmark = pytest.mark.lab

NOTES = f"{DEPLOY}/notes.txt"


@pytest.fixture
def host(sandbox: Sandbox) -> Sandbox:
    """Version 1.0 is adopted, and an admin keeps an untracked file beside it."""
    sandbox.up()
    kgo(sandbox, "check")
    (sandbox.tree / NOTES).write_text("call Ada\n")
    return sandbox


@pytest.mark.parametrize(
    ("old", "new"),
    [("services:", "services: ["), ("    image: ", "    imagine: "), ("data:/var", "nowhere:/var")],
    ids=["no YAML", "unknown key", "undefined volume"],
)
def test_a_compose_file_that_does_not_parse_touches_nothing(host: Sandbox, old: str, new: str) -> None:
    before = host.container_ids()
    host.release("1.1", files=compose_with(host, old, new))
    said = kgo(host, "deploy", code=FAILED)
    assert "docker-compose.yml" in said
    assert "the services were not touched" in said
    assert host.container_ids() == before
    assert (host.version(), host.head()) == ("1.0", host.first.commit)
    newest = history(host)[0]
    assert newest["state"] == "abandoned"
    assert outcomes(newest) == [("queued", "ok"), ("preparing", "failed"), ("reverting", "ok")]
    host.release("1.2", files=compose_with(host, new, old))
    kgo(host, "deploy")
    assert host.version() == "1.2"


def test_rewritten_history_is_refused_and_nothing_is_lost(host: Sandbox) -> None:
    seen = host.release("1.1")
    kgo(host, "deploy")
    before = host.container_ids()
    rewritten = host.remote.rewrite("Not what you have seen")

    assert "history rewritten" in kgo(host, "deploy", code=FAILED)
    found = asked(host, "check", code=NOT_NOW)
    assert found["decision"] == "refuse"
    assert 'repository.on_rewrite = "follow"' in found["reason"], "the way out"
    assert host.head() == seen.commit
    assert host.container_ids() == before
    assert (host.tree / NOTES).read_text() == "call Ada\n"
    assert status(host, 1)["reason"] == found["reason"]

    configure(host, repository__on_rewrite="follow")
    host.publish("1.2", rewritten)
    kgo(host, "deploy")
    assert host.head() == rewritten
    assert host.version() == "1.2"
    kept = git(host.tree, "for-each-ref", "--format=%(objectname)", "refs/heads/kgo-tui-saved")
    assert kept == seen.commit, "what would be on no branch any more is kept"
    assert (host.tree / NOTES).read_text() == "call Ada\n"


def test_a_file_edited_by_hand_is_refused_and_kept(host: Sandbox) -> None:
    edited = host.tree / COMPOSE_FILE
    edited.write_text(edited.read_text() + "# tuned by hand\n")
    released = host.release("1.1")

    said = kgo(host, "deploy", code=FAILED)
    assert f"files changed by hand: {COMPOSE_FILE}" in said
    assert "git diff" in said, "the way out"
    assert asked(host, "check", code=NOT_NOW)["decision"] == "refuse"
    assert edited.read_text().endswith("# tuned by hand\n")
    assert (host.version(), host.head()) == ("1.0", host.first.commit)

    configure(host, repository__on_local_changes="stash")
    said = kgo(host, "deploy")
    assert "git stash list" in said
    assert (host.version(), host.head()) == ("1.1", released.commit)
    assert "tuned by hand" not in edited.read_text()
    assert "+# tuned by hand" in git(host.tree, "stash", "show", "-p")
    assert (host.tree / NOTES).read_text() == "call Ada\n"


def test_an_untracked_file_in_the_way_is_never_overwritten(host: Sandbox) -> None:
    host.release("1.1", files={NOTES: "from the developer\n"})
    said = kgo(host, "deploy", code=FAILED)
    assert NOTES in said
    assert "never overwritten" in said
    assert (host.tree / NOTES).read_text() == "call Ada\n"
    assert (host.version(), host.head()) == ("1.0", host.first.commit)
    assert status(host, 1)["deployed"]["commit"] == host.first.commit


def test_six_deploys_at_once_one_works_the_others_are_told(host: Sandbox) -> None:
    configure(host, health__stable_for=8)
    host.release("1.1")
    started = [
        subprocess.Popen(
            host.argv("deploy"), env=host.env(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        for _ in range(6)
    ]
    said = [process.communicate(timeout=120)[0] for process in started]
    codes = sorted(process.returncode for process in started)
    assert codes == [DONE, *[BUSY] * 5], "\n".join(said)
    assert sum("another deployment holds the lock" in text for text in said) == 5
    assert "Traceback" not in "".join(said)
    assert host.version() == "1.1"
    assert len(history(host)) == 1


@pytest.mark.parametrize(
    "arguments",
    [("deplyo",), ("history", "--limit", "0"), ("--instance", "../evil", "status"), ("history", "77"), ()],
    ids=" ".join,
)
def test_wrong_usage_is_told(sandbox: Sandbox, arguments: tuple[str, ...]) -> None:
    assert len(kgo(sandbox, *arguments, code=USAGE)) > 20
