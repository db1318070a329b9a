"""The JSON that scripts read, literally as DESIGN section 2 promises it, and the verdict."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from msgspec.structs import replace

from kgo_tui.core import report
from kgo_tui.core.model import ContainerView, State, Tls, Trigger
from kgo_tui.core.state import DecisionView, EngineState, WorkerView
from tests.core.values import (
    AT,
    CONTAINER,
    DEPLOYMENT,
    QUARANTINE,
    RELEASE,
    SAMPLE,
    SOURCE,
    STEP,
    SUSPENSION,
    A,
    B,
)

FULL = EngineState(
    instance="demo",
    version="1.2.3",
    worker=WorkerView(running=True, pid=7, started_at=AT, checks_today=4, deployments_today=2),
    source=SOURCE,
    deployed=RELEASE,
    deployment=DEPLOYMENT,
    steps=(STEP,),
    suspended=SUSPENSION,
    quarantined=(QUARANTINE,),
    decision=DecisionView(kind="wait", reason="suspended by ann"),
    next_check_at=AT + timedelta(seconds=90),
    sample=SAMPLE,
    containers=(CONTAINER,),
)

DEPLOYMENT_JSON = {
    "id": 8,
    "trigger": "manual",
    "by": "ann",
    "from_commit": A,
    "to_commit": B,
    "state": "verifying",
    "started_at": "2025-03-03T12:00:00.000Z",
    "ended_at": None,
    "duration_s": None,
    "downtime_ms": 120,
    "failure": "it failed",
    "steps": [
        {
            "state": "verifying",
            "started_at": "2025-03-03T12:00:00.000Z",
            "ended_at": "2025-03-03T12:00:03.000Z",
            "outcome": "failed",
        }
    ],
}

STATUS_JSON = {
    "schema": 1,
    "instance": "demo",
    "version": "1.2.3",
    "repository": {
        "path": "/srv/app",
        "branch": "main",
        "remote_url": "https://example.org/app.git",
        "local": {"sha": A, "subject": "", "author": "", "committed_at": None},
        "remote": {
            "sha": B,
            "subject": "Mend it",
            "author": "Ann",
            "committed_at": "2025-03-03T11:00:00.000Z",
        },
        "ahead": 0,
        "behind": 1,
    },
    "deployed": {
        "deployment_id": 7,
        "commit": A,
        "at": "2025-03-03T12:00:00.000Z",
        "images": {"app": "sha256:1"},
    },
    "activity": "deploying",
    "deployment": DEPLOYMENT_JSON,
    "suspended": {"reason": "holidays", "by": "ann", "since": "2025-03-03T12:00:00.000Z"},
    "quarantined": [{"commit": B, "reason": "status 500", "at": "2025-03-03T12:00:00.000Z", "deployment": 8}],
    "next_check_at": "2025-03-03T12:01:30.000Z",
    "worker": {
        "running": True,
        "pid": 7,
        "started_at": "2025-03-03T12:00:00.000Z",
        "checks_today": 4,
        "deployments_today": 2,
    },
    "health": {
        "ok": True,
        "status_code": 200,
        "latency_ms": 12.5,
        "tls": "valid",
        "tls_days_left": 60,
        "at": "2025-03-03T12:00:00.000Z",
    },
    "containers": [
        {
            "service": "app",
            "name": "demo-app-1",
            "image": "reg/app:latest",
            "image_id": "sha256:1",
            "state": "running",
            "health": "healthy",
            "exit_code": None,
            "started_at": "2025-03-03T12:00:00.000Z",
        }
    ],
    "verdict": "warning",
    "reason": "suspended by ann: holidays",
}

UNKNOWN_JSON = {
    "schema": 1,
    "instance": "demo",
    "version": "1",
    "repository": None,
    "deployed": None,
    "activity": "idle",
    "deployment": None,
    "suspended": None,
    "quarantined": [],
    "next_check_at": None,
    "worker": {
        "running": False,
        "pid": None,
        "started_at": None,
        "checks_today": 0,
        "deployments_today": 0,
    },
    "health": None,
    "containers": [],
    "verdict": "warning",
    "reason": "no release is recorded yet",
}


def test_status_is_the_contract() -> None:
    assert report.status(FULL) == STATUS_JSON
    assert json.loads(json.dumps(report.status(FULL))) == STATUS_JSON


def test_what_is_not_known_is_null() -> None:
    assert report.status(EngineState(instance="demo", version="1")) == UNKNOWN_JSON


def test_an_entry_of_the_history_is_the_contract() -> None:
    assert report.deployment(DEPLOYMENT, (STEP,)) == DEPLOYMENT_JSON
    ended = replace(DEPLOYMENT, state=State.SUCCEEDED, ended_at=AT, duration_s=3.25)
    shown = report.deployment(ended)
    assert (shown["failure"], shown["duration_s"], shown["steps"]) == (None, 3.25, [])


@pytest.mark.parametrize(
    ("trigger", "state", "good"),
    [
        (Trigger.POLL, State.SUCCEEDED, True),
        (Trigger.MANUAL, State.SUCCEEDED, True),
        (Trigger.PUSH, State.ROLLED_BACK, False),
        (Trigger.ROLLBACK, State.ROLLED_BACK, True),
        (Trigger.ROLLBACK, State.ABANDONED, False),
        (Trigger.ROLLBACK, State.ROLLBACK_FAILED, False),
        (Trigger.POLL, State.VERIFYING, False),
    ],
)
def test_a_rollback_succeeded_when_it_went_back(trigger: Trigger, state: State, *, good: bool) -> None:
    assert report.succeeded(replace(DEPLOYMENT, trigger=trigger, state=state)) is good


@pytest.mark.parametrize(
    ("at", "text"),
    [
        (None, None),
        (AT, "2025-03-03T12:00:00.000Z"),
        (AT + timedelta(microseconds=1999), "2025-03-03T12:00:00.001Z"),
        (datetime(2025, 3, 3, 14, 0, tzinfo=timezone(timedelta(hours=2))), "2025-03-03T12:00:00.000Z"),
        (datetime(2025, 3, 3, 7, 0, tzinfo=timezone(timedelta(hours=-5))), "2025-03-03T12:00:00.000Z"),
        (datetime(999, 1, 1, tzinfo=UTC), "0999-01-01T00:00:00.000Z"),
    ],
)
def test_times_are_utc_whatever_zone_they_came_in(at: datetime | None, text: str | None) -> None:
    assert report.rfc3339(at) == text


CALM = EngineState(
    instance="demo",
    version="1",
    deployed=RELEASE,
    sample=SAMPLE,
    containers=(CONTAINER,),
    decision=DecisionView(kind="nothing", reason="in sync at aaaaaaa"),
)
EXITED = replace(CONTAINER, state="exited", health=None)
FAILED = replace(DEPLOYMENT, state=State.ROLLBACK_FAILED, failure="no baseline")
SICK = replace(SAMPLE, ok=False, status_code=500)


def with_container(container: ContainerView) -> dict[str, Any]:
    return {"containers": (container,)}


@pytest.mark.parametrize(
    ("changes", "word", "reason"),
    [
        ({}, "ok", "in sync at aaaaaaa"),
        ({"decision": None}, "ok", "healthy"),
        ({"last": FAILED}, "critical", "deployment 8 could not be rolled back: no baseline"),
        ({"last": replace(FAILED, state=State.ROLLED_BACK)}, "ok", "in sync"),
        ({"faults": {"docker": "Docker does not answer"}}, "critical", "Docker does not answer"),
        ({"faults": {"store": "no space is left"}}, "critical", "no space is left"),
        ({"faults": {"git": "no answer"}}, "warning", "git: no answer"),
        ({"sample": SICK}, "critical", "health probe fails: 500"),
        ({"sample": replace(SICK, status_code=None, error="refused")}, "critical", "refused"),
        (with_container(replace(CONTAINER, health="unhealthy")), "critical", "demo-app-1: unhealthy"),
        (with_container(replace(CONTAINER, state="restarting")), "critical", "demo-app-1: restarting"),
        (with_container(replace(CONTAINER, state="dead")), "critical", "demo-app-1: dead"),
        (with_container(replace(EXITED, exit_code=1)), "critical", "ended with exit code 1"),
        (with_container(replace(EXITED, exit_code=0)), "ok", "in sync"),
        (with_container(replace(EXITED, exit_code=1, oneoff=True)), "ok", "in sync"),
        (with_container(replace(EXITED, exit_code=143, service="dropped")), "ok", "in sync"),
        ({"suspended": SUSPENSION}, "warning", "suspended by ann: holidays"),
        ({"suspended": replace(SUSPENSION, reason="")}, "warning", "suspended by ann"),
        ({"decision": DecisionView(kind="refuse", reason="quarantined")}, "warning", "quarantined"),
        ({"decision": DecisionView(kind="wait", reason="too soon")}, "warning", "too soon"),
        ({"decision": DecisionView(kind="deploy", reason="b follows a")}, "ok", "b follows a"),
        ({"deployed": None}, "warning", "no release is recorded yet"),
        ({"sample": replace(SAMPLE, tls=Tls.WRONG_HOST)}, "warning", "certificate: wrong host"),
        ({"sample": replace(SAMPLE, tls=Tls.NONE)}, "ok", "in sync"),
        ({"sample": replace(SAMPLE, tls_days_left=13)}, "warning", "certificate: 13 days left"),
        ({"sample": replace(SAMPLE, tls_days_left=14)}, "ok", "in sync"),
        ({"sample": SICK, "suspended": SUSPENSION}, "critical", "health probe fails"),
        ({"sample": SICK, "deployment": DEPLOYMENT}, "ok", "in sync"),
        (
            {"sample": SICK, "deployment": replace(DEPLOYMENT, state=State.PULLING)},
            "critical",
            "health probe fails",
        ),
    ],
)
def test_the_verdict_is_the_worst_news(changes: dict[str, Any], word: str, reason: str) -> None:
    said, why = report.verdict(replace(CALM, **changes))
    assert said == word
    assert reason in why
