"""Finds the engine for a command: the worker if one answers, else this process.

Owns that choice and the guards around it. Must not know what the command does. Without a worker, git,
docker and httpx are imported here; a command that reaches a worker needs none of them.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

from kgo_tui.config.client import client_settings
from kgo_tui.config.load import Loaded, load
from kgo_tui.control.client import Client
from kgo_tui.core.errors import ConfigError, NoWorker, UsageError
from kgo_tui.headless.channel import Channel, LocalChannel, RemoteChannel
from kgo_tui.headless.progress import choose

Found = tuple[Channel, str]
"""The channel, and the language to speak."""

Local = Callable[[Loaded, argparse.Namespace], AbstractAsyncContextManager[Found]]


@asynccontextmanager
async def acting_channel(arguments: argparse.Namespace) -> AsyncIterator[Found]:
    """An engine that may change the host; without a worker, here, under the lock, after recovery."""
    async with _reached(arguments, _locked_engine) as found:
        yield found


@asynccontextmanager
async def looking_channel(arguments: argparse.Namespace) -> AsyncIterator[Found]:
    """An engine to ask; without a worker, the store read-only, and no lock."""
    async with _reached(arguments, _reading_engine) as found:
        yield found


@asynccontextmanager
async def worker_channel(arguments: argparse.Namespace) -> AsyncIterator[Found]:
    """The worker's engine and no other. Raises NoWorker."""
    async with _reached(arguments, _none) as found:
        yield found


@asynccontextmanager
async def _none(_loaded: Loaded, _arguments: argparse.Namespace) -> AsyncIterator[Found]:
    raise NoWorker("no worker answers", hint="Start it: kgo-tui service start")
    yield


@asynccontextmanager
async def _reached(arguments: argparse.Namespace, local: Local) -> AsyncIterator[Found]:
    settings = client_settings(instance=arguments.instance, file=arguments.config)
    client = await _worker(settings.sockets)
    if client is None:
        loaded = load(instance=arguments.instance, file=arguments.config)
        async with local(loaded, arguments) as found:
            yield found
        return
    async with client:
        _same_repository(client, arguments)
        yield RemoteChannel(client), settings.language


async def _worker(sockets: Sequence[Path]) -> Client | None:
    for path in sockets:
        try:
            return await Client.connect(path)
        except NoWorker:
            continue
    return None


def _same_repository(client: Client, arguments: argparse.Namespace) -> None:
    """A configuration that names another repository than the worker follows is a mistake that
    would deploy the wrong thing. Raises UsageError, and ConfigError for a file named and unusable."""
    source = client.snapshot.state.source if client.snapshot else None
    try:
        loaded = load(instance=arguments.instance, file=arguments.config)
    except ConfigError:
        if arguments.config is None:
            return  # whoever may use the socket need not be able to read the worker's configuration
        raise
    ours = os.path.realpath(loaded.config.repository.path)
    if source is not None and os.path.realpath(source.path) != ours:
        raise UsageError(
            f"the worker follows {source.path}, the configuration names {ours}",
            hint="Restart the worker, or name its instance with --instance.",
        )


@asynccontextmanager
async def _locked_engine(loaded: Loaded, _arguments: argparse.Namespace) -> AsyncIterator[Found]:
    from kgo_tui import wiring  # noqa: PLC0415 - lazily, see the module's docstring
    from kgo_tui.service import EngineService  # noqa: PLC0415

    signal.signal(signal.SIGHUP, signal.SIG_IGN)  # an ssh connection that drops stops no deployment
    with wiring.locked(loaded) as places:
        async with wiring.assembled(loaded, places.store) as assembly:
            language = assembly.effective.language
            unsubscribe = assembly.world.feed.subscribe(choose(sys.stderr, language).show)
            await assembly.engine.recover()
            unsubscribe()
            yield LocalChannel(EngineService(assembly.engine)), language


@asynccontextmanager
async def _reading_engine(loaded: Loaded, arguments: argparse.Namespace) -> AsyncIterator[Found]:
    from kgo_tui import wiring  # noqa: PLC0415 - as above
    from kgo_tui.service import EngineService  # noqa: PLC0415

    places = wiring.places_of(loaded)
    async with wiring.assembled(loaded, places.store, read_only=True) as assembly:
        if arguments.command == "status":
            await wiring.look_around(assembly, places)
        language = assembly.effective.language
        journal = await wiring.journal_of(loaded.instance) if arguments.command == "logs" else None
        yield LocalChannel(EngineService(assembly.engine, language=language, journal=journal)), language
