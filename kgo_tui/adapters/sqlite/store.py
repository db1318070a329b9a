"""The store as the engine sees it: coroutines over one connection in one thread of its own.

Owns the thread, the order of work in it, and the translation of faults. Must not know any
statement. Everything waits its turn, so no call meets another one half-way.

A call that is cancelled while it waits or works may or may not have been done; it was done whole
or not at all.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from kgo_tui.adapters.sqlite import changes, events, history, samples, tidy, timeline
from kgo_tui.adapters.sqlite.connection import open_reader, open_writer
from kgo_tui.adapters.sqlite.faults import told_of
from kgo_tui.adapters.sqlite.transaction import relaxed, snapshot, transaction
from kgo_tui.core.errors import StoreError
from kgo_tui.core.messages import Recorded
from kgo_tui.core.model import Deployment, Evidence, Release, Sample, SampleRollup, Step
from kgo_tui.engine.ports import Change, Loaded

T = TypeVar("T")
Work = Callable[[sqlite3.Connection], T]
Transaction = Callable[[sqlite3.Connection], AbstractContextManager[None]]


def _now() -> datetime:
    return datetime.now(UTC)


class SqliteStore:
    """`engine.ports.Store` on one SQLite file. Made by `open`; ends with `close`.

    Every method raises StoreError (locked, damaged, not permitted, closed) or StoreFull; each names
    the file and the way out, and the store is usable again once the cause is gone.
    """

    def __init__(
        self,
        path: Path,
        thread: ThreadPoolExecutor,
        connection: sqlite3.Connection,
        now: Callable[[], datetime],
    ) -> None:
        self._path = path
        self._thread = thread
        self._connection = connection
        self._now = now

    @classmethod
    async def open(
        cls, path: Path, *, read_only: bool = False, now: Callable[[], datetime] = _now
    ) -> SqliteStore:
        """Open the store at `path`; `now` dates events (aware, UTC).

        For writing, file and directory are created for their owner alone, and an older schema is
        brought up to date. With `read_only` nothing is changed, any number may read while another
        process writes, and a store that does not exist reads as an empty one. Raises StoreTooNew
        for one of a later version, StoreError for what is not a usable store.
        """
        thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="store")
        opener = open_reader if read_only else open_writer
        try:
            with told_of(path):
                connection = await asyncio.get_running_loop().run_in_executor(thread, opener, path)
        except BaseException:
            thread.shutdown(wait=False)
            raise
        return cls(path, thread, connection, now)

    async def close(self) -> None:
        """Finish what was asked for and let go of the file. May be called twice."""
        try:
            await self._run(sqlite3.Connection.close)
        except StoreError:
            pass
        finally:
            self._thread.shutdown(wait=False)

    async def load(self) -> Loaded:
        """The state to start from, as of one moment."""
        return await self._read(history.load)

    async def next_deployment_id(self) -> int:
        """One more than the highest ever used by a deployment or a release."""
        return await self._run(history.next_deployment_id)

    async def write(self, change: Change) -> tuple[Recorded, ...]:
        """Write one change in one transaction, durable on return; the durable events with their
        cursors. Raises ValueError for a step or evidence without its deployment."""
        changes.check(change)
        return await self._write(lambda connection: changes.apply(connection, change, self._now()))

    async def deployments(self, *, limit: int, before: int | None = None) -> tuple[Deployment, ...]:
        """The history, newest first, from below the id `before`."""
        return await self._run(lambda connection: history.deployments(connection, limit, before))

    async def steps(self, deployment: int) -> tuple[Step, ...]:
        """The steps of one deployment, in order of entry."""
        return await self._run(lambda connection: history.steps(connection, deployment))

    async def evidence(self, deployment: int) -> tuple[Evidence, ...]:
        """What was kept of its failure."""
        return await self._run(lambda connection: history.evidence(connection, deployment))

    async def releases(self, *, limit: int) -> tuple[Release, ...]:
        """Verified releases, the last verified first, each commit and its images once."""
        return await self._run(lambda connection: history.releases(connection, limit))

    async def release(self, id: int) -> Release | None:  # noqa: A002  # the port calls it so
        """One release by its id."""
        return await self._run(lambda connection: history.release(connection, id))

    async def events(self, *, after: int, limit: int) -> tuple[Recorded, ...]:
        """Events after a cursor, oldest first; kinds of a later version are passed over."""
        return await self._run(lambda connection: events.after(connection, after, limit))

    async def recent_events(self, *, limit: int) -> tuple[Recorded, ...]:
        """The newest events, oldest of them first."""
        return await self._run(lambda connection: events.recent(connection, limit))

    async def add_sample(self, sample: Sample) -> None:
        """Add one sample, seen by all readers on return; only a power cut may take it."""
        await self._write(lambda connection: samples.add(connection, sample), relaxed)

    async def samples(self, *, since: datetime, limit: int) -> tuple[Sample, ...]:
        """Samples since a time, oldest first; at most `limit`, the newest ones."""
        return await self._run(lambda connection: samples.since(connection, since, limit))

    async def rollups(self, *, since: datetime, limit: int) -> tuple[SampleRollup, ...]:
        """Rolled-up older samples since a time, oldest first; at most `limit`, the newest ones."""
        return await self._run(lambda connection: samples.rollups(connection, since, limit))

    async def timeline(
        self, *, since: datetime, until: datetime, span_s: int, limit: int
    ) -> tuple[SampleRollup, ...]:
        """Samples and rollups of that time, added up to rows of `span_s` seconds, oldest first."""
        return await self._run(lambda c: timeline.timeline(c, since, until, span_s, limit))

    async def count(self, name: str, day: str) -> int:
        """Add one to a daily counter and return it; only a power cut may take that back."""
        return await self._write(lambda connection: samples.count(connection, name, day), relaxed)

    async def counter(self, name: str, day: str) -> int:
        """Read a daily counter."""
        return await self._run(lambda connection: samples.counter(connection, name, day))

    async def tidy(self, *, now: datetime, keep_days: int) -> None:
        """Roll up and drop what is old, piece by piece: writes go on in between. What a tidy that
        was interrupted leaves, the next one does."""
        for batch in tidy.batches(now, keep_days):
            while await self._write(batch, relaxed):
                pass
        while await self._run(tidy.shrink):
            pass
        await self._run(tidy.settle)

    async def check_integrity(self) -> tuple[str, ...]:
        """What SQLite finds wrong in the file, nothing when it is whole. Reads all of it."""
        rows = await self._run(lambda connection: connection.execute("PRAGMA quick_check(10)").fetchall())
        return tuple(str(row[0]) for row in rows if row[0] != "ok")

    async def _read(self, work: Work[T]) -> T:
        def reading(connection: sqlite3.Connection) -> T:
            with snapshot(connection):
                return work(connection)

        return await self._run(reading)

    async def _write(self, work: Work[T], kind: Transaction = transaction) -> T:
        def writing(connection: sqlite3.Connection) -> T:
            with kind(connection):
                return work(connection)

        return await self._run(writing)

    async def _run(self, work: Work[T]) -> T:
        try:
            waiting = asyncio.get_running_loop().run_in_executor(self._thread, work, self._connection)
        except RuntimeError as error:
            raise StoreError(f"{self._path}: the state store is closed") from error
        with told_of(self._path):
            return await waiting
