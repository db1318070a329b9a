"""What one transaction of the store writes, and what it gives at start.

Owns the two bundles; must not know how they are stored.
"""

from __future__ import annotations

from kgo_tui.core.messages import Event
from kgo_tui.core.model import (
    Deployment,
    Evidence,
    Quarantine,
    Release,
    Sample,
    Step,
    Struct,
    Suspension,
)


class Change(Struct, frozen=True, kw_only=True):
    """All that one transaction of the store writes: together or not at all."""

    events: tuple[Event, ...] = ()
    deployment: Deployment | None = None
    step: Step | None = None
    evidence: tuple[Evidence, ...] = ()
    release: Release | None = None
    deployed: int | None = None
    quarantine: Quarantine | None = None
    lift: str | None = None
    suspend: Suspension | None = None
    resume: bool = False


class Loaded(Struct, frozen=True, kw_only=True):
    """What the store knows at start."""

    cursor: int
    deployed: Release | None
    unfinished: Deployment | None
    last: Deployment | None
    quarantined: tuple[Quarantine, ...]
    suspended: Suspension | None
    sample: Sample | None
