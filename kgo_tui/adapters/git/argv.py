"""Every argument list that is given to git, as pure functions.

Owns the words of the commands. Must not run them. Names that come from outside are commits in
hexadecimal, refs that are spelled out in full, or stand behind `--end-of-options`, so that none is
ever taken for an option; paths go through stdin.
"""

from __future__ import annotations

INTENT = "refs/kgo-tui/checkout"
"""While a checkout is under way: the commit that it goes to. A later one then knows whose the
half-written files are."""

SAVED = "refs/heads/kgo-tui-saved/"
"""Branches that keep commits which no other branch has any more."""

COMMIT_FIELDS = "%H%x00%an%x00%ct%x00%s"
REF_FIELDS = "%(refname)%00%(objectname)%00%(authorname)%00%(committerdate:unix)%00%(subject)"

_SAFE = (
    "-c", "core.hooksPath=/dev/null",  # nothing that lies in the repository runs by itself
    "-c", "core.fsmonitor=false",  # names a program, in the repository's own configuration
    "-c", "protocol.ext.allow=never",  # ext:: remotes are shell commands
    "-c", "submodule.recurse=false",
    "-c", "gc.auto=0",  # a collection in the background would outlive its deadline
    "-c", "maintenance.auto=false",
)  # fmt: skip

_DURABLE = (
    "-c", "core.fsync=all",  # a power cut must not leave a ref that names a lost object
    "-c", "core.fsyncMethod=batch",
)  # fmt: skip


def reads(path: str, *words: str) -> list[str]:
    """A command that only looks, and takes no lock on the way."""
    return ["git", "--no-pager", "--no-optional-locks", "--literal-pathspecs", *_SAFE, "-C", path, *words]


def writes(path: str, *words: str) -> list[str]:
    """A command that changes the repository, durably."""
    return ["git", "--no-pager", "--literal-pathspecs", *_SAFE, *_DURABLE, "-C", path, *words]


def local_ref(branch: str) -> str:
    """The full name of a local branch."""
    return f"refs/heads/{branch}"


def tracking_ref(remote: str, branch: str) -> str:
    """The full name of what was last fetched of a remote branch."""
    return f"refs/remotes/{remote}/{branch}"


def fetch(path: str, remote: str, branch: str) -> list[str]:
    """Bring in one branch, whatever the clone is configured to fetch (shallow and single-branch
    clones too) and even when its history was rewritten. Tags follow, so that they can be named. What
    comes stays one pack: a single file to make durable, where unpacking makes one of each object.
    """
    spec = f"+{local_ref(branch)}:{tracking_ref(remote, branch)}"
    options = ("--quiet", "--no-progress", "--no-prune", "--no-recurse-submodules", "--refmap=")
    return writes(path, "-c", "fetch.unpackLimit=1", "fetch", *options, "--end-of-options", remote, spec)


def status(path: str) -> list[str]:
    """HEAD, its branch, and the tracked files that differ, in one look."""
    return reads(path, "status", *_STATUS)


def verify_status(path: str) -> list[str]:
    """As `status`, writing down what it found out, so that later looks need not read every file."""
    return writes(path, "status", *_STATUS)


_STATUS = (
    "--porcelain=v2",
    "--branch",
    "-z",
    "--untracked-files=no",
    "--no-renames",
    "--ignore-submodules=all",
)


def refs(path: str, *names: str) -> list[str]:
    """The named refs with their commits; those that do not exist are left out."""
    return reads(path, "for-each-ref", f"--format={REF_FIELDS}", *names)


def log(path: str, revision: str, limit: int) -> list[str]:
    """Up to `limit` commits of a revision or range, newest first."""
    options = ("-z", f"--max-count={limit}", "--no-show-signature", "--no-color", "--encoding=UTF-8")
    return reads(
        path, "log", *options, f"--format=tformat:{COMMIT_FIELDS}", "--end-of-options", revision, "--"
    )


def counts(path: str, left: str, right: str) -> list[str]:
    """How many commits only the left and only the right one has."""
    return reads(path, "rev-list", "--count", "--left-right", f"{left}...{right}", "--")


def is_ancestor(path: str, ancestor: str, descendant: str) -> list[str]:
    """Exit 0 for yes, 1 for no, 128 when either is not known."""
    return reads(path, "merge-base", "--is-ancestor", ancestor, descendant)


def only_in(path: str, commit: str, *others: str) -> list[str]:
    """One commit that `commit` has and neither the others nor a saved branch have, if any."""
    saved = f"--glob={SAVED}*"
    return reads(path, "rev-list", "--max-count=1", commit, "--not", *others, saved, "--")


