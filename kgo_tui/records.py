"""The journal's record of an event: fields of its own, the same in every language.

Owns which fields each event has. Must not know the wording of a record or where it goes. What is not
known has no field; what others wrote is made inert here once more.
"""

from __future__ import annotations

from collections.abc import Mapping

from kgo_tui.core import messages as m
from kgo_tui.core.model import Deployment, Outcome, Sample, Step
from kgo_tui.core.report import succeeded
from kgo_tui.core.text import clean
from kgo_tui.message_ids import MESSAGE_IDS, kind_of, tag

IDENTIFIER = "kgo-tui"
"""SYSLOG_IDENTIFIER of every record: `journalctl -t kgo-tui`."""

Value = str | int | float | None


def fields_of(event: m.Event, instance: str) -> dict[str, str]:
    """The event's fields: KGO_EVENT (its tag), KGO_INSTANCE, MESSAGE_ID, SYSLOG_IDENTIFIER and what
    it is about. Times are in seconds (`_S`) or milliseconds (`_MS`), commits are all 40 characters.
    """
    named: dict[str, Value] = {
        "MESSAGE_ID": MESSAGE_IDS.get(kind_of(event)),
        "SYSLOG_IDENTIFIER": IDENTIFIER,
        "KGO_EVENT": tag(event),
        "KGO_INSTANCE": instance,
        **{f"KGO_{name}": value for name, value in _about(event).items()},
    }
    return {name: clean(str(value)) for name, value in named.items() if value not in {None, ""}}


def _about(event: m.Event) -> Mapping[str, Value]:  # noqa: C901, PLR0911, PLR0912 - flat, one row for each event
    match event:
        case m.WorkerStarted(version=version):
            return {"VERSION": version}
        case m.WorkerStopping(reason=reason):
            return {"REASON": reason}
        case m.WorkerFinishing(signal=signal, deployment=number, state=state):
            return {"SIGNAL": signal, "DEPLOYMENT": number, "STATE": state}
        case m.ConfigurationReloaded(changes=changes, later=later):
            return {"CHANGES": "; ".join(changes), "AFTER_RESTART": "; ".join(later)}
        case m.DecisionChanged(kind=kind, reason=reason):
            return {"DECISION": kind, "REASON": reason}
        case m.CommitDetected(sha=sha, subject=subject):
            return {"COMMIT": sha, "SUBJECT": subject}
        case m.ReleaseAdopted(release=release):
            return {"DEPLOYMENT": release.id, "COMMIT": release.commit}
        case m.DeploymentQueued(deployment=d):
            return {**_deployment(d), "STATE": d.state, "SUBJECT": d.subject}
        case m.StepStarted(deployment=d, step=step):
            return {**_deployment(d), "STATE": step.state, "ENTRY": step.entry}
        case m.StepFinished(deployment=d, step=step):
            return {**_deployment(d), **_finished(step)}
        case m.DeploymentEnded(deployment=d, deployed=release):
            return {**_deployment(d), **_ended(d), "DEPLOYED": release.commit if release else None}
        case m.ProbeAttempted(deployment=number, attempt=attempt, attempts=attempts, message=message):
            return {"DEPLOYMENT": number, "ATTEMPT": attempt, "ATTEMPTS": attempts, "REASON": message}
        case m.HealthLost(sample=sample):
            return _sample(sample)
        case m.HealthBack(sample=sample, lost_s=lost_s):
            return {**_sample(sample), "LOST_S": lost_s}
        case m.ContainerActed(by=by, service=service, container=container, action=action):
            return {"BY": by, "SERVICE": service, "CONTAINER": container, "ACTION": action}
        case m.CommitQuarantined(quarantine=q):
            return {"DEPLOYMENT": q.deployment, "COMMIT": q.commit, "REASON": q.reason}
        case m.QuarantineLifted(commit=commit, by=by):
            return {"COMMIT": commit, "BY": by}
        case m.Suspended(suspension=s):
            return {"BY": s.by, "REASON": s.reason}
        case m.Resumed(by=by):
            return {"BY": by}
        case m.FaultRaised(what=what, message=message):
            return {"FAULT": what, "REASON": message}
        case m.FaultCleared(what=what):
            return {"FAULT": what}
        case m.OwnershipRepaired(paths=paths):
            return {"PATHS": paths}
        case m.LocalChangesSaved(deployment=number, saved=saved):
            return {"DEPLOYMENT": number, "SAVED": ", ".join(saved)}
        case _:
            return {}


def _deployment(d: Deployment) -> Mapping[str, Value]:
    return {
        "DEPLOYMENT": d.id,
        "COMMIT": d.to_commit,
        "FROM_COMMIT": d.from_commit,
        "TRIGGER": d.trigger,
        "BY": d.by,
    }


def _finished(step: Step) -> Mapping[str, Value]:
    took_s = None if step.ended_at is None else (step.ended_at - step.started_at).total_seconds()
    return {
        "STATE": step.state,
        "ENTRY": step.entry,
        "OUTCOME": step.outcome,
        "ATTEMPTS": step.attempts,
        "ERROR": step.error,
        "REASON": step.message or (None if step.outcome is Outcome.OK else step.outcome),
        "HINT": step.hint,
        "DURATION_S": took_s,
    }


def _ended(d: Deployment) -> Mapping[str, Value]:
    """OUTCOME says whether the host is where whoever asked for it wanted it to be."""
    well = succeeded(d)
    return {
        "STATE": d.state,
        "OUTCOME": "ok" if well else "failed",
        "DURATION_S": d.duration_s,
        "DOWNTIME_MS": d.downtime_ms,
        "REASON": None if well else d.failure or d.state,
    }


def _sample(sample: Sample) -> Mapping[str, Value]:
    failed = None if sample.ok else f"status {sample.status_code}"
    return {"URL": sample.url, "STATUS_CODE": sample.status_code, "REASON": sample.error or failed}
