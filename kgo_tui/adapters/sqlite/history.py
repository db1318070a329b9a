"""Reading what was done: deployments, their steps and evidence, releases, the state to start from.

Owns the statements that read these. Must not know what follows from them.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

from kgo_tui.adapters.sqlite import events, samples
from kgo_tui.adapters.sqlite.rows import decode
from kgo_tui.core.model import Deployment, Evidence, Image, Quarantine, Release, Step, Suspension
from kgo_tui.engine.ports import Loaded

_NEWEST = 2**63 - 1
"""SQLite's largest integer: before it stands every deployment."""

_UNFINISHED = "SELECT id, data FROM deployments WHERE unfinished = 1"
_LAST_ENDED = "SELECT id, data FROM deployments WHERE unfinished IS NULL ORDER BY id DESC LIMIT 1"


def load(connection: sqlite3.Connection) -> Loaded:
    """What a start needs; takes as long after ten years as after a day."""
    deployed, suspended = connection.execute("SELECT deployed, suspended FROM host").fetchone()
    return Loaded(
        cursor=events.highest(connection),
        deployed=None if deployed is None else release(connection, deployed),
        unfinished=_deployment(connection, _UNFINISHED),
        last=_deployment(connection, _LAST_ENDED),
        quarantined=_quarantined(connection),
        suspended=decode(Suspension, suspended, "the suspension") if suspended else None,
        sample=samples.last(connection),
    )


def next_deployment_id(connection: sqlite3.Connection) -> int:
    """One more than any deployment or release has; a release that was adopted has no deployment."""
    row = connection.execute(
        """SELECT max((SELECT ifnull(max(id), 0) FROM deployments),
        (SELECT ifnull(max(id), 0) FROM releases)) + 1"""
    ).fetchone()
    return int(row[0])


def deployments(connection: sqlite3.Connection, limit: int, before: int | None) -> tuple[Deployment, ...]:
    """Newest first, from below the id `before`."""
    rows = connection.execute(
        "SELECT id, data FROM deployments WHERE id < ? ORDER BY id DESC LIMIT ?",
        (_NEWEST if before is None else min(before, _NEWEST), limit),
    )
    return tuple(decode(Deployment, data, f"deployment {key}") for key, data in rows)


def steps(connection: sqlite3.Connection, deployment: int) -> tuple[Step, ...]:
    """In the order of entry."""
    rows = connection.execute("SELECT id, data FROM steps WHERE deployment = ? ORDER BY id", (deployment,))
    return tuple(decode(Step, data, f"step {key} of deployment {deployment}") for key, data in rows)


def evidence(connection: sqlite3.Connection, deployment: int) -> tuple[Evidence, ...]:
    """In the order in which it was kept."""
    rows = connection.execute(
        "SELECT title, text FROM evidence WHERE deployment = ? ORDER BY id", (deployment,)
    )
    return tuple(Evidence(title=title, text=text) for title, text in rows)


def release(connection: sqlite3.Connection, key: int) -> Release | None:
    """The release of that id; any number may be asked for."""
    if not 0 < key <= _NEWEST:
        return None
    row = connection.execute("SELECT data FROM releases WHERE id = ?", (key,)).fetchone()
    return decode(Release, row[0], f"release {key}") if row else None


def releases(connection: sqlite3.Connection, limit: int) -> tuple[Release, ...]:
    """Last verified first; of those with the same commit and images only that one."""
    found: dict[tuple[str, frozenset[tuple[str, Image]]], Release] = {}
    for one in _last_verified(connection):
        if len(found) >= limit:
            break
        found.setdefault((one.commit, frozenset(one.images.items())), one)
    return tuple(found.values())


def _last_verified(connection: sqlite3.Connection) -> Iterator[Release]:
    rows = connection.execute("SELECT id, data FROM releases ORDER BY verified DESC")
    return (decode(Release, data, f"release {key}") for key, data in rows)


def _deployment(connection: sqlite3.Connection, which: str) -> Deployment | None:
    row = connection.execute(which).fetchone()
    return decode(Deployment, row[1], f"deployment {row[0]}") if row else None


def _quarantined(connection: sqlite3.Connection) -> tuple[Quarantine, ...]:
    rows = connection.execute("SELECT sha, data FROM quarantine ORDER BY at, sha")
    return tuple(decode(Quarantine, data, f"quarantine of {sha}") for sha, data in rows)
