"""Carries a plan out, one action after the other, and takes it back when one fails.

Owns all changes to the host. Must not decide on any. Each action can be repeated; each answers with
what undoes it, so that a failure in the middle leaves the host as it was.
"""

from __future__ import annotations

import grp
import os
import shutil
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import partial
from pathlib import Path

from kgo_tui.adapters import accounts
from kgo_tui.adapters.systemctl import Manager
from kgo_tui.core.errors import CommandFailed, KgoError
from kgo_tui.unit import actions as a
from kgo_tui.unit import keeping
from kgo_tui.unit.manifest import encoded

Undo = Callable[[], None]
Tell = Callable[[str], None]


class Interrupted(CommandFailed):
    """An action failed; the hint says whether the host is as it was."""


class NotStarted(Interrupted):
    """Everything was done, and the unit does not start."""


def nothing() -> None:
    """Undoes what needs no undoing."""


def carry_out(plan: Iterable[a.Action], manager: Manager, tell: Tell) -> None:
    """Do everything; `tell` hears what goes otherwise than planned. Raises Interrupted with what
    failed and what became of what was done before, NotStarted when only the start failed."""
    done: list[tuple[a.Action, Undo]] = []
    for action in plan:
        try:
            done.append((action, _do(action, manager)))
        except (KgoError, OSError) as error:
            raise _taken_back(done, action, error) from error
        if isinstance(action, a.RemoveDirectory) and action.path.exists():
            tell(f"  - kept the directory {action.path}, which is not empty")


def _taken_back(done: list[tuple[a.Action, Undo]], failed: a.Action, error: Exception) -> Interrupted:
    reason = f"could not {a.told(failed)}: {error}"
    if isinstance(failed, a.Start | a.Restart):
        # All is in place and can be looked at; taking it away would take away what explains it.
        return NotStarted(reason, hint="All else was done. Mend it, and run the same command again.")
    left = []
    for action, undo in reversed(done):
        try:
            undo()
        except (KgoError, OSError) as trouble:
            left.append(f"{a.told(action)} ({trouble})")
    if left:
        return Interrupted(
            reason, hint=f"What was done before stays: {'; '.join(left)}. The command can be repeated."
        )
    return Interrupted(reason, hint="What was done before was taken back; the host is as it was.")


def _do(action: a.Action, manager: Manager) -> Undo:  # noqa: PLR0911 - flat, one line for each kind
    match action:
        case a.MakeDirectory():
            return _make_directory(action)
        case a.WriteFile():
            return _write(action)
        case a.RemoveFile(path=path, aside=aside):
            return _remove(path, aside)
        case a.RemoveDirectory():
            return _remove_directory(action)
        case a.Remember():
            return _remember(action)
        case a.Forget(path=path):
            return _remove(path, None)
        case a.Save(replaced=replaced):
            return keeping.save(replaced)
        case a.Restore(replaced=replaced):
            return keeping.restore(replaced)
        case a.Reload() | a.UpdateCatalog() | a.Enable() | a.Disable() | a.Start() | a.Restart() | a.Stop():
            return _manage(action, manager)
        case _:
            return _change_accounts(action)


def _make_directory(action: a.MakeDirectory) -> Undo:
    if action.path.is_dir():
        return nothing
    action.path.mkdir()
    action.path.chmod(action.mode)  # mkdir's own mode is subject to the umask
    return partial(_without_complaint, action.path.rmdir)


def _remember(action: a.Remember) -> Undo:
    """With its directories, which the record itself lists: nothing is there before it."""
    missing = [path for path in reversed(action.path.parents) if not path.is_dir()]
    undos = [_make_directory(a.MakeDirectory(path=path)) for path in missing]
    undos.append(keeping.replace(action.path, encoded(action.manifest).encode(), 0o644))

    def undo() -> None:
        for one in reversed(undos):
            one()

    return undo


def _without_complaint(act: Callable[[], object]) -> None:
    with suppress(OSError):
        act()


def _write(action: a.WriteFile) -> Undo:
    aside = keeping.copy(action.path, action.aside) if action.aside else nothing
    gid = grp.getgrnam(action.group).gr_gid if action.group else -1
    back = keeping.replace(action.path, action.content.encode("utf-8", "surrogateescape"), action.mode, gid)
    return _both(back, aside)


def _remove(path: Path, aside: Path | None) -> Undo:
    if not os.path.lexists(path):
        return nothing
    there = keeping.Snapshot.of(path)
    kept = keeping.copy(path, aside) if aside else nothing
    path.unlink()
    return _both(partial(there.put, path), kept)


def _both(first: Undo, second: Undo) -> Undo:
    def undo() -> None:
        first()
        second()

    return undo


def _remove_directory(action: a.RemoveDirectory) -> Undo:
    """Empty ones only, unless it was asked for; what is not empty stays, and that is no failure."""
    if action.whole:
        shutil.rmtree(action.path, ignore_errors=True)
        return nothing
    try:
        mode = action.path.stat().st_mode & 0o7777
        action.path.rmdir()
    except OSError:
        return nothing

    def again() -> None:
        action.path.mkdir()
        action.path.chmod(mode)

    return again


def _change_accounts(action: a.Action) -> Undo:  # noqa: PLR0911 - one line for each kind
    match action:
        case a.CreateGroup(name=name) if not accounts.group_exists(name):
            return _changed(accounts.add_group(name), accounts.remove_group(name))
        case a.RemoveGroup(name=name) if accounts.group_exists(name):
            return _changed(accounts.remove_group(name), accounts.add_group(name))
        case a.CreateUser(name=name, home=home) if not accounts.user_exists(name):
            return _changed(accounts.add_user(name, str(home)), accounts.remove_user(name))
        case a.RemoveUser(name=name, home=home) if accounts.user_exists(name):
            return _changed(accounts.remove_user(name), accounts.add_user(name, str(home)))
        case a.AddMember(user=user, group=group) if not accounts.is_member(user, group):
            return _changed(accounts.add_member(user, group), accounts.remove_member(user, group))
        case a.RemoveMember(user=user, group=group) if accounts.is_member(user, group):
            return _changed(accounts.remove_member(user, group), accounts.add_member(user, group))
        case a.Give(path=path, before=before, after=after):
            there, back = (str(path), before, after), (str(path), after, before)
            return _changed(accounts.give_tree(*there), accounts.give_tree(*back))
    return nothing


def _changed(argv: list[str], back: list[str]) -> Undo:
    accounts.change(argv, deadline_s=accounts.GIVING_S)
    return partial(accounts.change, back, deadline_s=accounts.GIVING_S)


def _manage(action: a.Action, manager: Manager) -> Undo:  # noqa: PLR0911 - one line for each kind
    match action:
        case a.Reload():
            manager.reload()
            return manager.reload
        case a.UpdateCatalog():
            manager.update_catalog()
            return manager.update_catalog
        case a.Enable(unit=unit):
            manager.enable(unit)
            return partial(manager.disable, unit)
        case a.Disable(unit=unit):
            manager.disable(unit)
            return partial(manager.enable, unit)
        case a.Stop(unit=unit):
            manager.stop(unit)
            return partial(_back_to_work, manager, unit)
        case a.Start(unit=unit):
            manager.forget_failure(unit)
            manager.start(unit)
            return partial(manager.stop, unit)
        case a.Restart(unit=unit):
            manager.forget_failure(unit)
            manager.restart(unit)
    return nothing


def _back_to_work(manager: Manager, unit: str) -> None:
    """Its files are where they were by now; systemd may still know others."""
    manager.reload()
    manager.start(unit)
