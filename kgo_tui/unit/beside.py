"""The workers that this host has already: two of them must not mean the same containers.

Owns finding out which Compose projects other configurations stand for, and a name that is free. Must
not change those configurations.
"""

from __future__ import annotations

import re
from pathlib import Path

from kgo_tui.config.load import load
from kgo_tui.config.sources import read_text
from kgo_tui.core.errors import ConfigError
from kgo_tui.unit.found import Found
from kgo_tui.unit.places import Places
from kgo_tui.unit.project import USUAL

_NAME = re.compile(r"(?m)^name:[ \t]*[\"']?([a-z0-9][a-z0-9_-]*)[\"']?[ \t]*(?:#.*)?$")
_FORBIDDEN = re.compile(r"[^a-z0-9_-]")


def project_name(folder: Path, files: tuple[str, ...] = ()) -> str:
    """What Compose calls the project when nothing else names it: `name:` of its files, else the
    directory's name in the letters that it allows (Compose specification, "name")."""
    named = (found for file in files or USUAL if (found := _NAME.search(read_text(folder / file)[0])))
    match = next(named, None)
    return match[1] if match else _FORBIDDEN.sub("", folder.name.lower()).lstrip("_-")


def taken(places: Places) -> dict[str, Path]:
    """The project of each other configuration. One that cannot be read has none that is known."""
    paths = sorted(places.config_dir.glob("*.toml")) if places.config_dir.is_dir() else []
    found: dict[str, Path] = {}
    for path in paths:
        if path != places.config and (name := _project_of(path)):
            found.setdefault(name, path)
    return found


def _project_of(path: Path) -> str | None:
    try:
        config = load(file=path, environ={}).config
    except ConfigError:
        return None
    folder = Path(config.repository.path, config.compose.directory or "")
    return config.compose.project or project_name(folder, config.compose.files)


def own_project(places: Places, looked: Found) -> str | None:
    """A project name to configure, None where the usual one is free."""
    if looked.project is None:
        return None
    usual = project_name(looked.repository / looked.project.directory, looked.project.files)
    if usual not in taken(places):
        return None
    return f"{usual}-{_FORBIDDEN.sub('-', (places.instance or 'main').lower())}"
