"""Where values outside the configuration come from: the environment and env files.

Owns the look-up of variables in the order that Compose has (environment first, then the env files,
a later one wins) and reading small text files with a cap. Must not know keys.
"""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Mapping, Sequence
from pathlib import Path

from kgo_tui.config.variables import parse
from kgo_tui.core.model import Struct

LARGEST = 1 << 20
"""Bytes that are read of an env or secret file."""


class Sources(Struct, frozen=True, kw_only=True):
    """Variables as Compose would see them; `places` says in words where they were looked for."""

    environ: Mapping[str, str]
    from_files: dict[str, str]
    places: str

    @classmethod
    def read(cls, environ: Mapping[str, str], files: Sequence[Path]) -> Sources:
        """Read the env files that are there; those that are not are named as such in `places`."""
        values: dict[str, str] = {}
        places = ["the environment"]
        for path in files:
            text, wrong = read_text(path)
            values |= parse(text, ChainMap(dict(environ), values).get)
            places.append(f"{path} (which {wrong})" if wrong else str(path))
        return cls(environ=environ, from_files=values, places=", ".join(places))

    def get(self, name: str) -> str | None:
        """The value of a variable, None when it has none."""
        return self.environ.get(name, self.from_files.get(name))


def read_text(path: Path) -> tuple[str, str | None]:
    """The file's text (its first MiB), or what is wrong with it as the rest of a sentence."""
    try:
        with path.open("rb") as file:
            return file.read(LARGEST).decode("utf-8-sig"), None
    except (FileNotFoundError, NotADirectoryError):
        return "", "does not exist"
    except PermissionError:
        return "", "is not readable by this user"
    except UnicodeDecodeError:
        return "", "is not UTF-8"
    except (OSError, ValueError):
        return "", "cannot be read"
