"""`config show`: every value in force and where it comes from, for people and for programs.

Owns that form. Secrets never appear in it: a value is masked if its key holds one.
"""

from __future__ import annotations

from typing import Any

from kgo_tui.config.keys import attribute, value_of
from kgo_tui.config.load import Loaded
from kgo_tui.config.resolve import Effective
from kgo_tui.config.secret import Secret
from kgo_tui.config.toml import as_toml
from kgo_tui.core.model import Struct
from kgo_tui.core.text import clean, redact_url


class Row(Struct, frozen=True, kw_only=True):
    """One key: its value (seconds for a duration, None if there is none) and its origin."""

    key: str
    value: Any
    origin: str


def rows(loaded: Loaded) -> tuple[Row, ...]:
    """Every key in the order of the file, then the entries of [[notify]]."""
    return tuple(
        Row(key=key, value=_plain(_value(loaded, key)), origin=str(origin))
        for key, origin in loaded.origins.items()
    )


def lines(loaded: Loaded, effective: Effective | None = None) -> list[str]:
    """For people: `key = value` and, in a column, the origin; what was resolved comes below."""
    shown = [(f"{row.key} = {_text(row.value)}", row.origin) for row in rows(loaded)]
    width = min(60, max(len(left) for left, _ in shown))
    said = [clean(f"{left:<{width}}  # {origin}") for left, origin in shown]
    if effective:
        said += ["", *(clean(f"{name}: {text}") for name, text in _resolved(effective).items())]
    return [*said, "", *_files(loaded)]


def as_json(loaded: Loaded, effective: Effective | None = None) -> dict[str, Any]:
    """For programs (schema 1): instance, files, values{key: {value, origin}}, resolved."""
    return {
        "schema": 1,
        "instance": loaded.instance,
        "files": list(loaded.files),
        "searched": list(loaded.searched),
        "values": {row.key: {"value": row.value, "origin": row.origin} for row in rows(loaded)},
        "resolved": _resolved(effective) if effective else None,
    }


def _value(loaded: Loaded, key: str) -> Any:
    if not key.startswith("notify."):
        return value_of(loaded.config, key)
    _, number, name = key.split(".")
    return getattr(loaded.config.notify[int(number)], attribute(f"notify.{name}"))


def _plain(value: Any) -> Any:
    if isinstance(value, Secret):
        return str(value)
    if isinstance(value, str):
        return redact_url(value)
    return [redact_url(item) for item in value] if isinstance(value, tuple) else value


def _text(value: Any) -> str:
    return "(none)" if value is None else as_toml(value)


def _resolved(effective: Effective) -> dict[str, Any]:
    return {
        "repository": effective.repository_path,
        "directory": effective.directory,
        "files": list(effective.files),
        "env_files": list(effective.env_files),
        "urls": [redact_url(url) for url in effective.urls],
        "group": effective.group,
        "language": effective.language,
        "warnings": list(effective.warnings),
    }


def _files(loaded: Loaded) -> list[str]:
    read = [clean(f"read: {path}") for path in loaded.files]
    return read + [clean(f"not there: {path}") for path in loaded.searched if path not in loaded.files]
