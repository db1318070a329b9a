"""Brings index, work tree and branch to a commit, losing nothing that people made.

Owns the order of steps. Must not know why the commit is wanted. Each step may be the last one that
a process lives to see: the next checkout starts from whatever is there.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping

from kgo_tui.adapters.git import argv, compare, debris, locks, obstacles, output
from kgo_tui.adapters.git.command import WRITE_S, Repository
from kgo_tui.adapters.git.faults import IndexBroken, LockHeld
from kgo_tui.adapters.git.output import File, Status
from kgo_tui.core.errors import LocalChanges, SourceError, UnknownCommit, UntrackedInTheWay


class Checkout:
    """One checkout of `commit` on `branch`. `notes` tells in words what was put aside."""

    def __init__(self, repository: Repository, commit: str, *, label: str, save: bool) -> None:
        self.repository, self.commit, self.save = repository, commit, save
        self.label = slug(label)
        self.branch = repository.where.branch
        self.tracking = argv.tracking_ref(repository.where.remote, self.branch)
        self.path = repository.path
        self.notes: list[str] = []

    def run(self) -> tuple[str, ...]:
        """Do it. Raises LocalChanges, UntrackedInTheWay, UnknownCommit, SourceError."""
        self._must_exist()
        status = self._look()
        refs = output.refs(
            self._git(argv.refs(self.path, argv.INTENT, argv.local_ref(self.branch), self.tracking))
        )
        tips = {name: commit.sha for name, commit in refs.items()}
        intent = tips.get(argv.INTENT)
        if self._is_there(status) and intent is None:
            return ()
        self._make_clean(status, intent)
        self._clear_way(self._absent(self.commit))
        self._keep_commits(status, tips)
        self._switch()
        self._put_back()
        return tuple(self.notes)

    def _must_exist(self) -> None:
        if self.repository.git(argv.verify(self.path, self.commit), ok=(0, 1)).exit_code != 0:
            raise UnknownCommit(f"there is no commit {self.commit} in {self.path}", hint="Fetch first.")

    def _look(self) -> Status:
        """Where things stand; a broken index is made anew first, if saving is allowed."""
        self._wait_for_index()
        # Nothing is written yet: on a full disk, removing what a killed checkout left makes room.
        try:
            return output.status(self._git(argv.status(self.path)))
        except IndexBroken:
            if not self.save:
                raise
            self.repository.run("rm", "-f", "--", f"{self.repository.git_dir()}/index")
            self._git(argv.rebuild_index(self.path, "HEAD"))
            return output.status(self._git(argv.status(self.path)))

    def _wait_for_index(self) -> None:
        # Looked for, not run into: some commands fail on this lock without a word.
        lock = f"{self.repository.git_dir()}/index.lock"
        if compare.kind(lock) is not None:
            locks.wait_until_free(self.repository, LockHeld(lock))

    def _is_there(self, status: Status) -> bool:
        return status.head == self.commit and status.branch == self.branch and not status.entries

    def _make_clean(self, status: Status, intent: str | None) -> None:
        """Bring tracked files to HEAD, having saved what people did to them."""
        found = debris.sort(self.repository, status, intent)
        if found.by_hand and not self.save:
            raise LocalChanges(output.shown(entry.path) for entry in found.by_hand)
        obstacles.remove(self.repository, found.left_over)
        if not status.entries:
            return
        if status.head is None:  # nothing was ever committed: nothing to go back to
            self._git(argv.empty_index(self.path))
            return
        if found.by_hand:
            self._stash(status)
        self._reset(status, status.head)

    def _stash(self, status: Status) -> None:
        self._watch_all()
        if any(entry.unmerged for entry in status.entries):
            self._git(argv.take_as_is(self.path))
        message = f"kgo-tui {self.label}"
        stash = self._git(argv.stash_create(self.path, message)).decode("ascii").strip()
        if stash:
            self._git(argv.stash_store(self.path, message, stash))
            self.notes.append(f"files changed by hand are saved: git stash list ({message})")

    def _watch_all(self) -> None:
        """Make git see changes in files that it was told to take for unchanged."""
        unwatched = output.unwatched(self._git(argv.flagged(self.path)))
        if unwatched:
            names = b"".join(os.fsencode(path) + b"\0" for path in unwatched)
            self.repository.git(argv.look_again(self.path), stdin=names)

    def _reset(self, status: Status, head: str) -> None:
        back = self._absent(head) | {entry.path: File("", entry.head_oid) for entry in status.entries}
        self._clear_way(back)
        self._git(argv.set_ref(self.path, argv.INTENT, head))
        self._git(argv.reset(self.path))

    def _absent(self, commit: str) -> dict[str, File]:
        return output.absent(self._git(argv.absent_from_index(self.path, commit)))

    def _clear_way(self, wanted: Mapping[str, File]) -> None:
        """Move what is untracked from where `wanted` goes, or refuse."""
        found = obstacles.find(self.path, wanted, self._tracked)
        same = compare.same(self.repository, {path: wanted[path] for path in found if path in wanted})
        other = [path for path in found if path not in same]
        if other and not self.save:
            raise UntrackedInTheWay(output.shown(path) for path in other)
        # One with the same content is kept as well: going back would take the tracked one away.
        obstacles.put_aside(self.repository, found, self.label)
        store = f".git/{obstacles.STORE}/{self.label}"
        self.notes.extend(f"moved out of the way: {output.shown(path)} is in {store}" for path in other)

    def _tracked(self) -> frozenset[str]:
        return frozenset(output.paths(self._git(argv.tracked(self.path))))

    def _keep_commits(self, status: Status, tips: Mapping[str, str]) -> None:
        """Give commits a branch of their own that would be on none any more."""
        known = [self.commit, *filter(None, [tips.get(self.tracking)])]
        leaving = {tips.get(argv.local_ref(self.branch)), None if status.branch else status.head}
        for tip in sorted(filter(None, leaving - set(known))):
            if self._git(argv.only_in(self.path, tip, *known)).strip():
                ref = f"{argv.SAVED}{self.label}-{tip[:7]}"
                self._git(argv.set_ref(self.path, ref, tip))
                self.notes.append(f"commits that no branch has any more are kept on {ref[11:]}")

    def _switch(self) -> None:
        self._git(argv.set_ref(self.path, argv.INTENT, self.commit))
        self._git(argv.check_out(self.path, self.branch, self.commit))
        now = output.status(self._git(argv.verify_status(self.path)))
        if not self._is_there(now):
            shown = ", ".join(now.paths[:5]) or f"HEAD is at {now.head}, branch {now.branch}"
            raise SourceError(
                f"the work tree {self.path} is not at {self.commit[:7]} after its checkout: {shown}",
                hint=f"Look with: git -C {self.path} status",
            )
        self._git(argv.drop_ref(self.path, argv.INTENT))

    def _put_back(self) -> None:
        for path in obstacles.put_back(self.repository):
            self.notes.append(f"put back: {output.shown(path)}")

    def _git(self, words: list[str]) -> bytes:
        return self.repository.git(words, deadline_s=WRITE_S).stdout


def slug(label: str) -> str:
    """A label as a part of file and branch names (git-check-ref-format): letters, digits, - and _."""
    return re.sub(r"[^A-Za-z0-9_-]+", "-", label).strip("-")[:60] or "saved"
