"""The composition root: configuration in, a working engine out. The only importer of adapters.

Owns which adapter fulfils which port, and the mapping from configuration to settings. Must not hold
any behaviour of its own.
"""

from __future__ import annotations

import argparse
import contextlib
import errno
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

from kgo_tui import __version__
from kgo_tui.adapters.clock import SystemClock
from kgo_tui.adapters.compose import ComposeRuntime
from kgo_tui.adapters.git import GitSource
from kgo_tui.adapters.host import InstanceLock, identity_of
from kgo_tui.adapters.probe import HttpProber
from kgo_tui.adapters.sqlite import SqliteStore
from kgo_tui.config.load import Loaded, load
from kgo_tui.config.paths import Places, places
from kgo_tui.config.resolve import Effective, resolve
from kgo_tui.config.sections import Config
from kgo_tui.core.errors import KgoError, StoreError, StoreFull
from kgo_tui.core.messages import FaultRaised
from kgo_tui.core.model import SourceView
from kgo_tui.core.policy import Rules
from kgo_tui.core.report import INTERRUPTED
from kgo_tui.core.state import EngineState, WorkerView
from kgo_tui.core.text import Redactor
from kgo_tui.core.windows import parse_window
from kgo_tui.engine.engine import Engine
from kgo_tui.engine.feed import Feed
from kgo_tui.engine.world import Settings, World

COMPOSE_NAMES = ("compose.yaml", "compose.yml", "docker-compose.yaml", "docker-compose.yml")
"""Compose's own lookup when no file is named, in its order (Compose specification)."""


@dataclass(frozen=True)
class Assembly:
    """An engine with everything it stands on."""

    engine: Engine
    world: World
    effective: Effective


def load_config(arguments: argparse.Namespace) -> Loaded:
    """The configuration that the command line asks for. Raises ConfigError."""
    return load(instance=arguments.instance, file=arguments.config)


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
    prober = _prober(loaded.config, effective, clock)
    runtime = _runtime(loaded.config, effective)
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
            source=_source(loaded.config, effective),
            runtime=runtime,
            prober=prober,
            store=store,
            clock=clock,
            feed=Feed(state, known.cursor),
            settings=settings_of(loaded.config, effective),
        )
        yield Assembly(engine=Engine(world), world=world, effective=effective)
    finally:
        runtime.close()
        await prober.aclose()
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


def settings_of(config: Config, effective: Effective) -> Settings:
    """The engine's settings out of the configuration."""
    return Settings(
        branch=config.repository.branch,
        rules=Rules(
            follow_rewrite=config.repository.on_rewrite == "follow",
            save_local_changes=config.repository.on_local_changes == "stash",
            windows=tuple(parse_window(w) for w in config.monitor.windows),
            min_between_s=config.monitor.min_between_deployments_s,
            interval_s=config.monitor.interval_s,
        ),
        image_tag=config.compose.image_tag,
        wait_for_images_s=config.compose.wait_for_images_s,
        compose_paths=_compose_paths(effective),
        remove_orphans=config.compose.remove_orphans,
        gated_by_probe=bool(effective.urls),
        attempts=config.health.attempts,
        attempt_interval_s=config.health.interval_s,
        stable_for_s=config.health.stable_for_s,
        health_between_s=config.health.between_s,
        interval_s=config.monitor.interval_s,
        irreversible_globs=config.rollback.irreversible_paths,
        halt_when_irreversible=config.rollback.when_irreversible == "halt",
        keep_releases=config.history.keep,
        keep_days=config.history.days,
    )


def _compose_paths(effective: Effective) -> dict[str, str]:
    """The compose files by their path in the repository; one that lies outside is of no commit."""
    directory, root = Path(effective.directory), Path(effective.repository_path)
    named = effective.files or tuple(COMPOSE_NAMES)
    paths = {name: directory / name for name in named}
    return {str(path.relative_to(root)): name for name, path in paths.items() if path.is_relative_to(root)}


def _source(config: Config, effective: Effective) -> GitSource:
    return GitSource(
        effective.repository_path,
        remote=config.repository.remote,
        branch=config.repository.branch,
        owner=identity_of(config.repository.owner) if config.repository.owner else None,
        fetch_timeout_s=config.repository.fetch_timeout_s,
    )


def _runtime(config: Config, effective: Effective) -> ComposeRuntime:
    return ComposeRuntime(
        effective.directory,
        files=effective.files,
        env_files=effective.env_files,
        project=config.compose.project,
        profiles=config.compose.profiles,
        remove_orphans=config.compose.remove_orphans,
        pull_timeout_s=config.compose.pull_timeout_s,
        up_timeout_s=config.compose.up_timeout_s,
        config_timeout_s=config.compose.config_timeout_s,
        redact=Redactor([s.reveal() for s in effective.secrets]),
    )


def _prober(config: Config, effective: Effective, clock: SystemClock) -> HttpProber:
    return HttpProber(
        effective.urls,
        expect_status=config.health.expect_status,
        timeout_s=config.health.timeout_s,
        tls=config.health.tls,
        now=clock.now,
    )
