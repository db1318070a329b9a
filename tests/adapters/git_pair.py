"""A real remote and a clone of it, for the tests of the git adapter."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from kgo_tui.adapters.git import GitSource

CLEAN_ENV = {
    "PATH": os.environ["PATH"],
    "HOME": "/nonexistent",
    "LC_ALL": "C",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_AUTHOR_NAME": "Ann",
    "GIT_AUTHOR_EMAIL": "ann@example.org",
    "GIT_COMMITTER_NAME": "Ann",
    "GIT_COMMITTER_EMAIL": "ann@example.org",
}


def git(path: Path, *words: str, data: bytes | None = None) -> str:
    """Run git as a person would, and return what it prints."""
    done = subprocess.run(
        ["git", "-c", "safe.directory=*", "-C", path, *words],
        env=CLEAN_ENV,
        input=data,
        capture_output=True,
        check=True,
        timeout=60,
    )
    return os.fsdecode(done.stdout).strip()


@dataclass
class Pair:
    """`upstream` is where commits are made, `remote` what is fetched, `tree` the clone."""

    top: Path
    upstream: Path = field(init=False)
    remote: Path = field(init=False)
    tree: Path = field(init=False)

    def __post_init__(self) -> None:
        self.upstream, self.remote, self.tree = (
            self.top / name for name in ("upstream", "remote.git", "tree")
        )
        git(self.top, "init", "-q", "-b", "main", str(self.upstream))
        git(self.top, "init", "-q", "--bare", "-b", "main", str(self.remote))
        git(self.upstream, "remote", "add", "origin", str(self.remote))
        self.first = self.commit({"compose.yml": "one\n", "conf/a": "a\n", "conf/b": "b\n"}, "first")
        self.push()
        git(self.top, "clone", "-q", str(self.remote), str(self.tree))

    def commit(self, files: dict[str, str | None], subject: str = "change") -> str:
        """Commit these contents (None removes), and return its SHA."""
        for name, content in files.items():
            path = self.upstream / name
            if content is None:
                shutil.rmtree(path) if path.is_dir() else path.unlink()
                continue
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content)
        git(self.upstream, "add", "--all", "--force", ".")
        git(self.upstream, "commit", "-q", "--allow-empty", "-m", subject)
        return git(self.upstream, "rev-parse", "HEAD")

    def push(self, *words: str) -> None:
        git(self.upstream, "push", "-q", *words, "origin", "HEAD:main")

    def deliver(self, files: dict[str, str | None], subject: str = "change") -> str:
        """Commit, push, and have the clone know it without being there."""
        sha = self.commit(files, subject)
        self.push()
        git(self.tree, "fetch", "-q", "origin")
        return sha

    def source(self, **options: object) -> GitSource:
        return GitSource(self.tree, **{"lock_stale_s": 0.0, **options})  # type: ignore[arg-type]

    def head(self) -> str:
        return git(self.tree, "rev-parse", "HEAD")

    def read(self, name: str) -> str:
        return (self.tree / name).read_text()

    def assert_is_at(self, sha: str, branch: str = "main") -> None:
        """HEAD, branch, index and tracked files are there, and no checkout is under way."""
        assert self.head() == sha
        assert git(self.tree, "symbolic-ref", "HEAD") == f"refs/heads/{branch}"
        assert git(self.tree, "status", "--porcelain", "--untracked-files=no") == ""
        assert git(self.tree, "for-each-ref", "refs/kgo-tui/") == ""

    def give_to(self, uid: int, gid: int) -> None:
        """Make the clone and the remote another user's."""
        for place in (self.tree, self.remote):
            for path in (place, *place.rglob("*")):
                os.chown(path, uid, gid, follow_symlinks=False)

    def foreign_to(self, uid: int) -> list[str]:
        """What in the clone is not that user's."""
        return [str(path) for path in (self.tree, *self.tree.rglob("*")) if path.lstat().st_uid != uid]


@contextmanager
def open_directory() -> Iterator[Path]:
    """A directory that every user can get to; pytest's own are for one user only."""
    with TemporaryDirectory(prefix="kgo-git-") as name:
        Path(name).chmod(0o755)
        yield Path(name)
