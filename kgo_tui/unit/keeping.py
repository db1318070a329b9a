"""Files that are put in place, kept aside and put back, exactly as they were.

Owns content, mode, owner, times and symbolic links of single files. Must not know what they mean. A
file is replaced by a rename, so that nobody ever reads half of one.
"""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from kgo_tui.unit.manifest import Replaced

Undo = Callable[[], None]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A file or a symbolic link as it is, or that nothing is there (`found` is None)."""

    found: os.stat_result | None
    content: bytes = b""

    @classmethod
    def of(cls, path: Path) -> Snapshot:
        """What is there now; a link is not followed."""
        try:
            found = path.lstat()
        except (FileNotFoundError, NotADirectoryError):
            return cls(None)
        return cls(found, os.fsencode(path.readlink()) if path.is_symlink() else path.read_bytes())

    def put(self, path: Path) -> None:
        """Make that of `path`."""
        if self.found is None:
            path.unlink(missing_ok=True)
        elif stat.S_ISLNK(self.found.st_mode):
            path.unlink(missing_ok=True)
            path.symlink_to(os.fsdecode(self.content))
        else:
            _write(path, self.content, stat.S_IMODE(self.found.st_mode), self.found.st_uid, self.found.st_gid)
            os.utime(path, ns=(self.found.st_atime_ns, self.found.st_mtime_ns))


def replace(path: Path, content: bytes, mode: int, gid: int = -1) -> Undo:
    """Put this content there, durably. Returns what puts back what was there."""
    before = Snapshot.of(path)
    _write(path, content, mode, -1, gid)
    return partial(before.put, path)


def copy(source: Path, target: Path) -> Undo:
    """The same once more elsewhere. Returns what puts back what was there."""
    before = Snapshot.of(target)
    Snapshot.of(source).put(target)
    return partial(before.put, target)


def _write(path: Path, content: bytes, mode: int, uid: int, gid: int) -> None:
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            with suppress(PermissionError):  # files of our own, then, which have our owner anyway
                os.fchown(descriptor, uid, gid)
            os.fchmod(descriptor, mode)
            file.flush()
            os.fsync(descriptor)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    _sync(path.parent)


def save(replaced: Replaced) -> Undo:
    """Move the files of a unit into our folder. Returns what moves them back."""
    for name in replaced.files:
        if os.path.lexists(name):  # else a run before this one has moved it
            place = replaced.kept(Path(name))
            place.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
            copy(Path(name), place)
    for name in replaced.files:
        Path(name).unlink(missing_ok=True)

    def back() -> None:
        restore(replaced)

    return back


def restore(replaced: Replaced) -> Undo:
    """Move them back, and our folder goes. Returns what saves them again."""
    for name in replaced.files:
        place = replaced.kept(Path(name))
        if os.path.lexists(place):
            Path(name).parent.mkdir(mode=0o755, exist_ok=True)
            copy(place, Path(name))
    shutil.rmtree(replaced.folder, ignore_errors=True)
    with suppress(OSError):
        Path(replaced.folder).parent.rmdir()  # which holds those of other units, too

    def again() -> None:
        save(replaced)

    return again


def _sync(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
