"""The kinds of values that a key can take: what is accepted, from TOML and from plain text.

Owns types and bounds that several keys share. Must not know which keys there are.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable

from kgo_tui.config.names import Check
from kgo_tui.config.problems import Unfit, described, shortened, suggestion
from kgo_tui.config.secret import Secret
from kgo_tui.core.model import Struct

LONGEST_S = 366 * 86400.0
"""Seconds that a duration may have at most: a year, so that no timer overflows."""

_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_PART = re.compile(r"(\d{1,9}(?:\.\d{1,9})?)\s*(ms|[smhd])\s*", re.ASCII)
_PLAIN = re.compile(r"\d{1,9}(?:\.\d{1,9})?", re.ASCII)
_TRUTH = {
    "true": True,
    "yes": True,
    "on": True,
    "1": True,
    "false": False,
    "no": False,
    "off": False,
    "0": False,
}


class Kind(Struct, frozen=True, kw_only=True):
    """How the values of a key are taken.

    `accept` turns a TOML value into the one kept or raises Unfit; `read` turns text (environment,
    command line) into a TOML value; `seconds` marks durations; `secret` values are never shown.
    """

    accept: Callable[[object], object]
    read: Callable[[str], object] = str
    seconds: bool = False
    secret: bool = False


def text(check: Check | None = None, *, secret: bool = False) -> Kind:
    """Text on one line. `check` returns what is wrong with it, or None."""
    return Kind(accept=lambda value: _text(value, check), secret=secret)


def secret_text(check: Check) -> Kind:
    """Text that is kept as a `Secret` and never part of a message."""

    def accept(value: object) -> Secret:
        if not isinstance(value, str):
            raise Unfit("expected a text")
        if not value.strip() or not value.isprintable():
            raise Unfit("is empty or has control characters")
        if wrong := check(value):
            raise Unfit(wrong)
        return Secret(value)

    return Kind(accept=accept, secret=True)


def choice(*names: str) -> Kind:
    """One of a few words."""
    return Kind(accept=lambda value: _choice(value, names))


def texts(check: Check | None = None, *, separator: str = ",") -> Kind:
    """A list of texts, each checked. As plain text: "a,b" or a TOML list."""
    return Kind(
        accept=lambda value: tuple(_text(item, check) for item in _list(value)),
        read=lambda plain: _read_list(plain, separator),
    )


def choices(*names: str) -> Kind:
    """A list of some of a few words."""
    return Kind(
        accept=lambda value: tuple(_choice(item, names) for item in _list(value)),
        read=lambda plain: _read_list(plain, ","),
    )


def table(check: Check) -> Kind:
    """A table of texts, each checked. As plain text: what stands between the braces in TOML."""

    def accept(value: object) -> dict[str, str]:
        if not isinstance(value, dict):
            raise Unfit(f'expected a table such as {{"one" = "two"}}, found {described(value)}')
        return {shortened(name): _entry(name, item, check) for name, item in value.items()}

    return Kind(accept=accept, read=_read_table)


def integer(least: int, most: int) -> Kind:
    """A whole number within bounds."""

    def accept(value: object) -> int:
        if isinstance(value, bool) or not isinstance(value, int):
            raise Unfit(f"expected a whole number, found {described(value)}")
        if not least <= value <= most:
            raise Unfit(f"{shortened(str(value))} is not between {least} and {most}")
        return value

    return Kind(accept=accept, read=_read_integer)


def boolean() -> Kind:
    """A truth value; as plain text also yes, no, on, off, 1 and 0."""

    def accept(value: object) -> bool:
        if not isinstance(value, bool):
            raise Unfit(f"expected true or false, found {described(value)}")
        return value

    return Kind(accept=accept, read=lambda plain: _TRUTH.get(plain.strip().lower(), plain))


def duration(least_s: float) -> Kind:
    """Seconds as a number, or text such as "90s", "3m", "1h30m"; kept as a float."""

    def accept(value: object) -> float:
        seconds = _seconds(value)
        if seconds is None:
            raise Unfit(f'expected a duration (seconds, or "90s", "3m", "2h"), found {described(value)}')
        if seconds < least_s:
            raise Unfit(f"{_plain(seconds)} s is too short (at least {_plain(least_s)} s)")
        if seconds > LONGEST_S:
            raise Unfit("is too long (at most 366 days)")
        return seconds

    return Kind(accept=accept, seconds=True)


def _seconds(value: object) -> float | None:
    if isinstance(value, str):
        return _read_duration(value.strip().lower())
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    far = 10 * LONGEST_S  # beyond any bound, yet within what a float can hold
    return float(max(-far, min(value, far))) if isinstance(value, int) or math.isfinite(value) else None


def _read_duration(plain: str) -> float | None:
    if _PLAIN.fullmatch(plain):
        return float(plain)
    parts = _PART.findall(plain)
    if not parts or _PART.sub("", plain):
        return None
    return sum(float(number) * _UNITS[unit] for number, unit in parts)


def _text(value: object, check: Check | None) -> str:
    if not isinstance(value, str):
        raise Unfit(f"expected a text, found {described(value)}")
    if not value.strip():
        raise Unfit("is empty")
    if not value.isprintable():
        raise Unfit(f"{described(value)} has control characters")
    if check and (wrong := check(value)):
        raise Unfit(f"{described(value)} {wrong}")
    return value


def _choice(value: object, names: tuple[str, ...]) -> str:
    if not isinstance(value, str):
        raise Unfit(f"expected one of {', '.join(names)}, found {described(value)}")
    if value not in names:
        raise Unfit(f"{described(value)} is not one of {', '.join(names)}{suggestion(value, names)}")
    return value


def _list(value: object) -> list[object]:
    if not isinstance(value, list | tuple):
        raise Unfit(f'expected a list of texts such as ["one", "two"], found {described(value)}')
    return list(value)


def _read_list(plain: str, separator: str) -> object:
    if not plain.strip().startswith("["):
        return [item.strip() for item in plain.split(separator) if item.strip()]
    import tomllib  # noqa: PLC0415 - few write a list there

    try:
        return tomllib.loads(f"list = {plain.strip()}")["list"]
    except (ValueError, RecursionError):
        return plain


def _entry(name: str, item: object, check: Check) -> str:
    try:
        return _text(item, check)
    except Unfit as wrong:
        raise Unfit(f"{shortened(name)}: {wrong}") from None


def _read_table(plain: str) -> object:
    import tomllib  # noqa: PLC0415 - as above

    try:
        return tomllib.loads(f"table = {{{plain.strip().removeprefix('{').removesuffix('}')}}}")["table"]
    except (ValueError, RecursionError):
        return plain


def _read_integer(plain: str) -> object:
    return int(plain) if re.fullmatch(r"\s*[+-]?\d{1,18}\s*", plain, re.ASCII) else plain


def _plain(seconds: float) -> str:
    return str(int(seconds)) if float(seconds).is_integer() else str(seconds)
