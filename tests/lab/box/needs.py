"""What boxes need besides the lab's own parts. Looks only; `python -m tests.lab.install` brings it."""

from __future__ import annotations

import os
import shutil

from kgo_tui.demo.parts import SYSTEM_BIN
from tests.lab.box import root

PROGRAMS = ("debootstrap", "ssh")


def missing_programs() -> list[str]:
    """Programs that are not installed; debootstrap only matters until the root file system is made."""
    wanted = [name for name in PROGRAMS if name != "debootstrap" or not root.is_made()]
    path = f"{os.environ.get('PATH', '')}:{SYSTEM_BIN}"
    return [name for name in wanted if shutil.which(name, path=path) is None]


def missing() -> list[str]:
    """All that stands between this machine and a box."""
    return [*missing_programs(), *([] if root.is_made() else ["the box's file system"])]
