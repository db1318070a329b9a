"""What an installation or its undoing does, as data, and each action in words.

Owns the kinds of actions. Must not carry any out (`doing` does) nor decide on one.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from pathlib import Path

from kgo_tui.core.model import Struct
from kgo_tui.core.text import Redactor, clean
from kgo_tui.unit.manifest import Manifest, Replaced

_LONGEST_DIFF = 200
_LONGEST_NEW = 30
"""Lines of a new file that are shown; a longer one is as it is shipped."""


class MakeDirectory(Struct, frozen=True, kw_only=True):
    """A directory of root's (or the user's own), with its mode."""

    path: Path
    mode: int = 0o755


class WriteFile(Struct, frozen=True, kw_only=True):
    """A file's whole content. `before` is what is there now; `aside` is where that is kept, if a
    person wrote it; `group` may read it where the mode says so."""

    path: Path
    content: str
    mode: int = 0o644
    group: str = ""
    before: str | None = None
    aside: Path | None = None


class RemoveFile(Struct, frozen=True, kw_only=True):
    """A file that goes; `aside` as in WriteFile."""

    path: Path
    aside: Path | None = None


class RemoveDirectory(Struct, frozen=True, kw_only=True):
    """A directory that goes if nothing is in it; with `whole`, with everything."""

    path: Path
    whole: bool = False


class CreateGroup(Struct, frozen=True, kw_only=True):
    """A group of the system."""

    name: str


class RemoveGroup(Struct, frozen=True, kw_only=True):
    """The group goes."""

    name: str


class CreateUser(Struct, frozen=True, kw_only=True):
    """A user for the service, who cannot log in."""

    name: str
    home: Path


class RemoveUser(Struct, frozen=True, kw_only=True):
    """The user goes, with the group of the same name."""

    name: str
    home: Path


class AddMember(Struct, frozen=True, kw_only=True):
    """A user joins a group."""

    user: str
    group: str


class RemoveMember(Struct, frozen=True, kw_only=True):
    """A user leaves a group."""

    user: str
    group: str


class Give(Struct, frozen=True, kw_only=True):
    """What belongs to `before` below a path goes to `after`."""

    path: Path
    before: str
    after: str


class Save(Struct, frozen=True, kw_only=True):
    """A foreign unit's files move to a folder of ours."""

    replaced: Replaced


class Restore(Struct, frozen=True, kw_only=True):
    """They move back."""

    replaced: Replaced


class Remember(Struct, frozen=True, kw_only=True):
    """Our record of what was made, written before it is made."""

    path: Path
    manifest: Manifest


class Forget(Struct, frozen=True, kw_only=True):
    """Our record goes."""

    path: Path


class Reload(Struct, frozen=True, kw_only=True):
    """The service manager reads its unit files."""


class UpdateCatalog(Struct, frozen=True, kw_only=True):
    """The journal reads its explanations."""


class Enable(Struct, frozen=True, kw_only=True):
    """The unit starts at boot."""

    unit: str


class Disable(Struct, frozen=True, kw_only=True):
    """The unit does not start at boot."""

    unit: str


class Start(Struct, frozen=True, kw_only=True):
    """The unit runs and is ready."""

    unit: str


class Restart(Struct, frozen=True, kw_only=True):
    """The unit runs anew and is ready."""

    unit: str


class Stop(Struct, frozen=True, kw_only=True):
    """The unit does not run."""

    unit: str


Action = (
    MakeDirectory | WriteFile | RemoveFile | RemoveDirectory | CreateGroup | RemoveGroup | CreateUser
    | RemoveUser | AddMember | RemoveMember | Give | Save | Restore | Remember | Forget | Reload
    | UpdateCatalog | Enable | Disable | Start | Restart | Stop
)  # fmt: skip


def told(action: Action) -> str:  # noqa: PLR0911, C901, PLR0912 - flat, one line for each kind
    """The action in words, as something that is to be done."""
    match action:
        case MakeDirectory(path=path, mode=mode):
            return f"make the directory {path} ({mode:04o})"
        case WriteFile(path=path, before=None, mode=mode, group=group):
            return f"write {path} ({mode:04o}{f', group {group}' if group else ''})"
        case WriteFile(path=path, before=before, content=content, group=group) if before == content:
            return f"let the group {group} read {path}"
        case WriteFile(path=path, aside=aside):
            return f"change {path}" + (f"; what is there is kept as {aside}" if aside else "")
        case RemoveFile(path=path, aside=aside):
            return f"move {path}, which was changed by hand, to {aside}" if aside else f"remove {path}"
        case RemoveDirectory(path=path, whole=whole):
            return f"remove the directory {path}" + (" and all that is in it" if whole else "")
        case CreateGroup(name=name):
            return f"create the group {name}"
        case RemoveGroup(name=name):
            return f"remove the group {name}"
        case CreateUser(name=name):
            return f"create the user {name}, who cannot log in"
        case RemoveUser(name=name):
            return f"remove the user {name}"
        case AddMember(user=user, group=group):
            return f"add {user} to the group {group} (counts from the next login)"
        case RemoveMember(user=user, group=group):
            return f"take {user} out of the group {group}"
        case Give(path=path, before=before, after=after):
            return f"give what belongs to {before} in {path} to {after}"
        case Save(replaced=replaced):
            return f"keep the unit that is there in {replaced.folder}: {', '.join(replaced.files)}"
        case Restore(replaced=replaced):
            return f"put back the unit that was there: {', '.join(replaced.files)}"
        case Remember(path=path):
            return f"write down in {path} what is made"
        case Forget(path=path):
            return f"remove the record {path}"
        case Reload():
            return "let systemd read its units again"
        case UpdateCatalog():
            return "let journalctl read its explanations again"
        case Enable(unit=unit):
            return f"start {unit} at boot"
        case Disable(unit=unit):
            return f"do not start {unit} at boot"
        case Start(unit=unit):
            return f"start {unit} and wait until it is ready"
        case Restart(unit=unit):
            return f"restart {unit} and wait until it is ready"
        case Stop(unit=unit):
            return f"stop {unit}"


def diff(action: Action) -> Iterator[str]:
    """What a file's change is, line by line; of a new file, what is in force in it. Secrets of URLs
    are masked."""
    if not isinstance(action, WriteFile):
        return
    mask = Redactor()
    if action.before is None:
        lines = [f"+{line}" for line in action.content.splitlines() if line and line[0] not in "#;"]
        longest = _LONGEST_NEW
    else:
        was, will = action.before.splitlines(), action.content.splitlines()
        lines, longest = list(difflib.unified_diff(was, will, lineterm="", n=1))[2:], _LONGEST_DIFF
    if len(lines) > longest:
        lines = [f"{len(lines)} lines"]
    yield from (mask(clean(line)) for line in lines)
