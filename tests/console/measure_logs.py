"""How the Logs pane bears a flood: `python -m tests.console.measure_logs [LINES_PER_SECOND [SECONDS]]`.

A worker in another process sends lines at that rate; the console, under Pilot, is asked by keys. Told
are the time from a key to the picture that answers it, the console's share of a core, how far the
newest line shown is behind, and what was lost.
"""

# ruff: noqa: T201, ASYNC110 - it prints its table, and polls where no event tells of the state
from __future__ import annotations

import asyncio
import os
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from pathlib import Path
from statistics import quantiles

from textual import events

from kgo_tui.console.app import Console
from kgo_tui.console.panes.logs import LogsPane
from kgo_tui.control.queries import LogRequest
from kgo_tui.control.server import ControlServer
from kgo_tui.core.logs import LogBatch, LogLine
from tests.console.conftest import until
from tests.control.scripted import ScriptedWorker

TEXT = "GET /api/v1/buildings/1234/owners?page=2 HTTP/2.0 200 1843 12ms"
TICK_S = 0.02
KEYS = {"following": ("t", "t", "t", "w", "w"), "paused": ("k", "j", "k", "ctrl+u", "ctrl+d")}


async def serve(path: Path, rate: float) -> None:
    """Send lines for ever; each says when it was made."""

    async def flood(_request: LogRequest) -> AsyncIterator[LogBatch]:
        made, began = 0, time.monotonic()
        while True:
            due = int((time.monotonic() - began) * rate)
            new = tuple(
                LogLine(text=f"{time.monotonic():.6f} {n} {TEXT}", priority=6) for n in range(made, due)
            )
            made = due
            for start in range(0, len(new), 100):
                yield LogBatch(lines=new[start : start + 100])
            await asyncio.sleep(TICK_S)

    worker = ScriptedWorker()
    worker.on_stream = flood
    async with ControlServer(path, worker, instance="test", version="1"):
        await asyncio.Event().wait()


async def answered(pane: LogsPane, key: str) -> tuple[float, float]:
    """Milliseconds from a key to the picture after it; and how many of them this process worked, which
    is what it would take on a machine that has nothing else to do."""
    done = asyncio.Event()
    began, worked = time.perf_counter(), time.process_time()
    pane.app.post_message(events.Key(key, None))
    seen = (pane.reading.cursor, pane.reading.page()[:1], pane.view.sheet.look)
    while (pane.reading.cursor, pane.reading.page()[:1], pane.view.sheet.look) == seen:
        await asyncio.sleep(0.0005)
    pane.call_after_refresh(done.set)
    await done.wait()
    return (time.perf_counter() - began) * 1000, (time.process_time() - worked) * 1000


async def measure(path: Path, seconds: float, size: tuple[int, int], query: str) -> None:
    app = Console((path,))
    async with app.run_test(size=size) as pilot:
        await until(pilot, lambda: len(app.screen_stack) > 1)
        pane = app.screen_stack[1].query_one(LogsPane)
        await pilot.press("5")
        await until(pilot, lambda: len(pane.reading.buffer) > 1000, 30)
        if query:
            await pilot.press("slash", *query, "enter")
        for what, keys in KEYS.items():
            if what == "paused":
                await pilot.press("k")
            before, end, cpu = [], time.monotonic() + seconds, time.process_time()
            behind, lines = [], pane.reading.buffer.numbers[-1]
            while time.monotonic() < end:
                for key in keys:
                    before.append(await answered(pane, key))
                    await asyncio.sleep(0.03)
                newest = pane.reading.buffer.lines[-1].text.partition(" ")[0]
                behind.append((time.monotonic() - float(newest)) * 1000 if newest[0].isdigit() else 0)
            share = (time.process_time() - cpu) / seconds
            rate = (pane.reading.buffer.numbers[-1] - lines) / seconds
            print(
                f"{size[0]}x{size[1]} {what:9} {query!r:5} {rate:6.0f} lines/s  {len(before)} keys: "
                f"{told([wall for wall, _ in before])}, worked {told([own for _, own in before])}  "
                f"newest behind {max(behind):.0f} ms  cpu {share:.0%}  dropped {pane.reading.dropped}"
            )


def told(values: list[float]) -> str:
    cuts = quantiles(values, n=20)
    return f"median {cuts[9]:.1f} p95 {cuts[18]:.1f} max {max(values):.1f} ms"


async def main() -> None:
    rate = float(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    seconds = float(sys.argv[2]) if len(sys.argv) > 2 else 10
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "control.sock"
        server = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.console.measure_logs", "serve", str(path), str(rate), env=os.environ
        )
        try:
            while not path.exists():
                await asyncio.sleep(0.05)
            for size, query in (((80, 24), ""), ((200, 60), ""), ((200, 60), "42")):
                await measure(path, seconds, size, query)
        finally:
            server.kill()
            await server.wait()


if __name__ == "__main__":
    if sys.argv[1:2] == ["serve"]:
        asyncio.run(serve(Path(sys.argv[2]), float(sys.argv[3])))
    else:
        asyncio.run(main())
