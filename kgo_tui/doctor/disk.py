"""Space: where the state is, where Docker keeps images, where the repository is.

Owns how little is too little. A full disk is the most frequent end of a host that was well.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from kgo_tui.core.errors import KgoError
from kgo_tui.doctor.advice import as_root
from kgo_tui.doctor.check import Check, Verdict, fault, warning, well
from kgo_tui.doctor.facts import NotExamined, aside
from kgo_tui.doctor.measures import GIB, MIB, size
from kgo_tui.doctor.patient import Patient

SCARCE_SHARE = 0.10
"""Below that share of a file system a person should look."""

PLENTY_BYTES = 20 * GIB
"""As many are enough, whatever share they are."""


@dataclass(frozen=True, slots=True)
class Room:
    """A file system, in bytes and files; what root alone may use is not free."""

    free: int
    total: int
    free_files: int
    files: int

    @property
    def share(self) -> float:
        """How much of it is free, 0 to 1."""
        return self.free / self.total if self.total else 1.0

    @property
    def file_share(self) -> float:
        """How many inodes are free, 0 to 1; some file systems do not count them."""
        return self.free_files / self.files if self.files else 1.0

    def __str__(self) -> str:
        return (
            f"{size(self.free)} of {size(self.total)} free ({self.share:.0%}), inodes {self.file_share:.0%}"
        )


def room(path: Path) -> Room:
    """The file system where a path is, or will be. Raises OSError."""
    while not path.exists() and path != path.parent:
        path = path.parent
    found = os.statvfs(path)
    return Room(
        found.f_bavail * found.f_frsize, found.f_blocks * found.f_frsize, found.f_favail, found.f_files
    )


async def state(patient: Patient) -> Verdict:
    """Where the worker writes before it acts: without space it cannot deploy."""
    return await _judged((await patient.places()).store.parent, floor=16 * MIB, clean=_CLEAN_LOGS)


async def images(patient: Patient) -> Verdict:
    """Where Docker keeps images and containers."""
    about = await patient.about()
    if isinstance(about, KgoError):
        raise NotExamined("Docker does not answer")
    return await _judged(Path(about.root), floor=500 * MIB, clean="docker image prune --force")


async def repository(patient: Patient) -> Verdict:
    """Where the repository is."""
    _loaded, effective = await patient.configured()
    return await _judged(Path(effective.repository_path), floor=16 * MIB, clean=_CLEAN_LOGS)


_CLEAN_LOGS = "journalctl --vacuum-size=200M"


async def _judged(path: Path, *, floor: int, clean: str) -> Verdict:
    try:
        found = await aside(lambda: room(path))
    except PermissionError:
        raise NotExamined(f"{path} may not be looked at by this user", needs_root=True) from None
    return judged(path, found, floor=floor, clean=as_root(clean) if clean.startswith("j") else clean)


def judged(path: Path, found: Room, *, floor: int, clean: str) -> Verdict:
    """What that much room means there, where nothing works with less than `floor` bytes."""
    said = f"{path}: {found}"
    if found.free < floor or found.file_share < SCARCE_SHARE / 10:
        return fault(
            said, "Deployments fail here. Only unused images go; those kept for rollbacks stay.", clean
        )
    scarce = found.share < SCARCE_SHARE and found.free < PLENTY_BYTES
    if scarce or found.file_share < SCARCE_SHARE:
        return warning(said, "It will be full soon.", clean)
    return well(said)


CHECKS = (
    Check("disk.state", "state", state),
    Check("disk.images", "images", images),
    Check("disk.repository", "repository", repository),
)
