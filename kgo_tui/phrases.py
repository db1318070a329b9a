"""What the worker logs: each event as one line, in the operator's language.

Owns the log phrases, which are an interface: the runbook greps them (DESIGN section 2). Must not
know where lines go. Values in the lines were made inert where they came in.
"""

from __future__ import annotations

from collections.abc import Mapping

from kgo_tui.core import messages as m
from kgo_tui.core.errors import SourceError
from kgo_tui.core.model import Deployment, Outcome, State, Step, Struct
from kgo_tui.core.report import succeeded
from kgo_tui.core.text import clean

ERROR, WARNING, NOTICE, INFO, DEBUG = 3, 4, 5, 6, 7
"""syslog's priorities (RFC 5424 section 6.2.1), as journald takes them."""


class Line(Struct, frozen=True, kw_only=True):
    """One log line: its priority and text."""

    priority: int
    text: str


ENGLISH: Mapping[str, str] = {
    "worker_started": "kgo-tui {version} started, pid {pid}",
    "worker_stopping": "Stopping: {reason}",
    "worker_finishing": "{signal}: first the step {state} of deployment {id} is finished; "
    "a second signal ends it at once",
    "watchdog_silent": "The watchdog is not answered any more: {reason}",
    "configuration_reloaded": "Configuration reloaded: {changes}",
    "configuration_unchanged": "Configuration reloaded, nothing has changed",
    "configuration_later": "takes effect after a restart: {later}",
    "configuration_waits": "The configuration is reloaded when the running deployment has ended",
    "check_started": "Checking for updates",
    "decision_nothing": "Up to date: {reason}",
    "decision_wait": "Waiting: {reason}",
    "decision_refuse": "Refused: {reason}",
    "decision_deploy": "Deploying: {reason}",
    "commit_detected": "New commit detected: {sha} {subject}",
    "release_adopted": "What runs is healthy and becomes the baseline: {commit}",
    "deployment_queued": "Deployment {id} to {commit} ({trigger}, by {by})",
    "preparing": "Bringing in the code of {commit}",
    "pulling": "Pulling the images",
    "waiting_images": "Waiting for images that are not published yet",
    "reverting": "Putting the work tree back",
    "applying": "Starting the services",
    "verifying": "Health check",
    "rolling_back": "Rollback to the previous version",
    "verifying_rollback": "Health check after the rollback",
    "git_failed": "git pull failed: {message}",
    "step_failed": "{state} failed: {message}",
    "health_passed": "Health check passed",
    "health_failed": "Health check failed after {attempts} attempts: {message}",
    "attempt": "Health check: attempt {attempt} of {attempts}: {message}",
    "succeeded": "Deployed {commit} in {duration} s, downtime {downtime}",
    "rolled_back": "Deployment {id} failed, rolled back: {failure}",
    "went_back": "Rolled back to {commit} in {duration} s, downtime {downtime}",
    "abandoned": "Deployment {id} abandoned, the services were not touched: {failure}",
    "rollback_failed": "ROLLBACK FAILED, a person is needed: {failure}",
    "health_lost": "Health lost: {error}",
    "health_back": "Health is back",
    "container_start": "{by} started {container}",
    "container_stop": "{by} stopped {container}",
    "container_restart": "{by} restarted {container}",
    "commit_quarantined": "Quarantined: {commit}: {reason}",
    "quarantine_lifted": "Quarantine of {commit} lifted by {by}",
    "suspended": "Automatic deployment suspended by {by}: {reason}",
    "resumed": "Automatic deployment resumed by {by}",
    "fault_raised": "{what}: {message}",
    "fault_cleared": "{what} works again",
    "ownership_repaired": "Gave {paths} files of the repository back to their owner",
    "local_changes_saved": "Saved before the checkout: {saved}",
    "unknown": "unknown",
}

