"""Plays one deployment by its story: the events of the real worker, in its order.

Owns how a story becomes events, and what a terminal state says beside (release, quarantine, suspension).
The states come from the worker's own transition table: an impossible story raises.
"""

from __future__ import annotations

from collections.abc import Generator
from datetime import timedelta

from msgspec.structs import replace

from kgo_tui.core import messages as m
from kgo_tui.core.machine import can_cancel, follow, is_terminal
from kgo_tui.core.model import (
    Commit,
    Deployment,
    Outcome,
    Quarantine,
    Release,
    State,
    Step,
    Suspension,
    Trigger,
)
from kgo_tui.demo.scenario import cast
from kgo_tui.demo.scenario.host import Host
from kgo_tui.demo.scenario.stage import Script
from kgo_tui.demo.scenario.stories import ATTEMPT_S, Part, Story, evidence_of

WAIT_S = 900.0
REVERTING = Part(State.REVERTING, 0.4, commands=("git checkout --force -B main {base}",))


def queued(host: Host, target: Commit, trigger: Trigger, by: str, baseline: int | None = None) -> Deployment:
    """The first record of a deployment."""
    back = trigger is Trigger.ROLLBACK
    deployed = host.state.deployed
    deployment = Deployment(
        id=host.record.next_id,
        trigger=trigger,
        by=by,
        from_commit=host.deployed,
        to_commit=target.sha,
        subject="" if back else target.subject,
        baseline=baseline if back or deployed is None else deployed.id,
        leaves=host.deployed if back else target.sha,
        images=cast.images(target.sha) if back else {},
        branch=cast.BRANCH,
        tree_before=host.local.sha if host.local else None,
        started_at=host.stage.now(),
    )
    host.cancelled_by = None
    host.happen(m.DeploymentQueued(deployment=deployment))
    return deployment


def played(host: Host, deployment: Deployment, story: Story) -> Script:
    """Carry it on to the end of its story."""
    for part in story:
        deployment = yield from _part(host, deployment, part)
        if deployment.cancelled:
            break
    if deployment.state is State.REVERTING:
        deployment = yield from _part(host, deployment, REVERTING)
    if is_terminal(deployment.state):
        yield from _ended(host, deployment)


def _part(host: Host, d: Deployment, part: Part) -> Generator[float, None, Deployment]:
    entry = d.entries.get(d.state, 0) + 1
    d = replace(d, entries={**d.entries, d.state: entry})
    step = Step(state=d.state, entry=entry, started_at=host.stage.now())
    host.happen(m.StepStarted(deployment=d, step=step))
    _move_containers(host, d)
    yield from _during(host, d, part)
    outcome, message = part.outcome, _filled(part.message, d)
    if host.cancelled_by and can_cancel(d.state):
        outcome, message = Outcome.CANCELLED, f"cancelled by {host.cancelled_by}"
    step = replace(
        step,
        ended_at=host.stage.now(),
        outcome=outcome,
        message=message,
        attempts=part.attempts,
        commands=tuple(_filled(c, d) for c in part.commands),
    )
    if part.evidence:
        host.record.evidence[d.id] = (
            *host.record.evidence.get(d.id, ()),
            *evidence_of(part, step.started_at),
        )
    after = _advanced(host, d, outcome, message)
    _settle_containers(host, part)
    host.happen(m.StepFinished(deployment=after, step=step))
    return after


def _during(host: Host, d: Deployment, part: Part) -> Script:
    for after_s, text in part.says:
        yield after_s
        if host.cancelled_by and can_cancel(d.state):
            return
        host.happen(m.OutputLine(deployment=d.id, state=d.state, text=_filled(text, d)))
    for number, answer in enumerate(part.missed, start=1):
        yield ATTEMPT_S
        host.happen(m.ProbeAttempted(deployment=d.id, attempt=number, attempts=8, message=answer))
    left_s = part.lasts_s
    while left_s > 0 and not (host.cancelled_by and can_cancel(d.state)):
        yield min(left_s, 1.0)
        left_s -= 1.0


