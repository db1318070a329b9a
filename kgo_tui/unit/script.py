"""The bash script that ran before: what it can tell of the host that it served.

Owns reading it as text; it is never run, and what is not plainly there is left out. Must not know what
the answers are used for.
"""

from __future__ import annotations

import re

from kgo_tui.config import names
from kgo_tui.core.model import Struct
from kgo_tui.phrases import FRENCH

_ASSIGNMENT = re.compile(
    r"(?m)^[ \t]*(?:export[ \t]+|readonly[ \t]+)?([A-Za-z_]\w*)=(?:\"([^\"\n]*)\"|'([^'\n]*)'|(\S*))"
)
_DEFAULT = re.compile(r"^\$\{\w+:?[-=]([^}]*)\}$")
_FETCH = re.compile(
    r"\bgit\b[^\n;|&]*?\b(?:fetch|pull)\b((?:[ \t]+--?[\w=-]+)*)[ \t]+([^\s;|&]+)[ \t]+([^\s;|&]+)"
)
_CD = re.compile(r"(?m)(?:^|[;&(])[ \t]*(?:cd|pushd)[ \t]+([^\s;|&)]+)")
_COMPOSE = re.compile(r"\bcompose\b[^\n;|&]*")
_FILE = re.compile(r"[ \t](?:-f|--file)[ =]([^\s;|&]+)")
_ENV_FILE = re.compile(r"[ \t]--env-file[ =]([^\s;|&]+)")
_OWNER = re.compile(r"\bchown\b[^\n;|&]*?[ \t]([A-Za-z_][\w.-]*):[\w.-]*[ \t]")
_URL = re.compile(r"https?://[^\s\"'<>|;)]+")
_NESTED = 3
"""How deep one variable is looked for in another."""

_VARIABLE = re.compile(r"\$(\w+)|\$\{(\w+)\}")


class Script(Struct, frozen=True, kw_only=True):
    """What a script says; None or empty where it does not."""

    remote: str | None = None
    branch: str | None = None
    directories: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    env_files: tuple[str, ...] = ()
    owner: str | None = None
    health_url: str | None = None
    language: str | None = None


def read(text: str) -> Script:
    """Read the script's text. Variables that it sets itself are filled in."""
    known = _variables(text)
    remote, branch = _followed(text, known)
    composed = "\n".join(_COMPOSE.findall(text))
    return Script(
        remote=remote,
        branch=branch,
        directories=_all(_CD, text, known),
        files=_all(_FILE, composed, known),
        env_files=_all(_ENV_FILE, composed, known),
        owner=next(iter(_OWNER.findall(text)), None),
        health_url=_health_url(text, known),
        language="fr" if FRENCH["commit_detected"].partition("{")[0].strip() in text else None,
    )


def _variables(text: str) -> dict[str, str]:
    """The script's own plain assignments; of `${NAME:-main}` the default."""
    found: dict[str, str] = {}
    for match in _ASSIGNMENT.finditer(text):
        given = next((part for part in match.groups()[1:] if part is not None), "")
        default = _DEFAULT.match(given)
        plain = default[1] if default else given
        if "$(" not in plain and "`" not in plain:
            found.setdefault(match[1], plain)
    return found


def _filled(word: str, known: dict[str, str]) -> str | None:
    """The word without quotes and with the script's variables; None if one is not known."""
    filled = word.strip("\"'")
    for _ in range(_NESTED):
        filled = _VARIABLE.sub(lambda m: known.get(m[1] or m[2], m[0]), filled)
    return None if "$" in filled or "`" in filled else filled


def _followed(text: str, known: dict[str, str]) -> tuple[str | None, str | None]:
    for match in _FETCH.finditer(text):
        remote, branch = _filled(match[2], known), _filled(match[3], known)
        if remote and branch and not names.remote(remote) and not names.branch(branch):
            return remote, branch
    return None, None


def _all(pattern: re.Pattern[str], text: str, known: dict[str, str]) -> tuple[str, ...]:
    found = (_filled(word, known) for word in pattern.findall(text))
    return tuple(dict.fromkeys(word for word in found if word))


def _health_url(text: str, known: dict[str, str]) -> str | None:
    """The URL that is asked for health; `${DOMAIN}` in it stays, as the env file knows it."""
    others = {name: value for name, value in known.items() if name != "DOMAIN"}
    for url in _URL.findall(text):
        filled = _VARIABLE.sub(lambda m: others.get(m[1] or m[2], f"${{{m[1] or m[2]}}}"), url)
        if "health" in filled and "$" not in filled.replace("${DOMAIN}", "") and not names.web_url(filled):
            return filled
    return None
