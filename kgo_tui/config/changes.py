"""What differs between two configurations, in words, as `config show` words them.

Owns the comparison, and which keys a running process cannot follow. Secrets never appear: that one
changed is said, not what it is.
"""

from __future__ import annotations

import os
from typing import Any

from kgo_tui.config import show
from kgo_tui.config.load import Loaded
from kgo_tui.config.resolve import Effective
from kgo_tui.config.secret import Secret
from kgo_tui.config.toml import as_toml
from kgo_tui.core.model import Struct
from kgo_tui.core.text import clean, redact_url

AT_START_ONLY = ("control.socket", "control.group")
"""Taken once, when the worker begins to serve."""

LONGEST_VALUE = 120
"""Characters of one value in a line of the log."""


class Differences(Struct, frozen=True, kw_only=True):
    """`changes` that a running worker can follow, and what it follows only after a restart."""

    changes: tuple[str, ...] = ()
    later: tuple[str, ...] = ()


def differences(before: tuple[Loaded, Effective], after: tuple[Loaded, Effective]) -> Differences:
    """Each difference as "KEY: OLD -> NEW". Of a configuration for another repository nothing can be
    followed: all that belongs to the one would be done in the other."""
    (old, old_effective), (new, new_effective) = before, after
    said = {**_of_keys(old, new), **_resolved(old_effective, new_effective)}
    moved = os.path.realpath(old_effective.repository_path) != os.path.realpath(new_effective.repository_path)
    late = [key for key in said if moved or key in AT_START_ONLY]
    return Differences(
        changes=tuple(text for key, text in said.items() if key not in late),
        later=tuple(said[key] for key in late),
    )


def _of_keys(old: Loaded, new: Loaded) -> dict[str, str]:
    before, after = _rows(old), _rows(new)
    keys = [*before, *(key for key in after if key not in before)]
    changed = {key: (before.get(key), after.get(key)) for key in keys if before.get(key) != after.get(key)}
    return {key: _arrow(key, *values) for key, values in changed.items()}


def _rows(loaded: Loaded) -> dict[str, Any]:
    return {row.key: row.value for row in show.rows(loaded)}


def _resolved(old: Effective, new: Effective) -> dict[str, str]:
    """What changed in the files that the configuration names, though perhaps no key did."""
    said = {}
    if old.urls != new.urls:
        said["health.urls resolved"] = _arrow("health.urls resolved", _shown(old.urls), _shown(new.urls))
    if old.language != new.language:
        said["language resolved"] = _arrow("language resolved", old.language, new.language)
    if old.group != new.group:
        said["control.group"] = _arrow("control.group", old.group, new.group)
    if [n.url for n in old.notify] != [n.url for n in new.notify]:
        said["notify"] = "notify: other URLs (secret)"
    if _from_env_files(old) != _from_env_files(new):
        said["env_files"] = "env files: other secrets"
    return said


def _from_env_files(effective: Effective) -> set[Secret]:
    return set(effective.secrets) - {n.url for n in effective.notify}


def _shown(urls: tuple[str, ...]) -> list[str]:
    return [redact_url(url) for url in urls]


def _arrow(key: str, old: Any, new: Any) -> str:
    return clean(f"{key}: {_text(old)} -> {_text(new)}")


def _text(value: Any) -> str:
    text = "(none)" if value is None else as_toml(value)
    return text if len(text) <= LONGEST_VALUE else f"{text[: LONGEST_VALUE - 1]}…"
