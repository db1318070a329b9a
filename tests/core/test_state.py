"""The reducer: each event's effect on what everyone sees, and a whole deployment folded."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from kgo_tui.core import messages as m
from kgo_tui.core.model import State, Step
from kgo_tui.core.state import Activity, DecisionView, EngineState, WorkerView, reduce
from tests.core.values import (
    AT,
    COMMIT,
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

EMPTY = EngineState(instance="demo", version="1")
ENDED = replace(DEPLOYMENT, state=State.ROLLED_BACK, ended_at=AT)
OTHER = replace(QUARANTINE, commit=A)


def fold(*events: m.Event, start: EngineState = EMPTY) -> EngineState:
    for event in events:
        start = reduce(start, m.Recorded(cursor=None, at=AT, event=event))
    return start


@pytest.mark.parametrize(
    ("before", "event", "changes"),
    [
        (
            {},
            m.WorkerStarted(version="2", pid=7),
            {"worker": WorkerView(running=True, pid=7, started_at=AT)},
        ),
        (
            {"worker": WorkerView(running=True, pid=7), "next_check_at": AT},
            m.WorkerStopping(reason="signal"),
            {"worker": WorkerView(running=False, pid=7), "next_check_at": None},
        ),
        (
            {"worker": WorkerView(running=True, pid=7)},
            m.WorkerFinishing(signal="SIGTERM", deployment=1, state=State.APPLYING),
            {"worker": WorkerView(running=True, stopping=True, pid=7)},
        ),
        ({}, m.CheckStarted(), {"checking": True}),
        (
            {"checking": True},
            m.CheckFinished(kind="nothing", reason="in sync", source=SOURCE, checks_today=3),
            {
                "checking": False,
                "source": SOURCE,
                "decision": DecisionView(kind="nothing", reason="in sync"),
                "worker": WorkerView(checks_today=3),
            },
        ),
        (
            {"source": SOURCE},
            m.CheckFinished(kind="refuse", reason="gone", source=None, checks_today=4),
            {
                "decision": DecisionView(kind="refuse", reason="gone"),
                "worker": WorkerView(checks_today=4),
            },
        ),
        ({}, m.NextCheckSet(at=AT), {"next_check_at": AT}),
        ({"next_check_at": AT}, m.NextCheckSet(at=None), {"next_check_at": None}),
        ({}, m.SampleTaken(sample=SAMPLE), {"sample": SAMPLE}),
        ({}, m.HealthLost(sample=SAMPLE), {"sample": SAMPLE}),
        ({}, m.HealthBack(sample=SAMPLE, lost_s=3.0), {"sample": SAMPLE}),
        ({}, m.ContainersChanged(containers=(CONTAINER,)), {"containers": (CONTAINER,)}),
        ({}, m.Suspended(suspension=SUSPENSION), {"suspended": SUSPENSION}),
        ({"suspended": SUSPENSION}, m.Resumed(by="ann"), {"suspended": None}),
        (
            {"quarantined": (OTHER,)},
            m.CommitQuarantined(quarantine=QUARANTINE),
            {"quarantined": (OTHER, QUARANTINE)},
        ),
        (
            {"quarantined": (QUARANTINE, OTHER)},
            m.CommitQuarantined(quarantine=replace(QUARANTINE, reason="again")),
            {"quarantined": (OTHER, replace(QUARANTINE, reason="again"))},
        ),
        (
            {"quarantined": (QUARANTINE, OTHER)},
            m.QuarantineLifted(commit=QUARANTINE.commit, by="ann"),
            {"quarantined": (OTHER,)},
        ),
        (
            {"faults": {"git": "gone"}},
            m.FaultRaised(what="docker", message="gone"),
            {"faults": {"git": "gone", "docker": "gone"}},
        ),
        (
            {"faults": {"git": "gone"}},
            m.FaultRaised(what="git", message="denied"),
            {"faults": {"git": "denied"}},
        ),
        ({"faults": {"git": "x", "docker": "y"}}, m.FaultCleared(what="git"), {"faults": {"docker": "y"}}),
        ({"faults": {"docker": "y"}}, m.FaultCleared(what="git"), {}),
        ({}, m.ReleaseAdopted(release=RELEASE), {"deployed": RELEASE}),
        (
            {"steps": (STEP,)},
            m.DeploymentQueued(deployment=DEPLOYMENT),
            {"deployment": DEPLOYMENT, "steps": ()},
        ),
        ({}, m.StepStarted(deployment=DEPLOYMENT, step=STEP), {"deployment": DEPLOYMENT, "steps": (STEP,)}),
        (
            {"steps": (replace(STEP, ended_at=None, outcome=None), replace(STEP, entry=9))},
            m.StepFinished(deployment=DEPLOYMENT, step=STEP),
            {"deployment": DEPLOYMENT, "steps": (replace(STEP, entry=9), STEP)},
        ),
        (
            {"deployment": DEPLOYMENT},
            m.StepFinished(deployment=ENDED, step=STEP),
            {"deployment": None, "last": ENDED, "steps": (STEP,)},
        ),
        (
            {"deployment": DEPLOYMENT},
            m.DeploymentEnded(deployment=ENDED, deployed=RELEASE, deployments_today=5),
            {
                "deployment": None,
                "last": ENDED,
                "deployed": RELEASE,
                "worker": WorkerView(deployments_today=5),
            },
        ),
        ({}, m.DecisionChanged(kind="wait", reason="x"), {}),
        ({}, m.CommitDetected(sha=A, subject="x"), {}),
        ({}, m.OutputLine(deployment=8, state="pulling", text="x"), {}),
        ({}, m.ProbeAttempted(deployment=8, attempt=1, attempts=3, message="x"), {}),
        ({}, m.OwnershipRepaired(paths=3), {}),
        ({}, m.LocalChangesSaved(deployment=8, saved=("x",)), {}),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, m.EventBase) else "",
)
def test_an_event_changes_this_and_nothing_else(
    before: dict[str, Any], event: m.Event, changes: dict[str, Any]
) -> None:
    start = replace(EMPTY, **before)
    assert fold(event, start=start) == replace(start, **changes)


def test_what_is_done_now_is_one_word_and_a_deployment_outweighs_a_check() -> None:
    assert fold().activity is Activity.IDLE
    assert fold(m.CheckStarted()).activity is Activity.CHECKING
    running = fold(m.CheckStarted(), m.DeploymentQueued(deployment=DEPLOYMENT))
    assert (running.activity, running.touching) == (Activity.DEPLOYING, True)
    back = replace(DEPLOYMENT, state=State.ROLLING_BACK)
    assert fold(m.StepStarted(deployment=back, step=STEP)).activity is Activity.ROLLING_BACK
    waiting = fold(m.DeploymentQueued(deployment=replace(DEPLOYMENT, state=State.WAITING_IMAGES)))
    assert (waiting.activity, waiting.touching) == (Activity.DEPLOYING, False)


def test_a_deployment_is_followed_to_its_end() -> None:
    events: list[m.Event] = [m.DeploymentQueued(deployment=replace(DEPLOYMENT, state=State.QUEUED))]
    walked = [State.QUEUED, State.PREPARING, State.PULLING, State.APPLYING, State.VERIFYING]
    after = [*walked[1:], State.SUCCEEDED]
    for number, (state, next_) in enumerate(zip(walked, after, strict=True)):
        begun = Step(state=state, entry=1, started_at=AT + timedelta(seconds=number))
        events += [
            m.StepStarted(deployment=replace(DEPLOYMENT, state=state), step=begun),
            m.StepFinished(
                deployment=replace(DEPLOYMENT, state=next_),
                step=replace(begun, ended_at=AT + timedelta(seconds=number + 1)),
            ),
        ]
    events.append(m.DeploymentEnded(deployment=replace(DEPLOYMENT, state=State.SUCCEEDED), deployed=RELEASE))
    seen = [fold(*events[:n]) for n in range(1, len(events) + 1)]
    assert [s.state for s in seen[-1].steps] == walked
    assert all(s.ended_at for s in seen[-1].steps)
    assert [s.activity for s in seen] == [Activity.DEPLOYING] * (len(events) - 2) + [Activity.IDLE] * 2
    assert seen[-1].deployed == RELEASE


DECIDED = DecisionView(kind="deploy", reason="B follows A")
SUCCEEDED = replace(DEPLOYMENT, state=State.SUCCEEDED, ended_at=AT)


def test_what_was_decided_before_a_deployment_holds_no_more_after_it() -> None:
    waits = replace(SOURCE, remote=replace(COMMIT, sha=B), waiting=(COMMIT,))
    before = replace(EMPTY, source=waits, decision=DECIDED)
    after = fold(m.DeploymentEnded(deployment=SUCCEEDED, deployed=RELEASE, deployments_today=1), start=before)
    assert after.decision is None
    assert after.source == replace(waits, local=waits.remote, behind=0, waiting=())


def test_one_that_failed_leaves_what_waits_and_what_else_was_decided() -> None:
    held = DecisionView(kind="wait", reason="outside of the window")
    before = replace(EMPTY, source=SOURCE, decision=held)
    after = fold(m.DeploymentEnded(deployment=ENDED, deployed=RELEASE, deployments_today=1), start=before)
    assert (after.decision, after.source) == (held, SOURCE)
