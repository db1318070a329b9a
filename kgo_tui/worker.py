"""The monitor process: the lock, the loops, the socket, signals, events as log lines.

Owns the order in which these start and end, and what signals mean. Must not know what a check or a
command does.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import faulthandler
import logging
import os
import signal
import sys
from contextlib import AsyncExitStack

from kgo_tui import __version__, transient
from kgo_tui.config.load import Loaded
from kgo_tui.config.paths import Places
from kgo_tui.config.resolve import Effective
from kgo_tui.control.server import ControlServer
from kgo_tui.core.errors import Busy, KgoError, RepositoryInvalid
from kgo_tui.core.messages import WorkerFinishing, WorkerStarted, WorkerStopping
from kgo_tui.engine.acts import as_owner
from kgo_tui.engine.monitor import Monitor
from kgo_tui.engine.world import World
from kgo_tui.reloading import Reloading
from kgo_tui.service import EngineService
from kgo_tui.sink import Sink
from kgo_tui.supervision import AHEAD_S, EVERY_S, Manager, Supervision, starting
from kgo_tui.wiring import (
    Assembly,
    assembled,
    journal_or_plain,
    load_config,
    locked,
    places_of,
    service_manager,
    worker_journal,
)

log = logging.getLogger(__name__)

STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT)
LET_GO_S, LET_GO_TRIES = 0.1, 100
IDLE = "nobody is connected, and nothing runs"
CLOSED = "the worker is stopping and takes no commands any more"


async def monitor(arguments: argparse.Namespace) -> int:
    """Run the worker until a signal ends it; 0 when it ended in good order. Raises ConfigError and
    others of `core.errors` for what keeps it from starting."""
    faulthandler.enable()  # the watchdog ends a process that hangs with SIGABRT: where did it hang?
    signals = Signals()
    async with AsyncExitStack() as stack:
        manager = service_manager()
        stack.callback(manager.close)
        sink = journal_or_plain(sys.stdout, "en", arguments.instance or "default")
        sink.install_logging()
        async with starting(manager):
            worker = await _started(arguments, stack, manager, sink)
        await worker.serve(signals)
    return 0


async def _started(
    arguments: argparse.Namespace, stack: AsyncExitStack, manager: Manager, sink: Sink
) -> Worker:
    """Everything that must be there before it can be said to be: lock, store, socket."""
    loaded = load_config(arguments)
    places = await _locked(loaded, stack, lasting=arguments.until_idle is None)
    assembly = await stack.enter_async_context(assembled(loaded, places.store))
    sink.language = language = assembly.effective.language
    assembly.world.feed.subscribe(sink.show)
    await _must_be_repository(assembly.world)
    service = EngineService(assembly.engine, language=language, journal=worker_journal())
    server = ControlServer(
        places.socket,
        service,
        group=assembly.effective.group,
        instance=loaded.instance or "default",
        version=__version__,
    )
    await server.start()
    stack.push_async_callback(server.close)
    return Worker(arguments, assembly, service, manager=manager, sink=sink, server=server)


async def _locked(loaded: Loaded, stack: AsyncExitStack, *, lasting: bool) -> Places:
    """The lock. Who holds it for a while only is sent away. Raises Busy, StoreError."""
    try:
        return stack.enter_context(locked(loaded))
    except Busy:
        if not lasting or not await transient.sent_away(places_of(loaded).socket):
            raise
    for _ in range(LET_GO_TRIES):  # it lets go of the lock last of all
        with contextlib.suppress(Busy):
            return stack.enter_context(locked(loaded))
        await asyncio.sleep(LET_GO_S)
    return stack.enter_context(locked(loaded))


async def _must_be_repository(world: World) -> None:
    """A path that is no repository does not become one by waiting; all else may, and is told later.
    One that git does not trust may be its owner's again."""
    try:
        await as_owner(world, lambda: world.source.view(None))
    except RepositoryInvalid:
        raise
    except KgoError as error:
        log.debug("%s", error)


