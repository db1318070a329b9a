"""What the worker does now, in one line: what `systemctl status` shows.

Owns the choice of what is worth that line, and its wording in both languages. Pure: the same state
gives the same line, so it is sent only when something changed; times are of the day, not elapsed,
for the line stands unchanged until the next event.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from kgo_tui.core.model import Deployment, State, Trigger
from kgo_tui.core.state import Activity, EngineState
from kgo_tui.core.text import clean

ENGLISH: Mapping[str, str] = {
    "starting": "Starting",
    "stopping": "Stopping",
    "finishing": "Stopping, after {step}",
    "deploying": "Deploying {commit}: {step}",
    "rolling_back": "Rolling back to {commit}: {step}",
    "step": "{state}{about} since {since}",
    "not_published": "Waiting: {failure}; looking again at {at}",
    "person": "A PERSON IS NEEDED: {failure}",
    "suspended": "Suspended by {by}: {reason}",
    "fault": "{what}: {message}",
    "refuse": "Refused: {reason}",
    "wait": "Waiting: {reason}",
    "current": "Up to date at {commit}",
    "nothing": "Nothing is deployed yet",
    "checking": "checking now",
    "next": "next check {at}",
    "healthy": "healthy",
    "unhealthy": "NOT HEALTHY: {error}",
}

FRENCH: Mapping[str, str] = {
    "starting": "Démarrage",
    "stopping": "Arrêt",
    "finishing": "Arrêt, après {step}",
    "deploying": "Déploiement de {commit} : {step}",
    "rolling_back": "Rollback vers {commit} : {step}",
    "step": "{state}{about} depuis {since}",
    "not_published": "En attente : {failure} ; nouvel essai à {at}",
    "person": "INTERVENTION NÉCESSAIRE : {failure}",
    "suspended": "Suspendu par {by} : {reason}",
    "fault": "{what} : {message}",
    "refuse": "Refusé : {reason}",
    "wait": "En attente : {reason}",
    "current": "À jour à {commit}",
    "nothing": "Rien n'est encore déployé",
    "checking": "vérification en cours",
    "next": "prochaine vérification {at}",
    "healthy": "en bonne santé",
    "unhealthy": "EN PANNE : {error}",
}

LANGUAGES: Mapping[str, Mapping[str, str]] = {"en": ENGLISH, "fr": FRENCH}


def standing(state: EngineState, language: str = "en", *, about: str = "") -> str:
    """The line. `about` is the service that the running step is at, if that is known."""
    return clean(_standing(state, LANGUAGES[language], about))


def service_in(text: str, state: EngineState) -> str | None:
    """The service of the project that a line of output speaks of, None when it speaks of none."""
    words = set(text.split())
    return next((c.service for c in state.containers if {c.service, c.name} & words), None)


def _standing(state: EngineState, say: Mapping[str, str], about: str) -> str:
    if not state.worker.running:
        return say["starting" if state.worker.started_at is None else "stopping"]
    if state.worker.stopping:
        return say["finishing"].format(step=_step(state, say, about))
    if state.deployment is not None:
        return _deploying(state, state.deployment, say, about)
    return _trouble(state, say) or "; ".join(_calm(state, say))


def _deploying(state: EngineState, d: Deployment, say: Mapping[str, str], about: str) -> str:
    if d.state is State.WAITING_IMAGES and d.retry_at is not None:
        return say["not_published"].format(failure=d.failure or d.state, at=_time(d.retry_at))
    forward = state.activity is Activity.DEPLOYING and d.trigger is not Trigger.ROLLBACK
    commit = d.to_commit if forward or d.trigger is Trigger.ROLLBACK else d.from_commit
    step = _step(state, say, about)
    return say["deploying" if forward else "rolling_back"].format(commit=(commit or "?")[:7], step=step)


def _step(state: EngineState, say: Mapping[str, str], about: str) -> str:
    if not state.steps:
        return str(state.deployment.state if state.deployment else State.QUEUED)
    step = state.steps[-1]
    where = f" ({about})" if about else ""
    return say["step"].format(state=step.state, about=where, since=_time(step.started_at))


def _trouble(state: EngineState, say: Mapping[str, str]) -> str | None:
    """What an admin should see before anything else, the worst first."""
    last, decision = state.last, state.decision
    if last is not None and last.state is State.ROLLBACK_FAILED:
        return say["person"].format(failure=last.failure or last.state)
    if state.suspended is not None:
        told = say["suspended"].format(by=state.suspended.by, reason=state.suspended.reason)
        return told.removesuffix(": ").rstrip()
    for what, message in state.faults.items():
        return say["fault"].format(what=what, message=message)
    if decision is not None and decision.kind in {"refuse", "wait"}:
        return say[decision.kind].format(reason=decision.reason)
    return None


def _calm(state: EngineState, say: Mapping[str, str]) -> list[str]:
    deployed, sample = state.deployed, state.sample
    said = [say["current"].format(commit=deployed.commit[:7]) if deployed else say["nothing"]]
    if state.checking:
        said.append(say["checking"])
    elif state.next_check_at is not None:
        said.append(say["next"].format(at=_time(state.next_check_at)))
    if sample is not None:
        error = sample.error or sample.status_code
        said.append(say["healthy"] if sample.ok else say["unhealthy"].format(error=error))
    return said


def _time(at: datetime) -> str:
    return f"{at.astimezone():%H:%M:%S}"
