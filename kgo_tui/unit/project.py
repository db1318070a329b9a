"""The compose project in a work tree: which directory and files are meant.

Owns that choice, and saying what there is to choose from when it is not clear. Must not ask Compose,
nor look outside the tree.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from pathlib import Path

from kgo_tui.config.sources import Sources
from kgo_tui.core.model import Struct
from kgo_tui.core.text import clean

USUAL = ("compose.yaml", "compose.yml", "docker-compose.yaml", "docker-compose.yml")
"""What Compose finds without being told (Compose specification), in its order."""

DEEPEST = 5
"""Directories below each other that are searched."""

MOST = 5000
"""Directories that are looked into before the search ends."""

_PASSED_OVER = frozenset({"node_modules", "vendor", "target", "dist", "build", "venv", "__pycache__"})
_NAMED = re.compile(r"(?:docker-)?compose(?:[._-][\w.-]+)?\.ya?ml")
_OVERRIDE = re.compile(r"[._-]override\.ya?ml$")
_PRODUCTION = re.compile(r"(?i)(?:^|[/._-])prod(?:uction)?(?:$|[/._-])")
PREFERRED = "deploy/production"


class Project(Struct, frozen=True, kw_only=True):
    """The directory, relative to the work tree ("" is its top), the files to name (empty: what Compose
    finds itself), env files to name, whether DOMAIN has a value there."""

    directory: str
    files: tuple[str, ...] = ()
    env_files: tuple[str, ...] = ()
    has_domain: bool = False


class Choice(Struct, frozen=True, kw_only=True):
    """More than one thing fits: what it is, and the candidates."""

    what: str
    candidates: tuple[str, ...]


def directories(top: Path) -> tuple[str, ...]:
    """The directories with compose files, the nearest to the top first."""
    found = []
    for number, (folder, below, files) in enumerate(os.walk(top)):
        here = os.path.relpath(folder, top)
        depth = 0 if here == "." else here.count("/") + 1
        below[:] = sorted(_entered(below)) if depth < DEEPEST and number < MOST else []
        if any(_NAMED.fullmatch(name) for name in files):
            found.append("" if here == "." else here)
    return tuple(sorted(found, key=lambda path: (path.count("/") + bool(path), path)))


def _entered(names: Iterable[str]) -> list[str]:
    return [name for name in names if not name.startswith(".") and name not in _PASSED_OVER]


def directory(candidates: tuple[str, ...], hints: tuple[str, ...] = ()) -> str | Choice | None:
    """The directory that is meant: one that the old script goes to, deploy/production, the only one
    that says production, the only one. None when there is none."""
    named = [hint for hint in hints if hint in candidates]
    if named or PREFERRED in candidates:
        return named[0] if named else PREFERRED
    of_production = [path for path in candidates if _PRODUCTION.search(path)]
    for fitting in (of_production, list(candidates)):
        if len(fitting) == 1:
            return fitting[0]
    return Choice(what="directory with compose files", candidates=candidates) if candidates else None


def files(folder: Path, hints: tuple[str, ...] = ()) -> tuple[str, ...] | Choice:
    """The files to name: those of the old script; none where Compose finds one; the only other one."""
    there = sorted(entry.name for entry in folder.iterdir() if _NAMED.fullmatch(entry.name))
    named = tuple(hint for hint in hints if (folder / hint).is_file())
    if named or any(name in USUAL for name in there):
        return () if named and all(name in USUAL for name in named) else named
    others = [name for name in there if not _OVERRIDE.search(name)]
    for fitting in ([name for name in others if _PRODUCTION.search(name)], others):
        if len(fitting) == 1:
            return (fitting[0],)
    return Choice(what="compose file", candidates=tuple(clean(name) for name in others))


def env_files(folder: Path, hints: tuple[str, ...] = ()) -> tuple[str, ...]:
    """The env files to name: none where there is a `.env`, which Compose finds itself."""
    named = tuple(hint for hint in hints if (folder / hint).is_file() and hint != ".env")
    if named or (folder / ".env").is_file():
        return named
    found = [f".env.{name}" for name in ("production", "prod") if (folder / f".env.{name}").is_file()]
    return tuple(found[:1])


def has_domain(folder: Path, named: tuple[str, ...]) -> bool:
    """Whether `${DOMAIN}` has a value that is not empty."""
    paths = tuple(folder / name for name in named) or (folder / ".env",)
    return bool(Sources.read({}, paths).get("DOMAIN"))
