"""The console, opened on an act of the scenario: how tests start it, wait, and read its screen."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from textual.pilot import Pilot

from kgo_tui.console import speech
from kgo_tui.console.app import Console
from kgo_tui.console.inert import inert
from kgo_tui.console.screens.main import MainScreen
from kgo_tui.core import messages as m
from kgo_tui.core.state import EngineState
from kgo_tui.demo.scenario import cast
from kgo_tui.demo.scenario.pictures import universal_time
from kgo_tui.demo.scenario.service import ScenarioService
from kgo_tui.demo.scenario.stage import Stage
from kgo_tui.demo.scenario.theatre import Theatre

DEADLINE_S = 10.0
NARROW, MEDIUM, WIDE = (80, 24), (120, 40), (200, 60)
SIZES = (NARROW, MEDIUM, WIDE)

OpenConsole = Callable[..., AbstractAsyncContextManager["Seen"]]


async def until(pilot: Pilot[Any], predicate: Callable[[], object], within_s: float = DEADLINE_S) -> None:
    """Return as soon as it holds; fail with what the screen shows."""
    end = time.monotonic() + within_s
    while not predicate():
        assert time.monotonic() < end, "it did not come; the screen shows:\n" + "\n".join(lines_of(pilot))
        await pilot.pause(0.01)


def lines_of(pilot: Pilot[Any]) -> list[str]:
    """The screen as it is drawn, a string for each line of the terminal."""
    screen = pilot.app.screen
    updates = screen._compositor.render_full_update()  # what would be sent for a whole screen
    strips = updates.strips if hasattr(updates, "strips") else []
    return ["".join(segment.text for segment in strip).rstrip() for strip in strips]


class Seen(NamedTuple):
    """A console and the worker that it looks at."""

    app: Console
    pilot: Pilot[None]
    theatre: Theatre

    @property
    def scenario(self) -> ScenarioService:
        return self.theatre.scenario

    @property
    def stage(self) -> Stage:
        return self.theatre.stage

    def lines(self) -> list[str]:
        return lines_of(self.pilot)

    def text(self) -> str:
        return "\n".join(self.lines())

    def line(self, part: str) -> str:
        """The first line that has it."""
        found = next((line for line in self.lines() if part in line), None)
        assert found is not None, f"no line has {part!r}:\n{self.text()}"
        return found

    async def until(self, predicate: Callable[[], object], within_s: float = DEADLINE_S) -> None:
        await until(self.pilot, predicate, within_s)

    async def shows(self, text: str) -> None:
        await self.until(lambda: text in self.text())

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)

    def happen(self, event: m.Event) -> None:
        self.theatre.host.happen(event)

    async def play(self, until: Callable[[EngineState], bool], within_s: float = 3600) -> None:
        """Let scripted time pass until the worker's state is so, and the console knows it."""
        host = self.theatre.host
        assert self.stage.play(lambda: until(host.state), within_s), "it did not happen"
        await self.caught_up()

    async def pass_time(self, seconds: float) -> None:
        self.stage.let_pass(seconds)
        await self.caught_up()

    async def caught_up(self) -> None:
        """The console has drawn all that happened, and its clock has the scenario's time."""
        app = self.app
        if app.session.up:
            await app.link.client.ping()  # answered after every event so far
        await self.until(
            lambda: (
                app.session.state == inert(self.theatre.host.state) and not app._pending and not app._settling
            )
        )
        self.tick()
        await self.pilot.pause()

    def tick(self) -> None:
        """The console sees now what time it is, not within the next second."""
        next(s for s in self.app.screen_stack if isinstance(s, MainScreen)).tick()


@pytest.fixture(autouse=True)
def _utc() -> Iterator[None]:
    with universal_time():
        yield


@pytest.fixture
def console(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> OpenConsole:
    """Opens the console on an act. Not an async fixture: Textual needs the test's own context. The
    socket's path is a relative one, so that what is shown of it is the same everywhere."""
    monkeypatch.chdir(tmp_path)
    numbers = count()

    @asynccontextmanager
    async def opened(
        act: str = "calm",
        *,
        size: tuple[int, int] = NARROW,
        read_only: bool = False,
        name: str | None = None,
        language: str = "en",
        **looks: Any,
    ) -> AsyncIterator[Seen]:
        monkeypatch.setattr(speech, "_spoken", speech._spoken)  # English again after the test
        speech.speak(language)
        path = Path(f"{next(numbers)}.sock")
        async with Theatre(path, act, name=name, language=language) as theatre:
            told = {"read_only": read_only, "clock": theatre.stage.now, "host": cast.HOST, **looks}
            app = Console((theatre.path,), **told)
            async with app.run_test(size=size, notifications=True) as pilot:
                seen = Seen(app, pilot, theatre)
                await seen.caught_up()
                yield seen
                await asyncio.sleep(0)

    return opened
