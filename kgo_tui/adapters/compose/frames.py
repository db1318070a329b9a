"""One container's log as the engine sends it: from bytes to stamped lines.

Owns the request, the framing (Docker Engine API, ContainerAttach: stream format) and the time stamp
in front of each line. Must not know which part of a log is wanted, nor who reads it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, Literal, NamedTuple

from kgo_tui.core.errors import CommandFailed
from kgo_tui.core.logs import LogLine
from kgo_tui.core.text import clean

LINE_BYTES = 1 << 14
"""What is longer is shown as several lines; Docker's own log files break lines there as well."""

FRAME_BYTES = 1 << 20
"""More than any engine sends at once."""

HEADER_BYTES = 8
STAMP_CHARS = 30
"""`2026-01-02T03:04:05.123456789Z`: always UTC and of one length, so that stamps sort as text."""

Stream = Literal["stdout", "stderr"]
_STREAMS: Mapping[int, Stream] = {1: "stdout", 2: "stderr"}

Said = tuple[bytes, Stream | None]
"""A line with its stamp, and where the container wrote it; None: a terminal has only one stream."""


class Stamped(NamedTuple):
    """A line and the engine's stamp on it ("" for a note that is no line of the log)."""

    stamp: str
    line: LogLine


def open_log(
    client: Any, container: str, *, tty: bool, follow: bool, tail: int | Literal["all"], since_s: int
) -> Any:
    """Ask for a log, with stamps; `since_s` is in seconds since the epoch, 0 for all of it. Returns
    the SDK's CancellableStream, of `Said`. Raises what the SDK does."""
    from docker.types import CancellableStream  # noqa: PLC0415

    since = since_s if since_s > 0 else None
    asked = client.logs(container, stream=True, timestamps=True, follow=follow, tail=tail, since=since)
    # The SDK would merge the two streams, so its answer is read here. The rest is done as it does it.
    response = asked._response  # noqa: SLF001
    socket = client._get_raw_response_socket(response)  # noqa: SLF001
    if follow:
        client._disable_socket_timeout(socket)  # noqa: SLF001
    chunks = response.iter_content(chunk_size=None)
    return CancellableStream(on_terminal(chunks) if tty else framed(chunks), response)


def framed(chunks: Iterable[bytes]) -> Iterator[Said]:
    """The lines of a container without a terminal: each is a frame with its stream and length.
    Raises CommandFailed for what no engine sends."""
    rest = b""
    for chunk in chunks:
        rest += chunk
        at = 0
        while len(rest) - at >= HEADER_BYTES:
            length = int.from_bytes(rest[at + 4 : at + HEADER_BYTES])
            if length > FRAME_BYTES or rest[at] > max(_STREAMS):
                raise CommandFailed("Docker sent a log that cannot be read")
            if len(rest) - at - HEADER_BYTES < length:
                break
            payload = rest[at + HEADER_BYTES : at + HEADER_BYTES + length]
            yield payload.removesuffix(b"\n").removesuffix(b"\r"), _STREAMS.get(rest[at])
            at += HEADER_BYTES + length
        rest = rest[at:]


def on_terminal(chunks: Iterable[bytes]) -> Iterator[Said]:
    """The lines of a container with a terminal: plain text that is cut anywhere."""
    rest = b""
    for chunk in chunks:
        *whole, rest = (rest + chunk).split(b"\n")
        for line in whole:
            yield line.removesuffix(b"\r"), None
        while len(rest) > LINE_BYTES:
            yield rest[:LINE_BYTES], None
            rest = rest[LINE_BYTES:]
    if rest:
        yield rest.removesuffix(b"\r"), None


def stamped(said: Iterable[Said], service: str, redact: Callable[[str], str]) -> Iterator[Stamped]:
    """The lines, redacted and made inert. What bears no stamp of its own is part of the line before."""
    stamp, at = "", None
    for raw, stream in said:
        found, _, text = raw.partition(b" ")
        when = _moment(found)
        if when is not None:
            stamp, at = found.decode("ascii"), when
        for piece in _pieces(text if when is not None else raw):
            yield Stamped(stamp, LogLine(text=clean(redact(piece)), at=at, service=service, stream=stream))


def _moment(stamp: bytes) -> datetime | None:
    if len(stamp) != STAMP_CHARS or not stamp.endswith(b"Z"):
        return None
    try:
        return datetime.fromisoformat(stamp.decode("ascii"))
    except ValueError:  # UnicodeDecodeError is one
        return None


def _pieces(text: bytes) -> Iterator[str]:
    for begin in range(0, max(len(text), 1), LINE_BYTES):
        yield text[begin : begin + LINE_BYTES].decode("utf-8", "replace")
