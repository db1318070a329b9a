"""Pictures of the console on the scenario, the same on every machine: `python -m …pictures DIRECTORY`.

Owns which pictures there are, when a screen is at rest, and how a picture is made small. Must not know
what a pane shows. Textual is imported only when a picture is taken.
"""

from __future__ import annotations

import asyncio
import os
import re
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from kgo_tui.demo.scenario import cast
from kgo_tui.demo.scenario.theatre import Theatre

REST_S = 0.25
"""A screen that has not changed for so long is at rest: the console draws ten times a second."""

PATIENCE_S = 10.0
NARROW, MEDIUM = (80, 24), (120, 40)


@contextmanager
def universal_time() -> Iterator[None]:
    """Times of day are the same wherever a picture is taken."""
    before = os.environ.get("TZ")
    os.environ["TZ"] = "UTC"
    time.tzset()
    try:
        yield
    finally:
        if before is None:
            del os.environ["TZ"]
        else:
            os.environ["TZ"] = before
        time.tzset()


class View(NamedTuple):
    """A picture: its name, the act, which keys are pressed, the size of the terminal, and how long the
    act goes on while the console looks on."""

    name: str
    act: str
    keys: tuple[str, ...] = ()
    size: tuple[int, int] = MEDIUM
    seconds: float = 0.0


VIEWS = (
    View("overview", "calm"),
    View("deployment", "deploying", seconds=2.5),
    View("failure", "rolled_back", ("4", "enter")),
    View("waiting", "waiting"),
    View("plan", "suspended", ("U",)),
    View("rollback", "rolled_back", ("z",)),
    View("health", "calm", ("3", "plus")),
    View("logs", "rolled_back", ("5", "plus")),
    View("narrow", "calm", ("2",), NARROW),
)


async def at_rest(pilot: Any) -> None:
    """Return when the screen does not change any more."""
    loop = asyncio.get_running_loop()
    end = loop.time() + PATIENCE_S
    before, since = "", loop.time()
    while loop.time() - since < REST_S:
        await pilot.pause(0.05)
        _stilled(pilot.app)
        seen = picture(pilot.app)
        if seen != before:
            before, since = seen, loop.time()
        if loop.time() > end:
            raise TimeoutError("the screen does not come to rest")


def _stilled(app: Any) -> None:
    """What moves by itself, or lags behind on purpose."""
    for field in app.screen.query("Input"):
        field.cursor_blink = False
    for log in app.screen.query("LogView"):
        log.settle_bar()


def picture(app: Any) -> str:
    """The screen as SVG. Without web fonts, the random name of its classes, and clipping by line: it
    is the same each time, small, and asks nothing of the network."""
    svg: str = app.export_screenshot(title="kgo-tui", simplify=True)
    svg = re.sub(r"\bterminal-\d+-", "t-", svg)
    svg = re.sub(r"@font-face \{.*?\n    \}\n", "", svg, flags=re.DOTALL)
    svg = re.sub(r'\s*<clipPath id="t-line-\d+">.*?</clipPath>', "", svg, flags=re.DOTALL)
    svg = re.sub(r' clip-path="url\(#t-line-\d+\)"', "", svg)
    svg = re.sub(r"\n\s*<!--.*?-->", "", svg)
    return "\n".join(line.strip() for line in svg.splitlines() if line.strip()) + "\n"


async def taken(view: View, folder: Path) -> str:
    """The picture of a view; `folder` is for the socket."""
    with universal_time():
        return await _taken(view, folder)


async def _taken(view: View, folder: Path) -> str:
    from kgo_tui.console.app import Console  # noqa: PLC0415 - lazy, see above
    from kgo_tui.console.screens.main import MainScreen  # noqa: PLC0415

    async with Theatre(folder / f"{view.name}.sock", view.act, name="ada") as theatre:
        app = Console((theatre.path,), clock=theatre.stage.now, host=cast.HOST)
        async with app.run_test(size=view.size) as pilot:
            await at_rest(pilot)
            theatre.stage.let_pass(view.seconds)
            next(s for s in app.screen_stack if isinstance(s, MainScreen)).tick()  # not within a second
            for key in view.keys:
                await pilot.press(key)
                await at_rest(pilot)
            await at_rest(pilot)
            return picture(app)


def take_all(directory: Path) -> None:
    """Every view as a file; files of views that are gone are removed."""
    directory.mkdir(parents=True, exist_ok=True)
    for old in directory.glob("*.svg"):
        if old.stem not in {view.name for view in VIEWS}:
            old.unlink()
    with tempfile.TemporaryDirectory(prefix="kgo-") as folder:
        for view in VIEWS:
            svg = asyncio.run(taken(view, Path(folder)))
            (directory / f"{view.name}.svg").write_text(svg, encoding="utf-8")
            sys.stdout.write(f"{view.name}.svg {len(svg) // 1024} KiB\n")


if __name__ == "__main__":
    take_all(Path(sys.argv[1] if len(sys.argv) > 1 else "screenshots"))
