"""The monitor process: the lock, the loops, the socket, signals, events as log lines.

Owns the order in which these start and end. Must not know what a check or a command does.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import signal
import sys
from contextlib import AsyncExitStack

from kgo_tui import __version__
from kgo_tui.control.server import ControlServer
from kgo_tui.core.messages import WorkerStarted, WorkerStopping
from kgo_tui.engine.monitor import Monitor
from kgo_tui.headless.progress import PlainProgress
from kgo_tui.service import EngineService
from kgo_tui.wiring import Assembly, assembled, load_config, locked

log = logging.getLogger(__name__)

STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT)


async def monitor(arguments: argparse.Namespace) -> int:
    """Run the worker until a signal ends it; 0 when it ended in good order."""
    logging.basicConfig(
        level=logging.WARNING, stream=sys.stderr, format="%(levelname)s %(name)s: %(message)s"
    )
    loaded = load_config(arguments)
    async with AsyncExitStack() as stack:
        places = stack.enter_context(locked(loaded))
        assembly = await stack.enter_async_context(assembled(loaded, places.store))
        for warning in assembly.effective.warnings:
            log.warning("%s", warning)
        if assembly.effective.notify:
            log.warning("[[notify]] is configured, but this version sends no notifications")
        progress = PlainProgress(sys.stdout, assembly.effective.language)
        assembly.world.feed.subscribe(progress.show)
        service = EngineService(assembly.engine, language=assembly.effective.language)
        server = ControlServer(
            places.socket,
            service,
            group=assembly.effective.group,
            instance=loaded.instance or "default",
            version=__version__,
        )
        await server.start()
        stack.push_async_callback(server.close)
        await _serve(assembly, service, polling=not arguments.no_poll)
    return 0


async def _serve(assembly: Assembly, service: EngineService, *, polling: bool) -> None:
    """The loops, until a signal: then what runs is left where its record says it is."""
    world = assembly.world
    stop = _stop_signal()
    await world.event(WorkerStarted(version=__version__, pid=os.getpid()))
    loops = asyncio.create_task(Monitor(assembly.engine, polling=polling).run(), name="monitor")
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait({loops, stopping}, return_when=asyncio.FIRST_COMPLETED)
    if loops.done():
        loops.result()  # the loops only end by a defect, which is to be seen
    running = world.feed.state.deployment
    reason = (
        "signal" if running is None else f"signal; deployment {running.id} is carried on at the next start"
    )
    await world.event(WorkerStopping(reason=reason))
    loops.cancel()
    stopping.cancel()
    await asyncio.gather(loops, stopping, return_exceptions=True)
    await service.abandon()


def _stop_signal() -> asyncio.Event:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in STOP_SIGNALS:
        loop.add_signal_handler(number, stop.set)
    return stop
