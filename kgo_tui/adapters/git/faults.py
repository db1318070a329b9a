"""The errors that git's failures become, and their words.

Owns what a user reads: each names the repository and the way out. Must not read git's output;
`classify` does, and hands over the line that says it.
"""

from __future__ import annotations

from dataclasses import dataclass

from kgo_tui.core.errors import KgoError, RepositoryInvalid, SourceError, SourceUnreachable, UnknownCommit
from kgo_tui.core.text import clean


class LockHeld(SourceError):
    """A lock of git's is taken, perhaps by a process that no longer lives. `path` is its file."""

    def __init__(self, path: str) -> None:
        self.path = path
        super().__init__(
            f"another git process works in the repository (lock {clean(path)})",
            hint="Wait until it is done. If there is none, remove that file.",
        )


class IndexBroken(SourceError):
    """The index is damaged; it can be made anew from a commit."""


@dataclass(frozen=True, slots=True)
class Where:
    """What an error message needs to name: the work tree, what it follows, and its owner."""

    path: str
    remote: str
    branch: str
    owner: str


def dubious(where: Where, _said: str) -> KgoError:
    """Git refuses to work in a repository of someone else."""
    return RepositoryInvalid(
        f"git does not trust {where.path}: it belongs to another user",
        hint=f"Run as {where.owner}, give it to one user (chown -R {where.owner}: {where.path}), "
        f"or run: git config --global --add safe.directory {where.path}",
    )


def invalid(where: Where, said: str) -> KgoError:
    """There is no work tree of git."""
    return RepositoryInvalid(
        f"{where.path} is not a usable git work tree: {said}",
        hint="Set repository.path to the directory where the repository was cloned.",
    )


def no_branch(where: Where, _said: str) -> KgoError:
    """The remote answered, and has no such branch."""
    return SourceError(
        f"the remote {where.remote} has no branch {where.branch}",
        hint=f"Check repository.branch; list the branches with: "
        f"git -C {where.path} ls-remote --heads {where.remote}",
    )


def unreachable(where: Where, said: str) -> SourceUnreachable:
    """The remote did not answer as it should."""
    return SourceUnreachable(
        f"the git remote {where.remote} cannot be read: {said}",
        hint=f"Check as {where.owner}: git -C {where.path} ls-remote {where.remote}",
    )


def denied(where: Where, said: str) -> KgoError:
    """Files that git must write are not its own to write."""
    return SourceError(
        f"git may not write in {where.path}: {said}",
        hint=f"Give the repository back to its owner: chown -R {where.owner}: {where.path}/.git",
    )


def read_only(where: Where, said: str) -> KgoError:
    """The filesystem is mounted read-only."""
    return SourceError(f"{where.path} is on a filesystem that cannot be written: {said}")


def full(where: Where, said: str) -> KgoError:
    """The disk or a quota is full."""
    return SourceError(
        f"no space is left for the repository {where.path}: {said}",
        hint=f"Free some space (df -h {where.path}; df -i {where.path}; docker system df).",
    )


def index(where: Where, said: str) -> KgoError:
    """The index cannot be read."""
    return IndexBroken(
        f"the index of {where.path} is damaged: {said}",
        hint=f"Remove {where.path}/.git/index and run: git -C {where.path} reset",
    )


def corrupt(where: Where, said: str) -> KgoError:
    """Objects, refs or configuration cannot be read."""
    return SourceError(
        f"the repository {where.path} is damaged: {said}",
        hint=f"Look with: git -C {where.path} fsck. Cloning anew mends it; keep untracked files like .env.",
    )


def forbidden(where: Where, said: str) -> KgoError:
    """The address of the remote would run a command."""
    return SourceError(
        f"the address of the remote {where.remote} is of a kind that runs commands: {said}",
        hint=f"Look at it with: git -C {where.path} remote -v",
    )


def in_use(where: Where, said: str) -> KgoError:
    """Another work tree has the branch."""
    return SourceError(
        f"the branch {where.branch} is checked out in another work tree: {said}",
        hint=f"Look with: git -C {where.path} worktree list",
    )


def unknown(where: Where, said: str) -> KgoError:
    """There is no such commit."""
    return UnknownCommit(f"no such commit in {where.path}: {said}", hint="Fetch first, or check the name.")
