"""The worker's end of one connection: greets, catches up, answers.

Owns the order of a conversation and its end. Must not know other connections; whatever goes wrong
here ends this one only.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, cast

from kgo_tui.control import protocol as p
from kgo_tui.control.codec import LineSplitter, Malformed, TooLarge, decode_client, hello_version
from kgo_tui.control.faults import to_wire
from kgo_tui.control.house import House
from kgo_tui.control.logs import LogStream
from kgo_tui.control.outbox import Outbox, Stalled
from kgo_tui.control.peer import Peer, name_of, peer_of
from kgo_tui.control.replay import catch_up
from kgo_tui.control.requests import Answer, inert
from kgo_tui.core.errors import KgoError, Refused

Work = Callable[[], Awaitable[None]]
"""Made only when it runs: a task that is cancelled before that leaves nothing un-awaited."""

log = logging.getLogger(__name__)


class Connection(asyncio.Protocol):
    """One client. Frames are handled in order; what takes time runs in tasks of its own."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._limits = house.limits
        self._lines = LineSplitter(house.limits.frame)
        self._hello: p.ClientHello | None = None
        self._greeted = asyncio.Event()
        self._ended = False
        self._tasks: set[asyncio.Task[None]] = set()
        self._streams: dict[int, asyncio.Task[None]] = {}
        self._requests: set[int] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._transport: asyncio.Transport
        self.outbox: Outbox
        self.gone = asyncio.Event()
        self.peer = Peer(0, 0, 0)
        self.user = ""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Somebody connected."""
        self._transport = cast("asyncio.Transport", transport)
        self.outbox = Outbox(self._transport, self._limits, self._house.hub, self._too_slow)
        self.peer = peer_of(transport.get_extra_info("socket"))
        self._house.hub.add(self.outbox)
        self._house.connections.add(self)
        self._later(self._limits.hello_s, self._no_hello)
        if len(self._house.connections) > self._limits.connections:
            self.end(p.Cause.FULL, f"the worker already has {self._limits.connections} connections")

    def data_received(self, data: bytes) -> None:
        """Bytes came."""
        try:
            for line in self._lines.feed(data):
                if self._ended:
                    return
                self._take(line)
        except TooLarge:
            self.end(p.Cause.TOO_LARGE, f"a frame is longer than {self._limits.frame} bytes")
        except Malformed as error:
            self.end(p.Cause.GARBAGE, f"not understood: {error}")
        except Exception:
            log.exception("a control connection failed")
            self._defect()

    def eof_received(self) -> None:
        """The client will send no more: it is gone."""

    def pause_writing(self) -> None:
        """The backlog is large."""
        self.outbox.pause()

    def resume_writing(self) -> None:
        """The backlog is small again."""
        self.outbox.resume()

    def connection_lost(self, _exc: Exception | None) -> None:
        """It is over. Commands that were accepted go on."""
        self._ended = True
        self._stop_work()
        if self._timer is not None:
            self._timer.cancel()
        self.outbox.resume()
        self._house.hub.remove(self.outbox)
        self._house.connections.discard(self)
        self.gone.set()

    def end(self, cause: p.Cause, reason: str) -> None:
        """Say why and close; a client that does not read on is cut off after `linger_s`."""
        if self._ended:
            return
        self._ended = True
        log.log(_level(cause), "control connection of pid %d ended: %s", self.peer.pid, reason)
        self._stop_work()
        self.outbox.last_words(p.Bye(cause=cause, reason=reason))
        self._later(self._limits.linger_s, self._transport.abort)

    def _stop_work(self) -> None:
        for task in self._tasks:
            task.cancel()

    def _too_slow(self) -> None:
        self.end(p.Cause.SLOW, "the client reads too slowly; connect again to carry on")

    def _no_hello(self) -> None:
        self.end(p.Cause.NO_HELLO, f"no hello within {self._limits.hello_s:g} s")

    def _defect(self) -> None:
        self.end(p.Cause.FAULT, "the worker failed at this connection; its log says why")

    def _later(self, delay_s: float, call: Any) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_later(delay_s, call)

    def _take(self, line: bytes) -> None:
        if self._hello is None:
            self._greet(line)
            return
        match decode_client(line):
            case p.Ping(id=id):
                self.outbox.send(p.Pong(id=id))
            case p.CancelStream(id=id):
                if id in self._streams:
                    self._streams[id].cancel()
            case p.OpenStream() as frame:
                self._open(frame)
            case p.AskQuery() | p.AskCommand() as frame:
                self._request(frame)
            case p.ClientHello():
                raise Malformed("a second hello")

    def _greet(self, line: bytes) -> None:
        version = hello_version(line)
        if version is not None and version != p.VERSION:
            self.end(
                p.Cause.VERSION,
                f"the client speaks version {version} of the protocol, "
                f"the worker (kgo-tui {self._house.version}) speaks version {p.VERSION}",
            )
            return
        frame = decode_client(line)
        if not isinstance(frame, p.ClientHello):
            raise Malformed("the first frame is no hello")
        self._hello = frame
        if self._timer is not None:
            self._timer.cancel()
        self._start(partial(self._welcome, frame))

    async def _welcome(self, hello: p.ClientHello) -> None:
        house = self._house
        self.user = await name_of(self.peer.uid)
        self.outbox.send(
            p.ServerHello(
                version=p.VERSION,
                worker_version=house.version,
                pid=house.pid,
                instance=house.instance,
                you=self.user,
            )
        )
        self._greeted.set()
        if hello.subscribe:
            await catch_up(house.service, house.hub, self.outbox, self._limits, hello.cursor)

    def _open(self, frame: p.OpenStream) -> None:
        self._claim(frame.id)
        if len(self._streams) >= self._limits.streams or self._house.streams >= self._limits.all_streams:
            error = to_wire(Refused("too many logs are open at once", hint="Close one first."))
            self.outbox.send(p.StreamEnd(id=frame.id, reason="failed", error=error))
            return
        self._streams[frame.id] = self._start(partial(self._stream, frame))
        self._house.streams += 1
        self._streams[frame.id].add_done_callback(lambda task: self._closed(frame.id, task))

    def _closed(self, stream: int, task: asyncio.Task[None]) -> None:
        self._streams.pop(stream)
        self._house.streams -= 1
        if task.cancelled():
            self.outbox.send(p.StreamEnd(id=stream, reason="cancelled"))

    async def _stream(self, frame: p.OpenStream) -> None:
        await self._greeted.wait()
        log_stream = LogStream(frame.id, self.outbox, self._limits, follow=frame.log.follow)
        await log_stream.run(lambda: self._house.service.stream(frame.log))

    def _request(self, frame: p.AskCommand | p.AskQuery) -> None:
        self._claim(frame.id)
        if len(self._requests) >= self._limits.requests or self._house.closing:
            why = "the worker is stopping" if self._house.closing else "too many requests at once"
            self.outbox.send(p.RefusedFrame(id=frame.id, error=to_wire(Refused(why))))
            return
        self._requests.add(frame.id)
        self._start(partial(self._work, frame))

    async def _work(self, frame: p.AskCommand | p.AskQuery) -> None:
        await self._greeted.wait()
        answering = Answer(frame.id, self.outbox, self._limits)
        if isinstance(frame, p.AskQuery):
            await answering.query(partial(self._house.service.query, frame.query))
            self._requests.discard(frame.id)
            return
        doing = answering.command(partial(self._house.service.command, inert(frame.command), self.user))
        task = asyncio.ensure_future(doing)  # of the house: it outlives this connection
        self._house.commands.add(task)
        task.add_done_callback(self._house.commands.discard)
        task.add_done_callback(lambda _task: self._requests.discard(frame.id))

    def _claim(self, request: int) -> None:
        if request in self._requests or request in self._streams:
            raise Malformed("the id of a request that is not answered yet")

    def _start(self, work: Work) -> asyncio.Task[None]:
        task = asyncio.ensure_future(self._guarded(work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _guarded(self, work: Work) -> None:
        try:
            await work()
        except Stalled:
            pass  # already being ended
        except KgoError as error:
            self.end(p.Cause.FAULT, str(error))
        except Exception:
            log.exception("a control connection failed")
            self._defect()


def _level(cause: p.Cause) -> int:
    """A shutdown is no news; the rest is worth a line."""
    return logging.DEBUG if cause is p.Cause.SHUTDOWN else logging.WARNING
