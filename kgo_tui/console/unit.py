"""The worker's systemd unit, as far as a console is concerned: is it there, does it run, who may start it.

Owns asking systemctl, and the command lines of `kgo-tui service`. Must not know the screen.
"""

from __future__ import annotations

import os
from typing import NamedTuple

from kgo_tui.console.program import Program, found, ran

LOOK_S = 5.0
ACTIONS = ("start", "stop", "restart", "enable", "disable")
GENTLE = frozenset({"start", "enable"})
"""What takes nothing away, and so is not asked about first."""

BASE = "koprogo-gitops"


class Unit(NamedTuple):
    """A unit as systemd knows it; `active` is its ActiveState. `user`: of this user's own manager."""

    name: str
    active: str
    user: bool = False

    @property
    def runs(self) -> bool:
        """It serves, or will in a moment."""
        return self.active in {"active", "activating", "reloading", "deactivating"}


def unit_name(instance: str | None) -> str:
    """The unit of an instance."""
    return f"{BASE}@{instance}.service" if instance else f"{BASE}.service"


async def installed(instance: str | None) -> Unit | None:
    """The unit, the system's before this user's own; None where there is none, or no systemd."""
    if not found("systemctl"):
        return None
    for user in (False, True):
        unit = await _looked_at(unit_name(instance), user=user)
        if unit is not None:
            return unit
    return None


async def _looked_at(name: str, *, user: bool) -> Unit | None:
    manager = ("--user",) if user else ()
    said = await ran(("systemctl", *manager, "show", "--property=LoadState,ActiveState", name), LOOK_S)
    facts = dict(line.partition("=")[::2] for line in said.out.splitlines())
    return Unit(name, facts.get("ActiveState", ""), user) if facts.get("LoadState") == "loaded" else None


class Call(NamedTuple):
    """What is run for an action on the unit; `shown` as a person types it. `sudo`: it asks for a
    password on the terminal, perhaps."""

    argv: tuple[str, ...]
    shown: str
    sudo: bool


def call(action: str, program: Program, *, user: bool, root: bool | None = None) -> Call:
    """The command line of an action. Only root changes the system's unit; others go through sudo."""
    of_instance = program._replace(file=None)
    words = ("service", action, *(("--user",) if user else ()))
    sudo = not user and not (os.geteuid() == 0 if root is None else root)
    argv, shown = of_instance.argv(*words), of_instance.shown(*words)
    if not sudo:
        return Call(argv, shown, sudo=False)
    return Call(("sudo", *argv), f"sudo {shown}", sudo=True)
