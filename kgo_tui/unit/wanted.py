"""The files that an installation puts on a host, with everything that differs between hosts filled in.

Owns filling in: the program's path, the repository that may be written to, the user, the configuration.
Pure but for reading what is shipped. Must not compare with what is there.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from kgo_tui.config.template import template
from kgo_tui.core.model import Struct
from kgo_tui.unit import shipped
from kgo_tui.unit.places import BASE, CATALOG_FILES, GROUP, Places
from kgo_tui.unit.unitfile import quoted, value, with_values

FAILURE = f"{BASE}-failure@.service"
READABLE, PRIVATE = 0o644, 0o640
_AS_SHIPPED = " sh /usr/local/bin/kgo-tui"
"""How the failure unit hands the program over to its shell."""


class Wanted(Struct, frozen=True, kw_only=True):
    """One file with its content and mode; `group` as in `actions.WriteFile`."""

    path: Path
    content: str
    mode: int = READABLE
    group: str = ""


class Installation(Struct, frozen=True, kw_only=True):
    """What is to be: `program` is the command that starts kgo-tui, `writable` what git writes to,
    `shared` that it makes setgid directories there, `run_as` the worker's user (None: root)."""

    places: Places
    program: tuple[str, ...]
    writable: tuple[Path, ...]
    shared: bool = False
    run_as: str | None = None


def files(wanted: Installation) -> tuple[Wanted, ...]:
    """Every file but the configuration, in the order in which they are written."""
    places = wanted.places
    found = [*_explanations(places), *([] if places.user else [_failure(wanted)]), _unit(wanted)]
    if not places.user:
        found.append(_drop_in(places, "10-repository.conf", repository(wanted)))
    if wanted.run_as:
        text = with_values(shipped.text("dedicated-user.conf"), {("Service", "User"): quoted(wanted.run_as)})
        found.append(_drop_in(places, "20-dedicated-user.conf", text))
    return tuple(found)


def configuration(places: Places, settings: dict[str, Any], group: str) -> Wanted:
    """The configuration, for the worker's eyes only: it may hold webhook addresses."""
    mode = 0o600 if places.user else PRIVATE
    return Wanted(path=places.config, content=template(settings), mode=mode, group=group)


def repository(wanted: Installation) -> str:
    """The drop-in that opens the repository for writing. One that is not there is the worker's to
    tell: the "-" lets it start."""
    paths = " ".join(quoted(f"-{path}") for path in wanted.writable)
    text = (
        "# Where git and Compose may write: the repository of this unit. Written by `kgo-tui service\n"
        "# install`; run that again after repository.path has changed.\n\n"
        f"[Service]\nReadWritePaths={paths}\n"
    )
    if wanted.shared:
        text += "# core.sharedRepository is set there: git makes directories setgid.\nRestrictSUIDSGID=no\n"
    return text


def _unit(wanted: Installation) -> Wanted:
    places = wanted.places
    name = f"{BASE}-user.service" if places.user else places.unit_file.name
    return Wanted(path=places.unit_file, content=_started_by(wanted.program, shipped.text(name)))


def _failure(wanted: Installation) -> Wanted:
    text = shipped.text(FAILURE).replace(_AS_SHIPPED, f" sh {' '.join(_command(wanted.program))}")
    return Wanted(path=wanted.places.units / FAILURE, content=text)


def _started_by(program: Iterable[str], text: str) -> str:
    """The unit with the program's real path, and its own arguments."""
    arguments = (value(text, "Service", "ExecStart") or "").partition(" ")[2]
    command = " ".join((*_command(program), arguments))
    return with_values(text, {("Service", "ExecStart"): command})


def _command(program: Iterable[str]) -> tuple[str, ...]:
    return tuple(quoted(word, in_command=True) for word in program)


def _drop_in(places: Places, name: str, text: str) -> Wanted:
    return Wanted(path=places.drop_ins / name, content=text)


def _explanations(places: Places) -> list[Wanted]:
    if places.catalogs is None:
        return []
    return [Wanted(path=places.catalogs / name, content=shipped.text(name)) for name in CATALOG_FILES]


__all__ = ["GROUP", "Installation", "Wanted", "configuration", "files", "repository"]
