"""The composition root: configuration in, a working engine out. With `parts`, and the doctor who
looks behind the ports, the only importer of adapters.

Owns what an engine stands on, and the exchange of that when the configuration is reloaded. Must not
hold any behaviour of its own.
"""

from __future__ import annotations

import argparse
import contextlib
import errno
import os
import shutil
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from kgo_tui import __version__
from kgo_tui.adapters.clock import SystemClock
from kgo_tui.adapters.host import InstanceLock
from kgo_tui.adapters.journal import JournalReader, JournalWriter, Unit, own_unit
from kgo_tui.adapters.process import in_thread
from kgo_tui.adapters.sqlite import SqliteStore
from kgo_tui.adapters.systemd import ServiceManager
from kgo_tui.config.load import Loaded, load
from kgo_tui.config.paths import Places, places
from kgo_tui.config.resolve import Effective, resolve
from kgo_tui.core.errors import KgoError, StoreError, StoreFull
from kgo_tui.core.messages import FaultRaised
from kgo_tui.core.model import SourceView
from kgo_tui.core.report import INTERRUPTED
from kgo_tui.core.state import EngineState, WorkerView
from kgo_tui.engine.engine import Engine
from kgo_tui.engine.feed import Feed
from kgo_tui.engine.ports import Journal
from kgo_tui.engine.world import World
from kgo_tui.parts import Parts
from kgo_tui.sink import JournalSink, PlainSink, Sink, in_journal
from kgo_tui.unit.places import unit_name


@dataclass
class Assembly:
    """An engine with everything it stands on."""

    engine: Engine
    world: World
    parts: Parts
    loaded: Loaded
    effective: Effective

    def refit(self, loaded: Loaded, effective: Effective) -> Parts:
        """Stand on parts of another configuration from now on; returns those of before, which whoever
        used them is to let go of first. Raises ConfigError, and then nothing is changed."""
        new, old = Parts.of(loaded, effective, self.world.clock), self.parts
        self.world.source, self.world.runtime, self.world.prober = new.source, new.runtime, new.prober
        self.world.settings = new.settings
        self.parts, self.loaded, self.effective = new, loaded, effective
        return old


def load_config(arguments: argparse.Namespace) -> Loaded:
    """The configuration that the command line asks for. Raises ConfigError."""
    return load(instance=arguments.instance, file=arguments.config)


async def reread(arguments: argparse.Namespace) -> tuple[Loaded, Effective]:
    """The configuration as its files are now. Raises ConfigError, UsageError."""

    def read(_stop: object) -> tuple[Loaded, Effective]:
        loaded = load_config(arguments)
        return loaded, resolve(loaded)

    return await in_thread(read)


def service_manager() -> ServiceManager:
    """Whoever started this process and wants to hear of it. To be called once: the environment does
    not name it any more afterwards."""
    return ServiceManager.from_environment()


def journal_or_plain(stream: TextIO, language: str, instance: str) -> Sink:
    """Where the worker's lines go: the journal where it is connected to it, else plainly `stream`."""
    if in_journal():
        return JournalSink(JournalWriter(), language, instance)
    return PlainSink(stream, language)


def worker_journal() -> Journal | None:
    """Where the unit that this process runs as keeps its lines; None when they go elsewhere."""
    unit = own_unit() if in_journal() and shutil.which("journalctl") else None
    return JournalReader(unit) if unit else None


async def journal_of(instance: str | None) -> Journal | None:
    """The journal of the worker's unit, seen from another process; None when nothing is in it that
    this user may read."""
    name = unit_name(instance)
    units = [Unit(name)] if os.geteuid() == 0 else [Unit(name, user=True), Unit(name)]
    for unit in units if shutil.which("journalctl") else []:
        if await JournalReader(unit).holds_any():
            return JournalReader(unit)
    return None


def places_of(loaded: Loaded) -> Places:
    """Where this instance keeps its files."""
    return places(loaded.instance, socket=loaded.config.control.socket)


@contextlib.contextmanager
def locked(loaded: Loaded) -> Iterator[Places]:
    """Hold the instance's lock: one deployer at a time. Raises Busy, StoreError."""
    found = places_of(loaded)
    try:
        found.lock.parent.mkdir(mode=0o750, parents=True, exist_ok=True)
        lock = InstanceLock(found.lock)
        lock.acquire()
    except OSError as error:
        raise _unusable(found.lock.parent, error) from error
    try:
        yield found
    finally:
        lock.release()


def _unusable(directory: Path, error: OSError) -> StoreError:
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return StoreFull(
            f"no space is left in the state directory {directory}",
            hint=f"Free some space there (df -h {directory}; docker image prune); the state itself is whole.",
        )
    return StoreError(
        f"cannot use the state directory {directory}: {error.strerror}",
        hint="Run as root (sudo), or set STATE_DIRECTORY to a directory of yours.",
    )


@contextlib.asynccontextmanager
async def assembled(loaded: Loaded, store_path: Path, *, read_only: bool = False) -> AsyncIterator[Assembly]:
    """Build everything, and close it afterwards. Raises ConfigError, StoreError."""
    effective = resolve(loaded)
    clock = SystemClock()
    store = await SqliteStore.open(store_path, read_only=read_only, now=clock.now)
    parts = Parts.of(loaded, effective, clock)
    assembly: Assembly | None = None
    try:
        known = await store.load()
        today = clock.now().date().isoformat()
        worker = WorkerView(
            checks_today=await store.counter("checks", today),
            deployments_today=await store.counter("deployments", today),
        )
        state = EngineState(
            instance=loaded.instance or "default",
            version=__version__,
            worker=worker,
            source=SourceView(path=effective.repository_path, branch=loaded.config.repository.branch),
            deployed=known.deployed,
            deployment=known.unfinished,
            last=known.last,
            suspended=known.suspended,
            quarantined=known.quarantined,
            sample=known.sample,
        )
        world = World(
            source=parts.source,
            runtime=parts.runtime,
            prober=parts.prober,
            store=store,
            clock=clock,
            feed=Feed(state, known.cursor),
            settings=parts.settings,
        )
        assembly = Assembly(Engine(world), world, parts, loaded, effective)
        yield assembly
    finally:
        await (assembly.parts if assembly else parts).close()
        await store.close()


async def look_around(assembly: Assembly, found: Places) -> None:
    """Fill the state of a process that is not the worker with what can be seen now, offline."""
    world = assembly.world
    unfinished = world.feed.state.deployment
    if unfinished is not None and not InstanceLock(found.lock).signed_by_living():
        left = (
            f"deployment {unfinished.id} was interrupted; the worker's next start or a command carries it on"
        )
        world.tell(FaultRaised(what=INTERRUPTED, message=left))
    try:
        await assembly.engine.checker.look()
    except KgoError as error:
        world.tell(FaultRaised(what="git", message=error.message))
    try:
        await assembly.engine.observe()
    except KgoError as error:
        world.tell(FaultRaised(what="docker", message=error.message))
