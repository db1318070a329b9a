"""The policy as a table: what a check found, what follows, and the words that say why."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from kgo_tui.core.model import Commit, Deployment, Quarantine, State, Suspension
from kgo_tui.core.policy import (
    RETRY_CAP_S,
    Decision,
    Facts,
    Kind,
    Rules,
    count_tries,
    decide,
    irreversible_paths,
    retry_after_s,
)
from kgo_tui.core.windows import parse_window
from tests.core.values import AT, COMMIT, DEPLOYMENT, RELEASE, SOURCE, A, B

FACTS = Facts(source=SOURCE, deployed=RELEASE, now=AT, local_now=AT)
RULES = Rules()
IN_SYNC = replace(RELEASE, commit=B)
BAD = (Quarantine(commit=B, reason="status 500", at=AT),)
ON_MAIN = {"deployed": replace(RELEASE, branch="main")}
ELSEWHERE = {"branch": "staging", "deployed_descends": False, "descends": False}
OLDER_BAD = (Quarantine(commit=A, reason="status 500", at=AT),)
OFF = Suspension(reason="holidays", by="ann", since=AT)
MORNINGS = (parse_window("06:00-08:00"),)
OLD_WORK = Commit(sha="c" * 40)
NOONS = (parse_window("mon 11:00-13:00"),)


def source(**changes: Any) -> dict[str, Any]:
    return {"source": replace(SOURCE, **changes)}


def ended(minutes_ago: float, state: State = State.SUCCEEDED, commit: str = A, **changes: Any) -> Deployment:
    at = AT - timedelta(minutes=minutes_ago)
    return replace(DEPLOYMENT, state=state, to_commit=commit, started_at=at, ended_at=at, **changes)


def tried(times: int, minutes_ago: float) -> dict[str, Any]:
    last = ended(minutes_ago, State.ABANDONED, B, failure="no such image")
    return {"last": last, "tries": times}


AUTOMATIC: list[tuple[str, dict[str, Any], dict[str, Any], Kind, str]] = [
    ("a newer commit", {}, {}, Kind.DEPLOY, "bbbbbbb follows aaaaaaa"),
    ("nothing deployed yet", {"deployed": None}, {}, Kind.DEPLOY, "first deployment, of bbbbbbb"),
    ("in sync", {"deployed": IN_SYNC}, {}, Kind.NOTHING, "in sync at bbbbbbb"),
    (
        "in sync and suspended is in sync",
        {"deployed": IN_SYNC, "suspended": OFF},
        {},
        Kind.NOTHING,
        "in sync",
    ),
    (
        "in sync with files changed by hand is in sync",
        {"deployed": IN_SYNC, **source(local_changes=("x",))},
        {},
        Kind.NOTHING,
        "in sync",
    ),
    ("no such branch", source(remote=None), {}, Kind.REFUSE, "the remote has no branch main"),
    ("quarantined", {"quarantined": BAD}, {}, Kind.REFUSE, "bbbbbbb is quarantined: status 500"),
    ("quarantined: the way out", {"quarantined": BAD}, {}, Kind.REFUSE, "kgo-tui deploy bbbbbbb"),
    ("another one is quarantined", {"quarantined": OLDER_BAD}, {}, Kind.DEPLOY, "follows"),
    ("rewritten", source(deployed_descends=False), {}, Kind.REFUSE, "history rewritten"),
    (
        "rewritten: the way out",
        source(deployed_descends=False),
        {},
        Kind.REFUSE,
        'repository.on_rewrite = "follow"',
    ),
    (
        "rewritten and followed",
        source(deployed_descends=False, descends=False),
        {"follow_rewrite": True},
        Kind.DEPLOY,
        "follows",
    ),
    (
        "commits of its own",
        source(descends=False, ahead=2),
        {},
        Kind.REFUSE,
        "the work tree has commits that main has not (2)",
    ),
    (
        "rewritten, its branch known",
        {**source(deployed_descends=False), **ON_MAIN},
        {},
        Kind.REFUSE,
        "rewritten",
    ),
    (
        "another branch is followed",
        {**source(**ELSEWHERE), **ON_MAIN},
        {},
        Kind.DEPLOY,
        "bbbbbbb of staging, which is followed instead of main",
    ),
    (
        "another branch, and checked out by hand",
        {**source(**ELSEWHERE | {"descends": True}, local=COMMIT), **ON_MAIN},
        {},
        Kind.DEPLOY,
        "of staging",
    ),
    (
        "another branch, and commits of its own",
        {**source(**ELSEWHERE, local=OLD_WORK), **ON_MAIN},
        {},
        Kind.REFUSE,
        "the work tree has commits that staging has not",
    ),
    ("another branch, the first one not known", source(**ELSEWHERE), {}, Kind.REFUSE, "history rewritten"),
    ("not known whether it descends", source(descends=None, deployed_descends=None), {}, Kind.DEPLOY, ""),
    (
        "files changed by hand",
        source(local_changes=("a", "b", "c", "d", "e", "f")),
        {},
        Kind.REFUSE,
        "files changed by hand: a, b, c, d, e …. Undo them",
    ),
    (
        "files changed by hand: the way out",
        source(local_changes=("a",)),
        {},
        Kind.REFUSE,
        'repository.on_local_changes = "stash"',
    ),
    (
        "files changed by hand and saved",
        source(local_changes=("a",)),
        {"save_local_changes": True},
        Kind.DEPLOY,
        "follows",
    ),
    ("suspended", {"suspended": OFF}, {}, Kind.WAIT, "suspended by ann: holidays (kgo-tui resume)"),
    (
        "suspended for no reason",
        {"suspended": replace(OFF, reason="")},
        {},
        Kind.WAIT,
        "suspended by ann (kgo-tui resume)",
    ),
    (
        "outside the windows",
        {},
        {"windows": MORNINGS},
        Kind.WAIT,
        "outside the deployment windows; the next opens 2025-03-04 06:00",
    ),
    ("inside a window", {}, {"windows": MORNINGS + NOONS}, Kind.DEPLOY, "follows"),
    (
        "too soon",
        {"last": ended(10), "last_touching": ended(10)},
        {"min_between_s": 900.0},
        Kind.WAIT,
        "too soon after the last deployment; from 2025-03-03 12:05 UTC",
    ),
    (
        "far enough",
        {"last": ended(16), "last_touching": ended(16)},
        {"min_between_s": 900.0},
        Kind.DEPLOY,
        "follows",
    ),
    (
        "an abandoned one does not count",
        {"last": ended(1, State.ABANDONED), "last_touching": ended(16)},
        {"min_between_s": 900.0},
        Kind.DEPLOY,
        "follows",
    ),
    (
        "nor does it hide the one that does",
        {"last": ended(1, State.ABANDONED), "last_touching": ended(10)},
        {"min_between_s": 900.0},
        Kind.WAIT,
        "too soon",
    ),
    ("one that runs does not count", {"last": DEPLOYMENT, "last_touching": DEPLOYMENT}, {}, Kind.DEPLOY, ""),
    ("tried once", tried(1, 2), {}, Kind.WAIT, "tried once (no such image); again 2025-03-03 12:01 UTC"),
    ("tried once, a while ago", tried(1, 3), {}, Kind.DEPLOY, "follows"),
    ("tried thrice", tried(3, 10), {}, Kind.WAIT, "tried 3 times (no such image); again"),
    ("tried thrice, a while ago", tried(3, 12), {}, Kind.DEPLOY, "follows"),
    (
        "quarantine is said first",
        {"quarantined": BAD, "suspended": OFF},
        {},
        Kind.REFUSE,
        "quarant",
    ),
]


@pytest.mark.parametrize(
    ("found", "ruled", "kind", "said"), [pytest.param(*row[1:], id=row[0]) for row in AUTOMATIC]
)
def test_automatically(found: dict[str, Any], ruled: dict[str, Any], kind: Kind, said: str) -> None:
    decision = decide(replace(FACTS, **found), replace(RULES, **ruled), automatic=True)
    assert decision.kind is kind
    assert said in decision.reason
    no_branch = found.get("source") is not None and found["source"].remote is None
    assert decision.target == (None if no_branch else COMMIT)


OLD = Commit(sha=A)
BY_HAND: list[tuple[str, dict[str, Any], Commit | None, Kind, str]] = [
    ("the tip", {}, None, Kind.DEPLOY, "bbbbbbb follows aaaaaaa"),
    (
        "what is deployed converges",
        {"deployed": IN_SYNC},
        None,
        Kind.DEPLOY,
        "deployed already; converging",
    ),
    ("pauses are overridden", {"suspended": OFF, **tried(3, 1)}, None, Kind.DEPLOY, "follows"),
    ("quarantine of the tip holds", {"quarantined": BAD}, None, Kind.REFUSE, "quarantined"),
    ("unless it is named", {"quarantined": BAD}, COMMIT, Kind.DEPLOY, "follows"),
    ("an older one by name", {"deployed": IN_SYNC}, OLD, Kind.DEPLOY, "aaaaaaa follows bbbbbbb"),
    ("nothing is lost for a name", source(local_changes=("a",)), COMMIT, Kind.REFUSE, "changed by hand"),
    ("nor rewritten", source(deployed_descends=False), COMMIT, Kind.REFUSE, "history rewritten"),
    ("a name needs no branch tip", source(remote=None), OLD, Kind.DEPLOY, "deployed already"),
]


@pytest.mark.parametrize(
    ("found", "named", "kind", "said"), [pytest.param(*row[1:], id=row[0]) for row in BY_HAND]
)
def test_by_hand(found: dict[str, Any], named: Commit | None, kind: Kind, said: str) -> None:
    facts, rules = replace(FACTS, **found), replace(RULES, windows=MORNINGS, min_between_s=9e9)
    decision = decide(facts, rules, automatic=False, named=named)
    assert decision.kind is kind
    assert said in decision.reason


def test_a_decision_says_the_same_again_as_long_as_nothing_changes() -> None:
    """Else the same news would be told at every check."""

    def at(seconds: float) -> list[Decision]:
        now: datetime = AT + timedelta(seconds=seconds)
        facts = replace(FACTS, now=now, local_now=now)
        rows = [(replace(facts, **found), replace(RULES, **ruled)) for _, found, ruled, _, _ in AUTOMATIC]
        return [decide(*row, automatic=True) for row in rows]

    assert at(0) == at(40)


def test_pauses_between_tries_double_from_the_interval_to_an_hour() -> None:
    assert [retry_after_s(n, 180.0) for n in range(8)] == [0, 180, 360, 720, 1440, 2880, 3600, 3600]
    assert retry_after_s(10**6, 180.0) == RETRY_CAP_S
    assert retry_after_s(5, 7200.0) == 7200.0, "never more often than it is checked"


@given(st.integers(1, 10**9), st.floats(1, 86400))
def test_a_pause_is_at_least_the_interval_and_the_pause_before(tries: int, interval: float) -> None:
    assert interval <= retry_after_s(tries, interval) <= max(RETRY_CAP_S, interval)
    assert retry_after_s(tries + 1, interval) >= retry_after_s(tries, interval)


def test_only_tries_of_this_commit_in_a_row_count() -> None:
    abandoned, other = ended(1, State.ABANDONED, B), ended(2, State.ABANDONED, A)
    assert count_tries((abandoned, abandoned, other, abandoned), B) == 2
    assert count_tries((other, abandoned), B) == 0
    assert count_tries((ended(1, State.ROLLED_BACK, B), abandoned), B) == 0
    assert count_tries((), B) == 0


@pytest.mark.parametrize(
    ("glob", "path", "matches"),
    [
        ("migrations/**", "migrations/1/up.sql", True),
        ("migrations/**", "migrations", False),
        ("migrations/*", "migrations/1/up.sql", False),
        ("migrations/*.sql", "migrations/1.sql", True),
        ("migrations/*.sql", "migrations/1.sql.txt", False),
        ("**/migrations/*.sql", "backend/db/migrations/1.sql", True),
        ("**/migrations/*.sql", "migrations/1.sql", True),
        ("**/migrations/*.sql", "mymigrations/1.sql", False),
        ("v?.sql", "v1.sql", True),
        ("v?.sql", "v/.sql", False),
        ("a.b", "axb", False),
        ("a+(b)", "a+(b)", True),
        ("**", "anything/at/all", True),
        ("line\nbreak/*", "line\nbreak/x", True),
    ],
)
def test_globs_know_folders(glob: str, path: str, *, matches: bool) -> None:
    assert irreversible_paths((path,), (glob,)) == ((path,) if matches else ())


def test_any_glob_is_enough_and_order_stays() -> None:
    assert irreversible_paths(("b.sql", "c.md", "a.sql"), ("*.sql", "b*")) == ("b.sql", "a.sql")
    assert irreversible_paths(("a.sql",), ()) == ()
