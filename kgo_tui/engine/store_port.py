"""The engine's memory as a protocol: what must survive, and what can be asked of it.

Owns the contract of the store; `engine.ports` offers it beside the other roles. Must not know
SQLite.
"""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from kgo_tui.core.messages import Recorded
from kgo_tui.core.model import Deployment, Evidence, Release, Sample, SampleRollup, Step
from kgo_tui.core.records import Change, Loaded


class Store(Protocol):
    """The memory that survives: deployments, releases, events, samples."""

    async def load(self) -> Loaded:
        """The state to start from."""
        ...

    async def next_deployment_id(self) -> int:
        """One more than the highest ever used."""
        ...

    async def write(self, change: Change) -> tuple[Recorded, ...]:
        """Write one change in one transaction, durable on return; the events with their cursors."""
        ...

    async def deployments(self, *, limit: int, before: int | None = None) -> tuple[Deployment, ...]:
        """The history, newest first."""
        ...

    async def steps(self, deployment: int) -> tuple[Step, ...]:
        """The steps of one deployment, in order."""
        ...

    async def evidence(self, deployment: int) -> tuple[Evidence, ...]:
        """What was kept of its failure."""
        ...

    async def releases(self, *, limit: int) -> tuple[Release, ...]:
        """Verified releases, the last verified first, each commit and its images once."""
        ...

    async def release(self, number: int) -> Release | None:
        """One release by its deployment's id."""
        ...

    async def events(self, *, after: int, limit: int) -> tuple[Recorded, ...]:
        """Events after a cursor, oldest first."""
        ...

    async def recent_events(self, *, limit: int) -> tuple[Recorded, ...]:
        """The newest events, oldest of them first."""
        ...

    async def add_sample(self, sample: Sample) -> None:
        """Add one health sample; need not be durable on return."""
        ...

    async def samples(self, *, since: datetime, limit: int) -> tuple[Sample, ...]:
        """Samples since a time, oldest first; at most `limit`, the newest ones."""
        ...

    async def rollups(self, *, since: datetime, limit: int) -> tuple[SampleRollup, ...]:
        """Rolled-up older samples since a time, oldest first."""
        ...

    async def timeline(
        self, *, since: datetime, until: datetime, span_s: int, limit: int
    ) -> tuple[SampleRollup, ...]:
        """Samples and rollups from `since` to before `until`, added up to rows of `span_s` seconds that
        begin at multiples of it since 1970 (longer ones where nothing finer was kept), oldest first; at
        most `limit`, the newest ones."""
        ...

    async def count(self, name: str, day: str) -> int:
        """Add one to a daily counter and return it (day as YYYY-MM-DD, UTC)."""
        ...

    async def counter(self, name: str, day: str) -> int:
        """Read a daily counter."""
        ...

    async def tidy(self, *, now: datetime, keep_days: int) -> None:
        """Roll up samples older than two days to minutes, than 30 days to hours; drop events,
        evidence and steps older than `keep_days`. Deployments and releases stay."""
        ...
