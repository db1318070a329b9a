"""The plan of an installation: what is wanted, compared with what is there.

Owns which actions that takes, in which order, and what is left alone. Must not carry any out. The
record of what is made comes before what it records: an installation that a power cut ends can be
repeated, or undone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TypeVar

from kgo_tui.core.model import Struct
from kgo_tui.unit import actions as a
from kgo_tui.unit.manifest import Given, Manifest, Replaced, digest
from kgo_tui.unit.places import GROUP, Places
from kgo_tui.unit.survey import Host, aside, foreign_files, text_of
from kgo_tui.unit.wanted import Wanted

T = TypeVar("T")


class Order(Struct, frozen=True, kw_only=True):
    """What is asked for: the files, whether a new user and members are needed, a repository to give
    away, and whether the unit is to run now and at boot."""

    places: Places
    files: tuple[Wanted, ...]
    configuration: Wanted
    run_as: str | None = None
    operators: tuple[str, ...] = ()
    given: Given | None = None
    start: bool = True
    enable: bool = True


class Plan(Struct, frozen=True, kw_only=True):
    """The actions, and what is said beside them: what was kept, and why."""

    actions: tuple[a.Action, ...]
    notes: tuple[str, ...] = ()


def plan(order: Order, host: Host) -> Plan:
    """What is to be done; no action at all when everything is as wanted."""
    notes: list[str] = []
    foreign = foreign_files(order.places, host)
    changes = tuple(_files(order, host, foreign, notes))
    replaced = _replaced(order, host, foreign)
    record = _record(order, host, replaced, changes)
    prepared = tuple(_accounts(order, host))
    made = (
        *_takeover(order.places, host, replaced if foreign else None),
        *prepared,
        *_directories(order.places, changes),
        *changes,
    )
    given = [a.Give(path=Path(g.path), before=g.before, after=g.after)] if (g := order.given) else []
    actions = [*made, *given, *_managed(order, host, foreign, changes)]
    if record != host.made and (actions or host.made is None):
        actions.insert(0, a.Remember(path=order.places.manifest, manifest=record))
    return Plan(actions=tuple(actions), notes=tuple(notes))


def _replaced(order: Order, host: Host, foreign: tuple[Path, ...]) -> Replaced | None:
    """The unit that is taken over now, or was by a run before this one."""
    if (host.made is not None and host.made.replaced is not None) or not foreign:
        return host.made.replaced if host.made else None
    return Replaced(
        folder=str(order.places.replaced),
        files=tuple(map(str, foreign)),
        enabled=host.state.is_enabled,
        running=host.state.is_running,
    )


def _takeover(places: Places, host: Host, replaced: Replaced | None) -> Iterator[a.Action]:
    if replaced is not None:
        if host.state.is_running:
            yield a.Stop(unit=places.unit)
        yield a.Save(replaced=replaced)


def _accounts(order: Order, host: Host) -> Iterator[a.Action]:
    if order.places.user:
        return
    if GROUP not in host.groups:
        yield a.CreateGroup(name=GROUP)
    if order.run_as and order.run_as not in host.users:
        yield a.CreateUser(name=order.run_as, home=order.places.state)
    for operator in order.operators:
        if (operator, GROUP) not in host.members:
            yield a.AddMember(user=operator, group=GROUP)


def _files(order: Order, host: Host, foreign: tuple[Path, ...], notes: list[str]) -> Iterator[a.Action]:
    for wanted in order.files:
        yield from _file(wanted, host, foreign, notes)
    yield from _configuration(order.configuration, notes)
    yield from _stale(order, host)


def _configuration(wanted: Wanted, notes: list[str]) -> Iterator[a.WriteFile]:
    """One that is there is kept; but the worker must be able to read it."""
    there = text_of(wanted.path)
    if there is None:
        yield _write(wanted, None)
        return
    if there != wanted.content:
        notes.append(f"kept the configuration that is there: {wanted.path}")
    if wanted.group and wanted.path.group() != wanted.group:
        opened = Wanted(path=wanted.path, content=there, mode=wanted.mode, group=wanted.group)
        yield _write(opened, there)


def _file(wanted: Wanted, host: Host, foreign: tuple[Path, ...], notes: list[str]) -> Iterator[a.Action]:
    there, known = text_of(wanted.path), host.hash_of(wanted.path)
    is_saved = wanted.path in foreign
    if there == wanted.content and not is_saved:
        return
    if there is None or is_saved or digest(there) == known:
        yield _write(wanted, there)
    elif digest(wanted.content) == known:
        notes.append(f"kept {wanted.path}, which was changed by hand")
    else:
        yield _write(wanted, there, aside(wanted.path))


def _write(wanted: Wanted, before: str | None, kept: Path | None = None) -> a.WriteFile:
    return a.WriteFile(
        path=wanted.path,
        content=wanted.content,
        mode=wanted.mode,
        group=wanted.group,
        before=before,
        aside=kept,
    )


def _stale(order: Order, host: Host) -> Iterator[a.Action]:
    """What an installation before this one made and this one does not want any more."""
    wanted = {str(one.path) for one in (*order.files, order.configuration)}
    for name, known in (host.made.files if host.made else {}).items():
        path, there = Path(name), text_of(Path(name))
        if name not in wanted and there is not None and not host.shares(path):
            yield a.RemoveFile(path=path, aside=None if digest(there) == known else aside(path))


def _directories(places: Places, changes: Iterable[a.Action]) -> Iterator[a.MakeDirectory]:
    """Those that the files need and that are not there, the upper ones first."""
    parents = [change.path.parent for change in changes if isinstance(change, a.WriteFile)]
    missing = {path for parent in (*parents, places.manifests) for path in _missing(parent)}
    for path in sorted(missing):
        if path not in _missing(places.manifests):
            yield a.MakeDirectory(path=path)


def _missing(path: Path) -> list[Path]:
    return [one for one in (path, *path.parents) if not one.is_dir()]


def _managed(
    order: Order, host: Host, foreign: tuple[Path, ...], changes: tuple[a.Action, ...]
) -> Iterator[a.Action]:
    unit, places = order.places.unit, order.places
    touched = [change.path for change in changes if isinstance(change, a.WriteFile | a.RemoveFile)]
    if any(places.units in path.parents for path in touched):
        yield a.Reload()
    if any(path.parent == places.catalogs for path in touched):
        yield a.UpdateCatalog()
    if order.enable and (not host.state.is_enabled or foreign):
        yield a.Enable(unit=unit)
    if order.start and host.state.is_running and not foreign:
        yield from [a.Restart(unit=unit)] if _matters(order, touched) or order.given else []
    elif order.start:
        yield a.Start(unit=unit)


def _matters(order: Order, touched: list[Path]) -> bool:
    """Whether a running worker is another one after the change."""
    places = order.places
    own = (places.unit_file, places.config)
    return any(path in own or path.parent == places.drop_ins for path in touched)


def _record(order: Order, host: Host, replaced: Replaced | None, changes: tuple[a.Action, ...]) -> Manifest:
    """What will have been made: by runs before this one, and now."""
    before = host.made or Manifest(unit=order.places.unit)
    written = {str(c.path): digest(c.content) for c in changes if isinstance(c, a.WriteFile)}
    gone = {str(c.path) for c in changes if isinstance(c, a.RemoveFile)}
    shared = {str(w.path): h for w in order.files if (h := host.hash_of(w.path))}
    accounts = tuple(_accounts(order, host))
    return Manifest(
        unit=order.places.unit,
        files={name: h for name, h in {**shared, **before.files, **written}.items() if name not in gone},
        directories=_merged(before.directories, _new_directories(order.places, host, changes)),
        groups=_merged(before.groups, _new_groups(host, accounts)),
        users=_merged(before.users, [c.name for c in accounts if isinstance(c, a.CreateUser)]),
        members=_merged(before.members, _new_members(host, accounts)),
        given=_merged(before.given, [order.given] if order.given else []),
        replaced=replaced,
        run_as=order.run_as,
    )


def _new_directories(places: Places, host: Host, changes: tuple[a.Action, ...]) -> list[str]:
    """Those made now, and those that another unit's installation made: the last to go removes them."""
    own = [str(path) for path in sorted(_missing(places.manifests))]
    others = [name for made in host.others for name in made.directories if not name.endswith(".d")]
    return [*others, *own, *(str(d.path) for d in _directories(places, changes))]


def _new_groups(host: Host, accounts: tuple[a.Action, ...]) -> list[str]:
    others = [name for made in host.others for name in made.groups]
    return [*others, *(action.name for action in accounts if isinstance(action, a.CreateGroup))]


def _new_members(host: Host, accounts: tuple[a.Action, ...]) -> list[tuple[str, str]]:
    others = [pair for made in host.others for pair in made.members]
    return [*others, *((action.user, action.group) for action in accounts if isinstance(action, a.AddMember))]


def _merged(before: tuple[T, ...], new: Iterable[T]) -> tuple[T, ...]:
    return tuple(dict.fromkeys((*before, *new)))
