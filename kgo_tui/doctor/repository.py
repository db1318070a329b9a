"""git and the repository: can the worker fetch, may it write, will it refuse.

Owns what each state of the repository means for the next deployment.
"""

from __future__ import annotations

import os
import re
from contextlib import suppress

from kgo_tui.adapters.git.survey import GitSurvey
from kgo_tui.adapters.host import current_identity
from kgo_tui.adapters.process import run_async
from kgo_tui.core.errors import GitMissing, KgoError, SourceUnreachable
from kgo_tui.core.model import SourceView
from kgo_tui.doctor.advice import as_user, install
from kgo_tui.doctor.check import Check, Verdict, fault, warning, well
from kgo_tui.doctor.facts import NotExamined
from kgo_tui.doctor.measures import few
from kgo_tui.doctor.patient import Patient

OLDEST_GIT = (2, 24)
"""The first with --end-of-options, which keeps a name from being taken for an option."""


async def present(_patient: Patient) -> Verdict:
    """Whether there is a git, and one that is new enough."""
    try:
        done = await run_async(["git", "--version"], deadline_s=5.0)
    except OSError:
        return fault("git is not installed, or not on PATH", "Nothing can be fetched.", install("git"))
    found = re.search(r"(\d+)\.(\d+)\S*", done.text)
    if found is None:
        return fault(f"git cannot be run: {done.tail(1)}", "Nothing can be fetched.", install("git"))
    if (int(found[1]), int(found[2])) < OLDEST_GIT:
        return fault(f"git {found[0]}", "Too old: 2.24 or newer is needed.", install("git"))
    return well(f"git {found[0]}")


async def usable(patient: Patient) -> Verdict:
    """Whether the work tree is one, and on the branch that is followed."""
    loaded, effective = await patient.configured()
    seen = await patient.seen()
    path = effective.repository_path
    if isinstance(seen, GitMissing):
        raise NotExamined("there is no git")
    if isinstance(seen, KgoError) and await _is_only_us(patient):
        raise NotExamined("git refuses this user, not the worker", needs_root=True)
    if isinstance(seen, KgoError):
        return fault(seen.message, seen.hint, f"git -C {path} status")
    if seen.local is None:
        return fault(f"{path} has no commit yet", "Clone the repository there.", f"git -C {path} log -1")
    at = f"{path} at {seen.local.short}"
    if not seen.remote_url:
        name = loaded.config.repository.remote
        return fault(
            f"{path} has no remote {name}",
            "Nothing can be fetched. Set repository.remote to one of those listed, or add it.",
            f"git -C {path} remote -v",
        )
    return well(f"{at}, {seen.branch}, {seen.remote_url}")


async def reachable(patient: Patient) -> Verdict:
    """Whether the remote answers the worker, and how far it is ahead."""
    git, view = await patient.git(), await patient.view()
    owner = await git.owner()
    look = as_user(owner, "git", "-C", view.path, "ls-remote", (await patient.source()).remote)
    try:
        tip = await git.remote_tip()
    except SourceUnreachable as error:
        return fault(error.message, "No new commit is seen; what runs goes on.", look)
    except KgoError as error:
        return fault(error.message, error.hint or "No new commit is seen.", look)
    return well(f"{view.branch} is at {tip[:7]}{_distance(view, tip)}")


def _distance(view: SourceView, tip: str) -> str:
    if view.local is not None and view.local.sha == tip:
        return ", as is the work tree"
    fetched = view.remote is not None and view.remote.sha == tip
    return f", the work tree is {view.behind} behind" if fetched else ", which was not fetched yet"


async def _is_only_us(patient: Patient) -> bool:
    git = GitSurvey(await patient.source())
    try:
        return not await patient.is_me() and not await git.trusted_by_caller()
    except KgoError:
        return False


async def trusted(patient: Patient) -> Verdict:
    """Whether git works there for who is asking: the runbook's commands are typed by people."""
    git = GitSurvey(await patient.source())
    try:
        owner, is_trusted = await git.owner(), await git.trusted_by_caller()
    except KgoError:
        raise NotExamined("git cannot use the repository") from None
    path = (await patient.source()).path
    if is_trusted:
        return well(f"git works there for {current_identity().name}")
    if os.geteuid() == 0:
        return well(f"not for root, and need not: the worker runs git as {owner.name}")
    return warning(
        f"git does not trust {path} when {current_identity().name} runs it: it is {owner.name}'s",
        "Only commands typed by this user are refused (dubious ownership); the worker is not.",
        f"git config --global --add safe.directory {path}",
    )


async def unchanged(patient: Patient) -> Verdict:
    """Whether tracked files were changed by hand."""
    (loaded, _effective), view = await patient.configured(), await patient.view()
    if not view.local_changes:
        return well("no tracked file was changed by hand")
    shown = few(view.local_changes)
    if loaded.config.repository.on_local_changes == "stash":
        return well(f"changed by hand, and stashed by the next deployment: {shown}")
    owner = await (await patient.git()).owner()
    stash = as_user(owner, "git", "-C", view.path, "stash", "push", "-m", "changed by hand")
    return fault(
        f"changed by hand: {shown}",
        "No commit is deployed, since it would overwrite that. Stashing keeps it (git stash list).",
        stash,
    )


async def followed(patient: Patient) -> Verdict:
    """Whether the branch goes on from what is here."""
    (loaded, _effective), view = await patient.configured(), await patient.view()
    if loaded.config.repository.on_rewrite == "follow":
        return well('whatever the remote has is followed (repository.on_rewrite = "follow")')
    if left := await _left_branch(patient, view):
        return well(f"{view.branch} is followed from now on, instead of {left}")
    if view.deployed_descends is False:
        return fault(
            f"the history of {view.branch} was rewritten: the deployed commit is not on it any more",
            "No commit is deployed. If the remote is right, deploy it once; what would be lost is saved.",
            await _follow_once(patient),
        )
    if view.descends is False:
        return fault(
            f"the work tree has {view.ahead} commit(s) that the remote {view.branch} has not",
            "No commit is deployed. Push them, or drop them from here; the branch by-hand then keeps them.",
            await _drop(patient, view),
        )
    return well(f"{view.branch} goes on from what is here")


async def _left_branch(patient: Patient, view: SourceView) -> str | None:
    """The branch of the deployed release, if another is followed since: that rewrites no history."""
    with suppress(NotExamined):
        release = (await patient.known()).deployed
        at_release = release is not None and view.local is not None and view.local.sha == release.commit
        if release is not None and at_release and release.branch not in (None, view.branch):
            return release.branch
    return None


async def _drop(patient: Patient, view: SourceView) -> str:
    source = await patient.source()
    git = await patient.git()
    words = f"git branch -f by-hand HEAD && git reset --keep {source.remote}/{source.branch}"
    return as_user(await git.owner(), "sh", "-c", f"cd {view.path} && {words}")


async def _follow_once(patient: Patient) -> str:
    command = f"env KGO_TUI_REPOSITORY_ON_REWRITE=follow {patient.words()} deploy"
    try:
        unit = await patient.installed_unit()
    except NotExamined:
        return command
    prefix = "" if os.geteuid() == 0 or unit.user_manager else "sudo "
    stop, start = unit.systemctl("stop", unit.name), unit.systemctl("start", unit.name)
    return f"{prefix}{stop}; {prefix}{command}; {prefix}{start}"


CHECKS = (
    Check("git.present", "git", present),
    Check("git.repository", "repository", usable),
    Check("git.remote", "remote", reachable),
    Check("git.trust", "safe directory", trusted),
    Check("git.changes", "changes by hand", unchanged),
    Check("git.history", "history", followed),
)
