"""Values for the tests of the pure part, one of each kind."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from kgo_tui.core.model import (
    Commit,
    ContainerView,
    Deployment,
    Image,
    Outcome,
    Quarantine,
    Release,
    Sample,
    SourceView,
    State,
    Step,
    Suspension,
    Tls,
    Trigger,
)

AT = datetime(2025, 3, 3, 12, 0, tzinfo=UTC)
"""A Monday, at noon."""

A, B = "a" * 40, "b" * 40

COMMIT = Commit(sha=B, subject="Mend it", author="Ann", committed_at=AT - timedelta(hours=1))
IMAGE = Image(ref="reg/app:latest", image_id="sha256:1", digest="reg/app@sha256:2")
RELEASE = Release(id=7, commit=A, at=AT, images={"app": IMAGE})
DEPLOYMENT = Deployment(
    id=8,
    trigger=Trigger.MANUAL,
    by="ann",
    from_commit=A,
    to_commit=B,
    subject="Mend it",
    baseline=7,
    leaves=B,
    tree_before=A,
    state=State.VERIFYING,
    entries={State.QUEUED: 1, State.VERIFYING: 2},
    images={"app": IMAGE},
    started_at=AT,
    downtime_ms=120,
    irreversible=("migrations/1.sql",),
    failure="it failed",
)
STEP = Step(
    state=State.VERIFYING,
    entry=2,
    started_at=AT,
    ended_at=AT + timedelta(seconds=3),
    outcome=Outcome.FAILED,
    message="status 500",
    attempts=3,
    error="CommandFailed",
    commands=("docker compose up -d",),
)
QUARANTINE = Quarantine(commit=B, reason="status 500", at=AT, deployment=8)
SUSPENSION = Suspension(reason="holidays", by="ann", since=AT)
SAMPLE = Sample(
    at=AT, ok=True, url="https://app", status_code=200, latency_ms=12.5, tls=Tls.VALID, tls_days_left=60
)
CONTAINER = ContainerView(
    id="c1",
    name="demo-app-1",
    service="app",
    image="reg/app:latest",
    image_id="sha256:1",
    state="running",
    health="healthy",
    created_at=AT,
    started_at=AT,
    ports=("127.0.0.1:80->80/tcp",),
)
SOURCE = SourceView(
    path="/srv/app",
    branch="main",
    remote_url="https://example.org/app.git",
    local=Commit(sha=A),
    remote=COMMIT,
    ahead=0,
    behind=1,
    descends=True,
    deployed_descends=True,
)
