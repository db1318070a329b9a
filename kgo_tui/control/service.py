"""What the socket offers to others: the worker, as the server needs it.

Owns the protocol that the worker implements. Must not know frames or connections.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Protocol

from kgo_tui.control.queries import LogRequest, Query
from kgo_tui.core.logs import LogBatch
from kgo_tui.core.messages import Command, Recorded
from kgo_tui.core.state import EngineState


class Service(Protocol):
    """The worker behind the socket. Called in its event loop only.

    Methods raise errors of `core.errors` for what the client is to read; anything else they raise is
    a defect, logged in full and told to the client without its text.
    """

    def snapshot(self) -> tuple[int, EngineState]:
        """The state now, and the cursor of the last durable event in it (0: none yet)."""
        ...

    def subscribe(self, listener: Callable[[Recorded], None], /) -> Callable[[], None]:
        """Call `listener` with each event, in the very turn in which `snapshot` begins to show it;
        returns what ends that. The listener returns at once."""
        ...

    async def command(self, command: Command, by: str) -> object:
        """Do it, for the user `by`; returns what the acknowledgement carries (anything that msgspec
        encodes). Runs to its end even when the client leaves; cancelled only at shutdown."""
        ...

    async def query(self, query: Query) -> object:
        """The answer, of the type `query.answer`. Cancelled when the client leaves."""
        ...

    def stream(self, request: LogRequest) -> AsyncIterator[LogBatch]:
        """The lines, made inert, in batches that are sent whole. Waits for its reader without
        losing any. Closed when the client leaves or cancels."""
        ...
