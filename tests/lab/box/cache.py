"""What is made once and kept: named by a key, made under a lock, the older ones removed.

Knows nothing of what it keeps.
"""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

from kgo_tui.demo.daemon import eventually
from kgo_tui.demo.parts import lab_home
from kgo_tui.demo.slots import Claim, claim

WAIT_S = 900.0


def box_home() -> Path:
    """The folder of all that boxes need."""
    return lab_home() / "box"


def kept(kind: str, key: str) -> Path:
    """Where the thing with that key lies, made or not."""
    return box_home() / f"{kind}-{key}"


def made(kind: str, key: str, make: Callable[[Path], None]) -> Path:
    """The thing with that key; `make` is called with a path to make it at, when it is not there yet.

    It appears whole or not at all. Raises LabError when another process makes it for too long, and
    whatever `make` raises.
    """
    place = kept(kind, key)
    with _alone(kind):
        if not place.exists():
            _make(place, make)
            _forget_others(kind, place)
    return place


def remove(path: Path) -> None:
    """A file or a whole folder, there or not."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def _make(place: Path, make: Callable[[Path], None]) -> None:
    draft = place.with_name(f"draft-{place.name}")
    remove(draft)
    try:
        make(draft)
        draft.rename(place)
    finally:
        remove(draft)


def _forget_others(kind: str, place: Path) -> None:
    for other in place.parent.glob(f"{kind}-*"):
        if other != place:
            remove(other)


@contextlib.contextmanager
def _alone(kind: str) -> Iterator[None]:
    held: list[Claim] = []

    def took() -> bool:
        got = claim(box_home() / f"{kind}.lock")
        held.extend([got] if got is not None else [])
        return got is not None

    eventually(took, f"another process has made the {kind} of the boxes", WAIT_S)
    try:
        yield
    finally:
        held[0].release()
