"""Each fault that can be made on a sandbox: it is named, and the command as shown mends it.

What a command cannot mend (an outage of others) is mended by `heal`."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from kgo_tui.demo.host import COMPOSE_FILE
from kgo_tui.demo.remote import git
from kgo_tui.demo.sandbox import Sandbox
from tests.doctor.host import FAULT, WARNING, examined, problems, type_as_shown
from tests.e2e.host import configure, set_variable

pytestmark = pytest.mark.lab

Act = Callable[[Sandbox], object]


@dataclass(frozen=True)
class Broken:
    """A way to break a host, the check that tells of it, and words that it says; `heal` None: what
    the finding says mends it. `also` are checks that fail for the same reason."""

    break_: Act
    id: str
    status: str
    says: str
    heal: Act | None = None
    also: frozenset[str] = frozenset()


def _lock(name: str) -> Act:
    def leave(host: Sandbox) -> None:
        lock = host.tree / ".git" / name
        lock.touch()
        os.utime(lock, (time.time() - 600,) * 2)

    return leave


def _commit_by_hand(host: Sandbox) -> None:
    who = ("-c", "user.name=Admin", "-c", "user.email=admin@example.org")
    git(host.tree, *who, "commit", "--quiet", "--allow-empty", "-m", "By hand")


def _scatter(host: Sandbox) -> None:
    """As many fetches leave it: a pack each."""
    packs = host.tree / ".git/objects/pack/pack"
    for number in range(51):
        blob = host.root / "blob"
        blob.write_text(f"{number}")
        oid = git(host.tree, "hash-object", "-w", str(blob))
        (host.root / "wanted").write_text(f"{oid}\n")
        git(host.tree, "-c", f"alias.one=!git pack-objects -q {packs} <{host.root}/wanted", "one")


def _compose(old: str, new: str) -> Act:
    def change(host: Sandbox) -> None:
        file = host.tree / COMPOSE_FILE
        assert old in file.read_text()
        file.write_text(file.read_text().replace(old, new))

    return change


def _undo(host: Sandbox) -> None:
    git(host.tree, "checkout", "--quiet", "--", ".")


def _variable(name: str, value: str | None) -> Act:
    return lambda host: set_variable(host, name, value)


def _domain(host: Sandbox) -> None:
    set_variable(host, "DOMAIN", f"localhost:{host.front.port}")


CHANGED = frozenset({"git.changes"})
UNASKED = frozenset({"health.answer", "health.name"})

TABLE = {
    "index lock": Broken(_lock("index.lock"), "git.locks", WARNING, "index.lock"),
    "branch lock": Broken(_lock("refs/heads/main.lock"), "git.locks", WARNING, "main.lock"),
    "changed by hand": Broken(
        lambda host: (host.tree / "VERSION").write_text("mine\n"), "git.changes", FAULT, "VERSION"
    ),
    "commit by hand": Broken(_commit_by_hand, "git.history", FAULT, "has 1 commit(s)"),
    "many packs": Broken(_scatter, "git.clutter", WARNING, "packs: 5"),
    "remote away": Broken(
        lambda host: host.remote.break_(),
        "git.remote",
        FAULT,
        "the git remote origin cannot be read",
        heal=lambda host: host.remote.restore(),
    ),
    "no such branch": Broken(
        lambda host: configure(host, repository__branch="mian"),
        "git.remote",
        FAULT,
        "the remote origin has no branch mian",
        heal=lambda host: configure(host, repository__branch="main"),
    ),
    "no repository": Broken(
        lambda host: (host.tree / ".git").rename(host.tree / "git-away"),
        "git.repository",
        FAULT,
        "is not a git repository",
        heal=lambda host: (host.tree / "git-away").rename(host.tree / ".git"),
    ),
    "compose file": Broken(
        _compose("services:", "servces:"), "compose.files", FAULT, "servces", heal=_undo, also=CHANGED
    ),
    "unset variable": Broken(
        _compose("restart: unless-stopped", "restart: unless-stopped\n    labels: {it: '${FORGOTTEN}'}"),
        "compose.variables",
        WARNING,
        "FORGOTTEN",
        heal=_undo,
        also=CHANGED,
    ),
    "killed container": Broken(
        lambda host: host.docker("kill", host.container_ids()["backend"]),
        "compose.containers",
        FAULT,
        "ended with exit code 137",
        heal=lambda host: host.up(),
        also=frozenset({"health.answer"}),
    ),
    "registry down": Broken(
        lambda host: host.registry.stop(),
        "registry.images",
        FAULT,
        "the registry does not answer",
        heal=lambda host: host.registry.start(),
    ),
    "image withdrawn": Broken(
        lambda host: host.registry.unpublish("koprogo/backend", "latest"),
        "registry.images",
        FAULT,
        "the registry has no ",
        heal=lambda host: host.docker("push", f"{host.registry.address}/koprogo/backend:latest"),
    ),
    "front down": Broken(
        lambda host: host.front.stop(),
        "health.answer",
        FAULT,
        "connection refused",
        heal=lambda host: host.front.start(),
    ),
    "certificate expired": Broken(
        lambda host: host.front.show("expired"),
        "health.certificate",
        WARNING,
        "expired",
        heal=lambda host: host.front.show("valid"),
    ),
    "certificate of another": Broken(
        lambda host: host.front.show("wrong_host"),
        "health.certificate",
        WARNING,
        "wrong host",
        heal=lambda host: host.front.show("valid"),
    ),
    "no domain": Broken(
        _variable("DOMAIN", None), "health.domain", FAULT, "DOMAIN has no value", heal=_domain
    ),
    "unknown domain": Broken(
        _variable("DOMAIN", "nowhere.invalid"),
        "health.name",
        FAULT,
        "nowhere.invalid cannot be looked up",
        heal=_domain,
        also=UNASKED,
    ),
    "suspended": Broken(
        lambda host: host.kgo("suspend", "--reason", "holidays"), "state.suspended", WARNING, "holidays"
    ),
}


@pytest.mark.parametrize("case", TABLE.values(), ids=TABLE.keys())
def test_a_fault_is_named_and_mended_as_shown(host: Sandbox, case: Broken) -> None:
    case.break_(host)
    try:
        found = examined(host)
        finding = found[case.id]
        assert (finding["status"], case.says in finding["found"]) == (case.status, True), finding
        assert finding["means"]
        assert problems(found).keys() == {case.id} | case.also.intersection(problems(found)), (
            "one fault, told once"
        )
    finally:
        if case.heal is not None:
            case.heal(host)
    if case.heal is None:
        type_as_shown(host, finding)
    assert problems(examined(host)) == {}


FIXED = ("index lock", "branch lock", "many packs")


@pytest.mark.parametrize("name", FIXED)
def test_fix_mends_what_it_claims_and_touches_no_container(host: Sandbox, name: str) -> None:
    case, containers = TABLE[name], host.container_ids()
    case.break_(host)
    assert examined(host)[case.id]["fixable"]
    assert problems(examined(host, "--fix")) == {}
    assert problems(examined(host)) == {}
    assert host.container_ids() == containers


def test_what_no_command_here_may_mend_is_not_promised(host: Sandbox) -> None:
    case = TABLE["changed by hand"]
    case.break_(host)
    found = examined(host, "--fix")
    assert not found[case.id]["fixable"]
    assert found[case.id]["status"] == FAULT
    assert (host.tree / "VERSION").read_text() == "mine\n", "--fix loses nobody's work"
    _undo(host)
