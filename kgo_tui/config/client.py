"""The little that a client needs: where the worker's socket may be, the language, how the console looks.

Owns reading these leniently and fast. An operator in the socket's group may not be allowed to
read the configuration, and a file that was just broken by hand must not take the console away as
well; the worker and `config check` are the ones that complain.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from kgo_tui.config import files, paths
from kgo_tui.config.language import language_of
from kgo_tui.core.model import Struct

_SOCKET = "KGO_TUI_CONTROL_SOCKET"
_LANGUAGE = "KGO_TUI_LANGUAGE"
_THEME = "KGO_TUI_CONSOLE_THEME"
_LOOKS = {"theme": str, "read_only": bool}


class ClientSettings(Struct, frozen=True, kw_only=True):
    """The instance, the sockets to try in this order, the language (en or fr);
    and [console] as it stands there, unchecked but for its types. A worker that this user starts has
    the last of the sockets."""

    instance: str | None
    sockets: tuple[Path, ...]
    language: str
    theme: str = "auto"
    keymap: dict[str, str] = {}
    read_only: bool = False


def client_settings(
    *,
    instance: str | None = None,
    file: str | os.PathLike[str] | None = None,
    environ: Mapping[str, str] = os.environ,
    system_dir: Path = files.SYSTEM_DIR,
    user_dir: Path | None = None,
) -> ClientSettings:
    """What can be read of it; what cannot has its default. Raises UsageError for a bad name only."""
    name = files.checked_instance(instance)
    searched = (Path(file),) if file else files.candidates(name, system_dir=system_dir, user_dir=user_dir)
    socket, language = None, "auto"
    looks: dict[str, Any] = {}
    for document in (files.read(path, required=False) for path in searched):
        if document:
            socket = _socket(document) or socket
            language = document.values.get("language", language)
            looks |= _console(document)
    return ClientSettings(
        instance=name,
        sockets=paths.client_sockets(name, environ=environ, socket=environ.get(_SOCKET) or socket),
        language=language_of(environ.get(_LANGUAGE) or language, environ),
        **(looks | ({"theme": environ[_THEME]} if environ.get(_THEME) else {})),
    )


def _socket(document: files.Document) -> str | None:
    control = document.values.get("control")
    socket = control.get("socket") if isinstance(control, dict) else None
    return socket if isinstance(socket, str) and socket.startswith("/") else None


def _console(document: files.Document) -> dict[str, Any]:
    """What of [console] is of the right type."""
    table = document.values.get("console")
    given = table if isinstance(table, dict) else {}
    keymap = given.get("keymap")
    right = {name: given[name] for name, kind in _LOOKS.items() if isinstance(given.get(name), kind)}
    if isinstance(keymap, dict):
        right["keymap"] = {key: keys for key, keys in keymap.items() if isinstance(keys, str)}
    return right