class Signals:
    """What this process was told by signals from now on, and the name of the first that means its end.
    `stop` is set by the first, `again` by the second."""

    def __init__(self) -> None:
        self.stop, self.again, self.reload = asyncio.Event(), asyncio.Event(), asyncio.Event()
        self.name = ""
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGHUP, self.reload.set)
        for number in STOP_SIGNALS:
            loop.add_signal_handler(number, self._stopped, number.name)

    def _stopped(self, name: str) -> None:
        (self.again if self.stop.is_set() else self.stop).set()
        self.name = self.name or name


class Worker:
    """A worker that holds the lock and serves: its loops, until it is told to end."""

    def __init__(
        self,
        arguments: argparse.Namespace,
        assembly: Assembly,
        service: EngineService,
        *,
        manager: Manager,
        sink: Sink,
        server: ControlServer,
    ) -> None:
        self._server, self._until_idle_s = server, arguments.until_idle
        self._engine, self._world = assembly.engine, assembly.world
        self._service, self._manager, self._sink = service, manager, sink
        self._monitor = Monitor(assembly.engine, polling=not arguments.no_poll)
        self._supervision = Supervision(manager, assembly.world, sink.say, assembly.effective.language)
        self._reloading = Reloading(
            arguments, assembly, self._monitor, manager=manager, say=sink.say, followed=self._follow
        )
        self._follow(assembly.effective)

    async def serve(self, signals: Signals) -> None:
        """The loops, until a signal: then what runs is left where its record says it is."""
        self._world.feed.subscribe(self._supervision.show)
        passing = self._until_idle_s is not None
        await self._world.told(WorkerStarted(version=__version__, pid=os.getpid(), transient=passing))
        self._manager.ready()
        loops = asyncio.create_task(self._monitor.run(), name="monitor")
        beside = [
            asyncio.create_task(self._supervision.attend(), name="watchdog"),
            asyncio.create_task(self._reloading.run(signals.reload), name="reloading"),
        ]
        stop = asyncio.create_task(self._told_to_stop(signals))
        try:
            await asyncio.wait({loops, stop}, return_when=asyncio.FIRST_COMPLETED)
            if loops.done():
                loops.result()  # the loops only end by a defect, which is to be seen
            await self._stop(signals)
        finally:
            for task in (tasks := [loops, stop, *beside]):
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await self._service.abandon()

    async def _told_to_stop(self, signals: Signals) -> None:
        """By a signal, or because nobody needs it."""
        if self._until_idle_s is None:
            await signals.stop.wait()
            return
        idle = asyncio.create_task(transient.idle(self._server, self._world, self._until_idle_s))
        stop = asyncio.create_task(signals.stop.wait())
        try:
            await asyncio.wait({idle, stop}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            idle.cancel()
            stop.cancel()
        signals.name = signals.name or IDLE

    async def _stop(self, signals: Signals) -> None:
        self._manager.stopping()
        self._service.refuse(CLOSED)
        await self._finish(signals)
        running = self._world.feed.state.deployment
        left = (
            f"; deployment {running.id} ({running.state}) is carried on at the next start" if running else ""
        )
        await self._world.told(WorkerStopping(reason=f"{signals.name}{left}"))
        self._manager.patience(AHEAD_S)  # commands that are cut off have some seconds to end

    async def _finish(self, signals: Signals) -> None:
        """Wait for the end of a step that replaces containers, unless a second signal comes or it
        hangs. In any other state there is nothing to wait for."""
        state, running = self._engine.leave(), self._world.feed.state.deployment
        if state is None or running is None:
            return
        await self._world.told(WorkerFinishing(signal=signals.name, deployment=running.id, state=state))
        waits = {asyncio.create_task(e.wait()) for e in (self._engine.left, signals.again)}
        done: set[asyncio.Task[bool]] = set()
        while not done and self._world.vigil.broken() is None:
            self._manager.patience(AHEAD_S)
            done, _ = await asyncio.wait(waits, timeout=EVERY_S, return_when=asyncio.FIRST_COMPLETED)
        for wait in waits:
            wait.cancel()

    def _follow(self, effective: Effective) -> None:
        """Speak the language of this configuration, and say what is doubtful in it."""
        for speaker in (self._sink, self._service, self._supervision):
            speaker.language = effective.language
        for warning in effective.warnings:
            log.warning("%s", warning)
        if effective.notify:
            log.warning("[[notify]] is configured, but this version sends no notifications")
