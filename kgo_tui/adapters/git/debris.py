"""Tells what a killed checkout left in the work tree from what people did there.

Owns that judgement. Must not change anything. The intent, a ref written before a checkout starts,
says what it was going to; a file counts as that checkout's when it is missing, or holds the
content, or a beginning of it, that the intended commit or HEAD has.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from kgo_tui.adapters.git import argv, compare, output
from kgo_tui.adapters.git.command import Repository
from kgo_tui.adapters.git.output import Entry, File, Status


@dataclass(frozen=True, slots=True)
class Found:
    """What differs by hand, and the untracked files that a killed checkout left."""

    by_hand: tuple[Entry, ...]
    left_over: tuple[str, ...]


def sort(repository: Repository, status: Status, intent: str | None) -> Found:
    """Sort what differs; without an intent all of it is by hand."""
    if intent is None:
        return Found(status.entries, ())
    absent = output.absent(repository.git(argv.absent_from_index(repository.path, intent)).stdout)
    left_over = compare.begun(repository, absent)
    by_hand = _by_hand(repository, status.entries, intent) if status.entries else ()
    return Found(by_hand, tuple(sorted(left_over)))


def _by_hand(repository: Repository, entries: tuple[Entry, ...], intent: str) -> tuple[Entry, ...]:
    files = output.tree(repository.git(argv.tree_of(repository.path, intent)).stdout)
    heads = {entry.path: File("", entry.head_oid) for entry in entries if entry.head_oid.strip("0")}
    paths = {entry.path for entry in entries}
    ours = compare.begun(repository, {path: file for path, file in files.items() if path in paths})
    ours |= compare.begun(repository, heads)
    ours |= _missing(repository.path, paths)
    return tuple(entry for entry in entries if entry.path not in ours or _staged_by_hand(entry, files))


def _missing(top: str, paths: Iterable[str]) -> set[str]:
    return {path for path in paths if compare.kind(f"{top}/{path}") is None}


def _staged_by_hand(entry: Entry, files: dict[str, File]) -> bool:
    """Whether the index has content that neither commit has, or a merge is unfinished."""
    target = files.get(entry.path)
    known = {entry.head_oid, target.oid if target else ""}
    return entry.unmerged or (bool(entry.index_oid.strip("0")) and entry.index_oid not in known)
