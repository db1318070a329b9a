"""What an installation made, written down so that it can be undone and nothing else is touched.

Owns the records' form and their files, one for each unit, where only root may write: what they list is
removed by root. Must not know how it is made or undone.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import msgspec

from kgo_tui.core.errors import ConfigError
from kgo_tui.core.model import Struct

VERSION = 1


class Replaced(Struct, frozen=True, kw_only=True):
    """A unit that ours took the place of: `files` are kept in `folder`."""

    folder: str
    files: tuple[str, ...]
    enabled: bool
    running: bool

    def kept(self, path: Path) -> Path:
        """Where a file is kept: by the names of its directory and itself, which tell a unit's file
        from its drop-ins."""
        return Path(self.folder, path.parent.name, path.name)


class Given(Struct, frozen=True, kw_only=True):
    """A tree of files that changed hands: user names, or numbers where there is no name."""

    path: str
    before: str
    after: str


class Manifest(Struct, frozen=True, kw_only=True):
    """All that was made for one unit. `files` have the SHA-256 of what was written, by path;
    `members` are (user, group); `run_as` is who the worker is, None being root."""

    unit: str
    version: int = VERSION
    files: dict[str, str] = {}
    directories: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    users: tuple[str, ...] = ()
    members: tuple[tuple[str, str], ...] = ()
    given: tuple[Given, ...] = ()
    replaced: Replaced | None = None
    run_as: str | None = None


def digest(content: str | bytes) -> str:
    """The SHA-256 of a file's content."""
    raw = content.encode("utf-8", "surrogateescape") if isinstance(content, str) else content
    return hashlib.sha256(raw).hexdigest()


def encoded(manifest: Manifest) -> str:
    """The file's text."""
    return msgspec.json.format(msgspec.json.encode(manifest), indent=2).decode() + "\n"


def read(path: Path) -> Manifest | None:
    """The manifest of a file, None when there is none. Raises ConfigError when it cannot be read."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=Manifest)
    except FileNotFoundError:
        return None
    except (OSError, msgspec.MsgspecError) as error:
        raise ConfigError(
            f"{path} cannot be read: {error}", hint="It says what was installed; restore it from a backup."
        ) from error


def others(folder: Path, unit: str) -> tuple[Manifest, ...]:
    """The manifests of all other units. Raises ConfigError."""
    paths = sorted(folder.glob("*.json")) if folder.is_dir() else []
    found = (read(path) for path in paths)
    return tuple(manifest for manifest in found if manifest and manifest.unit != unit)
