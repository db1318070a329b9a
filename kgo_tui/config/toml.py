"""Values as TOML text. The standard library reads TOML and does not write it; six types suffice.

Owns that text form, for the written file and for what `config show` prints. Must not know keys.
"""

from __future__ import annotations

import json
from typing import Any

from kgo_tui.config.secret import Secret

_WIDTH = 88


def as_toml(value: Any) -> str:  # noqa: PLR0911 - flat, one line for each kind
    """One value on one line; a secret is masked. Raises TypeError for what is no such value."""
    if isinstance(value, Secret):
        return f'"{value}"'
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, int | float):
        return str(value)
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(as_toml, value))}]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{as_toml(key)} = {as_toml(item)}" for key, item in value.items()) + "}"
    raise TypeError(f"{type(value).__name__} has no place in the configuration")


def assignment(name: str, value: Any) -> str:
    """`name = value`, a long list with one item a line."""
    line = f"{name} = {as_toml(value)}"
    if len(line) <= _WIDTH or not isinstance(value, list | tuple):
        return line
    return f"{name} = [\n" + "".join(f"  {as_toml(item)},\n" for item in value) + "]"
