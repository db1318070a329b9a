"""Gives files that root left in a repository back to its owner.

Owns the walk as root through directories that an ordinary user controls. Must not give away what
that user put there to be given: so every step goes through an open directory and follows no symbolic
link; every change is made to an inode that was opened and looked at, never to a name; a file with
another name elsewhere (a hard link) stays as it is, and so does one that not everyone may read (a
secret of root's that was moved there: who owns a directory may move what is in it).
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path

from kgo_tui.adapters.git import argv, output
from kgo_tui.adapters.git.command import Repository
from kgo_tui.adapters.host import Identity
from kgo_tui.core.errors import SourceError

MAX_DEPTH = 64
"""Directories below each other; git itself makes far fewer, and each one costs an open file."""

_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_INODE = os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC

Tree = dict[str, "Tree"]
"""Names of tracked files with what is below them."""


@dataclass(slots=True)
class Repair:
    """One walk: whom to give to, whose files are given, how many were `mended`, and how many had to
    be `left` as they are (hard links, other filesystems, devices).
    """

    owner: Identity
    foreign: Callable[[int], bool]
    device: int
    mended: int = 0
    left: int = 0

    def all_below(self, directory: int, depth: int = 0) -> None:
        """Mend everything below an open directory."""
        for name in os.listdir(directory):
            seen = self.one(directory, name)
            if seen and stat.S_ISDIR(seen.st_mode) and depth < MAX_DEPTH:
                self.inside(directory, name, partial(self.all_below, depth=depth + 1))

    def named(self, tree: Tree, directory: int) -> None:
        """Mend these names, and those below them, in an open directory."""
        for name, below in tree.items():
            if self.one(directory, name) and below:
                self.inside(directory, name, partial(self.named, below))

    def one(self, directory: int, name: str) -> os.stat_result | None:
        """Mend one name, if what is there is someone else's. What was seen there, None for nothing."""
        try:
            seen = os.stat(name, dir_fd=directory, follow_symlinks=False)
            # Whose a symbolic link is matters to nobody.
            if self.foreign(seen.st_uid) and not stat.S_ISLNK(seen.st_mode):
                self._open_and_give(directory, name)
        except FileNotFoundError:
            return None  # git makes and removes files all the time
        return seen

    def _open_and_give(self, directory: int, name: str) -> None:
        inode = os.open(name, _INODE, dir_fd=directory)
        try:
            self.give(inode)
        finally:
            os.close(inode)

    def give(self, inode: int) -> None:
        """Mend what is open, if it is someone else's and nothing forbids it."""
        found = os.fstat(inode)
        if not self.foreign(found.st_uid):
            return
        if found.st_dev == self.device and _may_be_given(found):
            # Through /proc: chown by name could by now meet another file of that name.
            os.chown(f"/proc/self/fd/{inode}", self.owner.uid, self.owner.gid)
            self.mended += 1
        else:
            self.left += 1

    def inside(self, directory: int, name: str, work: Callable[[int], None]) -> None:
        """Do `work` on a directory in an open one, unless it is a link or of another filesystem."""
        try:
            below = os.open(name, _DIRECTORY, dir_fd=directory)
        except OSError:
            return  # gone, or no directory any more, or a link: not ours to enter
        try:
            found = os.fstat(below)
            if found.st_dev == self.device and (not self.foreign(found.st_uid) or _may_be_given(found)):
                work(below)
        finally:
            os.close(below)


def _may_be_given(found: os.stat_result) -> bool:
    if not found.st_mode & stat.S_IROTH:
        return False
    single = stat.S_ISREG(found.st_mode) and found.st_nlink == 1 and _links_are_safe()
    return single or stat.S_ISDIR(found.st_mode)


@cache
def _links_are_safe() -> bool:
    """Whether the kernel lets users link only what they may write (proc_sys_fs(5)). If not, a link
    to any file could be there when we open it, and gone again when we count."""
    try:
        return Path("/proc/sys/fs/protected_hardlinks").read_text(encoding="ascii").strip() != "0"
    except OSError:
        return False


def repair(repository: Repository, owner: Identity) -> tuple[int, int]:
    """Give everything in .git that is not the owner's to the owner, and of the tracked files and
    their directories what is root's. Returns how many paths were given, and how many could not
    be. Needs to be root.

    A `.git` that is not a directory itself leads wherever its owner says, and is left alone.
    """
    top = os.open(repository.path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        device = os.fstat(top).st_dev
        git = Repair(owner, lambda uid: uid != owner.uid, device)
        git.named({".git": {}}, top)
        git.inside(top, ".git", git.all_below)
        files = Repair(owner, lambda uid: uid == 0 != owner.uid, device)
        files.give(top)
        with suppress(SourceError):  # a damaged index is told, and mended, by who needs it
            tracked = output.paths(repository.git(argv.tracked(repository.path)).stdout)
            files.named(tree_of(tracked), top)
    finally:
        os.close(top)
    return git.mended + files.mended, git.left + files.left


def tree_of(paths: Iterable[str]) -> Tree:
    """Paths as nested names."""
    top: Tree = {}
    for path in paths:
        at = top
        for name in path.split("/"):
            at = at.setdefault(name, {})
    return top
