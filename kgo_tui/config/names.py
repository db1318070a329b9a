"""Checks of names that others gave their rules: git's, Compose's, URLs, paths.

Owns those rules, each with its source; a check returns what is wrong as the rest of a sentence, or
None. Must not know keys or files.
"""

from __future__ import annotations

import re
from collections.abc import Callable

Check = Callable[[str], str | None]
"""What is wrong with a name, as the rest of a sentence that begins with it; None: nothing."""

_BAD_IN_REF = re.compile(r"\.\.|@\{|//|[\x00-\x20\x7f~^:?*\[\\]")
_PROJECT = re.compile(r"[a-z0-9][a-z0-9_-]*")
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*://\S+", re.IGNORECASE)
_USER = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*\$?|\d+")
_KEYSTROKE = re.compile(r"(?:(?:ctrl|alt|shift)\+)*(?:[A-Za-z0-9_]+|[^\w\s,])")
_CREDENTIAL = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")


def branch(name: str) -> str | None:
    """A branch as `git check-ref-format --branch` takes it (git-check-ref-format(1))."""
    parts = name.split("/")
    if (
        name.startswith("-")
        or name == "@"
        or name.endswith(".")
        or _BAD_IN_REF.search(name)
        or any(not part or part.startswith(".") or part.endswith(".lock") for part in parts)
    ):
        return "is not a branch name"
    return None


def remote(name: str) -> str | None:
    """The name of a remote; people paste its URL, which may hold a password."""
    if ":" in name or "@" in name or name.startswith((".", "/")):
        return 'is not the name of a remote (give its name in the repository, such as "origin", not its URL)'
    return "is not the name of a remote" if branch(name) else None


def absolute(path: str) -> str | None:
    """A path from the root; `~` is not expanded, since the worker may be another user."""
    return None if path.startswith("/") else "is not an absolute path (write it in full, from /)"


def path(path: str) -> str | None:
    """A path, absolute or relative to where its key says."""
    return "starts with ~, which is not expanded (write it in full)" if path.startswith("~") else None


def glob(pattern: str) -> str | None:
    """A pattern of paths inside the repository."""
    if pattern.startswith(("/", "~", "./", "../")):
        return "is not relative to the repository's root (write it like backend/migrations/**)"
    return None


def project(name: str) -> str | None:
    """A Compose project name (Compose specification, "name")."""
    if _PROJECT.fullmatch(name):
        return None
    return "is not a project name (lower-case letters, digits, - and _, a letter or digit first)"


def user(name: str) -> str | None:
    """A login or group name as shadow-utils takes it."""
    return None if _USER.fullmatch(name) else "is not a user or group name"


def web_url(url: str) -> str | None:
    """An http or https URL; variables in it are looked at when they are resolved."""
    if url.startswith("${"):
        return None
    if not url.startswith(("http://", "https://")):
        return "does not start with http:// or https://"
    return "has white space in it" if re.search(r"\s", url) else host(url)


def host(url: str) -> str | None:
    """Whether there is a host in the URL and its port is one; a `${…}` counts as a name."""
    from urllib.parse import urlsplit  # noqa: PLC0415 - not for a default that is known to be good

    try:
        parts = urlsplit(re.sub(r"\$\{[^}]*\}|\$\w+", "1", url))
        named = bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        named = False
    return None if named else "has no valid host and port"


def service_url(url: str) -> str | None:
    """A notification URL: any scheme. The answer never holds the URL, which is a secret."""
    return None if _SCHEME.fullmatch(url) else "is not a URL (scheme://…)"


def credential(name: str) -> str | None:
    """A systemd credential: the name of a file, not a path."""
    return None if _CREDENTIAL.fullmatch(name) else "is not the name of a systemd credential"


def keystrokes(keys: str) -> str | None:
    """Keys as Textual names them, one or several."""
    if all(_KEYSTROKE.fullmatch(key.strip()) for key in keys.split(",")):
        return None
    return 'is not a key (write it like "U", "ctrl+u", "f5", several as "i,f5")'


def image_tag(template: str) -> str | None:
    """A template that gives a tag for any commit."""
    from kgo_tui.core.tags import image_tag as tag  # noqa: PLC0415 - few set one

    try:
        tag(template, "main", "0" * 40)
    except ValueError as wrong:
        return f"cannot be used: {wrong}"
    return None


def window(text: str) -> str | None:
    """A weekly window as `core.windows` reads it."""
    from kgo_tui.core.windows import parse_window  # noqa: PLC0415 - few set one

    try:
        parse_window(text)
    except ValueError as wrong:
        return f"cannot be used: {wrong}"
    return None
