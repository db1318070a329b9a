"""The plan of undoing an installation: what it made goes, what was there before comes back.

Owns which actions that takes, and what stays. Must not carry any out. What another unit of ours needs
stays for it; the history, and a configuration that a person changed, stay unless they are to be purged.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from kgo_tui.unit import actions as a
from kgo_tui.unit.installing import Plan
from kgo_tui.unit.manifest import Manifest, digest
from kgo_tui.unit.places import Places
from kgo_tui.unit.survey import Host, aside, foreign_files, text_of


def removal(places: Places, host: Host, *, purge: bool = False) -> Plan:
    """What is to be done; no action at all when nothing was installed."""
    made = host.made
    if made is None:
        return Plan(actions=())
    notes: list[str] = []
    files = tuple(_files(places, host, made, notes, purge=purge))
    units = [f.path for f in files if isinstance(f, a.RemoveFile) and places.units in f.path.parents]
    actions: list[a.Action] = [*_stopped(places, host), *files, *_directories_of_units(made, host)]
    if made.replaced is not None:
        actions.append(a.Restore(replaced=made.replaced))
    actions += [a.Reload()] if units or made.replaced else []
    if any(isinstance(f, a.RemoveFile) and f.path.parent == places.catalogs for f in files):
        actions.append(a.UpdateCatalog())
    actions += [*_accounts(host, made), *_history(places, host, notes, purge=purge)]
    actions.append(a.Forget(path=places.manifest))
    actions += [*_directories(host, made), *_as_it_was(places, made)]
    return Plan(actions=tuple(actions), notes=tuple(notes))


def _stopped(places: Places, host: Host) -> Iterator[a.Action]:
    if host.state.is_running:
        yield a.Stop(unit=places.unit)
    if host.state.is_enabled:
        yield a.Disable(unit=places.unit)


def _files(
    places: Places, host: Host, made: Manifest, notes: list[str], *, purge: bool
) -> Iterator[a.RemoveFile]:
    left = foreign_files(places, host)  # an installation that was cut short did not get there
    for name, known in made.files.items():
        path, there = Path(name), text_of(Path(name))
        if there is None or path in left or host.shares(path):
            continue
        is_edited = digest(there) != known
        if path == places.config:
            if is_edited and not purge:
                notes.append(f"kept the configuration, which was changed: {path}")
                continue
            is_edited = False
        yield a.RemoveFile(path=path, aside=aside(path) if is_edited else None)
    if str(places.config) not in made.files and text_of(places.config) is not None:
        if purge:
            yield a.RemoveFile(path=places.config)
        else:
            notes.append(f"kept the configuration: {places.config}")


def _accounts(host: Host, made: Manifest) -> Iterator[a.Action]:
    """In the reverse order of making them. A group that another unit's socket needs stays."""
    for given in reversed(made.given):
        yield a.Give(path=Path(given.path), before=given.after, after=given.before)
    for user, group in made.members:
        if not any((user, group) in other.members for other in host.others):
            yield a.RemoveMember(user=user, group=group)
    for user in made.users:
        if not any(user == other.run_as for other in host.others):
            yield a.RemoveUser(name=user, home=Path("/nonexistent"))
    for group in made.groups if not host.others else ():
        yield a.RemoveGroup(name=group)


def _history(places: Places, host: Host, notes: list[str], *, purge: bool) -> Iterator[a.Action]:
    name = places.instance or "default"
    kept = [path for path in _state_files(places.state, name) if path.exists()]
    if kept and not purge:
        notes.append(f"kept the history: {places.state} (--purge removes it)")
    elif purge and not host.others:
        yield a.RemoveDirectory(path=places.state, whole=True)
    elif purge:
        yield from (a.RemoveFile(path=path) for path in kept)
    if places.runtime is not None and places.runtime.is_dir() and not host.others:
        yield a.RemoveDirectory(path=places.runtime, whole=False)


def _state_files(state: Path, name: str) -> list[Path]:
    return [state / f"{name}{end}" for end in (".db", ".db-wal", ".db-shm", ".lock")]


def _directories_of_units(made: Manifest, host: Host) -> Iterator[a.Action]:
    """Before a replaced unit comes back, which may have a directory of that name itself."""
    for name in reversed(made.directories):
        if name.endswith(".d") and not host.shares(Path(name)):
            yield a.RemoveDirectory(path=Path(name))


def _directories(host: Host, made: Manifest) -> Iterator[a.Action]:
    """Those that are empty by now, the lower ones first."""
    others = [Path(n) for n in made.directories if not n.endswith(".d") and not host.shares(Path(n))]
    yield from (a.RemoveDirectory(path=path) for path in sorted(others, reverse=True))


def _as_it_was(places: Places, made: Manifest) -> Iterator[a.Action]:
    if made.replaced is not None and made.replaced.enabled:
        yield a.Enable(unit=places.unit)
    if made.replaced is not None and made.replaced.running:
        yield a.Start(unit=places.unit)
