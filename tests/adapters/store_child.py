"""A process that writes until it is killed, and says what it was promised to be durable."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from kgo_tui.adapters.sqlite import SqliteStore
from tests.adapters.store_data import succeeded


async def write_for_ever(path: Path) -> None:
    store = await SqliteStore.open(path)
    number = await store.next_deployment_id()
    while True:
        await store.write(succeeded(number))
        print(number, flush=True)  # noqa: T201  # its way to tell
        number += 1


if __name__ == "__main__":
    asyncio.run(write_for_ever(Path(sys.argv[1])))
