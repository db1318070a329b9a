"""The JSON that users' scripts read: status and history, schema 1 (the contract with users).

Owns the shape of `--json` and the verdict. Must not know who prints it.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from kgo_tui.core.model import (
    Commit,
    ContainerView,
    Deployment,
    Release,
    Sample,
    SourceView,
    State,
    Step,
    Tls,
    Trigger,
)
from kgo_tui.core.state import EngineState

SCHEMA = 1
TLS_SOON_DAYS = 14
"""A certificate with fewer days left than that is worth a warning."""

OK, WARNING, CRITICAL = "ok", "warning", "critical"

INTERRUPTED = "deployment"
"""The fault of a deployment that nobody carries on at the moment."""


def verdict(state: EngineState) -> tuple[str, str]:
    """One word (ok, warning, critical) and the reason in words: the worst first."""
    return next(
        (
            (word, reason)
            for word, reasons in ((CRITICAL, _critical(state)), (WARNING, _warning(state)))
            for reason in reasons
        ),
        (OK, state.decision.reason if state.decision else "healthy"),
    )


def _critical(state: EngineState) -> Iterable[str]:
    last = state.last
    if state.touching and INTERRUPTED not in state.faults:
        return  # a deployment is judging for itself; what fails meanwhile is its business
    if last is not None and last.state is State.ROLLBACK_FAILED:
        yield f"deployment {last.id} could not be rolled back: {last.failure}"
    for what in ("docker", "store"):
        if what in state.faults:
            yield state.faults[what]
    if state.sample is not None and not state.sample.ok:
        yield f"health probe fails: {state.sample.error or state.sample.status_code}"
    for c in state.containers:
        if _belongs(c, state.deployed) and (bad := _trouble(c)):
            yield f"{c.name}: {bad}"


def _warning(state: EngineState) -> Iterable[str]:
    if state.suspended is not None:
        yield f"suspended by {state.suspended.by}: {state.suspended.reason}".rstrip(": ")
    for what, message in state.faults.items():
        yield f"{what}: {message}"
    if state.decision is not None and state.decision.kind in {"refuse", "wait"}:
        yield state.decision.reason
    if state.deployed is None:
        yield "no release is recorded yet"
    if state.sample is not None and state.sample.tls not in {None, Tls.NONE, Tls.VALID}:
        yield f"certificate: {str(state.sample.tls).replace('_', ' ')}"
    days = state.sample.tls_days_left if state.sample else None
    if days is not None and days < TLS_SOON_DAYS:
        yield f"certificate: {days} days left"


def _belongs(c: ContainerView, deployed: Release | None) -> bool:
    """Whether it is of the deployed release; what a commit dropped was stopped on purpose."""
    return deployed is None or deployed.adopted or c.service in deployed.images


def _trouble(c: ContainerView) -> str | None:
    if c.oneoff:
        return None
    if c.health == "unhealthy":
        return "unhealthy"
    if c.state in {"restarting", "dead"}:
        return c.state
    if c.state == "exited" and c.exit_code != 0:
        return f"ended with exit code {c.exit_code}"
    return None


def status(state: EngineState) -> dict[str, Any]:
    """`status --json`. Unknown is None, never a made-up value."""
    word, reason = verdict(state)
    return {
        "schema": SCHEMA,
        "instance": state.instance,
        "version": state.version,
        "repository": _repository(state.source),
        "deployed": _deployed(state.deployed),
        "activity": str(state.activity),
        "deployment": deployment(state.deployment, state.steps) if state.deployment else None,
        "suspended": {
            "reason": state.suspended.reason,
            "by": state.suspended.by,
            "since": rfc3339(state.suspended.since),
        }
        if state.suspended
        else None,
        "quarantined": [
            {"commit": q.commit, "reason": q.reason, "at": rfc3339(q.at), "deployment": q.deployment}
            for q in state.quarantined
        ],
        "next_check_at": rfc3339(state.next_check_at),
        "worker": {
            "running": state.worker.running,
            "pid": state.worker.pid,
            "started_at": rfc3339(state.worker.started_at),
            "checks_today": state.worker.checks_today,
            "deployments_today": state.worker.deployments_today,
        },
        "health": health(state.sample) if state.sample else None,
        "containers": [_container(c) for c in state.containers],
        "verdict": word,
        "reason": reason,
    }


def deployment(d: Deployment, steps: Iterable[Step] = ()) -> dict[str, Any]:
    """One entry of `history --json`."""
    return {
        "id": d.id,
        "trigger": str(d.trigger),
        "by": d.by,
        "from_commit": d.from_commit,
        "to_commit": d.to_commit,
        "state": str(d.state),
        "started_at": rfc3339(d.started_at),
        "ended_at": rfc3339(d.ended_at),
        "duration_s": d.duration_s,
        "downtime_ms": d.downtime_ms,
        "failure": None if succeeded(d) else d.failure,
        "steps": [
            {
                "state": str(s.state),
                "started_at": rfc3339(s.started_at),
                "ended_at": rfc3339(s.ended_at),
                "outcome": str(s.outcome) if s.outcome else None,
            }
            for s in steps
        ],
    }


def succeeded(d: Deployment) -> bool:
    """Whether the deployment ended where whoever asked for it wanted the host to be."""
    wanted = State.ROLLED_BACK if d.trigger is Trigger.ROLLBACK else State.SUCCEEDED
    return d.state is wanted


def health(sample: Sample) -> dict[str, Any]:
    """The `health` object of the status, and each entry of `health --json`."""
    return {
        "ok": sample.ok,
        "status_code": sample.status_code,
        "latency_ms": sample.latency_ms,
        "tls": str(sample.tls) if sample.tls else None,
        "tls_days_left": sample.tls_days_left,
        "at": rfc3339(sample.at),
    }


def rfc3339(at: datetime | None) -> str | None:
    """A time as RFC 3339 in UTC with milliseconds, None for None."""
    return (
        None if at is None else at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    )


def _repository(view: SourceView | None) -> dict[str, Any] | None:
    if view is None:
        return None
    return {
        "path": view.path,
        "branch": view.branch,
        "remote_url": view.remote_url,
        "local": _commit(view.local),
        "remote": _commit(view.remote),
        "ahead": view.ahead,
        "behind": view.behind,
    }


def _commit(commit: Commit | None) -> dict[str, Any] | None:
    if commit is None:
        return None
    return {
        "sha": commit.sha,
        "subject": commit.subject,
        "author": commit.author,
        "committed_at": rfc3339(commit.committed_at),
    }


def _deployed(release: Release | None) -> dict[str, Any] | None:
    if release is None:
        return None
    return {
        "deployment_id": release.id,
        "commit": release.commit,
        "at": rfc3339(release.at),
        "images": {name: image.image_id for name, image in sorted(release.images.items())},
    }


def _container(c: ContainerView) -> dict[str, Any]:
    return {
        "service": c.service,
        "name": c.name,
        "image": c.image,
        "image_id": c.image_id,
        "state": c.state,
        "health": c.health,
        "exit_code": c.exit_code if c.state in {"exited", "dead"} else None,
        "started_at": rfc3339(c.started_at),
    }
