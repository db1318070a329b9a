"""Decides what a check leads to, and says why in words. Pure: facts in, decision out.

Owns the rules of automatic and manual deployment. Must not know where facts come from.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from enum import StrEnum

from kgo_tui.core.errors import SHOWN_PATHS
from kgo_tui.core.model import (
    Commit,
    Deployment,
    Quarantine,
    Release,
    SourceView,
    State,
    Struct,
    Suspension,
)
from kgo_tui.core.windows import Window, is_open, next_open

RETRY_CAP_S = 3600.0
"""The longest pause between automatic tries of a commit that could not be deployed."""


class Kind(StrEnum):
    """What follows from a check."""

    NOTHING = "nothing"
    DEPLOY = "deploy"
    WAIT = "wait"
    REFUSE = "refuse"


class Decision(Struct, frozen=True, kw_only=True):
    """The outcome of a check: `reason` is a sentence for people, `target` the commit it is about."""

    kind: Kind
    reason: str
    target: Commit | None = None


class Rules(Struct, frozen=True, kw_only=True):
    """The operator's choices that bear on the decision. Durations in seconds."""

    follow_rewrite: bool = False
    save_local_changes: bool = False
    windows: tuple[Window, ...] = ()
    min_between_s: float = 0.0
    interval_s: float = 180.0


class Facts(Struct, frozen=True, kw_only=True):
    """What a check found. `tries` counts the tip's last deployments in a row that ended as
    abandoned, `last` is the newest deployment, `last_touching` the newest one that was not
    abandoned; `local_now` is the host's local time."""

    source: SourceView
    deployed: Release | None
    now: datetime
    local_now: datetime
    quarantined: tuple[Quarantine, ...] = ()
    suspended: Suspension | None = None
    last: Deployment | None = None
    last_touching: Deployment | None = None
    tries: int = 0


def decide(facts: Facts, rules: Rules, *, automatic: bool, named: Commit | None = None) -> Decision:
    """What to do. A person (`automatic` False) overrides pauses, never what would lose something;
    naming a commit also overrides its quarantine."""
    target = named or facts.source.remote
    if target is None:
        return Decision(kind=Kind.REFUSE, reason=f"the remote has no branch {facts.source.branch}")
    in_sync = facts.deployed is not None and facts.deployed.commit == target.sha
    if automatic and in_sync:
        return Decision(kind=Kind.NOTHING, reason=f"in sync at {target.short}", target=target)
    obstacle = _refusal(facts, rules, target, named=named is not None) or (
        _pause(facts, rules, target) if automatic else None
    )
    return obstacle or Decision(kind=Kind.DEPLOY, reason=_why(facts, target), target=target)


def moved_on(source: SourceView, expect: str | None) -> Decision | None:
    """Against deploying a tip that is another one than whoever asks has seen."""
    tip = source.remote
    if tip is None or expect in {None, tip.sha}:
        return None
    return _refuse(tip, f"{source.branch} has moved on to {tip.short}; look at the plan again")


def _why(facts: Facts, target: Commit) -> str:
    if facts.deployed is None:
        return f"first deployment, of {target.short}"
    if facts.deployed.commit == target.sha:
        return f"{target.short} is deployed already; converging"
    if _follows_another(facts):
        return (
            f"{target.short} of {facts.source.branch}, which is followed instead of {facts.deployed.branch}"
        )
    return f"{target.short} follows {facts.deployed.commit[:7]}"


def _refusal(facts: Facts, rules: Rules, target: Commit, *, named: bool) -> Decision | None:
    source = facts.source
    quarantine = next((q for q in facts.quarantined if q.commit == target.sha), None)
    if quarantine is not None and not named:
        return _refuse(
            target,
            f"{target.short} is quarantined: {quarantine.reason}. A newer commit is deployed when it "
            f"arrives; to deploy this one anyway: kgo-tui deploy {target.short}",
        )
    if not rules.follow_rewrite:
        if source.deployed_descends is False and not _follows_another(facts):
            return _refuse(
                target,
                f"history rewritten: the deployed commit is not on {source.branch} any more. Look at the "
                'remote; to follow it: repository.on_rewrite = "follow"',
            )
        if source.descends is False and not (_follows_another(facts) and _is_at_deployed(facts)):
            return _refuse(
                target,
                f"the work tree has commits that {source.branch} has not ({source.ahead or '?'}). Push them "
                'or drop them; to follow the remote all the same: repository.on_rewrite = "follow"',
            )
    if source.local_changes and not rules.save_local_changes:
        more = " …" if len(source.local_changes) > SHOWN_PATHS else ""
        shown = ", ".join(source.local_changes[:SHOWN_PATHS]) + more
        return _refuse(
            target,
            f"files changed by hand: {shown}. Undo them (git diff, git checkout -- FILE) or set "
            'repository.on_local_changes = "stash"',
        )
    return None


