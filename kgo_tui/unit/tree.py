"""A repository as its files tell it: where it begins, its branch, its remote, what else it writes to.

Owns reading `.git` (gitrepository-layout(5), git-config(1)) without running git, which would ask whose
the repository is before it answers. Must not change anything, nor run anything that lies there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from kgo_tui.config import names
from kgo_tui.config.sources import read_text
from kgo_tui.core.text import clean

PLACES = ("/home/*/*", "/srv/*", "/opt/*", "/root/*", "/var/www/*")
"""Where people keep a clone that a host runs from."""

_SECTION = re.compile(r'\[\s*([\w.-]+)(?:\s+"((?:[^"\\]|\\.)*)")?\s*\]')


def top_of(start: Path) -> Path | None:
    """The work tree that `start` lies in, None if in none."""
    found = (path for path in (start, *start.parents) if is_repository(path))
    return next(found, None)


def is_repository(path: Path) -> bool:
    """Whether a work tree begins here; what may not be looked at is none."""
    try:
        return (path / ".git").exists()
    except OSError:
        return False


def repositories(root: Path = Path("/")) -> tuple[Path, ...]:
    """The work trees at the usual places of a host."""
    found = (path for place in PLACES for path in sorted(root.glob(place.lstrip("/"))))
    return tuple(path for path in found if is_repository(path))


def git_dirs(top: Path) -> tuple[Path, ...]:
    """Where git writes: `.git`, and for a linked work tree or submodule also what that names."""
    plain = top / ".git"
    named = _one_line(plain).removeprefix("gitdir:").strip() if plain.is_file() else ""
    own = (top / named).resolve() if named else plain
    common = _one_line(own / "commondir")
    return tuple(dict.fromkeys((own, (own / common).resolve()) if common else (own,)))


def branch(top: Path) -> str | None:
    """The branch that is checked out, None for a detached HEAD."""
    name = _one_line(git_dirs(top)[0] / "HEAD").removeprefix("ref:").strip()
    short = name.removeprefix("refs/heads/")
    return short if short != name and not names.branch(short) else None


def remotes(top: Path) -> tuple[str, ...]:
    """The names of the remotes, in the order of the configuration."""
    found = (name for section, name in _sections(_config(top)) if section == "remote" and name)
    return tuple(dict.fromkeys(name for name in found if not names.remote(name)))


def is_shared(top: Path) -> bool:
    """Whether git sets the group bit of directories here (core.sharedRepository), for which it
    needs to be allowed to make setgid files."""
    found = re.findall(r"(?im)^\s*sharedrepository\s*=\s*(\S+)", _config(top))
    return bool(found) and found[-1].lower() not in {"umask", "false", "0", "no", "off"}


def _config(top: Path) -> str:
    return read_text(git_dirs(top)[-1] / "config")[0]


def _sections(text: str) -> Iterator[tuple[str, str]]:
    for line in text.splitlines():
        if match := _SECTION.match(line.strip()):
            yield match[1].lower(), clean(match[2] or "")


def _one_line(path: Path) -> str:
    return clean(read_text(path)[0].partition("\n")[0]).strip()
