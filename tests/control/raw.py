"""The far end of the socket without any of our client: bytes in, bytes out."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, Self, cast

HELLO = {"frame": "hello", "version": 1, "name": "cli", "subscribe": False}
DEADLINE_S = 10.0


async def eventually(condition: Callable[[], bool]) -> None:
    """Return once it holds; for what no event tells of, such as a connection that is gone."""
    async with asyncio.timeout(DEADLINE_S):
        while not condition():  # noqa: ASYNC110 - see above
            await asyncio.sleep(0.01)


class Raw:
    """A connection that says whatever a test wants said."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    @classmethod
    async def open(cls, path: Path, hello: dict[str, Any] | None = None) -> Self:
        raw = cls(*await asyncio.open_unix_connection(path, limit=1 << 24))
        if hello is not None:
            await raw.say(hello)
        return raw

    async def say(self, *frames: dict[str, Any]) -> None:
        await self.send(b"".join(json.dumps(frame).encode() + b"\n" for frame in frames))

    async def send(self, data: bytes) -> None:
        self.writer.write(data)
        with suppress(ConnectionError):  # the worker may end the connection before it has read all
            await self.writer.drain()

    async def hear(self) -> dict[str, Any] | None:
        """The next frame, None at the end of the connection."""
        try:
            async with asyncio.timeout(DEADLINE_S):
                line = await self.reader.readline()
        except ConnectionResetError:
            return None
        return cast("dict[str, Any]", json.loads(line)) if line else None

    async def hear_all(self) -> list[dict[str, Any]]:
        """Every frame to the end of the connection."""
        frames = []
        while (frame := await self.hear()) is not None:
            frames.append(frame)
        return frames

    async def close(self) -> None:
        self.writer.transport.abort()
        await asyncio.sleep(0)
