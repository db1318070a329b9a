"""What one client may cost the worker: bytes, connections, seconds.

Owns the numbers, in one place, so that their sum can be judged against the worker's memory.
"""

from __future__ import annotations

from dataclasses import dataclass

from kgo_tui.control.protocol import MAX_CLIENT_FRAME

KIB = 1024
MIB = 1024 * KIB


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The bounds of a server. Sizes in bytes, times in seconds."""

    frame: int = MAX_CLIENT_FRAME
    connections: int = 64
    requests: int = 32
    """Commands and queries of one connection that are not answered yet."""

    streams: int = 8
    """Log streams of one connection."""

    all_streams: int = 128
    """Log streams of all connections together."""

    backlog: int = MIB
    """Unsent bytes of one connection; more means that it does not read, and it is ended."""

    ease: int = 256 * KIB
    """Unsent bytes above which answers wait and log lines are held back."""

    all_backlogs: int = 16 * MIB
    """Unsent bytes of all connections together; above it the slowest one is ended."""

    answer: int = 4 * MIB
    """One answer; a larger one is refused."""

    held_lines: int = 64 * KIB
    """Log lines of one stream held back for a slow reader; then the oldest are dropped."""

    replay: int = 10_000
    """Missed events that a returning client is sent; older ones it asks for as history."""

    hello_s: float = 5.0
    """From the connection to the client's hello."""

    drain_s: float = 30.0
    """How long an answer waits for a client that does not read, before that client is ended."""

    stream_drain_s: float = 600.0
    """The same for a log that is not followed: its reader may be a person with a pager."""

    linger_s: float = 2.0
    """How long a connection that is being ended may take to read what was already sent."""
