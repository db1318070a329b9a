"""Configuration files: which ones count, and their content.

Owns the places that are looked at, reading, and what can be wrong with a file as such. Must not
know sections or keys.
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

from kgo_tui.config.problems import Problem, shortened
from kgo_tui.core.errors import UsageError
from kgo_tui.core.model import Struct

SYSTEM_DIR = Path("/etc/kgo-tui")
LARGEST = 1 << 20
"""Bytes of a configuration file; more is not one."""

LONGEST_INSTANCE = 48
"""Characters of an instance's name: it is part of a socket's path, which Linux ends at 107 (unix(7))."""

_INSTANCE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*", re.ASCII)
_RESERVED = ("config", "default")
_POSITION = re.compile(r"\(at line (\d+), column (\d+)\)$")


class Document(Struct, frozen=True, kw_only=True):
    """One parsed file; `problem` says why it could not be."""

    path: str
    values: dict[str, Any] = {}
    text: str = ""
    problem: Problem | None = None


def checked_instance(name: str | None) -> str | None:
    """The instance's name if it can be one (None and "" are the default). Raises UsageError."""
    if not name:
        return None
    if len(name) > LONGEST_INSTANCE or name in _RESERVED or not _INSTANCE.fullmatch(name):
        raise UsageError(
            f'"{shortened(name)}" cannot be an instance\'s name',
            hint=f"At most {LONGEST_INSTANCE} of letters, digits and '._-'; not {' or '.join(_RESERVED)}.",
        )
    return name


def candidates(instance: str | None, *, system_dir: Path, user_dir: Path | None) -> tuple[Path, ...]:
    """The files that count, weakest first. An instance has a file of its own name and shares none:
    what runs side by side must not change because another one's settings did."""
    name = f"{instance or 'config'}.toml"
    return (system_dir / name, (user_dir or user_config_dir()) / name)


def user_config_dir() -> Path:
    """Where the user's own configuration is (platformdirs)."""
    from platformdirs import user_config_path  # noqa: PLC0415 - import time

    return user_config_path("kgo-tui")


def read(path: Path, *, required: bool) -> Document | None:
    """One file, None when it does not exist and need not. Never raises: see `Document.problem`."""
    try:
        with path.open("rb") as file:
            raw = file.read(LARGEST + 1)
    except FileNotFoundError:
        return _faulty(path, "no such file") if required else None
    except NotADirectoryError:
        return _faulty(path, "no such file (a part of its path is a file)") if required else None
    except PermissionError:
        return _faulty(path, "not readable by this user", hint="Run this as the worker's user, or with sudo.")
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        return _faulty(path, f"cannot be read: {shortened(reason or 'unknown reason')}")
    return _parsed(path, raw)


def _parsed(path: Path, raw: bytes) -> Document:
    if len(raw) > LARGEST:
        return _faulty(path, f"larger than {LARGEST // 1024} KiB, which is no configuration")
    try:
        text = raw.decode("utf-8-sig")
        return Document(path=str(path), values=tomllib.loads(text), text=text)
    except UnicodeDecodeError as error:
        return _faulty(path, "is not UTF-8 here", line=raw.count(b"\n", 0, error.start) + 1)
    except tomllib.TOMLDecodeError as error:
        return _misread(path, str(error), raw.count(b"\n") + 1)
    except (ValueError, RecursionError) as error:
        return _faulty(path, f"is not valid TOML: {shortened(str(error))}")


def _misread(path: Path, said: str, last_line: int) -> Document:
    """A syntax error; the parser puts the position at the end of its sentence."""
    found = _POSITION.search(said)
    line, column = (int(found[1]), f", column {found[2]}") if found else (last_line, "")
    sentence = shortened(re.sub(r"\s*\(at [^)]*\)$", "", said))
    return _faulty(path, f"is not valid TOML{column}: {sentence}", line=line)


def _faulty(path: Path, message: str, *, line: int | None = None, hint: str = "") -> Document:
    where = f"{path}:{line}" if line else str(path)
    return Document(path=str(path), problem=Problem(where=where, message=message, hint=hint))
