"""Finds what lies where a commit puts its files, and puts it aside and back.

Owns untracked files in the way. Must not judge whether they may be moved. Looking follows no
symbolic link; moving is done by `mv` as the owner of the repository, so that a link planted in
between leads nowhere that the owner could not go.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterable, Iterator
from functools import cache

from kgo_tui.adapters.git.command import Repository
from kgo_tui.adapters.git.compare import kind
from kgo_tui.core.errors import SourceError

STORE = "kgo-tui-saved"
"""The directory in the git directory that holds files put aside, each label its own below."""

_BATCH = 500


def find(top: str, wanted: Iterable[str], tracked: Callable[[], frozenset[str]]) -> tuple[str, ...]:
    """The untracked things in the work tree `top` that files at `wanted` would replace or remove,
    ignored ones too. `tracked` is asked only when something is there at all.
    """
    at = _Look(top, cache(tracked))
    return tuple(dict.fromkeys(path for name in wanted for path in at.obstacles(name)))


class _Look:
    """One look at a work tree, with a memory for directories."""

    def __init__(self, top: str, tracked: Callable[[], frozenset[str]]) -> None:
        self.top, self.tracked = top, tracked
        self.mode = cache(lambda path: kind(f"{top}/{path}"))

    def obstacles(self, path: str) -> Iterator[str]:
        """What is in the way of a file at `path`."""
        for above in _above(path):
            mode = self.mode(above)
            if mode is None:
                return
            if not stat.S_ISDIR(mode):
                yield from self._untracked(above)
                return
        mode = kind(f"{self.top}/{path}")
        if mode is not None and stat.S_ISDIR(mode):
            for below in self._below(path):
                yield from self._untracked(below)
        elif mode is not None:
            yield from self._untracked(path)

    def _untracked(self, path: str) -> Iterator[str]:
        if path not in self.tracked():
            yield path

    def _below(self, path: str) -> Iterator[str]:
        return (f"{path}/{name}" for name in files_below(f"{self.top}/{path}"))


def files_below(directory: str) -> Iterator[str]:
    """Everything below a directory but directories, relative to it, following no link."""
    with os.scandir(directory) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                yield from (f"{entry.name}/{below}" for below in files_below(entry.path))
            else:
                yield entry.name


def _above(path: str) -> Iterator[str]:
    at = path.find("/")
    while at >= 0:
        yield path[:at]
        at = path.find("/", at + 1)


def put_aside(repository: Repository, paths: Iterable[str], label: str) -> None:
    """Move untracked files into the store, each to where none of that name is yet."""
    for path in paths:
        move(repository, path, _free_place(f"{repository.git_dir()}/{STORE}/{label}", path))


def _free_place(store: str, path: str) -> str:
    number, place = 1, f"{store}/{path}"
    while os.path.lexists(place):
        number += 1
        place = f"{store}~{number}/{path}"
    return place


def put_back(repository: Repository) -> tuple[str, ...]:
    """Move stored files back to where nothing is any more, the last stored first."""
    store = f"{repository.git_dir()}/{STORE}"
    back = [(place, path) for place, path in _stored(store) if _is_free(repository.path, path)]
    newest = {path: place for place, path in reversed(back)}
    for path, place in newest.items():
        move(repository, place, f"{repository.path}/{path}")
    return tuple(newest)


def _stored(store: str) -> Iterator[tuple[str, str]]:
    """Place and path of every stored file, those of the label used last first."""
    mode = kind(store)
    if mode is None or not stat.S_ISDIR(mode):
        return
    with os.scandir(store) as entries:
        labels = [entry for entry in entries if entry.is_dir(follow_symlinks=False)]
    for label in sorted(
        labels, key=lambda entry: entry.stat(follow_symlinks=False).st_ctime_ns, reverse=True
    ):
        yield from ((f"{label.path}/{path}", path) for path in files_below(label.path))


def _is_free(top: str, path: str) -> bool:
    if kind(f"{top}/{path}") is not None:
        return False
    modes = (kind(f"{top}/{above}") for above in _above(path))
    return all(mode is None or stat.S_ISDIR(mode) for mode in modes)


def move(repository: Repository, from_path: str, to_path: str) -> None:
    """Move one file, making directories; never onto another one. Raises SourceError."""
    made = repository.run("mkdir", "-p", "--", to_path.rpartition("/")[0])
    done = repository.run("mv", "-n", "-T", "--", from_path, to_path) if made.exit_code == 0 else made
    if done.exit_code != 0 or kind(to_path) is None:
        raise SourceError(f"cannot move a file out of the way in {repository.path}: {done.tail(3)}")


def remove(repository: Repository, paths: Iterable[str]) -> None:
    """Remove files that are known to be nobody's."""
    names = list(paths)
    for at in range(0, len(names), _BATCH):
        repository.run("rm", "-f", "--", *names[at : at + _BATCH])
