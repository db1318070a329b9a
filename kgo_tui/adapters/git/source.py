"""`GitSource`: the work tree and the branch that it follows, as the engine asks for them.

Owns which git commands answer which question. Must not know releases, deployments or policy.
"""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

from kgo_tui.adapters import host
from kgo_tui.adapters.git import argv, classify, faults, output, ownership
from kgo_tui.adapters.git.checkout import Checkout
from kgo_tui.adapters.git.command import Repository
from kgo_tui.adapters.git.locks import STALE_S
from kgo_tui.adapters.host import Identity
from kgo_tui.adapters.process import in_thread
from kgo_tui.core.errors import ConfigError, DeadlineExceeded, RepositoryInvalid, SourceError, UnknownCommit
from kgo_tui.core.model import Commit, PathChange, SourceView

T = TypeVar("T")

FILE_BYTES = 1 << 20
"""The largest file that `file_at` hands out."""

_SHA = re.compile(r"[0-9a-f]{40}([0-9a-f]{24})?")
_NAME = re.compile(r"(?!.*(\.\.|@\{|//|\.lock$|/$))[\w][\w./+@#=-]*")


class GitSource:
    """A git work tree as `engine.ports.Source`.

    `owner` is who the repository belongs to (None: whoever owns the work tree); as root, git runs
    as that user. `fetch_timeout_s` bounds a fetch. Nothing is touched until the first call.
    Raises ConfigError for a remote or branch that cannot be the name of one.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        remote: str = "origin",
        branch: str = "main",
        owner: Identity | None = None,
        fetch_timeout_s: float = 60.0,
        lock_stale_s: float = STALE_S,
    ) -> None:
        for key, name in (("remote", remote), ("branch", branch)):
            if not _NAME.fullmatch(name):
                raise ConfigError(f"repository.{key}: {name!r} cannot be the name of a {key}")
        self.path, self.remote, self.branch = str(Path(path).absolute()), remote, branch
        self.owner, self.fetch_timeout_s, self.lock_stale_s = owner, fetch_timeout_s, lock_stale_s
        self.tracking = argv.tracking_ref(remote, branch)

    async def fetch(self) -> None:
        """As `Source.fetch`."""
        await self._in_thread(self._fetch)

    async def view(self, deployed: str | None) -> SourceView:
        """As `Source.view`. Three git processes when all is in sync, up to five otherwise."""
        return await self._in_thread(lambda repository: self._view(repository, deployed))

    async def resolve(self, name: str) -> Commit:
        """As `Source.resolve`. A branch means the remote's, as last fetched, if it has one."""
        return await self._in_thread(lambda repository: self._resolve(repository, name))

    async def commits(self, base: str | None, target: str, limit: int = 50) -> tuple[Commit, ...]:
        """As `Source.commits`. Raises UnknownCommit."""
        for sha in filter(None, (base, target)):
            _must_be_sha(sha)
        revision, limit = (f"{base}..{target}", limit) if base else (target, 1)
        return await self._in_thread(lambda repository: self._log(repository, revision, limit))

    async def changes(self, base: str, target: str) -> tuple[PathChange, ...]:
        """As `Source.changes`. Raises UnknownCommit, SourceError when there are too many."""
        _must_be_sha(base)
        _must_be_sha(target)
        return await self._in_thread(lambda repository: self._changes(repository, base, target))

    async def on_branch(self, commit: str) -> bool:
        """As `Source.on_branch`. An unknown commit is not on it."""
        _must_be_sha(commit)
        return await self._in_thread(
            lambda repository: self._is_ancestor(repository, commit, self.tracking) is True
        )

    async def file_at(self, commit: str, path: str) -> bytes | None:
        """As `Source.file_at`. Raises SourceError for a file above `FILE_BYTES`."""
        _must_be_sha(commit)
        return await self._in_thread(lambda repository: self._file_at(repository, commit, path))

    async def check_out(self, commit: str, *, label: str, save: bool) -> tuple[str, ...]:
        """As `Source.check_out`. Files put aside come back as soon as their place is free again."""
        _must_be_sha(commit)
        return await self._in_thread(
            lambda repository: Checkout(repository, commit, label=label, save=save).run()
        )

    async def repair_ownership(self) -> int:
        """As `Source.repair_ownership`. Nothing to do unless we are root."""
        return await self._in_thread(self._repair)

    async def _in_thread(self, work: Callable[[Repository], T]) -> T:
        return await in_thread(lambda stop: work(self._open(stop)))

    def _open(self, stop: threading.Event) -> Repository:
        owner = self._owner()
        identity = owner if os.geteuid() == 0 and not owner.is_root else None
        where = faults.Where(self.path, self.remote, self.branch, owner.name)
        return Repository(self.path, identity, where, stop, self.lock_stale_s)

    def _owner(self) -> Identity:
        try:
            os.lstat(f"{self.path}/.git")
            return self.owner or host.owner_of(os.path.realpath(self.path))
        except OSError as error:
            raise RepositoryInvalid(
                f"{self.path} is not a git repository: {error.strerror}",
                hint="Set repository.path to the directory where the repository was cloned.",
            ) from error

    def _fetch(self, repository: Repository) -> None:
        command = argv.fetch(self.path, self.remote, self.branch)
        try:
            repository.git(command, deadline_s=self.fetch_timeout_s)
        except DeadlineExceeded as error:
            said = f"no answer within {self.fetch_timeout_s:g} s"
            raise faults.unreachable(repository.where, said) from error

    def _view(self, repository: Repository, deployed: str | None) -> SourceView:
        status = output.status(repository.git(argv.status(self.path)).stdout)
        refs = self._refs(repository)
        remote = refs.get(self.tracking)
        local = self._head(repository, status.head, refs)
        ahead, behind = self._counts(repository, local, remote)
        return SourceView(
            path=self.path,
            branch=self.branch,
            remote_url=self._remote_url(repository),
            local=local,
            remote=remote,
            ahead=ahead,
            behind=behind,
            descends=None if ahead is None else ahead == 0,
            deployed_descends=self._deployed_descends(repository, deployed, local, remote, ahead),
            local_changes=status.paths,
            fetched_at=host.written_at(f"{repository.git_dir()}/FETCH_HEAD"),
        )

    def _refs(self, repository: Repository) -> dict[str, Commit]:
        names = argv.local_ref(self.branch), self.tracking
        return output.refs(repository.git(argv.refs(self.path, *names)).stdout)

    def _head(self, repository: Repository, head: str | None, refs: dict[str, Commit]) -> Commit | None:
        known = {commit.sha: commit for commit in refs.values()}
        if head is None or head in known:
            return known.get(head or "")
        return self._log(repository, head, 1)[0]

    def _counts(
        self, repository: Repository, local: Commit | None, remote: Commit | None
    ) -> tuple[int | None, int | None]:
        if local is None or remote is None:
            return None, None
        if local.sha == remote.sha:
            return 0, 0
        ahead, behind = repository.git(argv.counts(self.path, local.sha, remote.sha)).text.split()
        return int(ahead), int(behind)

    def _deployed_descends(
        self,
        repository: Repository,
        deployed: str | None,
        local: Commit | None,
        remote: Commit | None,
        ahead: int | None,
    ) -> bool | None:
        if deployed is None or remote is None:
            return None
        if deployed == remote.sha:
            return True
        if local is not None and deployed == local.sha:
            return ahead == 0
        _must_be_sha(deployed)
        return self._is_ancestor(repository, deployed, remote.sha)

    def _is_ancestor(self, repository: Repository, ancestor: str, descendant: str) -> bool | None:
        """None when either is not known."""
        with suppress(UnknownCommit):
            command = argv.is_ancestor(self.path, ancestor, descendant)
            return repository.git(command, ok=(0, 1)).exit_code == 0
        return None

    def _remote_url(self, repository: Repository) -> str | None:
        done = repository.git(argv.remote_url(self.path, self.remote), ok=(0, 2, 128))
        url = done.text.strip().partition("\n")[0]
        return output.shown(classify.without_credentials(url)) or None

    def _resolve(self, repository: Repository, name: str) -> Commit:
        if not _NAME.fullmatch(name):
            raise UnknownCommit(f"{name!r} is not the name of a commit")
        why = ""
        for candidate in (argv.tracking_ref(self.remote, name), f"refs/tags/{name}", name):
            try:
                return self._log(repository, f"{candidate}^{{commit}}", 1)[0]
            except UnknownCommit as error:
                why = error.message
        raise UnknownCommit(why, hint="Fetch first, or give more of its SHA (kgo-tui history shows them).")

    def _log(self, repository: Repository, revision: str, limit: int) -> tuple[Commit, ...]:
        return output.commits(repository.git(argv.log(self.path, revision, limit)).stdout)

    def _changes(self, repository: Repository, base: str, target: str) -> tuple[PathChange, ...]:
        done = repository.git(argv.diff(self.path, base, target))
        if done.truncated:
            raise SourceError(f"too many paths differ between {base[:7]} and {target[:7]}")
        return output.changes(done.stdout)

    def _file_at(self, repository: Repository, commit: str, path: str) -> bytes | None:
        try:
            done = repository.git(argv.blob(self.path, commit, path), cap_bytes=FILE_BYTES)
        except UnknownCommit:
            return None
        if done.truncated:
            raise SourceError(f"{output.shown(path)} at {commit[:7]} is larger than {FILE_BYTES} bytes")
        return done.stdout

    def _repair(self, repository: Repository) -> int:
        if os.geteuid() != 0:
            return 0
        mended, _left = ownership.repair(repository, self._owner())
        return mended


def _must_be_sha(text: str) -> None:
    if not _SHA.fullmatch(text):
        raise UnknownCommit(f"{text!r} is not the full SHA of a commit")
