"""Writing one change: every record of it, in the order that their references need.

Owns the statements that write deployments, steps, evidence, releases and the host's own state.
Runs inside a transaction that it neither begins nor ends. Must not know why a change is made.
"""

from __future__ import annotations

import sqlite3
from datetime import datetime

from kgo_tui.adapters.sqlite.events import append
from kgo_tui.adapters.sqlite.rows import encode, time_text
from kgo_tui.core.machine import is_terminal
from kgo_tui.core.messages import Recorded
from kgo_tui.core.model import Deployment, Evidence, Quarantine, Release, Step, Suspension
from kgo_tui.engine.ports import Change


def check(change: Change) -> None:
    """Raise ValueError for a step or evidence that says not whose it is."""
    if change.deployment is None and (change.step or change.evidence):
        raise ValueError("a step and evidence need their deployment in the same change")


def apply(connection: sqlite3.Connection, change: Change, at: datetime) -> tuple[Recorded, ...]:
    """Write all that the change holds; `at` is the time of its events."""
    if change.deployment:
        _put_deployment(connection, change.deployment)
        _put_step(connection, change.deployment.id, change.step)
        _add_evidence(connection, change.deployment.id, change.evidence, at)
    _put_release(connection, change.release, at)
    _point_at(connection, change.deployed, at)
    _put_quarantine(connection, change.lift, change.quarantine)
    _put_suspension(connection, change.suspend, resume=change.resume)
    return append(connection, change.events, at)


def _put_deployment(connection: sqlite3.Connection, deployment: Deployment) -> None:
    ended = deployment.ended_at
    connection.execute(
        """INSERT INTO deployments (id, state, unfinished, to_commit, started_at, ended_at, data)
        VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET
        state = excluded.state, unfinished = excluded.unfinished, to_commit = excluded.to_commit,
        started_at = excluded.started_at, ended_at = excluded.ended_at, data = excluded.data""",
        (
            deployment.id,
            deployment.state.value,
            None if is_terminal(deployment.state) else 1,
            deployment.to_commit,
            time_text(deployment.started_at),
            time_text(ended) if ended else None,
            encode(deployment),
        ),
    )


def _put_step(connection: sqlite3.Connection, deployment: int, step: Step | None) -> None:
    if step is None:
        return
    connection.execute(
        """INSERT INTO steps (deployment, state, entry, started_at, data) VALUES (?, ?, ?, ?, ?)
        ON CONFLICT (deployment, state, entry)
        DO UPDATE SET started_at = excluded.started_at, data = excluded.data""",
        (deployment, step.state.value, step.entry, time_text(step.started_at), encode(step)),
    )


def _add_evidence(
    connection: sqlite3.Connection, deployment: int, evidence: tuple[Evidence, ...], at: datetime
) -> None:
    connection.executemany(
        "INSERT INTO evidence (deployment, at, title, text) VALUES (?, ?, ?, ?)",
        [(deployment, time_text(at), item.title, item.text) for item in evidence],
    )


def _put_release(connection: sqlite3.Connection, release: Release | None, at: datetime) -> None:
    if release is None:
        return
    connection.execute(
        """INSERT INTO releases (id, verified, verified_at, data)
        VALUES (?, (SELECT ifnull(max(verified), 0) + 1 FROM releases), ?, ?)
        ON CONFLICT (id) DO UPDATE SET
        verified = excluded.verified, verified_at = excluded.verified_at, data = excluded.data""",
        (release.id, time_text(at), encode(release)),
    )


def _point_at(connection: sqlite3.Connection, release: int | None, at: datetime) -> None:
    # What the host is on was verified just now, a release that was rolled back to as well.
    if release is None:
        return
    connection.execute("UPDATE host SET deployed = ?", (release,))
    connection.execute(
        """UPDATE releases SET verified = (SELECT max(verified) + 1 FROM releases), verified_at = ?
        WHERE id = ?""",
        (time_text(at), release),
    )


def _put_quarantine(connection: sqlite3.Connection, lift: str | None, put: Quarantine | None) -> None:
    if lift is not None:
        connection.execute("DELETE FROM quarantine WHERE sha = ?", (lift,))
    if put is not None:
        connection.execute(
            """INSERT INTO quarantine (sha, at, data) VALUES (?, ?, ?)
            ON CONFLICT (sha) DO UPDATE SET at = excluded.at, data = excluded.data""",
            (put.commit, time_text(put.at), encode(put)),
        )


def _put_suspension(connection: sqlite3.Connection, suspend: Suspension | None, *, resume: bool) -> None:
    # Of both in one change the safe one wins.
    if suspend is not None:
        connection.execute("UPDATE host SET suspended = ?", (encode(suspend),))
    elif resume:
        connection.execute("UPDATE host SET suspended = NULL")
