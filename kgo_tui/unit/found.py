"""What can be found out about a host, so that nobody is asked: repository, branch, project, owner.

Owns the order in which places are believed, and the errors that name a choice and its flag. Must not
change anything; nothing is run, files are read.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from kgo_tui.adapters.host import identity_of, owner_of
from kgo_tui.config.sections import Health
from kgo_tui.core.errors import UsageError
from kgo_tui.core.model import Struct
from kgo_tui.core.text import clean
from kgo_tui.unit import project, tree
from kgo_tui.unit.former import Former
from kgo_tui.unit.project import Choice, Project

FLAGS = {
    "repository": "--repository DIR",
    "directory with compose files": "--compose-directory DIR",
    "compose file": "--compose-file FILE",
}
DOMAIN = "${DOMAIN}"
DEFAULT_URL = Health().urls[0]
DEFAULT_BRANCH, DEFAULT_REMOTE = "main", "origin"


class Asked(Struct, frozen=True, kw_only=True):
    """What the command line says; None or empty: find it out."""

    repository: str | None = None
    branch: str | None = None
    directory: str | None = None
    files: tuple[str, ...] = ()


class Found(Struct, frozen=True, kw_only=True):
    """A repository and what is known of it. `because` says in words how it was found; `owner` is
    whose the work tree is; `unclear` holds what somebody has to choose."""

    repository: Path
    because: str
    owner: str
    branch: str | None
    remote: str
    project: Project | None
    former: Former = Former()
    unclear: tuple[Choice, ...] = ()


def repository(asked: Asked, former: Former, cwd: Path, root: Path = Path("/")) -> tuple[Path, str]:
    """The repository, and how it was found. Raises UsageError when there is none, or no single one."""
    if asked.repository is not None:
        return _top(Path(os.path.normpath(cwd / asked.repository))), "as named"
    for place in former.places:
        if top := tree.top_of(place):
            return top, "where the unit that is there works"
    if top := tree.top_of(cwd):
        return top, "where you are"
    return _only(tree.repositories(root)), "the only one at the usual places"


def look(top: Path, because: str, asked: Asked = Asked(), former: Former = Former()) -> Found:  # noqa: B008 - frozen
    """Look at a repository. What is not clear is left out, and listed in `unclear`."""
    unclear: list[Choice] = []
    return Found(
        repository=top,
        because=because,
        owner=owner_of(top).name,
        branch=asked.branch or former.branch or former.script.branch or tree.branch(top),
        remote=former.script.remote or _remote(tree.remotes(top)),
        project=_project(top, asked, former, unclear),
        former=former,
        unclear=tuple(unclear),
    )


def clear(found: Found) -> Found:
    """The same, if nothing is to be chosen. Raises UsageError with the choices and the flag."""
    for choice in found.unclear:
        raise _choose(choice.what, choice.candidates, found.repository)
    if found.project is None:
        raise UsageError(
            f"there is no compose file in {found.repository}",
            hint="Name its directory with --compose-directory DIR, relative to the repository.",
        )
    return found


def settings_at(start: Path) -> dict[str, Any]:
    """What a directory tells by itself, for a configuration to begin with: nothing outside of a
    repository, and nothing that would have to be chosen."""
    top = tree.top_of(start)
    given = settings(look(top, "")) if top else {}
    return {key: value for key, value in given.items() if value != []}


def settings(found: Found) -> dict[str, Any]:
    """The found as configuration, by key; what is the default already is left out."""
    former, compose = found.former, found.project or Project(directory="", has_domain=True)
    given: dict[str, Any] = {
        "language": former.script.language,
        "repository.path": str(found.repository),
        "repository.remote": found.remote if found.remote != DEFAULT_REMOTE else None,
        "repository.branch": found.branch if found.branch != DEFAULT_BRANCH else None,
        "repository.owner": _given_owner(found),
        "compose.directory": compose.directory or None,
        "compose.files": list(compose.files) or None,
        "compose.env_files": list(compose.env_files) or None,
        "health.urls": _urls(former, compose),
        "monitor.interval": former.interval_s,
        "notify.url": former.webhook,
    }
    return {key: value for key, value in given.items() if value is not None}


def _urls(former: Former, compose: Project) -> list[str] | None:
    """The script's own URL, else the default, which is left out; with the old unit's DOMAIN written in
    where no env file has one; none at all where nothing has."""
    url = former.script.health_url or DEFAULT_URL
    if DOMAIN in url and not compose.has_domain:
        return [url.replace(DOMAIN, former.domain)] if former.domain else []
    return None if url == DEFAULT_URL else [url]


def _given_owner(found: Found) -> str | None:
    """Whom the old script gave the repository to, if that is not whose the work tree is anyway."""
    name = found.former.script.owner
    return name if name and name != found.owner and _is_user(name) else None


def _is_user(name: str) -> bool:
    try:
        identity_of(name)
    except KeyError:
        return False
    return True


def _project(top: Path, asked: Asked, former: Former, unclear: list[Choice]) -> Project | None:
    hints = tuple(_relative(top, place) for place in former.script.directories)
    where = asked.directory if asked.directory is not None else _directory(top, hints)
    if where is None or isinstance(where, Choice):
        unclear += [where] if where else []
        return None
    folder = Path(os.path.normpath(top / where))
    if not folder.is_dir():
        raise UsageError(f"there is no directory {clean(str(folder))}")
    names = asked.files or project.files(folder, former.script.files)
    if isinstance(names, Choice):
        unclear.append(names)
        names = ()
    env_files = project.env_files(folder, former.script.env_files)
    domain = project.has_domain(folder, env_files)
    directory = _relative(top, str(folder))
    return Project(directory=directory, files=names, env_files=env_files, has_domain=domain)


def _directory(top: Path, hints: tuple[str, ...]) -> str | Choice | None:
    return project.directory(project.directories(top), hints)


def _relative(top: Path, place: str) -> str:
    """A place of the script's as one in the work tree."""
    relative = os.path.relpath(place, top) if place.startswith("/") else os.path.normpath(place)
    return "" if relative == "." else relative


def _remote(known: tuple[str, ...]) -> str:
    return known[0] if len(known) == 1 else DEFAULT_REMOTE


def _top(path: Path) -> Path:
    top = tree.top_of(path)
    if top is None:
        raise UsageError(
            f"{clean(str(path))} is not in a git repository", hint="Clone it there first: git clone URL DIR"
        )
    return top


def _only(tops: tuple[Path, ...]) -> Path:
    with_project = tuple(top for top in tops if project.directories(top))
    if not with_project:
        raise UsageError(
            "there is no repository with a compose file here, nor at the usual places",
            hint="Go to it (cd DIR), or name it with --repository DIR.",
        )
    if len(with_project) > 1:
        raise _choose("repository", tuple(map(str, with_project)), None)
    return with_project[0]


def _choose(what: str, candidates: Iterable[str], top: Path | None) -> UsageError:
    listed = "".join(f"\n  {clean(path) or '. (the top)'}" for path in candidates)
    where = f" in {top}" if top else ""
    return UsageError(f"there is more than one {what}{where}:{listed}", hint=f"Name one with {FLAGS[what]}.")
