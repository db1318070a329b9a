"""The unit files that come with kgo-tui.

Owns finding them: in the package, or in a checkout beside it. Must not change them.
"""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

from kgo_tui.core.errors import ConfigError

FOLDER = "systemd"


def text(name: str) -> str:
    """The text of a shipped file. Raises ConfigError when this installation does not have it."""
    for folder in (files("kgo_tui") / FOLDER, Path(__file__).parents[2] / FOLDER):
        file = folder / name
        if file.is_file():
            return file.read_text(encoding="utf-8")
    raise ConfigError(
        f"this installation of kgo-tui lacks its file {FOLDER}/{name}", hint="Install kgo-tui again."
    )
