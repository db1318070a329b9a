"""Reads what git prints for programs.

Owns the formats that `argv` asks for. Must not run anything. Text that people wrote (subjects,
names) leaves here inert; paths that are used again keep their bytes (surrogateescape).
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from kgo_tui.core.model import Commit, PathChange
from kgo_tui.core.text import clean

SUBJECT_CHARS = 500
"""How much of a subject or a name is kept; longer ones are nobody's summary."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A tracked path that differs: git's two letters (index, work tree), modes and objects."""

    path: str
    letters: str
    head_oid: str
    index_oid: str

    @property
    def unmerged(self) -> bool:
        """Whether a merge left it in conflict."""
        return self.letters.startswith("u")


@dataclass(frozen=True, slots=True)
class Status:
    """HEAD (None before the first commit), its branch (None when detached), what differs."""

    head: str | None
    branch: str | None
    entries: tuple[Entry, ...]

    @property
    def paths(self) -> tuple[str, ...]:
        """The paths that differ, inert."""
        return tuple(shown(entry.path) for entry in self.entries)


@dataclass(frozen=True, slots=True)
class File:
    """A file as a commit has it: mode (six octal digits) and object name."""

    mode: str
    oid: str


def shown(path: str) -> str:
    """A path as people may see it: inert, and always encodable."""
    return clean(os.fsencode(path).decode("utf-8", "replace"))


def status(data: bytes) -> Status:
    """Of `git status --porcelain=v2 --branch -z --no-renames`."""
    head = branch = None
    entries = []
    for record in _records(data):
        kind, _, rest = record.partition(" ")
        if rest.startswith("branch.oid "):
            head = _unless(rest.removeprefix("branch.oid "), "(initial)")
        elif rest.startswith("branch.head "):
            branch = _unless(rest.removeprefix("branch.head "), "(detached)")
        elif kind == "1":
            letters, _, _, _, _, head_oid, index_oid, path = rest.split(" ", 7)
            entries.append(Entry(path, letters, head_oid, index_oid))
        elif kind == "u":
            entries.append(Entry(rest.split(" ", 9)[9], "u", "", ""))
    return Status(head, branch, tuple(entries))


def _unless(word: str, nothing: str) -> str | None:
    return None if word == nothing else word


def commits(data: bytes) -> tuple[Commit, ...]:
    """Of `git log -z` with `argv.COMMIT_FIELDS`. A last one that was cut off is left out."""
    fields = data.split(b"\0")
    whole = len(fields) - 1  # behind the last NUL there is nothing, or what was cut off
    return tuple(commit(fields[at : at + 4]) for at in range(0, whole - whole % 4, 4))


def commit(fields: list[bytes]) -> Commit:
    """Of sha, author, time and subject."""
    sha, author, time, subject = fields
    return Commit(
        sha=sha.decode("ascii"), subject=_words(subject), author=_words(author), committed_at=_time(time)
    )


def refs(data: bytes) -> dict[str, Commit]:
    """Of `git for-each-ref` with `argv.REF_FIELDS`: full names of refs and their commits."""
    rows = (line.split(b"\0") for line in data.split(b"\n") if line)
    return {os.fsdecode(row[0]): commit(row[1:]) for row in rows if len(row) == 5}  # noqa: PLR2004 - the fields


def _words(data: bytes) -> str:
    return clean(data[: 4 * SUBJECT_CHARS].decode("utf-8", "replace")[:SUBJECT_CHARS])


def _time(data: bytes) -> datetime | None:
    try:
        return datetime.fromtimestamp(int(data), UTC)
    except (ValueError, OverflowError, OSError):
        return None  # commits may claim any time at all


def changes(data: bytes) -> tuple[PathChange, ...]:
    """Of `git diff-tree -z --name-status`."""
    records = list(_records(data))
    pairs = zip(records[::2], records[1::2], strict=False)
    return tuple(PathChange(status=status[:1], path=shown(path)) for status, path in pairs)


def absent(data: bytes) -> dict[str, File]:
    """Of `git diff-index --raw -z --diff-filter=D`: the files as the commit has them."""
    records = list(_records(data))
    found = {}
    for meta, path in zip(records[::2], records[1::2], strict=False):
        mode, _, oid, *_ = meta.lstrip(":").split(" ")
        found[path] = File(mode, oid)
    return found


def tree(data: bytes) -> dict[str, File]:
    """Of `git ls-tree -r -z`."""
    found = {}
    for record in _records(data):
        meta, _, path = record.partition("\t")
        mode, _, oid = meta.split(" ")
        found[path] = File(mode, oid)
    return found


def paths(data: bytes) -> tuple[str, ...]:
    """Of any list of paths with NUL after each."""
    return tuple(_records(data))


def unwatched(data: bytes) -> tuple[str, ...]:
    """Of `git ls-files -v -z`: the files that git was told to take for unchanged."""
    return tuple(record[2:] for record in _records(data) if record[:1].islower())


def lines_of(paths: list[str]) -> bytes:
    """Paths as `git hash-object --stdin-paths` reads them: one a line, awkward ones in quotes."""
    return b"".join(os.fsencode(_quoted(path)) + b"\n" for path in paths)


def _quoted(path: str) -> str:
    if "\n" not in path and not path.startswith('"'):
        return path
    inner = path.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
    return f'"{inner}"'


def _records(data: bytes) -> Iterator[str]:
    return (os.fsdecode(record) for record in data.split(b"\0") if record)
