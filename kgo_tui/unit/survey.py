"""What is on the host now that an installation has to reckon with.

Owns reading it, once, before anything is planned. Must not change anything.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from kgo_tui.adapters import accounts
from kgo_tui.adapters.systemctl import UnitState
from kgo_tui.core.model import Struct
from kgo_tui.unit import manifest as m
from kgo_tui.unit.places import Places


class Host(Struct, frozen=True, kw_only=True):
    """The unit's `state`; what we made for it (`made`) and for other units; which of the accounts in
    question exist."""

    state: UnitState
    made: m.Manifest | None
    others: tuple[m.Manifest, ...] = ()
    groups: frozenset[str] = frozenset()
    users: frozenset[str] = frozenset()
    members: frozenset[tuple[str, str]] = frozenset()

    def hash_of(self, path: Path) -> str | None:
        """The hash of what we last wrote there, None where we did not."""
        known = (*([self.made] if self.made else []), *self.others)
        return next((made.files[str(path)] for made in known if str(path) in made.files), None)

    def shares(self, path: Path) -> bool:
        """Whether another unit of ours needs that file or directory as well."""
        return any(str(path) in (*made.files, *made.directories) for made in self.others)


def survey(
    places: Places,
    state: UnitState,
    *,
    groups: Iterable[str],
    users: Iterable[str],
    pairs: Iterable[tuple[str, str]],
) -> Host:
    """Look. `groups`, `users` and `pairs` (user, group) are those that the plan may be about."""
    made = m.read(places.manifest)
    known = [made.run_as] if made and made.run_as else []
    return Host(
        state=state,
        made=made,
        others=m.others(places.manifests, places.unit),
        groups=frozenset(filter(accounts.group_exists, groups)),
        users=frozenset(filter(accounts.user_exists, (*users, *known))),
        members=frozenset(pair for pair in pairs if accounts.is_member(*pair)),
    )


def text_of(path: Path) -> str | None:
    """A file's text as it is, None when there is none; of a symbolic link what it leads to."""
    try:
        return path.read_bytes().decode("utf-8", "surrogateescape")
    except (FileNotFoundError, NotADirectoryError):
        return None


def foreign_files(places: Places, host: Host) -> tuple[Path, ...]:
    """The files of a unit of our name that we did not write and have not moved away yet: the unit's,
    and its drop-ins with it."""
    if host.made is not None and host.made.replaced is not None:
        return _not_moved_yet(host.made)
    units = dict.fromkeys((places.units / places.unit, places.unit_file))
    found = tuple(path for path in units if _is_there(path) and host.hash_of(path) is None)
    if not found:
        return ()
    drop_ins = sorted(places.drop_ins.iterdir()) if places.drop_ins.is_dir() else []
    return (*found, *(path for path in drop_ins if host.hash_of(path) is None and not path.is_dir()))


def _not_moved_yet(made: m.Manifest) -> tuple[Path, ...]:
    """What an installation that was cut short has recorded, but left where it was."""
    replaced = made.replaced
    if replaced is None:
        return ()
    there = [path for path in map(Path, replaced.files) if _is_there(path)]
    foreign = [path for path in there if m.digest(text_of(path) or "") != made.files.get(str(path))]
    return tuple(path for path in foreign if text_of(replaced.kept(path)) in (None, text_of(path)))


def _is_there(path: Path) -> bool:
    return path.is_symlink() or path.exists()


def aside(path: Path) -> Path:
    """A free name beside a file, which systemd does not read."""
    names = (path.with_name(f"{path.name}.edited{number or ''}") for number in range(1000))
    return next(name for name in names if not _is_there(name))
