"""What git and its users leave in a repository: foreign owners, stale locks, packs.

Owns these three and their treatments.
"""

from __future__ import annotations

import os

from kgo_tui.adapters.host import Identity
from kgo_tui.doctor.advice import as_root, as_user
from kgo_tui.doctor.check import Check, Verdict, fault, warning, well
from kgo_tui.doctor.measures import few
from kgo_tui.doctor.patient import Patient

MOST_PACKS = 50
"""git's own gc.autoPackLimit (git-config(1))."""

MOST_LOOSE = 6700
"""git's own gc.auto."""


async def owned(patient: Patient) -> Verdict:
    """Whether everything git must write is the owner's."""
    git = await patient.git()
    owner, foreign = await git.owner(), await git.foreign()
    path, worker = (await patient.source()).path, await patient.worker()
    if worker.uid not in (0, owner.uid):
        return fault(
            f"it is {owner.name}'s, and the worker is {worker.name}",
            "git refuses to work there (dubious ownership). The worker is root, or the owner.",
            as_root(f"chown -hR {worker.uid}:{worker.gid} {path}"),
        )
    if not foreign.in_git + foreign.tracked:
        return well(f"all of it is {owner.name}'s")
    return fault(
        f"{foreign.in_git} in .git are not {owner.name}'s, {foreign.tracked} tracked files are root's: "
        f"{few(foreign.examples)}",
        "git fails with Permission denied. A root worker gives them back by itself at its next deployment.",
        _give_back(path, owner, tracked=foreign.tracked),
        fixable=os.geteuid() == 0,
    )


def _give_back(path: str, owner: Identity, *, tracked: int) -> str:
    sudo = "" if os.geteuid() == 0 else "sudo "
    group = f"{owner.uid}:{owner.gid}"
    git = f"{sudo}chown -hR {group} {path}/.git"
    safe = f"git -c safe.directory={path}"
    files = (
        f"{safe} -C {path} ls-files -z | {sudo}xargs -0 sh -c 'cd {path} && chown -h {group} . \"$@\"' chown"
    )
    return f"{git} && {files}" if tracked else git


async def give_back(patient: Patient) -> str:
    """As the worker does at its next deployment."""
    mended = await (await patient.source()).repair_ownership()
    return f"gave {mended} paths back to their owner"


async def unlocked(patient: Patient) -> Verdict:
    """Whether a git that was killed left its locks."""
    locks = await (await patient.git()).locks()
    stale = [lock for lock in locks if lock.is_stale]
    if not stale:
        return well("no stale lock" if not locks else "git is at work there now")
    owner = await (await patient.git()).owner()
    paths = [lock.path for lock in stale]
    return warning(
        f"{few(paths)}: no process holds it",
        "git by hand says that another process works there. The worker removes it when it is in its way.",
        as_user(owner, "rm", "-f", "--", *paths),
        fixable=True,
    )


async def unlock(patient: Patient) -> str:
    """Remove what is stale, as the owner."""
    git = await patient.git()
    stale = [lock for lock in await git.locks() if lock.is_stale]
    for lock in stale:
        await git.remove_lock(lock)
    return f"removed {few([lock.path for lock in stale])}"


async def tidy(patient: Patient) -> Verdict:
    """Whether the repository wants tidying: every fetch brings a pack."""
    git = await patient.git()
    clutter = await git.clutter()
    said = f"packs: {clutter.packs}, loose objects: {clutter.loose}"
    if clutter.packs <= MOST_PACKS and clutter.loose <= MOST_LOOSE:
        return well(said)
    path = (await patient.source()).path
    return warning(
        said,
        "git gets slower with each pack, and the disk fills up.",
        as_user(await git.owner(), "git", "-C", path, "gc"),
        fixable=True,
    )


async def collect(patient: Patient) -> str:
    """Run git gc as the owner."""
    git = await patient.git()
    await git.collect_garbage()
    clutter = await git.clutter()
    return f"git gc: {clutter.packs} packs, {clutter.loose} loose objects now"


CHECKS = (
    Check("git.ownership", "ownership", owned, give_back),
    Check("git.locks", "locks", unlocked, unlock),
    Check("git.clutter", "packs and objects", tidy, collect),
)
