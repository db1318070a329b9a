"""Answers to commands and queries, whatever becomes of the work behind them.

Owns how a result, a refusal and a defect are told. Must not know what was asked.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable

import msgspec
from msgspec.structs import asdict, replace

from kgo_tui.control.codec import encode, encode_value
from kgo_tui.control.faults import DEFECT, to_wire
from kgo_tui.control.limits import Limits
from kgo_tui.control.outbox import Outbox, Stalled
from kgo_tui.control.protocol import Ack, Fault, Frame, RefusedFrame, Result
from kgo_tui.core.errors import KgoError, Refused
from kgo_tui.core.messages import Command
from kgo_tui.core.text import clean

Work = Callable[[], Awaitable[object]]

log = logging.getLogger(__name__)


def inert(command: Command) -> Command:
    """The command with its texts made safe to show: others will read them."""
    texts = {name: clean(value) for name, value in asdict(command).items() if isinstance(value, str)}
    return replace(command, **texts)


class Answer:
    """The answer to one request of one client."""

    def __init__(self, request: int, outbox: Outbox, limits: Limits) -> None:
        self._id = request
        self._outbox = outbox
        self._limits = limits

    async def query(self, work: Work) -> None:
        """Send its result, or why there is none. Raises Stalled when the client does not read."""
        await self._send(await self._outcome(work, lambda value: Result(id=self._id, result=value)))

    async def command(self, work: Work) -> None:
        """The same for a command; a client that is gone or does not read changes nothing."""
        frame = await self._outcome(work, lambda value: Ack(id=self._id, result=value))
        try:
            await self._send(frame)
        except Stalled:
            log.debug("nobody read the answer to a command")

    async def _outcome(self, work: Work, wrap: Callable[[msgspec.Raw], Frame]) -> Frame:
        try:
            return wrap(encode_value(await work()))
        except KgoError as error:
            return self._refusal(to_wire(error))
        except Exception:
            log.exception("a request failed")
            return self._refusal(DEFECT)

    async def _send(self, frame: Frame) -> None:
        data = encode(frame)
        if len(data) > self._limits.answer:
            too_much = Refused("the answer is too large for one frame", hint="Ask for fewer rows.")
            data = encode(self._refusal(to_wire(too_much)))
        await self._outbox.drained(self._limits.drain_s)
        self._outbox.send_large(data)

    def _refusal(self, error: Fault) -> RefusedFrame:
        return RefusedFrame(id=self._id, error=error)