def _advanced(host: Host, d: Deployment, outcome: Outcome, message: str) -> Deployment:
    after = replace(d, state=follow(d, outcome))
    now = host.stage.now()
    if outcome is Outcome.NOT_PUBLISHED:
        until = d.wait_until or now + timedelta(seconds=WAIT_S)
        after = replace(after, retry_at=now + timedelta(seconds=30), wait_until=until)
    if d.state is State.PULLING and outcome is Outcome.OK:
        return replace(after, images=cast.images(d.to_commit), retry_at=None, failure=None)
    if outcome is Outcome.OK:
        return after
    worded = f"{d.failure}; then: {message}" if d.failure and d.state is State.VERIFYING_ROLLBACK else message
    return replace(after, failure=worded, cancelled=outcome is Outcome.CANCELLED)


def _move_containers(host: Host, d: Deployment) -> None:
    going = {State.APPLYING: d.to_commit, State.ROLLING_BACK: _home(d)}.get(d.state)
    if going is not None and host.state.containers:
        ours = [c for p, c in zip(cast.SERVICES, host.well(going), strict=True) if p.ours]
        host.show(*(replace(c, health=c.health and "starting") for c in ours))


def _settle_containers(host: Host, part: Part) -> None:
    judged = part.state in {State.VERIFYING, State.VERIFYING_ROLLBACK}
    if judged and host.state.containers:
        word = "healthy" if part.outcome is Outcome.OK else "unhealthy"
        fresh = [c for c in host.state.containers if c.health == "starting"]
        host.show(*(replace(c, health=word) for c in fresh))


def _ended(host: Host, d: Deployment) -> Script:
    now = host.stage.now()
    touched = d.state is not State.ABANDONED
    d = replace(
        d,
        ended_at=now,
        duration_s=round((now - d.started_at).total_seconds(), 3),
        downtime_ms=1200 + int(cast.digest("downtime", d.id)[:3], 16) if touched else None,
        retry_at=None,
    )
    deployed = _release(host, d)
    host.local = next((c for c in host.branch if deployed and c.sha == deployed.commit), host.local)
    _held(host, d)
    today = host.state.worker.deployments_today + 1
    host.happen(m.DeploymentEnded(deployment=d, deployed=deployed, deployments_today=today))
    yield 0.5
    host.look()
    host.next_check()


def _release(host: Host, d: Deployment) -> Release | None:
    now, before = host.stage.now(), host.state.deployed
    if d.state is State.SUCCEEDED:
        return cast.release(d.id, d.to_commit, now, d.images)
    if d.state is State.ROLLED_BACK and d.trigger is Trigger.ROLLBACK:
        return cast.release(d.baseline or d.id, d.to_commit, now, d.images)
    return before and replace(before, at=now if d.state is State.ROLLED_BACK else before.at)


def _held(host: Host, d: Deployment) -> None:
    now = host.stage.now()
    if d.state is State.SUCCEEDED or d.leaves is None or (d.state is State.ABANDONED and not d.cancelled):
        return
    reason = d.failure or f"{d.by} rolled back from it"
    quarantine = Quarantine(commit=d.leaves, reason=reason, at=now, deployment=d.id)
    host.happen(m.CommitQuarantined(quarantine=quarantine))
    if d.state is State.ROLLBACK_FAILED:
        why = f"deployment {d.id} could not be rolled back"
        host.happen(m.Suspended(suspension=Suspension(reason=why, by=cast.BY_ITSELF, since=now)))


def _home(d: Deployment) -> str:
    back = d.trigger is Trigger.ROLLBACK
    return d.to_commit if back or d.from_commit is None else d.from_commit


def _filled(text: str, d: Deployment) -> str:
    words = {"{tag}": f"main-{d.to_commit[:7]}", "{sha}": d.to_commit[:7], "{base}": _home(d)[:7]}
    for name, value in words.items():
        text = text.replace(name, value)
    return text
