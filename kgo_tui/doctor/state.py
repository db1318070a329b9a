"""The state store: whole, readable, and what it says that keeps deployments from happening.

Owns what each stored fact means to a person at night.
"""

from __future__ import annotations

from kgo_tui.adapters.host import InstanceLock, owner_of
from kgo_tui.core.errors import KgoError, StoreTooNew
from kgo_tui.core.model import State
from kgo_tui.doctor.advice import as_root
from kgo_tui.doctor.check import Check, Verdict, fault, warning, well
from kgo_tui.doctor.facts import aside
from kgo_tui.doctor.measures import MIB, few, size
from kgo_tui.doctor.patient import Patient

LARGE = 500 * MIB


async def store(patient: Patient) -> Verdict:
    """Whether the file can be opened, and is the worker's."""
    found = await patient.store()
    path, worker = (await patient.places()).store, await patient.worker()
    if isinstance(found, StoreTooNew):
        return fault(found.message, found.hint, "kgo-tui --version")
    if isinstance(found, KgoError):
        return fault(found.message, found.hint, _set_aside(patient, str(path)))
    owner, count = await aside(lambda: (owner_of(path), path.stat().st_size))
    if owner.uid != worker.uid:
        means = f"The worker is {worker.name}, and cannot write it."
        mend = as_root(f"chown -R {worker.uid}:{worker.gid} {path.parent}")
        return warning(f"{path} is {owner.name}'s", means, mend)
    if count > LARGE:
        return warning(
            f"{path}: {size(count)}", "history.days keeps too much.", f"{patient.words()} config show"
        )
    return well(f"{path}, {size(count)}")


def _set_aside(patient: Patient, path: str) -> str:
    """The way out of a store that cannot be read: what runs is adopted anew, the history is lost."""
    prefix = as_root(f"mv {path} {path}.damaged")
    return f"{prefix} && rm -f {path}-wal {path}-shm && {patient.words()} deploy"


async def whole(patient: Patient) -> Verdict:
    """Whether SQLite finds the file whole; reads all of it."""
    memory = await patient.memory()
    wrong = await memory.check_integrity()
    if wrong:
        means = "Set it aside: the worker adopts what runs as its baseline, and the history is lost."
        mend = _set_aside(patient, str((await patient.places()).store))
        return fault(f"damaged: {few(wrong, 2)}", means, mend)
    return well("SQLite finds it whole")


async def finished(patient: Patient) -> Verdict:
    """Whether a deployment was interrupted that nobody carries on."""
    unfinished = (await patient.known()).unfinished
    if unfinished is None:
        return well("no deployment is under way")
    place = (await patient.places()).lock
    lives = await aside(InstanceLock(place).signed_by_living)
    said = f"deployment {unfinished.id} to {unfinished.to_commit[:7]} is {unfinished.state}"
    if lives:
        return well(said)
    return fault(
        f"{said}, and no process carries it on",
        "It was interrupted. The worker's next start or any command carries it on from its record.",
        f"{patient.words()} check",
    )


async def suspended(patient: Patient) -> Verdict:
    """Whether somebody turned automatic deployment off."""
    known = (await patient.known()).suspended
    if known is None:
        return well("not suspended")
    reason = f": {known.reason}" if known.reason else ""
    return warning(
        f"suspended by {known.by} since {known.since:%Y-%m-%d %H:%M} UTC{reason}",
        "No commit is deployed by itself.",
        f"{patient.words()} resume",
    )


async def quarantine(patient: Patient) -> Verdict:
    """Whether the newest commit is one that failed before."""
    known = await patient.known()
    tip = (await patient.view()).remote
    held = next((one for one in known.quarantined if tip is not None and one.commit == tip.sha), None)
    if held is not None:
        return warning(
            f"the newest commit {held.commit[:7]} is quarantined: {held.reason}",
            "It is not deployed again by itself; a newer commit is. This deploys it all the same.",
            f"{patient.words()} deploy {held.commit[:7]}",
        )
    count = len(known.quarantined)
    return well(f"{count} older commit(s)" if count else "no commit is quarantined")


async def last(patient: Patient) -> Verdict:
    """How the last deployment ended."""
    deployment = (await patient.known()).last
    if deployment is None:
        return well("no deployment yet")
    said = f"deployment {deployment.id} to {deployment.to_commit[:7]}: {deployment.state.replace('_', ' ')}"
    why = f" ({deployment.failure})" if deployment.failure else ""
    if deployment.state is State.ROLLBACK_FAILED:
        means = "Nobody knows what runs: a person is needed. This tries the last good release again."
        return fault(said + why, means, f"{patient.words()} rollback")
    if deployment.state is State.ABANDONED and deployment.failure:
        means = "The services were not touched; it is tried again by itself."
        return warning(said + why, means, f"{patient.words()} history {deployment.id}")
    return well(said + why)


CHECKS = (
    Check("state.store", "store", store),
    Check("state.whole", "integrity", whole),
    Check("state.finished", "interrupted", finished),
    Check("state.last", "last deployment", last),
    Check("state.suspended", "suspended", suspended),
    Check("state.quarantine", "quarantine", quarantine),
)