def _follows_another(facts: Facts) -> bool:
    """Whether the operator chose another branch since the last release: that rewrites no history."""
    known = facts.deployed.branch if facts.deployed else None
    return known is not None and known != facts.source.branch


def _is_at_deployed(facts: Facts) -> bool:
    """Whether the work tree holds no commit of its own, just the release that is left."""
    local, deployed = facts.source.local, facts.deployed
    return local is not None and deployed is not None and local.sha == deployed.commit


def _pause(facts: Facts, rules: Rules, target: Commit) -> Decision | None:
    if facts.suspended is not None:
        why = f": {facts.suspended.reason}" if facts.suspended.reason else ""
        return _wait(target, f"suspended by {facts.suspended.by}{why} (kgo-tui resume)")
    if not is_open(rules.windows, facts.local_now):
        opens = next_open(rules.windows, facts.local_now)
        return _wait(target, f"outside the deployment windows; the next opens {_at(opens)}")
    return _tried(facts, rules, target) or _too_soon(facts, rules, target)


def _tried(facts: Facts, rules: Rules, target: Commit) -> Decision | None:
    last = facts.last
    if last is None or last.ended_at is None or not facts.tries:
        return None
    retry = last.ended_at + timedelta(seconds=retry_after_s(facts.tries, rules.interval_s))
    if facts.now >= retry:
        return None
    times = "once" if facts.tries == 1 else f"{facts.tries} times"
    return _wait(target, f"tried {times} ({last.failure}); again {_at(retry)}")


def _too_soon(facts: Facts, rules: Rules, target: Commit) -> Decision | None:
    """The distance counts from what changed the host; one that was abandoned did not."""
    ended = facts.last_touching.ended_at if facts.last_touching else None
    if ended is None or facts.now >= (soonest := ended + timedelta(seconds=rules.min_between_s)):
        return None
    return _wait(target, f"too soon after the last deployment; from {_at(soonest)}")


def retry_after_s(tries: int, interval_s: float) -> float:
    """Seconds to leave a commit alone after that many failed tries in a row: the check interval
    first, doubled with each try, at most an hour."""
    return min(interval_s * 2 ** min(tries - 1, 16), max(RETRY_CAP_S, interval_s)) if tries else 0.0


def count_tries(history: tuple[Deployment, ...], commit: str) -> int:
    """How many of the newest deployments in a row (newest first) abandoned this commit."""
    tries = 0
    for deployment in history:
        if deployment.to_commit != commit or deployment.state is not State.ABANDONED:
            break
        tries += 1
    return tries


def irreversible_paths(added: tuple[str, ...], globs: tuple[str, ...]) -> tuple[str, ...]:
    """The added paths that match a glob (`**` crosses folders, `*` does not)."""
    patterns = [re.compile(_glob(g)) for g in globs]
    return tuple(path for path in added if any(p.fullmatch(path) for p in patterns))


def _glob(pattern: str) -> str:
    parts = re.split(r"(\*\*/?|\*|\?)", pattern)
    special = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    return "".join(special.get(part) or re.escape(part) for part in parts)


def _at(when: datetime | None) -> str:
    return "never" if when is None else when.strftime("%Y-%m-%d %H:%M %Z").strip()


def _refuse(target: Commit, reason: str) -> Decision:
    return Decision(kind=Kind.REFUSE, reason=reason, target=target)


def _wait(target: Commit, reason: str) -> Decision:
    return Decision(kind=Kind.WAIT, reason=reason, target=target)
