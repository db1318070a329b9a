"""Unit files as text: what is in them, and setting a value without touching the rest.

Owns their syntax as far as it is needed (systemd.syntax(7), systemd.service(5) "Command lines"). Must
not know what a setting means, nor read files.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from kgo_tui.core.model import Struct

_PREFIXES = "@-:+!|"
"""Characters before a command's path that say how it is run."""

_WORD = re.compile(r'"((?:[^"\\]|\\.)*)"|\'((?:[^\'\\]|\\.)*)\'|((?:[^\s"\'\\]|\\.)+)', re.DOTALL)
_ESCAPE = re.compile(r"\\(x[0-9a-fA-F]{2}|s|n|t|.)", re.DOTALL)
_ESCAPED = {"n": "\n", "t": "\t", "s": " "}
_PLAIN = re.compile(r"[A-Za-z0-9_@%+=:,./$-]+")


class Assignment(Struct, frozen=True, kw_only=True):
    """One `Key=value`, and the lines (from 0, the last not included) that it takes in the text."""

    section: str
    key: str
    value: str
    begin: int
    end: int


def assignments(text: str) -> Iterator[Assignment]:
    """Every assignment in order. A line that ends in a backslash goes on in the next that is no
    comment; what is neither section nor assignment is passed over, as systemd does."""
    lines, section, at = text.splitlines(), "", 0
    while at < len(lines):
        begin, logical, at = at, *_logical(lines, at)
        if logical.startswith("[") and logical.endswith("]"):
            section = logical[1:-1]
        elif "=" in logical and not logical.startswith(("#", ";")):
            key, _, value = logical.partition("=")
            yield Assignment(section=section, key=key.rstrip(), value=value.strip(), begin=begin, end=at)


def _logical(lines: list[str], at: int) -> tuple[str, int]:
    line = lines[at].strip()
    at += 1
    if line.startswith(("#", ";")):
        return line, at
    while line.endswith("\\") and at < len(lines):
        following = lines[at].strip()
        at += 1
        if not following.startswith(("#", ";")):
            line = f"{line[:-1]} {following}"
    return line, at


def values(text: str, section: str, key: str) -> tuple[str, ...]:
    """All values of a key in force; an empty assignment forgets those before it."""
    found: list[str] = []
    for one in assignments(text):
        if (one.section, one.key) == (section, key):
            found = [*found, one.value] if one.value else []
    return tuple(found)


def value(text: str, section: str, key: str) -> str | None:
    """The last value of a key, None when it has none."""
    return next(reversed(values(text, section, key)), None)


def words(text: str) -> tuple[str, ...]:
    """The words of a value: quotes and escapes are read, specifiers (%n) and variables are not."""
    return tuple("".join(map(_plain, group)) for group in _groups(text))


def command(text: str) -> tuple[str, ...]:
    """The words of an Exec line, without what stands before the path."""
    first, *others = words(text) or ("",)
    return (first.lstrip(_PREFIXES), *others) if first else ()


def environment(text: str) -> dict[str, str]:
    """The variables that the unit sets by Environment=."""
    pairs = (word.partition("=") for line in values(text, "Service", "Environment") for word in words(line))
    return {name: given for name, equals, given in pairs if equals}


def quoted(word: str, *, in_command: bool = False) -> str:
    """One word as a value holds it: specifiers, and in a command variables, lose their meaning."""
    inert = word.replace("%", "%%").replace("$", "$$") if in_command else word.replace("%", "%%")
    if inert and _PLAIN.fullmatch(inert):
        return inert
    escaped = inert.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def with_values(text: str, wanted: Mapping[tuple[str, str], str]) -> str:
    """The text with these values by (section, key); comments and all else stay. The first assignment
    of each key is replaced. Raises KeyError for a key that the text does not have."""
    lines = text.splitlines()
    missing = dict(wanted)
    first = {}
    for one in assignments(text):
        if missing.pop((one.section, one.key), None) is not None:
            first[one.begin] = one
    if missing:
        raise KeyError(next(iter(missing)))
    for begin, one in sorted(first.items(), reverse=True):
        lines[begin : one.end] = [f"{one.key}={wanted[one.section, one.key]}"]
    return "\n".join(lines) + "\n"


def _groups(text: str) -> Iterator[list[re.Match[str]]]:
    """Pieces that touch each other are one word: a"b c"d is `ab cd`."""
    group: list[re.Match[str]] = []
    for piece in _WORD.finditer(text):
        if group and piece.start() != group[-1].end():
            yield group
            group = []
        group.append(piece)
    if group:
        yield group


def _plain(piece: re.Match[str]) -> str:
    return _ESCAPE.sub(_unescaped, next(part for part in piece.groups() if part is not None))


def _unescaped(escape: re.Match[str]) -> str:
    letter = escape[1]
    return chr(int(letter[1:], 16)) if len(letter) > 1 else _ESCAPED.get(letter, letter)
