"""Compares files of the work tree with what a commit has, without trusting what lies there.

Owns that question. Must not change anything. Files are read by git, as the owner; we ourselves look
at names, kinds and sizes only, and follow no symbolic link.
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Mapping
from pathlib import Path

from kgo_tui.adapters.git import argv, output
from kgo_tui.adapters.git.command import WRITE_S, Repository
from kgo_tui.adapters.git.output import File
from kgo_tui.core.errors import SourceError

LINK = "120000"
"""The mode of a symbolic link in a tree."""

_SHA1_DIGITS = 40


def same(repository: Repository, wanted: Mapping[str, File]) -> set[str]:
    """Those paths whose present content is that of `wanted`."""
    present = _oids(repository, wanted)
    return {path for path, file in wanted.items() if present.get(path) == file.oid}


def begun(repository: Repository, wanted: Mapping[str, File]) -> set[str]:
    """Those paths whose present content is that of `wanted` or its beginning: what a git that was
    killed while it wrote the file leaves.
    """
    present = _oids(repository, wanted)
    return {path for path, oid in present.items() if _is_beginning(repository, path, oid, wanted[path])}


def _is_beginning(repository: Repository, path: str, oid: str, file: File) -> bool:
    size = os.lstat(f"{repository.path}/{path}").st_size
    if oid == file.oid or size == 0:
        return True
    whole = repository.git(argv.object_content(repository.path, file.oid), ok=(0, 128))
    return not whole.truncated and blob_oid(whole.stdout[:size], like=file.oid) == oid


def blob_oid(content: bytes, *, like: str) -> str:
    """The name that git gives that content, in the repository's kind of hash (told by `like`)."""
    algorithm = hashlib.sha1 if len(like) == _SHA1_DIGITS else hashlib.sha256
    return algorithm(b"blob %d\0%s" % (len(content), content)).hexdigest()


def _oids(repository: Repository, wanted: Mapping[str, File]) -> dict[str, str]:
    """The object names of what is at these paths now; what is no file or cannot be read has none."""
    found = {}
    files = []
    for path, file in wanted.items():
        full = Path(repository.path, path)
        mode = kind(full)
        if mode is not None and stat.S_ISLNK(mode):
            found[path] = blob_oid(os.fsencode(full.readlink()), like=file.oid)
        elif mode is not None and stat.S_ISREG(mode):
            files.append(path)
    return found | _hashed(repository, files)


def _hashed(repository: Repository, paths: list[str]) -> dict[str, str]:
    if not paths:
        return {}
    try:
        command = argv.hash_files(repository.path)
        done = repository.git(command, stdin=output.lines_of(paths), deadline_s=WRITE_S)
    except SourceError:  # one that the owner may not read: then none counts as the same
        return {}
    return dict(zip(paths, done.text.split(), strict=True))


def kind(full: str | Path) -> int | None:
    """The mode of what is there itself, None for nothing."""
    try:
        return os.lstat(full).st_mode
    except (FileNotFoundError, NotADirectoryError):
        return None
