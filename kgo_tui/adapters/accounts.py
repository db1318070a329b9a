"""The host's users and groups: looked up, made, and taken away again.

Owns the command lines of the shadow tools (groupadd(8), useradd(8), gpasswd(1)) and of chown(1). Must
not know what an account is for. Each change says nothing when it is already as wanted.
"""

from __future__ import annotations

import grp
import pwd
from collections.abc import Sequence
from pathlib import Path

from kgo_tui.adapters.process import run
from kgo_tui.core.errors import CommandFailed, Unreachable
from kgo_tui.core.text import clean

DEADLINE_S = 60.0
GIVING_S = 600.0
"""Deadline of giving a whole tree of files."""


def group_exists(name: str) -> bool:
    """Whether there is such a group."""
    try:
        grp.getgrnam(name)
    except KeyError:
        return False
    return True


def user_exists(name: str) -> bool:
    """Whether there is such a user."""
    try:
        pwd.getpwnam(name)
    except KeyError:
        return False
    return True


def is_member(user: str, group: str) -> bool:
    """Whether the group lists the user, or is the user's own."""
    try:
        found = grp.getgrnam(group)
        return user in found.gr_mem or pwd.getpwnam(user).pw_gid == found.gr_gid
    except KeyError:
        return False


def add_group(name: str) -> list[str]:
    """A group of the system's, without a password."""
    return ["groupadd", "--system", name]


def remove_group(name: str) -> list[str]:
    """The group goes; files keep its number."""
    return ["groupdel", name]


def add_user(name: str, home: str) -> list[str]:
    """A user for a service: no login, no home of its own, a group of the same name."""
    shell = next((s for s in ("/usr/sbin/nologin", "/sbin/nologin") if Path(s).exists()), "/bin/false")
    options = ["--system", "--user-group", "--no-create-home", "--home-dir", home, "--shell", shell]
    return ["useradd", *options, name]


def remove_user(name: str) -> list[str]:
    """The user goes, with the group of the same name; files keep their owner's number."""
    return ["userdel", name]


def add_member(user: str, group: str) -> list[str]:
    """From the user's next login on."""
    return ["gpasswd", "--add", user, group]


def remove_member(user: str, group: str) -> list[str]:
    """From the user's next login on."""
    return ["gpasswd", "--delete", user, group]


def give_tree(path: str, before: str, after: str) -> list[str]:
    """What belongs to `before` (a name or number) below a path goes to `after` and the login group
    of that user, if it is one; symbolic links are not followed."""
    options = ["--recursive", "-P", "--no-dereference", f"--from={before}"]
    return ["chown", *options, "--", f"{after}:" if not after.isdecimal() else after, path]


def change(argv: Sequence[str], *, deadline_s: float = DEADLINE_S) -> None:
    """Run one of the above. Raises CommandFailed with what it said, Unreachable without the program."""
    try:
        done = run(argv, deadline_s=deadline_s)
    except OSError as error:
        raise Unreachable(f"{argv[0]} cannot be started: {error.strerror}") from error
    if done.exit_code != 0:
        said = done.tail(3)
        raise CommandFailed(f"{clean(' '.join(argv))} failed: {said}", output=said, exit_code=done.exit_code)
