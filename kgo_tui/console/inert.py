"""What came over the socket, made inert: a worker that is hostile, or older, must not reach the terminal.

Owns the search for such texts. Nearly every value has none, and that is seen at once in its JSON, where
a control character is an escape; only the others are walked through. Must not know what the texts mean;
line feeds stay, whoever draws one line makes them visible.
"""

from __future__ import annotations

import re
from typing import TypeVar, cast

import msgspec
from msgspec.structs import replace

from kgo_tui.core.errors import KgoError
from kgo_tui.core.text import clean, clean_block

T = TypeVar("T")

_ESCAPES = re.compile(rb"\\[bfrtu]")
"""How JSON writes control characters, but for the line feed."""

_encoder = msgspec.json.Encoder()


def inert(value: T) -> T:
    """The same value, or one that differs in the texts that could act on a terminal."""
    return value if _is_inert(_encoder.encode(value)) else cast("T", _walked(value))


def inert_error(error: KgoError) -> KgoError:
    """The same for what an error says."""
    error.message, error.hint = clean_block(error.message), clean_block(error.hint)
    error.args = (error.message,)
    return error


def _is_inert(encoded: bytes) -> bool:
    if (b"\\" in encoded and _ESCAPES.search(encoded)) or b"\x7f" in encoded:
        return False
    if encoded.isascii():
        return True
    text = encoded.decode()
    return clean(text) == text


def _walked(value: object) -> object:
    if isinstance(value, str):
        return value if value.isascii() and value.isprintable() else clean_block(value)
    if isinstance(value, msgspec.Struct):
        changed = {name: new for name, old in _fields(value) if (new := _walked(old)) is not old}
        return replace(value, **changed) if changed else value
    if isinstance(value, tuple):
        return value if _all_as_before(value, walked := tuple(map(_walked, value))) else walked
    if isinstance(value, dict):
        return {_walked(key): _walked(item) for key, item in value.items()}
    return value


def _fields(value: msgspec.Struct) -> list[tuple[str, object]]:
    return [(name, getattr(value, name)) for name in value.__struct_fields__]


def _all_as_before(before: tuple[object, ...], after: tuple[object, ...]) -> bool:
    return all(one is other for one, other in zip(before, after, strict=True))
