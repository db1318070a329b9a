"""Following a log at a real control server: restarts, loss, refusal, floods, one stream at a time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from textual.pilot import Pilot

from kgo_tui.console.app import Console
from kgo_tui.console.panes.logs import LogsPane
from kgo_tui.control.protocol import CancelStream, Frame, OpenStream
from kgo_tui.control.queries import JournalLog, LogRequest, ServiceLog
from kgo_tui.control.server import ControlServer
from kgo_tui.core.errors import RuntimeUnreachable, UsageError
from kgo_tui.core.logs import LogBatch, LogLine
from tests.console.conftest import lines_of, until
from tests.control.scripted import START, ScriptedWorker, said

Stream = Callable[[LogRequest], AsyncIterator[LogBatch]]


class Reader:
    """A console on a scripted worker that comes and goes."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.worker = ScriptedWorker()
        self.app = Console((path,))
        self.server: ControlServer | None = None
        self.pilot: Pilot[None]

    async def up(self) -> None:
        self.server = ControlServer(self.path, self.worker, instance="test", version="1")
        await self.server.start()

    async def down(self) -> None:
        assert self.server is not None
        await self.server.close(wait_s=0.0)

    @property
    def pane(self) -> LogsPane:
        return self.app.screen_stack[1].query_one(LogsPane)

    @property
    def texts(self) -> list[str]:
        return [line.text for line in self.pane.reading.buffer.lines]

    async def until(self, predicate: Callable[[], object]) -> None:
        await until(self.pilot, predicate)

    async def has(self, *texts: str) -> None:
        await self.until(lambda: self.texts == list(texts))

    def title(self) -> str:
        return next(line for line in lines_of(self.pilot) if "── Logs" in line)


@asynccontextmanager
async def reading(path: Path, stream: Stream) -> AsyncIterator[Reader]:
    reader = Reader(path)
    reader.worker.on_stream = stream
    await reader.up()
    try:
        async with reader.app.run_test() as reader.pilot:
            await reader.until(lambda: len(reader.app.screen_stack) > 1)
            await reader.pilot.press("5")
            yield reader
    finally:
        await reader.down()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "control.sock"