FRENCH: Mapping[str, str] = {
    "worker_started": "kgo-tui {version} démarré, pid {pid}",
    "worker_stopping": "Arrêt : {reason}",
    "worker_finishing": "{signal} : l'étape {state} du déploiement {id} est d'abord terminée ; "
    "un second signal l'interrompt aussitôt",
    "watchdog_silent": "Le watchdog ne reçoit plus de réponse : {reason}",
    "configuration_reloaded": "Configuration rechargée : {changes}",
    "configuration_unchanged": "Configuration rechargée, rien n'a changé",
    "configuration_later": "pris en compte après un redémarrage : {later}",
    "configuration_waits": "La configuration sera rechargée à la fin du déploiement en cours",
    "check_started": "Checking for updates",
    "decision_nothing": "À jour : {reason}",
    "decision_wait": "En attente : {reason}",
    "decision_refuse": "Refusé : {reason}",
    "decision_deploy": "Déploiement : {reason}",
    "commit_detected": "Nouveau commit détecté: {sha} {subject}",
    "release_adopted": "Ce qui tourne est sain et devient la version de référence : {commit}",
    "deployment_queued": "Déploiement {id} vers {commit} ({trigger}, par {by})",
    "preparing": "Récupération du code de {commit}",
    "pulling": "Téléchargement des images",
    "waiting_images": "En attente d'images pas encore publiées",
    "reverting": "Remise en place du code",
    "applying": "Démarrage des services",
    "verifying": "Health check",
    "rolling_back": "Rollback vers version précédente",
    "verifying_rollback": "Health check après le rollback",
    "git_failed": "Erreur git pull: {message}",
    "step_failed": "Échec de {state} : {message}",
    "health_passed": "Health check réussi",
    "health_failed": "Health check échoué après {attempts} tentatives: {message}",
    "attempt": "Health check : tentative {attempt} sur {attempts} : {message}",
    "succeeded": "{commit} déployé en {duration} s, indisponibilité {downtime}",
    "rolled_back": "Échec du déploiement {id}, rollback effectué : {failure}",
    "went_back": "Rollback vers {commit} effectué en {duration} s, indisponibilité {downtime}",
    "abandoned": "Déploiement {id} abandonné, les services n'ont pas été touchés : {failure}",
    "rollback_failed": "ÉCHEC DU ROLLBACK, intervention nécessaire : {failure}",
    "health_lost": "Service en panne : {error}",
    "health_back": "Service rétabli",
    "container_start": "{container} démarré par {by}",
    "container_stop": "{container} arrêté par {by}",
    "container_restart": "{container} redémarré par {by}",
    "commit_quarantined": "Mis en quarantaine : {commit} : {reason}",
    "quarantine_lifted": "Quarantaine de {commit} levée par {by}",
    "suspended": "Déploiement automatique suspendu par {by} : {reason}",
    "resumed": "Déploiement automatique repris par {by}",
    "fault_raised": "{what} : {message}",
    "fault_cleared": "{what} fonctionne à nouveau",
    "ownership_repaired": "{paths} fichiers du dépôt rendus à leur propriétaire",
    "local_changes_saved": "Sauvegardé avant le checkout : {saved}",
    "unknown": "inconnue",
}

LANGUAGES: Mapping[str, Mapping[str, str]] = {"en": ENGLISH, "fr": FRENCH}


def line(event: m.Event, language: str = "en") -> Line | None:
    """The log line of an event, None for one that is not logged."""
    said = _said(event, LANGUAGES[language])
    return None if said is None else Line(priority=said[0], text=clean(said[1]))


_GIT_ERRORS = {c.__name__ for c in SourceError.__subclasses__()} | {"SourceError", "SourceUnreachable"}


