"""SIGHUP: the configuration is read anew, and the running worker follows it.

Owns what happens to a new configuration: refused as a whole when it has a fault, else followed
between two deployments, and its differences told. Must not know what a key means.

What cannot be followed is told as such and not half followed: the socket and its group, another
repository. The environment of a process cannot be changed from outside, so what comes from there
(CHECK_INTERVAL and others in the unit) needs a restart; files do not, the env files included.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
from collections.abc import Callable

from kgo_tui.config.changes import Differences, differences
from kgo_tui.config.load import Loaded
from kgo_tui.config.resolve import Effective
from kgo_tui.core.errors import ConfigError, UsageError
from kgo_tui.core.messages import ConfigurationReloaded, FaultRaised
from kgo_tui.engine.monitor import Monitor
from kgo_tui.phrases import LANGUAGES, NOTICE
from kgo_tui.supervision import Manager, Say
from kgo_tui.wiring import Assembly, reread

log = logging.getLogger(__name__)

FAULT = "configuration"
"""The fault of a configuration that could not be followed."""

AT_ONCE_S = 2.0
"""A check is waited for within that; then it is said that a deployment is."""

Fresh = tuple[Loaded, Effective]


class Reloading:
    """Follows the configuration of one worker. `followed` is told of each new one."""

    def __init__(
        self,
        arguments: argparse.Namespace,
        assembly: Assembly,
        monitor: Monitor,
        *,
        manager: Manager,
        say: Say,
        followed: Callable[[Effective], None],
    ) -> None:
        self._arguments, self._assembly, self._monitor = arguments, assembly, monitor
        self._manager, self._say, self._followed = manager, say, followed
        self._world = assembly.world
        self._started = assembly.loaded, assembly.effective

    async def run(self, asked: asyncio.Event) -> None:
        """Reload whenever it is asked for, until cancelled."""
        while True:
            await asked.wait()
            asked.clear()
            self._manager.reloading()
            try:
                await self._reload()
            except Exception:
                log.exception("the configuration could not be reloaded; the one in force stays")
            self._manager.ready()

    async def _reload(self) -> None:
        try:
            fresh = await reread(self._arguments)
        except (ConfigError, UsageError) as error:
            message = f"{_one_line(error.message)} (the one in force stays)"
            await self._world.told(FaultRaised(what=FAULT, message=message))
            return
        found = self._differences(fresh)
        if found.changes:
            await self._follow_soon(fresh)
        await self._world.told(ConfigurationReloaded(changes=found.changes, later=found.later))
        await self._world.works(FAULT)

    def _differences(self, fresh: Fresh) -> Differences:
        """Against what is in force, and for what was taken at the start, against that."""
        now = differences((self._assembly.loaded, self._assembly.effective), fresh)
        return Differences(changes=now.changes, later=differences(self._started, fresh).later)

    async def _follow_soon(self, fresh: Fresh) -> None:
        following = asyncio.create_task(self._follow(fresh), name="following")
        try:
            done, _ = await asyncio.wait({following}, timeout=AT_ONCE_S)
            if not done:
                self._say(NOTICE, LANGUAGES[self._assembly.effective.language]["configuration_waits"])
                self._manager.ready()  # whoever asked is not kept waiting for a deployment
            await following
        finally:
            following.cancel()

    async def _follow(self, fresh: Fresh) -> None:
        async with self._assembly.engine.between():
            old = self._assembly.refit(*fresh)
            await self._monitor.renew()
        await old.close()
        self._followed(self._assembly.effective)


def _one_line(message: str) -> str:
    first, *others = (line.strip() for line in message.splitlines())
    return " ".join((first, "; ".join(others))).strip()
