"""The kgo-tui that the unit starts: the one that runs now, by its absolute path.

Owns finding it, and what speaks against it: places that a service cannot see, that others may change,
or that the service's user may not read. Must not change anything.
"""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import kgo_tui
from kgo_tui.adapters.host import Identity

NAME = "kgo-tui"
_HOMES = (Path("/home"), Path("/root"), Path("/run/user"))
_PRIVATE = (Path("/tmp"), Path("/var/tmp"))  # noqa: S108 - only looked for


def command(argv0: str | None = None) -> tuple[str, ...]:
    """The words that start this kgo-tui. A symbolic link stays one, so that pointing it at a newer
    version upgrades the service as well; without a program of that name, Python and the module."""
    called = Path.cwd() / (argv0 or sys.argv[0])
    beside = Path(sys.executable).parent / NAME
    for path in (called, beside):
        if path.name == NAME and os.access(path, os.X_OK) and path.is_file():
            return (str(path),)
    return (sys.executable, "-m", "kgo_tui")


def parts(words: Sequence[str]) -> tuple[Path, ...]:
    """Everything that must be there when it starts: the program, what it leads to, Python, the code."""
    leads_to = Path(os.path.realpath(words[0]))
    python = (Path(sys.executable), Path(os.path.realpath(sys.executable)))
    code = Path(os.path.realpath(kgo_tui.__file__)).parent
    return tuple(dict.fromkeys((Path(words[0]), leads_to, *python, code)))


def warnings(paths: Iterable[Path], worker: Identity) -> tuple[str, ...]:
    """What speaks against starting the service from there, as sentences."""
    found: dict[str, None] = {}
    for path in paths:
        for text in _about(path, worker):
            found.setdefault(text)
    return tuple(found)


def hidden(paths: Iterable[Path]) -> Path | None:
    """A path that the service cannot see: it has a /tmp of its own (PrivateTmp=)."""
    return next((path for path in paths if _below(path, _PRIVATE)), None)


def _about(path: Path, worker: Identity) -> Iterator[str]:
    if _below(path, _HOMES):
        yield (
            f"kgo-tui runs from a home directory ({path}): whoever may write there decides what the service "
            "runs, and it ends with that home. Better: /opt/kgo-tui or pipx install --global."
        )
    if worker.is_root and (writer := _other_writer(path)):
        yield f"{writer} may be changed by others than root, and the service runs it as root"
    if closed := unreadable(path, worker):
        yield f"the user {worker.name} may not read {closed}, which the service needs"


def _below(path: Path, tops: Iterable[Path]) -> bool:
    return any(top in path.parents for top in tops)


def _other_writer(path: Path) -> Path | None:
    """The first part of the path that somebody else than root may write to."""
    for part in (path, *path.parents):
        try:
            found = part.lstat()
        except OSError:
            continue
        if stat.S_ISLNK(found.st_mode):
            continue
        sticky = bool(found.st_mode & stat.S_ISVTX) and stat.S_ISDIR(found.st_mode)
        if found.st_uid != 0 or (found.st_mode & stat.S_IWOTH and not sticky):
            return part
    return None


def unreadable(path: Path, who: Identity) -> Path | None:
    """The first part of a path, from the top, that a user may not read (a file) or enter (a directory)."""
    if who.is_root:
        return None
    for part in (*reversed(path.parents), path):
        try:
            found = part.stat()
        except OSError:
            continue
        wanted = stat.S_IXOTH if stat.S_ISDIR(found.st_mode) else stat.S_IROTH
        if not found.st_mode & _as(found, who, wanted):
            return part
    return None


def _as(found: os.stat_result, who: Identity, wanted: int) -> int:
    """The bit of the mode that counts for this user (path_resolution(7))."""
    if found.st_uid == who.uid:
        return wanted << 6
    return wanted << 3 if found.st_gid in (who.gid, *who.groups) else wanted