class Live:
    """A log that a test writes, read from any position on."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.open = 0
        self.changed = asyncio.Event()

    def say(self, *texts: str) -> None:
        self.said += texts
        self.changed.set()

    async def __call__(self, request: LogRequest) -> AsyncIterator[LogBatch]:
        self.open += 1
        try:
            at = int((request.after or "live:0").removeprefix("live:"))
            while True:
                self.changed.clear()
                if at < len(self.said):
                    new, at = self.said[at:], len(self.said)
                    yield said(*new, position=f"live:{at}")
                await self.changed.wait()
        finally:
            self.open -= 1


async def test_through_a_restart_each_line_comes_once_and_a_note_says_where(path: Path) -> None:
    log = Live()
    async with reading(path, log) as reader:
        log.say("one", "two")
        await reader.has("one", "two")
        await reader.down()
        await reader.until(lambda: "✗ AWAY" in reader.title())
        log.said += ["three", "four"]
        await reader.up()
        await reader.until(lambda: "four" in reader.texts)
        await reader.until(lambda: "AWAY" not in reader.title())
        texts = reader.texts
        assert [text for text in texts if text in {"one", "two", "three", "four"}] == [
            "one", "two", "three", "four",
        ]  # fmt: skip
        assert (
            texts.index("two") < texts.index("the log goes on here, where it stopped") < texts.index("three")
        )
        assert sum("the log goes on when" in text for text in texts) == 1
        log.say("five")
        await reader.until(lambda: reader.texts[-1] == "five")


async def test_what_was_lost_on_the_way_is_counted_where_it_was(path: Path) -> None:
    async def lossy(_request: LogRequest) -> AsyncIterator[LogBatch]:
        yield said("before")
        await asyncio.sleep(0.2)
        yield LogBatch(lines=(LogLine(text="after"),), dropped=7)
        await asyncio.Event().wait()

    async with reading(path, lossy) as reader:
        await reader.has("before", "lines dropped here, since they came too fast: 7", "after")
        await reader.until(lambda: "dropped 7" in reader.title())


async def test_a_log_that_is_refused_says_why_once_and_is_tried_again(path: Path) -> None:
    tries = 0

    async def refused(_request: LogRequest) -> AsyncIterator[LogBatch]:
        nonlocal tries
        tries += 1
        if tries < 4:
            raise RuntimeUnreachable("the Docker Engine does not answer", hint="systemctl start docker")
        yield said("here it is")
        await asyncio.Event().wait()

    async with reading(path, refused) as reader:
        await reader.has(
            "the Docker Engine does not answer. systemctl start docker",
            "the log goes on here, where it stopped",
            "here it is",
        )
        assert tries == 4


async def test_a_position_that_the_worker_does_not_know_is_given_up(path: Path) -> None:
    """The next worker has no journal and reads its own lines: another kind of log."""
    asked: list[LogRequest] = []

    async def other(request: LogRequest) -> AsyncIterator[LogBatch]:
        asked.append(request)
        if request.after is not None:
            raise UsageError("that position is of another log")
        if len(asked) == 1:
            yield said("of the journal", position="journal:1", at=START)
            return
        yield said("its own", position="own:1", at=START)
        await asyncio.Event().wait()

    async with reading(path, other) as reader:
        await reader.until(lambda: "its own" in reader.texts)
        assert [(r.after, r.since) for r in asked] == [(None, None), ("journal:1", None), (None, START)]


async def test_there_is_one_stream_however_often_another_log_is_chosen(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = Live()
    async with reading(path, log) as reader:
        log.say("one")
        await reader.has("one")
        client, sent = reader.app.link.client, [1]
        write = client._write

        def counted(frame: Frame) -> None:
            """How many streams are open after each frame."""
            sent.append(sent[-1] + {OpenStream: 1, CancelStream: -1}.get(type(frame), 0))
            write(frame)

        monkeypatch.setattr(client, "_write", counted)
        for name in ("a", "b", "c", "d"):
            reader.pane.show_service(name)
            await reader.pilot.pause(0)
        await reader.until(lambda: reader.worker.requests[-1].source == ServiceLog(services=("d",)))
        await reader.has("one")
        await reader.until(lambda: log.open == 1)
        assert 0 in sent
        assert max(sent) == 1
        assert reader.worker.requests[0].source == JournalLog()


async def test_a_flood_loses_none_of_its_newest_lines(path: Path) -> None:
    """100,000 lines as fast as they can be sent: what is not there is counted, the last ones are."""

    async def flood(_request: LogRequest) -> AsyncIterator[LogBatch]:
        for start in range(0, 100_000, 100):
            yield LogBatch(
                lines=tuple(LogLine(text=f"line {n}", priority=6) for n in range(start, start + 100))
            )
            if start % 10_000 == 0:
                await asyncio.sleep(0.01)
        await asyncio.Event().wait()

    async with reading(path, flood) as reader:
        await reader.until(lambda: reader.texts[-1:] == ["line 99999"])
        texts = [text for text in reader.texts if text.startswith("line ")]
        assert texts[-1000:] == [f"line {n}" for n in range(99_000, 100_000)]
        assert len(reader.pane.reading.buffer) <= 50_000
        assert reader.pane.reading.buffer.numbers[-1] + 1 + reader.pane.reading.dropped >= 100_000


async def test_a_hostile_worker_is_not_believed(path: Path) -> None:
    evil = "\x1b]0;owned\x07\x9b2J\u202e\r\n" * 3

    async def hostile(_request: LogRequest) -> AsyncIterator[LogBatch]:
        line = LogLine(text=evil, at=START.replace(year=1), priority=99, service=evil, event=evil)
        yield LogBatch(lines=(line, LogLine(text="x" * 200_000), LogLine(text="the end")))
        await asyncio.Event().wait()

    async with reading(path, hostile) as reader:
        await reader.until(lambda: "the end" in reader.texts)
        await reader.until(lambda: any("the end" in line for line in lines_of(reader.pilot)))
        assert max(map(len, reader.texts)) < 20_000
        screen = "".join(lines_of(reader.pilot))
        assert not {"\x1b", "\x07", "\x9b", "\u202e", "\r"} & set(screen)
        assert not {"\x1b", "\x07", "\x9b", "\u202e", "\r"} & set(reader.pane.exported())
        assert "owned" in screen


async def test_nor_what_it_says_when_it_refuses(path: Path) -> None:
    async def hostile(_request: LogRequest) -> AsyncIterator[LogBatch]:
        raise RuntimeUnreachable("no\x1b]0;owned\x07", hint="\x9b2J")
        yield said("never")

    async with reading(path, hostile) as reader:
        await reader.until(lambda: any("owned" in text for text in reader.texts))
        assert not {"\x1b", "\x07", "\x9b"} & set("".join(reader.texts))
