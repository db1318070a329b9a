"""Looks a repository over for what keeps git from working: locks, owners, clutter, the remote.

Owns the questions that only the doctor asks; the engine's are `source`'s. Everything is done as the
worker does it: as the owner of the repository, without a prompt. Only `remove_lock` and
`collect_garbage` change anything.
"""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from kgo_tui.adapters.git import argv, faults, locks, output
from kgo_tui.adapters.git.command import WRITE_S, Repository
from kgo_tui.adapters.git.source import GitSource
from kgo_tui.adapters.host import Identity, current_identity, owner_of
from kgo_tui.adapters.process import in_thread
from kgo_tui.core.errors import SourceError

T = TypeVar("T")

ANSWER_S = 8.0
"""Deadline of a question to the remote: whoever asks the doctor waits."""

NO_BRANCH = 2
"""The exit code of `git ls-remote --exit-code` when nothing matches."""

_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Lock:
    """A lock file: its path, seconds since it was written, live processes that may be its own."""

    path: str
    age_s: float
    holders: tuple[int, ...]

    @property
    def is_stale(self) -> bool:
        """Whether nobody holds it any more."""
        return not self.holders and self.age_s >= locks.STALE_S


@dataclass(frozen=True, slots=True)
class Foreign:
    """How many paths in .git are not the owner's and how many tracked ones are root's; examples."""

    in_git: int
    tracked: int
    examples: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Clutter:
    """Loose objects, packs, and files that are neither."""

    loose: int
    packs: int
    garbage: int


class GitSurvey:
    """One repository as `GitSource` reaches it. Every method raises what `GitSource`'s do."""

    def __init__(self, source: GitSource) -> None:
        self._source = source

    async def owner(self) -> Identity:
        """Whom the repository belongs to, or is to belong to."""
        return await in_thread(lambda _stop: self._source._owner())  # noqa: SLF001 - one adapter

    async def remote_tip(self) -> str:
        """The newest commit of the followed branch at the remote; nothing is fetched.
        Raises SourceUnreachable, SourceError when the remote has no such branch."""
        return await self._do(self._remote_tip)

    async def locks(self) -> tuple[Lock, ...]:
        """Every lock file of git's in the repository."""
        return await self._do(lambda repository: tuple(_locks(repository)))

    async def remove_lock(self, lock: Lock) -> None:
        """Remove a lock that is stale. Raises SourceError when it is not, or cannot be removed."""
        await self._do(lambda repository: _remove(repository, lock))

    async def foreign(self) -> Foreign:
        """Who else's files are in it; what this user may not look at is not counted."""
        owner = await self.owner()
        return await self._do(lambda repository: _foreign(repository, owner))

    async def clutter(self) -> Clutter:
        """How much there is to tidy up."""
        return await self._do(_clutter)

    async def collect_garbage(self) -> None:
        """Tidy up, which may take minutes."""
        await self._do(
            lambda repository: repository.git(argv.collect_garbage(repository.path), deadline_s=WRITE_S)
        )

    async def trusted_by_caller(self) -> bool:
        """Whether git works there for this very user, as on a command line (safe.directory)."""
        return await self._do(_trusted_by_caller)

    def _remote_tip(self, repository: Repository) -> str:
        where = repository.where
        words = argv.remote_tip(repository.path, where.remote, where.branch)
        done = repository.git(words, ok=(0, NO_BRANCH), deadline_s=ANSWER_S)
        if done.exit_code == NO_BRANCH:
            raise faults.no_branch(where, "")
        return done.text.partition("\t")[0]

    async def _do(self, work: Callable[[Repository], T]) -> T:
        return await self._source._in_thread(work)  # noqa: SLF001 - one adapter, in two files


def _locks(repository: Repository) -> Iterator[Lock]:
    for path in sorted(_below(os.path.realpath(repository.common_dir()))):
        if path.endswith(".lock"):
            with suppress(FileNotFoundError):
                age_s = max(time.time() - os.lstat(path).st_mtime, 0.0)
                yield Lock(path, age_s, tuple(locks.holders(path, repository.path)))


def _remove(repository: Repository, lock: Lock) -> None:
    if tuple(locks.holders(lock.path, repository.path)):
        raise faults.LockHeld(lock.path)
    done = repository.run("rm", "-f", "--", lock.path)
    if os.path.lexists(lock.path):
        raise SourceError(f"cannot remove {output.shown(lock.path)}: {done.tail(1)}")


def _foreign(repository: Repository, owner: Identity) -> Foreign:
    in_git = [
        path
        for path in _below(f"{repository.path}/.git", directories=True)
        if _owner(path) not in (owner.uid, None)
    ]
    tracked = [path for path in _tracked(repository) if _owner(path) == 0 != owner.uid]
    shown = (output.shown(os.path.relpath(path, repository.path)) for path in (*in_git, *tracked))
    return Foreign(len(in_git), len(tracked), tuple(shown)[:_SHOWN])


def _tracked(repository: Repository) -> set[str]:
    """The tracked files and the directories that they lie in."""
    found = {repository.path}
    for name in output.paths(repository.git(argv.tracked(repository.path)).stdout):
        while name and f"{repository.path}/{name}" not in found:
            found.add(f"{repository.path}/{name}")
            name = name.rpartition("/")[0]  # noqa: PLW2901 - up to the top
    return found


def _owner(path: str) -> int | None:
    """The user id of a path, None for a symbolic link (whose it is matters to nobody) or nothing."""
    try:
        found = os.lstat(path)
    except OSError:
        return None
    return None if stat.S_ISLNK(found.st_mode) else found.st_uid


def _below(top: str, *, directories: bool = False) -> Iterator[str]:
    """Every file below a directory, following no link; with `directories` those and the top too."""
    if directories:
        yield top
    for folder, below, files in os.walk(top):
        yield from (f"{folder}/{name}" for name in (*files, *(below if directories else ())))


def _clutter(repository: Repository) -> Clutter:
    said = repository.git(argv.count_objects(repository.path)).text
    counted = dict(line.split(": ", 1) for line in said.splitlines() if ": " in line)
    return Clutter(*(int(counted.get(name, "0")) for name in ("count", "packs", "garbage")))


def _trusted_by_caller(repository: Repository) -> bool:
    plain = Repository(repository.path, None, repository.where, repository.stop)
    # A user who owns the work tree is trusted whatever is configured (git-config(1), safe.directory).
    if owner_of(Path(repository.path).resolve()).uid == current_identity().uid:
        return True
    return plain.git(argv.git_dirs(repository.path), ok=tuple(range(256))).exit_code == 0
