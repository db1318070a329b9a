"""What git's messages mean: the one place that reads them.

Owns the patterns. Must not run anything, nor word the errors (`faults`). git is run with LC_ALL=C, so its
messages are in English.
"""

from __future__ import annotations

import re

from kgo_tui.adapters.git import faults
from kgo_tui.adapters.git.faults import LockHeld, Where
from kgo_tui.core.errors import KgoError, LocalChanges, SourceError, UntrackedInTheWay
from kgo_tui.core.text import clean


def without_credentials(text: str) -> str:
    """`text` with passwords and tokens taken out of every URL in it.

    Over HTTP a user name alone may be a token, so all of it goes; over ssh the user stays.
    """
    text = re.sub(r"(?i)\b((?:https?|ftps?)://)[^/\s'\"]*@", r"\1", text)
    return re.sub(r"(?i)\b([a-z][a-z0-9+.-]*://[^/:@\s'\"]*):[^/\s'\"]*@", r"\1@", text)


def classify(stderr: str, exit_code: int, where: Where) -> KgoError:
    """The error that a failed git command means."""
    text = without_credentials(stderr)
    if lock := re.search(r"Unable to create '([^'\n]+\.lock)': File exists", text):
        return LockHeld(lock[1])
    if listed := _listed(text):
        return listed
    for pattern, make in _MEANINGS:
        if found := pattern.search(text):
            return make(where, _line_of(text, found.start()))
    return SourceError(f"git failed in {where.path} (exit {exit_code}): {_first_line(text)}")


def _listed(text: str) -> KgoError | None:
    """Errors of a checkout that list paths, one a line behind a tab."""
    paths = tuple(clean(line[1:]) for line in text.splitlines() if line.startswith("\t"))
    if not paths:
        return None
    if re.search(r"untracked (working tree )?files", text):
        return UntrackedInTheWay(paths)
    if "local changes to the following files would be overwritten" in text or "not uptodate" in text:
        return LocalChanges(paths)
    return None


def _line_of(text: str, position: int) -> str:
    start = text.rfind("\n", 0, position) + 1
    return clean(text[start:].split("\n", 1)[0].strip())


def _first_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    spoken = [line for line in lines if line.startswith(("fatal:", "error:"))]
    return clean((spoken or lines or ["no message"])[0])


_MEANINGS = tuple(
    (re.compile("|".join(patterns), re.IGNORECASE), make)
    for make, patterns in (
        (faults.dubious, ["dubious ownership", "unsafe repository"]),
        # git does not say why it could not write a file that it had opened; there is hardly another
        # reason, and the hint shows whether it is so.
        (
            faults.full,
            [
                "no space left on device",
                "disk quota exceeded",
                "out of diskspace",
                "unable to write (new index )?file",
            ],
        ),
        (faults.read_only, ["read-only file system"]),
        (faults.forbidden, ["transport '[^']*' not allowed"]),
        (faults.no_branch, ["couldn't find remote ref", "remote branch .* not found"]),
        (faults.in_use, ["is already (checked out|used by worktree) at"]),
        (
            faults.unreachable,
            [
                # ssh says "Permission denied (publickey)": that one is the server's.
                r"permission denied \(",
                "permission denied, please try",
                "could not read from remote repository",
                "could not resolve host",
                "could not read (username|password)",
                "terminal prompts disabled",
                "authentication failed",
                "unable to access '[a-z]+://",
                "repository '[^']*' not found",
                "repository not found",
                "host key verification failed",
                "early eof",
                "hung up unexpectedly",
                "rpc failed",
                "connection (refused|reset|timed out)",
                "(failed|unable) to connect",
                "unable to look up",
                "network is unreachable",
                "no route to host",
                "protocol error",
                "unexpected disconnect",
                "bad line length",
                "expected flush after",
            ],
        ),
        (
            faults.invalid,
            [
                "not a git repository",
                "cannot change to",
                "must be run in a work tree",
                "invalid gitfile format",
            ],
        ),
        (faults.denied, ["permission denied", "insufficient permission", "operation not permitted"]),
        (
            faults.index,
            [
                "index file (corrupt|smaller|open failed)",
                "bad (index file|signature 0x|index version)",
                "unknown index entry format",
                "index uses .* extension",
            ],
        ),
        (
            faults.corrupt,
            [
                "is corrupt",
                "corrupt (loose|patch|object)",
                "object file .* is empty",
                "bad (tree object|object [^0-9a-f]|ref|config)",
                "unable to read (tree|sha1|[0-9a-f]{40})",
                "missing (blob|tree|commit|object)",
                "broken",
                "inflate: ",
                "packfile .* (truncated|invalid|does not match)",
                "could not parse",
            ],
        ),
        (
            faults.unknown,
            [
                "(bad|unknown) revision",
                "invalid revision range",
                "bad object [0-9a-f]{40}",
                "(not a valid|invalid) (commit|object|sha1)",
                "path '.*' (does not exist in|exists on disk, but not in) '",
                "ambiguous",
                "needed a single revision",
                "nonexistent object",
                "is not a commit",
            ],
        ),
    )
)
"""What is looked for, in this order, and the error that it means."""
