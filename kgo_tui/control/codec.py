"""From bytes to frames and back: splitting a stream into lines, decoding each, bounded.

Owns the JSON-lines form and what counts as malformed. Must not know sockets or what frames mean.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeVar

import msgspec

from kgo_tui.control.protocol import ClientFrame, Frame, ServerFrame

T = TypeVar("T")


class Malformed(Exception):
    """These bytes are no frame; the text says what was expected, in plain ASCII."""


class TooLarge(Exception):
    """A frame is longer than its side may send."""


class LineSplitter:
    """Cuts a byte stream at newlines. Keeps at most `limit` bytes of an unfinished line."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._rest = bytearray()

    def feed(self, data: bytes) -> Iterator[bytes]:
        """The lines that `data` completes, without newline. Raises TooLarge in the place of the
        first one over the limit, whether or not its end was seen; nothing can be fed after that."""
        *ends, rest = data.split(b"\n")
        for end in ends:
            self._hold(end)
            line, self._rest = bytes(self._rest), bytearray()
            yield line
        self._hold(rest)

    def _hold(self, part: bytes) -> None:
        if len(self._rest) + len(part) > self.limit:
            raise TooLarge
        self._rest += part


_encoder = msgspec.json.Encoder()
_from_client: msgspec.json.Decoder[ClientFrame] = msgspec.json.Decoder(ClientFrame)
_from_server: msgspec.json.Decoder[ServerFrame] = msgspec.json.Decoder(ServerFrame)


class _Outline(msgspec.Struct):
    """The little that every version of a frame has."""

    frame: str
    version: int = 0


_outline = msgspec.json.Decoder(_Outline)
SERVER_FRAMES = frozenset(
    str(kind.__struct_config__.tag) for kind in ServerFrame.__args__ if issubclass(kind, Frame)
)


def encode(frame: Frame) -> bytes:
    """The frame as one line with its newline."""
    return _encoder.encode(frame) + b"\n"


def encode_value(value: object) -> msgspec.Raw:
    """Any answer of the worker as JSON, to stand inside a frame. Raises TypeError for foreign types."""
    return msgspec.Raw(_encoder.encode(value))


def decode_client(line: bytes) -> ClientFrame:
    """A frame from a client. Raises Malformed."""
    return _decode(_from_client, line)


def decode_server(line: bytes) -> ServerFrame | None:
    """A frame from a worker, None for a kind or an event that only newer versions know.

    Raises Malformed for what no version sends.
    """
    try:
        return _decode(_from_server, line)
    except Malformed:
        kind = _decode(_outline, line).frame
        if kind in SERVER_FRAMES and kind != "event":
            raise
        return None


def hello_version(line: bytes) -> int | None:
    """The version that a hello of any version names; None when the line is no hello."""
    try:
        outline = _decode(_outline, line)
    except Malformed:
        return None
    return outline.version if outline.frame == "hello" else None


def _decode(decoder: msgspec.json.Decoder[T], line: bytes) -> T:
    try:
        return decoder.decode(line)
    except msgspec.ValidationError as error:
        raise Malformed(str(error).encode("unicode_escape").decode()[:200]) from None
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise Malformed("not JSON") from None
    except RecursionError:
        raise Malformed("nested too deeply") from None