def verify(path: str, commit: str) -> list[str]:
    """The full name of a commit; exit 1 when there is none."""
    return reads(path, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{commit}^{{commit}}")


def remote_url(path: str, remote: str) -> list[str]:
    """The address of the remote as it is used, rewriting rules applied."""
    return reads(path, "remote", "get-url", "--end-of-options", remote)


def remote_tip(path: str, remote: str, branch: str) -> list[str]:
    """Ask the remote for one branch, bringing nothing in; exit 2 when it has none of that name."""
    return reads(path, "ls-remote", "--exit-code", "--end-of-options", remote, local_ref(branch))


def count_objects(path: str) -> list[str]:
    """How many loose objects, packs and pieces of garbage there are, a line each."""
    return reads(path, "count-objects", "-v")


def collect_garbage(path: str) -> list[str]:
    """Put all objects into one pack; what nobody refers to goes after two weeks (git-gc(1))."""
    return writes(path, "gc", "--quiet")


def git_dirs(path: str) -> list[str]:
    """Where this work tree's own part of the repository is, and the part that all share."""
    return reads(path, "rev-parse", "--git-dir", "--git-common-dir")


def diff(path: str, base: str, target: str) -> list[str]:
    """The paths that differ between two commits."""
    return reads(path, "diff-tree", "-r", "-z", "--name-status", "--no-renames", base, target, "--")


def absent_from_index(path: str, commit: str) -> list[str]:
    """The files of a commit that the index has not, with mode and object."""
    options = (
        "--cached",
        "-z",
        "--raw",
        "--no-renames",
        "--no-abbrev",
        "--diff-filter=D",
        "--ignore-submodules=all",
    )
    return reads(path, "diff-index", *options, commit, "--")


def tree_of(path: str, commit: str) -> list[str]:
    """Every file of a commit, with mode and object."""
    return reads(path, "ls-tree", "-r", "-z", "--full-tree", commit)


def blob(path: str, commit: str, file: str) -> list[str]:
    """The content of a file at a commit."""
    return reads(path, "cat-file", "blob", f"{commit}:{file}")


def object_content(path: str, oid: str) -> list[str]:
    """The content of a blob by its name."""
    return reads(path, "cat-file", "blob", oid)


def hash_files(path: str) -> list[str]:
    """The object names of the files whose paths are given on stdin, one a line."""
    return reads(path, "hash-object", "--stdin-paths")


def tracked(path: str) -> list[str]:
    """The paths of all tracked files."""
    return reads(path, "ls-files", "-z")


def flagged(path: str) -> list[str]:
    """All tracked files with a letter; a small one when git was told not to look at it."""
    return reads(path, "ls-files", "-v", "-z")


def look_again(path: str) -> list[str]:
    """Make git look again at the files whose paths are given on stdin, NUL after each."""
    return writes(path, "update-index", "-z", "--no-assume-unchanged", "--stdin")


def stash_create(path: str, message: str) -> list[str]:
    """Make a stash of what differs from HEAD, leaving everything as it is; prints its name."""
    return writes(path, "stash", "create", message)


def stash_store(path: str, message: str, stash: str) -> list[str]:
    """Put a made stash on the list that `git stash list` shows."""
    return writes(path, "stash", "store", f"--message={message}", stash)


def take_as_is(path: str) -> list[str]:
    """Enter the files' present content in the index, which ends a merge's conflicts."""
    return writes(path, "add", "--update")


def set_ref(path: str, ref: str, commit: str) -> list[str]:
    """Point a ref at a commit."""
    return writes(path, "update-ref", ref, commit)


def drop_ref(path: str, ref: str) -> list[str]:
    """Remove a ref."""
    return writes(path, "update-ref", "-d", ref)


def rebuild_index(path: str, commit: str) -> list[str]:
    """Make the index that of a commit, touching no file of the work tree."""
    return writes(path, "read-tree", "--reset", commit)


def empty_index(path: str) -> list[str]:
    """Make every file untracked, touching none."""
    return writes(path, "read-tree", "--empty")


def reset(path: str) -> list[str]:
    """Bring index and tracked files back to HEAD."""
    return writes(path, "reset", "--hard", "--quiet", "HEAD", "--")


def check_out(path: str, branch: str, commit: str) -> list[str]:
    """Put the branch at a commit and check it out, refusing to overwrite any untracked file."""
    options = ("--quiet", "--no-progress", "--no-overwrite-ignore", "--no-recurse-submodules", "--no-track")
    return writes(path, "checkout", *options, "-B", branch, commit, "--")
