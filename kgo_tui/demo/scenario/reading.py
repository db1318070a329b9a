"""Reading the played host's logs: the last lines, and then what comes.

Owns positions in these logs. Must not know who reads.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable

from kgo_tui.control.queries import LogRequest, ServiceLog
from kgo_tui.core.errors import UsageError
from kgo_tui.core.logs import LogBatch, LogLine
from kgo_tui.demo.scenario.host import Host

BATCH = 200
_PREFIX = "played:"


async def lines(host: Host, request: LogRequest) -> AsyncGenerator[LogBatch, None]:
    """What is wanted of the past, then with `follow` what comes. Raises UsageError."""
    wanted = _wanted(host, request)
    news = asyncio.Event()
    host.reader_calls.add(news.set)
    try:
        place = host.record.forgotten + len(host.record.lines)
        for batch in _batches(_past(host, request, wanted), place):
            yield batch
        while request.follow:
            await news.wait()
            news.clear()
            new = host.record.lines[place - host.record.forgotten :]
            place = host.record.forgotten + len(host.record.lines)
            for batch in _batches([line for line in new if wanted(line)], place):
                yield batch
    finally:
        host.reader_calls.discard(news.set)


def _past(host: Host, request: LogRequest, wanted: Callable[[LogLine], bool]) -> list[LogLine]:
    record = host.record
    if request.after is not None:
        return [line for line in record.lines[_place(request.after) - record.forgotten :] if wanted(line)]
    since = request.since
    found = [
        line
        for line in record.lines
        if wanted(line) and (since is None or (line.at is not None and line.at >= since))
    ]
    return found[len(found) - min(request.lines, len(found)) :]


def _wanted(host: Host, request: LogRequest) -> Callable[[LogLine], bool]:
    source, most = request.source, request.priority
    if not isinstance(source, ServiceLog):
        return lambda line: line.service is None and (most is None or (line.priority or 0) <= most)
    named = {c.name: c.service for c in host.state.containers} | {
        c.id: c.service for c in host.state.containers
    }
    services = {named.get(name, name) for name in source.services}
    return lambda line: line.service in services if services else line.service is not None


def _batches(found: list[LogLine], place: int) -> list[LogBatch]:
    parts = [found[i : i + BATCH] for i in range(0, len(found), BATCH)] or [[]]
    return [LogBatch(lines=tuple(part), position=f"{_PREFIX}{place}") for part in parts]


def _place(position: str) -> int:
    number = position.removeprefix(_PREFIX)
    if number == position or not number.isdecimal():
        raise UsageError("that position is of another log")
    return int(number)