def _said(event: m.Event, say: Mapping[str, str]) -> tuple[int, str] | None:  # noqa: C901, PLR0911, PLR0912 - flat
    match event:
        case m.CheckStarted():
            return INFO, say["check_started"]
        case m.DecisionChanged(kind=kind, reason=reason):
            return (WARNING if kind == "refuse" else INFO), say[f"decision_{kind}"].format(reason=reason)
        case m.CommitDetected(sha=sha, subject=subject):
            return NOTICE, say["commit_detected"].format(sha=sha, subject=subject)
        case m.WorkerStarted(version=version, pid=pid):
            return NOTICE, say["worker_started"].format(version=version, pid=pid)
        case m.WorkerStopping(reason=reason):
            return NOTICE, say["worker_stopping"].format(reason=reason)
        case m.WorkerFinishing(signal=signal, deployment=number, state=state):
            return NOTICE, say["worker_finishing"].format(signal=signal, id=number, state=state)
        case m.ConfigurationReloaded() as event:
            return NOTICE, _reloaded(event, say)
        case m.ReleaseAdopted(release=release):
            return NOTICE, say["release_adopted"].format(commit=release.commit[:7])
        case m.DeploymentQueued(deployment=d):
            return NOTICE, say["deployment_queued"].format(
                id=d.id, commit=d.to_commit[:7], trigger=d.trigger, by=d.by
            )
        case m.StepStarted(deployment=d, step=step) if step.state is not State.QUEUED:
            return INFO, say[step.state].format(commit=d.to_commit[:7])
        case m.StepFinished(step=step):
            return _finished(step, say)
        case m.DeploymentEnded(deployment=d):
            return _ended(d, say)
        case m.ProbeAttempted(attempt=attempt, attempts=attempts, message=message):
            return INFO, say["attempt"].format(attempt=attempt, attempts=attempts, message=message)
        case m.HealthLost(sample=sample):
            return ERROR, say["health_lost"].format(error=sample.error or sample.status_code)
        case m.HealthBack():
            return NOTICE, say["health_back"]
        case m.ContainerActed(by=by, container=container, action=action):
            return NOTICE, say[f"container_{action}"].format(by=by, container=container)
        case m.CommitQuarantined(quarantine=q):
            return WARNING, say["commit_quarantined"].format(commit=q.commit[:7], reason=q.reason)
        case m.QuarantineLifted(commit=commit, by=by):
            return NOTICE, say["quarantine_lifted"].format(commit=commit[:7], by=by)
        case m.Suspended(suspension=s):
            return WARNING, say["suspended"].format(by=s.by, reason=s.reason)
        case m.Resumed(by=by):
            return NOTICE, say["resumed"].format(by=by)
        case m.FaultRaised(what=what, message=message):
            key = "git_failed" if what == "git" else "fault_raised"
            return ERROR, say[key].format(what=what, message=message)
        case m.FaultCleared(what=what):
            return NOTICE, say["fault_cleared"].format(what=what)
        case m.OwnershipRepaired(paths=paths):
            return NOTICE, say["ownership_repaired"].format(paths=paths)
        case m.LocalChangesSaved(saved=saved):
            return WARNING, say["local_changes_saved"].format(saved=", ".join(saved))
        case _:
            return None


def _reloaded(event: m.ConfigurationReloaded, say: Mapping[str, str]) -> str:
    later = [say["configuration_later"].format(later="; ".join(event.later))] if event.later else []
    told = [*event.changes, *later]
    if not told:
        return say["configuration_unchanged"]
    return say["configuration_reloaded"].format(changes="; ".join(told))


def _finished(step: Step, say: Mapping[str, str]) -> tuple[int, str] | None:
    judged = step.state in {State.VERIFYING, State.VERIFYING_ROLLBACK}
    if step.outcome is Outcome.OK:
        return (NOTICE, say["health_passed"]) if judged else None
    if step.outcome is not Outcome.FAILED:
        return INFO, f"{step.state}: {step.message or step.outcome}"
    if judged and step.attempts is not None:
        return ERROR, say["health_failed"].format(attempts=step.attempts, message=step.message)
    key = "git_failed" if step.error in _GIT_ERRORS else "step_failed"
    return ERROR, say[key].format(state=step.state, message=step.told)


def _ended(d: Deployment, say: Mapping[str, str]) -> tuple[int, str]:
    key = "went_back" if succeeded(d) and d.state is State.ROLLED_BACK else str(d.state)
    downtime = say["unknown"] if d.downtime_ms is None else f"{d.downtime_ms / 1000:.1f} s"
    text = say[key].format(
        id=d.id,
        commit=d.to_commit[:7],
        duration=f"{d.duration_s or 0:.1f}",
        downtime=downtime,
        failure=d.failure or d.state,
    )
    return (NOTICE if succeeded(d) else ERROR), text
