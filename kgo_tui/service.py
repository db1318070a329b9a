"""The engine as others reach it: the same commands and queries over the socket and in the process.

Owns what each command of `core.messages` and each query of `control.queries` means to the engine.
Must not know sockets, screens or adapters.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable, Coroutine
from contextlib import aclosing
from datetime import timedelta
from typing import Any

from kgo_tui.control import queries as q
from kgo_tui.core import messages as m
from kgo_tui.core.errors import JournalUnreadable, KgoError, Refused, UsageError
from kgo_tui.core.logs import LogBatch, LogLine
from kgo_tui.core.model import Deployment
from kgo_tui.core.state import EngineState
from kgo_tui.engine.engine import Engine, OnQueued
from kgo_tui.engine.ports import Journal
from kgo_tui.ownlog import own_lines

log = logging.getLogger(__name__)

AHEAD = timedelta(days=1)
"""A clock that was put back has left samples that lie ahead of it: they count as well."""

Started = Callable[[OnQueued], Coroutine[Any, Any, Deployment]]


class EngineService:
    """Fulfils `control.service.Service`. Deployments it starts go on when whoever asked has left."""

    def __init__(self, engine: Engine, *, language: str = "en", journal: Journal | None = None) -> None:
        """`journal` is where the worker's unit keeps its lines; None: they are made of the events."""
        self._journal = journal
        self.language = language
        """Of the lines that are streamed; may be set at any time."""
        self._closed = ""
        self._engine = engine
        self._store = engine.world.store
        self._tasks: set[asyncio.Task[Deployment]] = set()

    def snapshot(self) -> tuple[int, EngineState]:
        """The cursor of the last durable event, and the state that shows it."""
        return self._engine.world.feed.cursor, self._engine.world.feed.state

    def subscribe(self, listener: Callable[[m.Recorded], None], /) -> Callable[[], None]:
        """Call `listener` with every event from now on; returns what ends that."""
        return self._engine.world.feed.subscribe(listener)

    async def command(self, command: m.Command, by: str) -> object:
        """Do it. A deployment is answered with its record as soon as it exists; `check` with a
        Decision, `plan` with a Plan, the others with nothing. Raises Refused after `refuse`."""
        if self._closed:
            raise Refused(self._closed, hint="Ask again when it is back: kgo-tui status tells.")
        engine = self._engine
        match command:
            case m.Deploy(commit=commit, expect=expect):
                return await self._begin(lambda queued: engine.deploy(commit, by, queued, expect=expect))
            case m.Rollback(to=to):
                return await self._begin(lambda queued: engine.rollback(to, by, queued))
            case m.Check():
                return await engine.check()
            case m.MakePlan(commit=commit):
                return await engine.plan(commit)
            case m.Suspend(reason=reason):
                await engine.suspend(reason, by)
            case m.Resume():
                await engine.resume(by)
            case m.Cancel(deployment=number):
                engine.cancel(by, number)
            case m.ActOnContainer(container=container, action=action):
                await engine.hands.act(container, action, by)
        return None

    async def query(self, query: q.Query) -> object:  # noqa: PLR0911 - flat, one line for each query
        """The answer, of the type `query.answer`."""
        match query:
            case q.Status():
                return self._engine.world.feed.state
            case q.History(limit=limit, before=before):
                return await self._store.deployments(limit=limit, before=before)
            case q.Details(id=number):
                return await self._details(number)
            case q.Events(after=None, limit=limit):
                return await self._store.recent_events(limit=limit)
            case q.Events(after=after, limit=limit):
                return await self._store.events(after=after or 0, limit=limit)
            case q.Health():
                return await self._health(query)
            case q.Releases(limit=limit):
                return await self._store.releases(limit=limit)
            case q.Missing(release=number):
                return await self._missing(number)
            case q.Usage(container=container):
                return await self._engine.world.runtime.usage(container)

    async def stream(self, request: q.LogRequest) -> AsyncGenerator[LogBatch, None]:
        """What services say, or the worker. Raises UsageError, Unreachable."""
        world = self._engine.world
        if isinstance(request.source, q.ServiceLog):
            batches = world.runtime.logs(request.source.services, request)
        else:
            batches = self._own(request)
        async with aclosing(batches):  # closing this generator does not by itself close that one
            async for batch in batches:
                yield batch

    @property
    def has_journal(self) -> bool:
        """Whether the worker's lines are read from the journal."""
        return self._journal is not None

    async def _own(self, request: q.LogRequest) -> AsyncGenerator[LogBatch, None]:
        """The worker's journal; where that cannot be read, why, and what its events tell."""
        try:
            if self._journal is not None:
                async with aclosing(self._journal.lines(request)) as batches:
                    async for batch in batches:
                        yield batch
                return
        except JournalUnreadable as error:
            yield LogBatch(lines=tuple(LogLine(text=text, marker=True) for text in str(error).splitlines()))
        async with aclosing(own_lines(self._engine.world, request, self.language)) as batches:
            async for batch in batches:
                yield batch

    def refuse(self, reason: str) -> None:
        """Take no command from now on; queries are answered as before."""
        self._closed = reason

    async def settle(self) -> None:
        """Return when no deployment that was begun here is still running. Raises what kept one from
        coming to its end (a full disk, say): its record tells where it is to be carried on."""
        await asyncio.gather(*self._tasks)

    async def abandon(self) -> None:
        """Leave what runs where it is; the record says so, and the next start carries on."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _begin(self, start: Started) -> Deployment:
        queued: asyncio.Future[Deployment] = asyncio.get_running_loop().create_future()
        task = asyncio.create_task(start(queued.set_result), name="deployment")
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        await asyncio.wait({task, queued}, return_when=asyncio.FIRST_COMPLETED)
        return queued.result() if queued.done() else await task

    def _ended(self, task: asyncio.Task[Deployment]) -> None:
        self._tasks.discard(task)
        error = None if task.cancelled() else task.exception()
        if error is not None and not isinstance(error, KgoError):
            log.error("a deployment ended in a way that nobody foresaw", exc_info=error)

    async def _health(self, asked: q.Health) -> q.HealthView:
        since, limit = asked.since, asked.limit
        if asked.span_s is not None:
            until = asked.until or self._engine.world.clock.now() + AHEAD
            rows = await self._store.timeline(since=since, until=until, span_s=asked.span_s, limit=limit)
            return q.HealthView(rollups=rows)
        samples = await self._store.samples(since=since, limit=limit)
        return q.HealthView(samples=samples, rollups=await self._store.rollups(since=since, limit=limit))

    async def _missing(self, number: int) -> tuple[str, ...]:
        release = await self._store.release(number)
        if release is None:
            raise UsageError(f"there is no release {number}")
        return await self._engine.world.runtime.missing(release.images)

    async def _details(self, number: int) -> q.DeploymentDetails:
        found = await self._store.deployments(limit=1, before=number + 1)
        if not found or found[0].id != number:
            raise UsageError(f"there is no deployment {number}")
        return q.DeploymentDetails(
            deployment=found[0],
            steps=await self._store.steps(number),
            evidence=await self._store.evidence(number),
        )
