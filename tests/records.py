"""One event of each kind that is logged, by the name of its kind, with as little in it as there may be.

Owns these values; must not know what becomes of them.
"""

from __future__ import annotations

from collections.abc import Mapping

from msgspec.structs import replace

from kgo_tui.core import messages as m
from kgo_tui.core.model import ContainerAction, Outcome, State, Trigger
from tests.core.values import AT, DEPLOYMENT, QUARANTINE, RELEASE, SAMPLE, STEP, SUSPENSION, B

BARE = replace(DEPLOYMENT, from_commit=None, subject="", failure=None, downtime_ms=None)
LOST = replace(SAMPLE, ok=False, status_code=503)


def step(state: State, outcome: Outcome) -> m.Event:
    ended = replace(STEP, state=state, outcome=outcome, message="", attempts=None, error=None, ended_at=AT)
    return m.StepFinished(deployment=BARE, step=ended)


def end(state: State, trigger: Trigger = Trigger.POLL) -> m.Event:
    deployment = replace(BARE, state=state, trigger=trigger, ended_at=AT, duration_s=4.2)
    return m.DeploymentEnded(deployment=deployment, deployed=None)


LOGGED: Mapping[str, m.Event] = {
    "worker_started": m.WorkerStarted(version="1", pid=7),
    "worker_stopping": m.WorkerStopping(reason="signal"),
    "worker_finishing": m.WorkerFinishing(signal="SIGTERM", deployment=8, state=State.APPLYING),
    "configuration_reloaded": m.ConfigurationReloaded(),
    "check_started": m.CheckStarted(),
    "decision_nothing": m.DecisionChanged(kind="nothing", reason="in sync at bbbbbbb"),
    "decision_wait": m.DecisionChanged(kind="wait", reason="suspended"),
    "decision_refuse": m.DecisionChanged(kind="refuse", reason="history rewritten"),
    "decision_deploy": m.DecisionChanged(kind="deploy", reason="bbbbbbb follows aaaaaaa"),
    "commit_detected": m.CommitDetected(sha=B, subject=""),
    "release_adopted": m.ReleaseAdopted(release=RELEASE),
    "deployment_queued": m.DeploymentQueued(deployment=BARE),
    "step_started": m.StepStarted(deployment=BARE, step=replace(STEP, state=State.PULLING)),
    "step_finished": step(State.PULLING, Outcome.NOT_PUBLISHED),
    "step_failed": step(State.APPLYING, Outcome.FAILED),
    "health_check_passed": step(State.VERIFYING, Outcome.OK),
    "health_check_failed": step(State.VERIFYING_ROLLBACK, Outcome.FAILED),
    "probe_attempted": m.ProbeAttempted(deployment=8, attempt=1, attempts=10, message="status 500"),
    "deployment_succeeded": end(State.SUCCEEDED),
    "deployment_rolled_back": end(State.ROLLED_BACK),
    "deployment_went_back": end(State.ROLLED_BACK, Trigger.ROLLBACK),
    "deployment_abandoned": end(State.ABANDONED),
    "deployment_rollback_failed": end(State.ROLLBACK_FAILED),
    "health_lost": m.HealthLost(sample=LOST),
    "health_back": m.HealthBack(sample=SAMPLE),
    "container_acted": m.ContainerActed(
        by="ann", service="", container="app-1", action=ContainerAction.RESTART
    ),
    "commit_quarantined": m.CommitQuarantined(quarantine=replace(QUARANTINE, deployment=None)),
    "quarantine_lifted": m.QuarantineLifted(commit=B, by="ann"),
    "suspended": m.Suspended(suspension=SUSPENSION),
    "resumed": m.Resumed(by="ann"),
    "fault_git": m.FaultRaised(what="git", message="no route to host"),
    "fault_docker": m.FaultRaised(what="docker", message="no such socket"),
    "fault_store": m.FaultRaised(what="store", message="no space is left"),
    "fault_configuration": m.FaultRaised(what="configuration", message="[git] is not known"),
    "fault_raised": m.FaultRaised(what="moon", message="it set"),
    "fault_cleared": m.FaultCleared(what="git"),
    "ownership_repaired": m.OwnershipRepaired(paths=3),
    "local_changes_saved": m.LocalChangesSaved(deployment=8, saved=("git stash list (kgo-tui 8)",)),
}
