"""Runs git, and small programs beside it, as the owner of the repository.

Owns who git runs as, its environment, its deadline and what happens when another git holds a lock.
Must not know what the commands are for. GitPython starts git (and says so when there is none);
`watch` stays with the process, because its own deadline does not reach a process that detached.
"""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

from kgo_tui.adapters.git import argv, classify, faults, locks
from kgo_tui.adapters.host import Identity
from kgo_tui.adapters.process import popen_options, readable, run
from kgo_tui.adapters.watch import Finished, watch
from kgo_tui.core.errors import GitMissing

CAP_BYTES = 16 << 20
"""Of one command's output: the names of a hundred thousand files fit."""

READ_S = 60.0
"""Deadline of a command that looks; those that work on every file get `WRITE_S`."""

WRITE_S = 600.0

_OF_ONE_REPOSITORY = frozenset(
    {
        "GIT_ALTERNATE_OBJECT_DIRECTORIES",
        "GIT_COMMON_DIR",
        "GIT_CONFIG",
        "GIT_CONFIG_PARAMETERS",
        "GIT_DIR",
        "GIT_EXTERNAL_DIFF",
        "GIT_GRAFT_FILE",
        "GIT_IMPLICIT_WORK_TREE",
        "GIT_INDEX_FILE",
        "GIT_INTERNAL_SUPER_PREFIX",
        "GIT_NAMESPACE",
        "GIT_OBJECT_DIRECTORY",
        "GIT_PREFIX",
        "GIT_QUARANTINE_PATH",
        "GIT_REPLACE_REF_BASE",
        "GIT_SHALLOW_FILE",
        "GIT_WORK_TREE",
    }
)
"""Set when we are called from a git hook, and then meant for that repository, not for ours
(most of them: `git rev-parse --local-env-vars`)."""

_PROXIES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")
_FOR_ANYONE = frozenset(
    {"PATH", "LANG", "TZ", "SSL_CERT_FILE", "SSL_CERT_DIR", *_PROXIES, *map(str.upper, _PROXIES)}
)
"""What another user's git may see of root's environment, besides GIT_*: the rest may be secret."""


@dataclass(frozen=True, slots=True)
class Repository:
    """A work tree, who acts on it (None: we ourselves), and how its errors name things."""

    path: str
    identity: Identity | None
    where: faults.Where
    stop: threading.Event = field(default_factory=threading.Event)
    lock_stale_s: float = locks.STALE_S

    def git(
        self,
        words: Sequence[str],
        *,
        ok: tuple[int, ...] = (0,),
        deadline_s: float = READ_S,
        cap_bytes: int = CAP_BYTES,
        stdin: bytes | None = None,
    ) -> Finished:
        """Run git and return how it ended. A lock in its way is waited for, or removed if nobody
        holds it. Raises GitMissing, DeadlineExceeded, or what any exit code but `ok` means.
        """
        for _ in range(locks.MAX_LOCKS):
            done = self._start(words, deadline_s, cap_bytes, stdin)
            if done.exit_code in ok:
                return done
            error = classify.classify(done.stderr.decode("utf-8", "replace"), done.exit_code, self.where)
            if not isinstance(error, faults.LockHeld):
                break
            locks.wait_until_free(self, error)
        raise error

    def _start(
        self, words: Sequence[str], deadline_s: float, cap_bytes: int, stdin: bytes | None
    ) -> Finished:
        child = spawn(words, self.path, self.identity, stdin)
        return watch(child, deadline_s=deadline_s, cap_bytes=cap_bytes, stop=self.stop, name="git")

    def git_dir(self) -> str:
        """The work tree's own git directory (another than `common_dir` in a linked work tree)."""
        return self._git_dirs()[0]

    def common_dir(self) -> str:
        """The git directory with objects and refs."""
        return self._git_dirs()[1]

    def _git_dirs(self) -> list[str]:
        plain = f"{self.path}/.git"
        if stat.S_ISDIR(os.lstat(plain).st_mode):
            return [plain, plain]
        said = os.fsdecode(self.git(argv.git_dirs(self.path)).stdout)
        return [str(Path(self.path, line)) for line in said.splitlines()]

    def run(self, *words: str) -> Finished:
        """Run another program as git would run, in the work tree. Raises as `process.run`."""
        env = {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"}
        return run(words, deadline_s=READ_S, cwd=self.path, env=env, identity=self.identity, stop=self.stop)


def spawn(
    words: Sequence[str], path: str, identity: Identity | None, stdin: bytes | None
) -> subprocess.Popen[bytes]:
    """Start git through GitPython. Raises GitMissing."""
    os.environ.setdefault("GIT_PYTHON_REFRESH", "quiet")  # a missing git is our error to tell
    from git import Git  # noqa: PLC0415 - 70 ms and 14 MB that a command may not need
    from git.exc import GitCommandNotFound  # noqa: PLC0415

    if shutil.which("git") is None:
        raise GitMissing("git is not installed, or not on PATH")
    try:
        with os.fdopen(readable(stdin), "rb") as istream:
            handle = Git("/").execute(
                [*forgetting(identity), *words],
                as_process=True,
                istream=istream,
                env=environment(path, identity),
                umask=0o022,  # the service's own may be tighter than what containers can read
                **popen_options(identity),
            )
    except GitCommandNotFound as error:
        raise GitMissing("git cannot be started") from error
    # Taken out of its handle, which would wait for it again, and without a deadline.
    child, handle.proc = handle.proc, None
    return cast("subprocess.Popen[bytes]", child)


def environment(path: str, identity: Identity | None) -> dict[str, str]:
    """What is laid over our own environment: no questions, no surprises, the owner's home."""
    own = {
        "LC_ALL": "C",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_ASKPASS": "",  # empty, not absent: then no other setting for it is looked at
        "SSH_ASKPASS": "",
        "SSH_ASKPASS_REQUIRE": "never",
        "GIT_NO_REPLACE_OBJECTS": "1",  # a commit's name stands for that very content
        "GIT_CEILING_DIRECTORIES": str(Path(path).resolve().parent),  # no repository further up
        # Else git makes a name of the host's, and asks a DNS server that may not answer.
        "GIT_AUTHOR_NAME": "kgo-tui",
        "GIT_AUTHOR_EMAIL": "kgo-tui@localhost",
        "GIT_COMMITTER_NAME": "kgo-tui",
        "GIT_COMMITTER_EMAIL": "kgo-tui@localhost",
    }
    if identity is not None:
        own |= dict.fromkeys(unwanted(os.environ, identity), "")
        own |= {"HOME": identity.home, "USER": identity.name, "LOGNAME": identity.name}
    return own


def forgetting(identity: Identity | None) -> list[str]:
    """What goes before git so that it starts without the variables that are not for it: GitPython
    lays its environment over ours, and some of them mean something even when empty.
    """
    names = unwanted(os.environ, identity)
    return ["env", *(word for name in names for word in ("-u", name))] if names else []


def unwanted(variables: Mapping[str, str], identity: Identity | None) -> list[str]:
    """Which variables git must not see: those of another repository; as another user, all that
    are not known to be harmless.
    """
    if identity is None:
        return sorted(_OF_ONE_REPOSITORY & variables.keys())
    kept = {name for name in variables if name in _FOR_ANYONE or name.startswith("GIT_")} - _OF_ONE_REPOSITORY
    return sorted(variables.keys() - kept - {"HOME", "USER", "LOGNAME"})
