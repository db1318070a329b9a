"""What the control socket carries: events per second to 1, 10 and 50 consoles, latency of a command.

Run as `python -m tests.control.measure`. The consoles live in a process of their own, so that the
figures are the worker's. "read" counts what full clients decode; "heard" what the socket delivers to
readers that only count lines.
"""

# ruff: noqa: T201, ASYNC110 - it prints its table, and polls where no event tells of the state
from __future__ import annotations

import asyncio
import statistics
import sys
import tempfile
import time
from pathlib import Path

from kgo_tui.control.client import Client
from kgo_tui.control.server import ControlServer
from kgo_tui.core.messages import Check
from tests.control.scripted import ScriptedWorker, output

EVENTS = 20_000
HELLO = b'{"frame":"hello","version":1,"subscribe":true}\n'


async def heard(path: str, events: int) -> None:
    """One console that counts lines."""
    reader, writer = await asyncio.open_unix_connection(path)
    writer.write(HELLO)
    lines = 0
    while lines < events + 2:
        lines += (await reader.read(1 << 18)).count(b"\n")
    writer.close()


async def read(path: str, events: int) -> None:
    """One console that decodes every event."""
    async with await Client.connect(path) as client:
        left = events
        async for _ in client.events():
            left -= 1
            if not left:
                return


async def consoles(path: str, how: str, number: int, events: int) -> None:
    """Many of them in this process."""
    console = {"heard": heard, "read": read}[how]
    await asyncio.gather(*(console(path, events) for _ in range(number)))


async def events_per_second(how: str, number: int, events: int) -> tuple[float, float]:
    """Events per second until the last console has the last one, and the share of a core that
    publishing took in the worker."""
    with tempfile.TemporaryDirectory() as directory:
        path, worker = Path(directory) / "s", ScriptedWorker()
        async with ControlServer(path, worker, instance="measure", version="0") as server:
            child = await asyncio.create_subprocess_exec(
                sys.executable, "-m", __spec__.name, str(path), how, str(number), str(events)
            )
            while len(server._house.hub._live) < number:
                await asyncio.sleep(0.01)
            began, cpu = time.perf_counter(), time.process_time()
            for n in range(events):
                worker.happen(output(n, width=60))
                if n % 20 == 0:
                    await asyncio.sleep(0)
                    while any(not c.outbox.eased for c in server._house.connections):
                        await asyncio.sleep(0.001)
            await child.wait()
            took = time.perf_counter() - began
            return events / took, (time.process_time() - cpu) / took


async def latency_ms() -> tuple[float, float]:
    """Median and 95th percentile of a command that does nothing, one after the other."""
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "s"
        async with (
            ControlServer(path, ScriptedWorker(), instance="measure", version="0"),
            await Client.connect(path) as client,
        ):
            taken = []
            for _ in range(2000):
                began = time.perf_counter()
                await client.command(Check())
                taken.append((time.perf_counter() - began) * 1000)
    return statistics.median(taken), statistics.quantiles(taken, n=20)[-1]


async def main() -> None:
    """Print the table."""
    for how in ("heard", "read"):
        for number in (1, 10, 50):
            rate, share = await events_per_second(how, number, EVENTS // (1 if number < 50 else 5))
            print(f"{how:6} by {number:2} consoles: {rate:9,.0f} events/s, worker {share:4.0%} of a core")
    median, p95 = await latency_ms()
    print(f"command and answer: median {median:.2f} ms, p95 {p95:.2f} ms")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        asyncio.run(consoles(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])))
    else:
        asyncio.run(main())
