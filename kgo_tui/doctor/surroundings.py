"""What surrounds the worker on this host: its unit, user, environment, configuration, places, socket.

Owns how these are found out: in the worker's environment and as its user, where it has a unit, and
not as they happen to be in the shell of whoever asks. Must not judge anything.
"""

from __future__ import annotations

import asyncio
import grp
import os
import shlex
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from kgo_tui.adapters.host import NO_HOME, Identity, current_identity, identity_of
from kgo_tui.adapters.process import run_async
from kgo_tui.config.files import SYSTEM_DIR, candidates
from kgo_tui.config.load import Loaded, salvage
from kgo_tui.config.paths import Places, client_sockets, places
from kgo_tui.config.problems import Problem
from kgo_tui.config.resolve import Effective, survey
from kgo_tui.control.client import Client
from kgo_tui.core.errors import KgoError, NoWorker
from kgo_tui.doctor.facts import NotExamined, aside, fact
from kgo_tui.doctor.unit import Unit, show, unit_name

CONNECT_S = 4.0
TEST_S = 5.0


@dataclass(frozen=True, slots=True)
class Settings:
    """What there is of a configuration (None: not enough to begin), and all that is wrong with it."""

    loaded: Loaded | None
    effective: Effective | None
    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class Greeting:
    """Who answers on a socket."""

    socket: Path
    version: str
    pid: int


def may_read(path: str) -> bool:
    """Whether this process may; what is not there may be read."""
    try:
        Path(path).stat()
    except FileNotFoundError:
        return True
    except OSError:
        return False
    return os.access(path, os.R_OK)


async def worker_may(worker: Identity, test: str, path: str) -> bool:
    """Whether that user may do what test(1) asks (`-r`, `-w`, `-x`) of a path, the way to it included.
    Only root can ask for someone else."""
    done = await run_async(["test", test, path], deadline_s=TEST_S, cwd="/", identity=worker)
    return done.exit_code == 0


def _gids(names: str) -> list[int]:
    known = {group.gr_name: group.gr_gid for group in grp.getgrall()}
    return [known[name] for name in names.split() if name in known]


class Surroundings:
    """`instance` and `file` are those of the command line; `environ` is the caller's own."""

    def __init__(
        self,
        *,
        instance: str | None = None,
        file: str | None = None,
        environ: Mapping[str, str] | None = None,
        system_dir: Path = SYSTEM_DIR,
    ) -> None:
        self.instance, self.file, self.system_dir = instance, file, system_dir
        self.facts: dict[str, asyncio.Task[Any]] = {}
        self._environ = dict(os.environ if environ is None else environ)

    @fact
    async def unit(self) -> Unit:
        """The worker's unit, the system's or (where there is none of those) this user's own. Raises
        NotExamined without systemd; a unit that is not installed is an answer."""
        name = unit_name(self.instance)
        unit = await show(name)
        if not unit.is_installed and os.geteuid() != 0:
            with suppress(NotExamined):
                own = await show(name, user_manager=True)
                return own if own.is_installed else unit
        return unit

    async def installed_unit(self) -> Unit:
        """The worker's unit. Raises NotExamined when it is not installed."""
        unit = await self.unit()
        if not unit.is_installed:
            raise NotExamined("the unit is not installed")
        return unit

    @fact
    async def worker(self) -> Identity:
        """Who the worker is, or would be, started as it is on this host."""
        with suppress(NotExamined, KeyError):
            unit = await self.installed_unit()
            if not unit.user_manager:
                worker = identity_of(unit.get("User") or "root")
                return replace(worker, groups=(*worker.groups, *_gids(unit.get("SupplementaryGroups"))))
        return current_identity()

    async def is_me(self) -> bool:
        """Whether what this user may do says what the worker may."""
        return os.geteuid() in (0, (await self.worker()).uid)

    @fact
    async def environ(self) -> dict[str, str]:
        """The worker's environment: its unit's, where there is one, else the caller's."""
        try:
            unit = await self.installed_unit()
        except NotExamined:
            return self._environ
        # Who is neither root nor the worker can look with their own eyes only, at Docker's logins too.
        home = (await self.worker()).home if await self.is_me() else self._environ.get("HOME", NO_HOME)
        return {"HOME": home, "LANG": self._environ.get("LANG", "C.UTF-8"), **unit.environment}

    @fact
    async def settings(self) -> Settings:
        """The configuration, as far as it can be used."""
        environ = await self.environ()

        def read() -> Settings:
            loaded, problems = salvage(
                instance=self.instance, file=self.file, environ=environ, system_dir=self.system_dir
            )
            if loaded is None:
                return Settings(None, None, problems)
            effective, missing = survey(loaded, environ)
            return Settings(loaded, effective, (*problems, *missing))

        return await aside(read)

    def words(self) -> str:
        """How kgo-tui is called for this instance."""
        config = ["--config", self.file] if self.file else []
        instance = ["--instance", self.instance] if self.instance else []
        return shlex.join(["kgo-tui", *config, *instance])

    def secrets(self) -> list[str]:
        """What must not be shown, as far as the configuration was read."""
        task = self.facts.get("settings")
        if task is None or not task.done() or task.cancelled() or task.exception():
            return []
        effective = task.result().effective
        return [secret.reveal() for secret in effective.secrets] if effective else []

    async def closed_files(self) -> list[str]:
        """Files of the configuration that this user may not read, and the worker may."""
        if await self.is_me():
            return []
        effective = (await self.settings()).effective
        named = [*effective.env_files, f"{effective.directory}/.env"] if effective else []
        own = (
            [Path(self.file)]
            if self.file
            else candidates(self.instance, system_dir=self.system_dir, user_dir=None)
        )
        return await aside(lambda: [path for path in (*map(str, own), *named) if not may_read(path)])

    async def configured(self) -> tuple[Loaded, Effective]:
        """The usable part of the configuration. Raises NotExamined when there is none."""
        settings = await self.settings()
        if settings.loaded is None or settings.effective is None:
            closed = await self.closed_files()
            if closed:
                raise NotExamined(f"{closed[0]} may not be read by this user", needs_root=True)
            raise NotExamined("the configuration does not say which repository")
        return settings.loaded, settings.effective

    @fact
    async def places(self) -> Places:
        """Where the worker keeps its files."""
        settings, worker = await self.settings(), await self.worker()
        socket = settings.loaded.config.control.socket if settings.loaded else None
        return places(self.instance, environ=await self.environ(), euid=worker.uid, socket=socket)

    @fact
    async def greeting(self) -> Greeting | KgoError:
        """Who answers on the worker's socket, or why nobody does."""
        settings = await self.settings()
        socket = settings.loaded.config.control.socket if settings.loaded else None
        error: KgoError = NoWorker("no worker answers")
        environ, uid = await self.environ(), (await self.worker()).uid
        for path in client_sockets(self.instance, environ=environ, euid=uid, socket=socket):
            try:
                async with await Client.connect(path, subscribe=False, timeout_s=CONNECT_S) as client:
                    return Greeting(path, client.hello.worker_version, client.hello.pid)
            except NoWorker:
                continue
            except KgoError as refused:
                error = refused
        return error
