"""The state that everyone sees, and how one event changes it.

Owns the snapshot and its reducer; the worker and every console fold the same events with it. Must
not know where events come from.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from msgspec.structs import replace

from kgo_tui.core import messages as m
from kgo_tui.core.machine import is_terminal, touches_containers
from kgo_tui.core.model import (
    ContainerView,
    Deployment,
    Quarantine,
    Release,
    Sample,
    SourceView,
    State,
    Step,
    Struct,
    Suspension,
)


class Activity(StrEnum):
    """What the worker does now, in one word."""

    IDLE = "idle"
    CHECKING = "checking"
    DEPLOYING = "deploying"
    ROLLING_BACK = "rolling_back"


class WorkerView(Struct, frozen=True, kw_only=True):
    """The worker process and its counters of today (UTC). `stopping`: it takes no commands any more.
    `transient`: it does not poll, and ends when nobody looks."""

    running: bool = False
    stopping: bool = False
    transient: bool = False
    pid: int | None = None
    started_at: datetime | None = None
    checks_today: int = 0
    deployments_today: int = 0


class DecisionView(Struct, frozen=True, kw_only=True):
    """The last check's decision, in one word and in a sentence."""

    kind: str
    reason: str


class EngineState(Struct, frozen=True, kw_only=True):
    """Everything that is known now. Faults are by what does not work, in words."""

    instance: str
    version: str
    checking: bool = False
    worker: WorkerView = WorkerView()
    source: SourceView | None = None
    deployed: Release | None = None
    deployment: Deployment | None = None
    steps: tuple[Step, ...] = ()
    last: Deployment | None = None
    suspended: Suspension | None = None
    quarantined: tuple[Quarantine, ...] = ()
    decision: DecisionView | None = None
    next_check_at: datetime | None = None
    sample: Sample | None = None
    containers: tuple[ContainerView, ...] = ()
    faults: dict[str, str] = {}

    @property
    def activity(self) -> Activity:
        """A deployment outweighs a check."""
        if self.deployment is not None:
            back = self.deployment.state in {State.ROLLING_BACK, State.VERIFYING_ROLLBACK}
            return Activity.ROLLING_BACK if back else Activity.DEPLOYING
        return Activity.CHECKING if self.checking else Activity.IDLE

    @property
    def touching(self) -> bool:
        """Whether containers are being changed, so that a failing probe is no news."""
        return self.deployment is not None and touches_containers(self.deployment.state)


def reduce(  # noqa: C901, PLR0911, PLR0912 - a flat match, one line for each event
    state: EngineState, recorded: m.Recorded
) -> EngineState:
    """The state after one more event. Events that change nothing visible return it as it is."""
    match recorded.event:
        case m.WorkerStarted(pid=pid, transient=transient):
            came = {"pid": pid, "transient": transient, "started_at": recorded.at}
            return replace(state, worker=replace(state.worker, running=True, stopping=False, **came))
        case m.WorkerFinishing():
            return replace(state, worker=replace(state.worker, stopping=True))
        case m.WorkerStopping():
            return replace(state, worker=replace(state.worker, running=False), next_check_at=None)
        case m.CheckStarted():
            return replace(state, checking=True)
        case m.CheckFinished() as event:
            return _checked(state, event)
        case m.NextCheckSet(at=at):
            return replace(state, next_check_at=at)
        case m.SampleTaken(sample=sample) | m.HealthLost(sample=sample) | m.HealthBack(sample=sample):
            return replace(state, sample=sample)
        case m.ContainersChanged(containers=containers):
            return replace(state, containers=containers)
        case m.Suspended(suspension=suspension):
            return replace(state, suspended=suspension)
        case m.Resumed():
            return replace(state, suspended=None)
        case m.CommitQuarantined(quarantine=quarantine):
            return replace(state, quarantined=_with(state.quarantined, quarantine))
        case m.QuarantineLifted(commit=commit):
            return replace(state, quarantined=_without(state.quarantined, commit))
        case m.FaultRaised(what=what, message=message):
            return replace(state, faults={**state.faults, what: message})
        case m.FaultCleared(what=what):
            return replace(state, faults={k: v for k, v in state.faults.items() if k != what})
        case m.ReleaseAdopted(release=release):
            return replace(state, deployed=release)
        case m.DeploymentQueued() | m.StepStarted() | m.StepFinished() | m.DeploymentEnded() as event:
            return _deploying(state, event)
        case _:
            return state


_Progress = m.DeploymentQueued | m.StepStarted | m.StepFinished | m.DeploymentEnded


def _deploying(state: EngineState, event: _Progress) -> EngineState:
    match event:
        case m.DeploymentQueued(deployment=deployment):
            return replace(state, deployment=deployment, steps=())
        case m.StepStarted(deployment=deployment, step=step):
            return replace(state, deployment=deployment, steps=(*state.steps, step))
        case m.StepFinished(deployment=deployment, step=step):
            over = is_terminal(deployment.state)
            running, last = (None, deployment) if over else (deployment, state.last)
            return replace(state, deployment=running, last=last, steps=_finished(state.steps, step))
        case m.DeploymentEnded(deployment=deployment, deployed=deployed, deployments_today=today):
            worker = replace(state.worker, deployments_today=today)
            ended = replace(state, deployment=None, last=deployment, deployed=deployed, worker=worker)
            return _overtaken(ended, deployment)


def _overtaken(state: EngineState, deployment: Deployment) -> EngineState:
    """What was decided before the deployment holds no more, nor that its commit waits; the next check
    tells what is the case now."""
    source, decision = state.source, state.decision
    if decision is not None and decision.kind == "deploy":
        state = replace(state, decision=None)
    tip = source.remote if source is not None else None
    if (
        source is None
        or tip is None
        or (deployment.state, tip.sha) != (State.SUCCEEDED, deployment.to_commit)
    ):
        return state
    return replace(state, source=replace(source, local=tip, ahead=0, behind=0, waiting=()))


def _checked(state: EngineState, event: m.CheckFinished) -> EngineState:
    return replace(
        state,
        checking=False,
        source=event.source or state.source,
        decision=DecisionView(kind=event.kind, reason=event.reason),
        worker=replace(state.worker, checks_today=event.checks_today),
    )


def _finished(steps: tuple[Step, ...], step: Step) -> tuple[Step, ...]:
    same = (step.state, step.entry)
    return (*(s for s in steps if (s.state, s.entry) != same), step)


def _with(quarantined: tuple[Quarantine, ...], one: Quarantine) -> tuple[Quarantine, ...]:
    return (*_without(quarantined, one.commit), one)


def _without(quarantined: tuple[Quarantine, ...], commit: str) -> tuple[Quarantine, ...]:
    return tuple(q for q in quarantined if q.commit != commit)
