"""The git remote and a developer who pushes to it.

Owns both repositories. Independent of the git configuration of whoever runs it.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from kgo_tui.demo.parts import LabError

DEVELOPER = "Ada Martin <ada@example.org>"
# Nothing of the user's or the machine's own configuration may change what a test sees.
ISOLATED = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull, "GIT_TERMINAL_PROMPT": "0"}
DEADLINE_S = 30.0


def git(at: Path, *arguments: str, env: Mapping[str, str] | None = None) -> str:
    """Run git in a folder and return what it says."""
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(at),
        "LC_ALL": "C.UTF-8",
        **ISOLATED,
        **(env or {}),
    }
    done = subprocess.run(
        ["git", *arguments],
        cwd=at,
        env=environment,
        capture_output=True,
        text=True,
        timeout=DEADLINE_S,
        check=False,
    )
    if done.returncode != 0:
        raise LabError(f"git {' '.join(arguments)}: {done.stderr.strip()}")
    return done.stdout.strip()


class GitRemote:
    """A bare repository at `path` and a developer's clone of it."""

    def __init__(self, folder: Path, branch: str = "main") -> None:
        self.path, self.branch = folder / "remote.git", branch
        self.clone, self._away = folder / "developer", folder / "remote.git.away"
        self.path.mkdir(parents=True)
        git(self.path, "init", "--quiet", "--bare", f"--initial-branch={branch}")
        git(folder, "clone", "--quiet", str(self.path), str(self.clone))

    @property
    def head(self) -> str:
        """The developer's latest commit, pushed or not."""
        return git(self.clone, "rev-parse", "HEAD")

    @property
    def tip(self) -> str:
        """The remote's latest commit."""
        return git(self.path, "rev-parse", self.branch)

    def commit(
        self,
        files: Mapping[str, str | bytes | None] | None = None,
        message: str = "Change",
        author: str = DEVELOPER,
    ) -> str:
        """Write the files (None removes one) and commit them; without files the commit is empty."""
        for name, content in (files or {}).items():
            self._write(self.clone / name, content)
        git(self.clone, "add", "--all")
        git(self.clone, "commit", "--quiet", "--allow-empty", "-m", message, env=_who(author))
        return self.head

    def push(self) -> str:
        """Push what was committed; the remote's new tip."""
        git(self.clone, "push", "--quiet", "origin", f"HEAD:{self.branch}")
        return self.tip

    def force_push(self) -> str:
        """Push whatever the developer has, over what others may have seen."""
        git(self.clone, "push", "--quiet", "--force", "origin", f"HEAD:{self.branch}")
        return self.tip

    def rewrite(self, message: str = "Rewritten", author: str = DEVELOPER) -> str:
        """Replace the last commit by another one and force-push it: history that was seen is gone."""
        git(self.clone, "commit", "--quiet", "--amend", "--allow-empty", "-m", message, env=_who(author))
        return self.force_push()

    def reset_to(self, commit: str) -> str:
        """Move the branch back and force-push it."""
        git(self.clone, "reset", "--quiet", "--hard", commit)
        return self.force_push()

    def break_(self) -> None:
        """Make the remote unreachable."""
        self.path.rename(self._away)

    def restore(self) -> None:
        """The remote is back; harmless when it never was away."""
        if self._away.exists():
            shutil.rmtree(self.path, ignore_errors=True)
            self._away.rename(self.path)

    def _write(self, path: Path, content: str | bytes | None) -> None:
        if content is None:
            path.unlink()
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)


def _who(author: str) -> dict[str, str]:
    name, _, email = author.partition(" <")
    email = email.rstrip(">")
    return {
        "GIT_AUTHOR_NAME": name,
        "GIT_AUTHOR_EMAIL": email,
        "GIT_COMMITTER_NAME": name,
        "GIT_COMMITTER_EMAIL": email,
    }
