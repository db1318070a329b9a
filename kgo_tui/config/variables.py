"""Env files and `${NAME}`, read as Compose reads them.

Owns that syntax (Compose documentation, "Interpolation" and "Env file syntax"): quotes, comments,
`export`, defaults. Must not know which files or values are wanted. A line that is no assignment is
passed over: Compose itself tells of it, better than we could.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping

Lookup = Callable[[str], str | None]

_LINE = re.compile(
    r"""[ \t]*(?:export[ \t]+)?
        (?P<name>[A-Za-z_][A-Za-z0-9_.\-]*)[ \t]*[=:][ \t]*
        (?: '(?P<literal>[^']*)'
          | "(?P<quoted>(?:[^"\\]|\\.)*)"
          | (?P<bare>[^\n]*) )""",
    re.VERBOSE | re.DOTALL,
)
_COMMENT = re.compile(r"(?:^|\s+)#.*")
_ESCAPE = re.compile(r"\\([nrt\"\\$])")
_ESCAPED = {"n": "\n", "r": "\r", "t": "\t"}
_REFERENCE = re.compile(
    r"\$(?:(?P<dollar>\$)|(?P<plain>[A-Za-z_]\w*)"
    r"|\{(?P<name>[A-Za-z_]\w*)(?:(?P<rule>:?[-+?])(?P<other>[^}]*))?\})",
    re.ASCII,
)
_SECRET_NAME = re.compile(r"(?i)pass|pwd|secret|token|key|credential|auth|salt|dsn|webhook|private|cert")
_TOKEN_LIKE = re.compile(r"(?=\S*\d)(?=\S*[A-Za-z])\S{16,}")
_PLAIN_VALUE = re.compile(
    r"https?://[^\s@?]+|[\w.\-]+(?::\d+)?(?:/[\w.\-]+)+(?::[\w.\-]+)?|(?:[a-z0-9\-]+\.)+[a-z]{2,}"
)
"""URLs without user or query, image references and paths, host names: they identify, not authenticate."""


def parse(text: str, outside: Lookup) -> dict[str, str]:
    """The variables of an env file. `outside` answers for references to what the file does not set
    before; as in Compose, the environment goes before the file's own."""
    values: dict[str, str] = {}

    def known(name: str) -> str | None:
        found = outside(name)
        return values.get(name) if found is None else found

    for match in _assignments(text.removeprefix("\ufeff").replace("\r\n", "\n")):
        values[match["name"]] = _value(match, known)
    return values


def expand(text: str, lookup: Lookup) -> tuple[str, tuple[str, ...]]:
    """`text` with its `${NAME}`, `$NAME`, `${NAME:-default}` replaced, and the names that had no
    value (an empty one counts as none: no URL is made of it)."""
    missing: list[str] = []

    def value(match: re.Match[str]) -> str:
        if match["dollar"]:
            return "$"
        name, rule, other = match["name"] or match["plain"], match["rule"] or "", match["other"] or ""
        found = lookup(name)
        if rule.endswith("+"):
            return other if found else ""
        if found is None or (found == "" and rule != "-"):
            if rule.endswith("-"):
                return other
            missing.append(name)
        return found or ""

    return _REFERENCE.sub(value, text), tuple(dict.fromkeys(missing))


def references(text: str) -> tuple[str, ...]:
    """The names of the variables in a text."""
    names = [match["name"] or match["plain"] for match in _REFERENCE.finditer(text)]
    return tuple(dict.fromkeys(name for name in names if name))


def secret_values(variables: Mapping[str, str]) -> tuple[str, ...]:
    """The values that must not be shown: those whose name says so, and what looks like a token.

    Not every value: an env file also holds "main" or "koprogo", and masking these everywhere would
    make the log unreadable and protect nothing.
    """
    return tuple(value for name, value in variables.items() if _is_secret(name, value))


def _is_secret(name: str, value: str) -> bool:
    if _SECRET_NAME.search(name):
        return value.lower() not in ("", "true", "false", "none", "null") and not value.isdecimal()
    return bool(_TOKEN_LIKE.fullmatch(value)) and not _PLAIN_VALUE.fullmatch(value)


def _assignments(text: str) -> Iterator[re.Match[str]]:
    at = 0
    while at < len(text):
        match = _LINE.match(text, at)
        if match:
            yield match
            at = match.end()
        line_end = text.find("\n", at)
        at = len(text) if line_end < 0 else line_end + 1


def _value(match: re.Match[str], known: Lookup) -> str:
    if match["literal"] is not None:
        return match["literal"]
    if match["quoted"] is not None:
        plain = expand(match["quoted"].replace("\\$", "$$"), _or_empty(known))[0]
        return _ESCAPE.sub(lambda escape: _ESCAPED.get(escape[1], escape[1]), plain)
    return expand(_COMMENT.sub("", match["bare"]).strip(), _or_empty(known))[0]


def _or_empty(known: Lookup) -> Lookup:
    return lambda name: known(name) or ""
