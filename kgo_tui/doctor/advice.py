"""The commands that mend things, as the person who asked can run them here.

Owns whether `sudo` stands before them, whom they run as, and how a package is installed. Pure but for
who is asking and which package manager is there.
"""

from __future__ import annotations

import os
import shlex
import shutil

from kgo_tui.adapters.host import Identity

_INSTALLERS = (
    ("apt-get", "apt-get install -y"),
    ("dnf", "dnf install -y"),
    ("zypper", "zypper install -y"),
    ("pacman", "pacman -S --noconfirm"),
    ("apk", "apk add"),
)


def as_root(command: str) -> str:
    """The command with `sudo` where the person who asked is not root."""
    return command if os.geteuid() == 0 else f"sudo {command}"


def as_user(user: Identity, *words: str) -> str:
    """The command as that user."""
    command = shlex.join(words)
    if user.uid == os.geteuid():
        return command
    # runuser is of util-linux, which every systemd host has; sudo need not be there for root.
    return f"runuser -u {user.name} -- {command}" if os.geteuid() == 0 else f"sudo -u {user.name} {command}"


def install(package: str) -> str:
    """What installs a package of the distribution."""
    found = next((words for program, words in _INSTALLERS if shutil.which(program)), "install")
    return as_root(f"{found} {package}")
