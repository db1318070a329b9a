"""How a command reaches the engine: through the worker's socket, or in this process under the lock.

Owns the one form that the commands use for both. Must not know what a command prints.
"""

from __future__ import annotations

import asyncio
import os
import pwd
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from typing import Any, Protocol, TypeVar, cast

from msgspec.structs import replace

from kgo_tui.control.client import Client
from kgo_tui.control.queries import JournalLog, LogRequest, QueryBase
from kgo_tui.core.errors import ConnectionLost, NoWorker
from kgo_tui.core.logs import LogBatch
from kgo_tui.core.messages import Command, DeploymentEnded, Recorded
from kgo_tui.core.model import Deployment
from kgo_tui.core.state import EngineState
from kgo_tui.service import EngineService

Answer = TypeVar("Answer")
Show = Callable[[Recorded], None]


class Channel(Protocol):
    """The engine, wherever it runs."""

    @property
    def state(self) -> EngineState:
        """Everything known when the channel was opened."""
        ...

    async def command(self, command: Command, kind: type[Answer]) -> Answer:
        """Do it; the acknowledgement as `kind`."""
        ...

    async def query(self, query: QueryBase[Answer]) -> Answer:
        """Ask it."""
        ...

    async def follow(self, command: Command, show: Show) -> Deployment:
        """Begin a deployment and show every event until it has ended."""
        ...

    def stream(self, request: LogRequest) -> AsyncGenerator[LogBatch, None]:
        """The lines of a log. Raises NoWorker behind the last when more come from a worker only."""
        ...


class LocalChannel:
    """The engine in this process."""

    def __init__(self, service: EngineService) -> None:
        self._service = service
        self._by = user_name()

    @property
    def state(self) -> EngineState:
        """The state now."""
        return self._service.snapshot()[1]

    async def command(self, command: Command, kind: type[Answer]) -> Answer:
        """Do it here."""
        answer = await self._service.command(command, self._by)
        if not isinstance(answer, kind):
            raise TypeError(f"{type(command).__name__} answered with {type(answer).__name__}")
        return answer

    async def query(self, query: QueryBase[Answer]) -> Answer:
        """Ask the store."""
        return cast("Answer", await self._service.query(cast("Any", query)))

    async def follow(self, command: Command, show: Show) -> Deployment:
        """Run it here, to its end."""
        unsubscribe = self._service.subscribe(show)
        try:
            begun = cast("Deployment", await self._service.command(command, self._by))
            await self._service.settle()
        except asyncio.CancelledError:
            await self._service.abandon()
            raise
        finally:
            unsubscribe()
        last = self.state.last
        return last if last is not None and last.id == begun.id else begun

    async def stream(self, request: LogRequest) -> AsyncGenerator[LogBatch, None]:
        """Read it here. A worker that does not run says nothing, and all it has said is the past."""
        waits = request.follow and isinstance(request.source, JournalLog) and not self._service.has_journal
        async with aclosing(
            self._service.stream(replace(request, follow=request.follow and not waits))
        ) as log:
            async for batch in log:
                yield batch
        if waits:
            raise NoWorker("no worker runs", hint="Start it: kgo-tui service start")


def user_name() -> str:
    """Who runs this process; under sudo whoever called it."""
    name = os.environ.get("SUDO_USER") if os.geteuid() == 0 else None
    try:
        return name or pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        return str(os.geteuid())


class RemoteChannel:
    """The engine in the worker."""

    def __init__(self, client: Client) -> None:
        self._client = client

    @property
    def state(self) -> EngineState:
        """The worker's state when we connected."""
        if self._client.snapshot is None:
            raise ConnectionLost("the worker sent no state")
        return self._client.snapshot.state

    async def command(self, command: Command, kind: type[Answer]) -> Answer:
        """Have the worker do it."""
        return await self._client.command(command, kind)

    async def query(self, query: QueryBase[Answer]) -> Answer:
        """Ask the worker."""
        return await self._client.query(query)

    async def follow(self, command: Command, show: Show) -> Deployment:
        """Have the worker begin it; when we stop watching, it goes on there."""
        begun = await self._client.command(command, Deployment)
        async for recorded in self._client.events():
            show(recorded)
            event = recorded.event
            if isinstance(event, DeploymentEnded) and event.deployment.id == begun.id:
                return event.deployment
        raise ConnectionLost(
            f"the worker went away during deployment {begun.id}", hint="kgo-tui history tells how it ended."
        )

    async def stream(self, request: LogRequest) -> AsyncGenerator[LogBatch, None]:
        """Have the worker read it."""
        async with aclosing(self._client.stream(request)) as batches:
            async for batch in batches:
                yield batch
