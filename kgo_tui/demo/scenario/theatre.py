"""A scenario behind a real control socket: opened, played, sometimes gone.

Owns the server's life and how an act begins. Must not know who watches.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from types import TracebackType
from typing import Self

from kgo_tui.control.server import ControlServer
from kgo_tui.demo.scenario import cast, voices
from kgo_tui.demo.scenario.acts import ACTS
from kgo_tui.demo.scenario.host import Host
from kgo_tui.demo.scenario.service import ScenarioService
from kgo_tui.demo.scenario.stage import Script, Stage

LONGEST_ACT_S = 3600.0


class Theatre:
    """An act at a socket. As an async context manager it serves; `perform` plays in real time."""

    def __init__(
        self,
        path: Path,
        act: str,
        *,
        stage: Stage | None = None,
        name: str | None = None,
        instance: str = cast.INSTANCE,
        language: str = "en",
    ) -> None:
        """`name` is who sends every command, whoever it really is; `language` the worker's."""
        self.path = path
        self.stage = stage or Stage()
        self.host = Host(self.stage, instance, language=language)
        self.scenario = ScenarioService(self.host, name=name)
        self.host.be_gone = self._be_gone
        self._server: ControlServer | None = None
        self._absence: asyncio.Task[None] | None = None
        self._raise_curtain(act)

    def _raise_curtain(self, act: str) -> None:
        wanted = ACTS[act]
        wanted.opens(self.host)
        for script in (voices.pulse(self.host), voices.small_talk(self.host)):
            self.stage.begin(script)
        if wanted.begins is not None:
            self.stage.begin(wanted.begins(self.host))
        if not self.stage.play(lambda: wanted.still(self.host.state), LONGEST_ACT_S):
            raise RuntimeError(f"the act {act} does not come to its picture")

    def begin(self, script: Script) -> None:
        """Have something more happen."""
        self.stage.begin(script)

    async def come_back(self) -> None:
        """The worker serves (again)."""
        if self._server is None:
            self._server = ControlServer(
                self.path, self.scenario, instance=self.host.state.instance, version=cast.VERSION
            )
            await self._server.start()

    async def vanish(self) -> None:
        """The worker is gone: its socket with it."""
        server, self._server = self._server, None
        if server is not None:
            await server.close(wait_s=0.0)

    def _be_gone(self, seconds: float) -> None:
        self._absence = asyncio.get_running_loop().create_task(self._absent(seconds))

    async def _absent(self, seconds: float) -> None:
        await self.vanish()
        await asyncio.sleep(seconds)
        await self.come_back()

    async def __aenter__(self) -> Self:
        await self.come_back()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._absence is not None:
            self._absence.cancel()
            await asyncio.gather(self._absence, return_exceptions=True)
        await self.vanish()
