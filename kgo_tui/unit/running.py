"""start, stop, restart, enable, disable, status: systemctl on the right unit, in plain words.

Owns what is said about it and the exit codes. Must not install anything.
"""

from __future__ import annotations

import sys
from collections.abc import Callable

from kgo_tui.adapters.systemctl import Manager, UnitState
from kgo_tui.core.errors import CommandFailed, UsageError
from kgo_tui.unit.places import Places

STOPPED = 3
"""What `systemctl status` exits with for a unit that does not run."""

LINES = 12


def start(places: Places, manager: Manager) -> int:
    """Start the worker and return once it is ready. Raises CommandFailed with its last lines."""
    _is_there(places, manager)
    if manager.state(places.unit).active == "active":
        return _say(f"{places.unit} runs already")
    manager.forget_failure(places.unit)
    _or_last_lines(places, manager, manager.start)
    return _say(f"{places.unit} runs and is ready{_not_at_boot(manager.state(places.unit))}")


def restart(places: Places, manager: Manager) -> int:
    """Stop and start it. Raises as `start`."""
    _is_there(places, manager)
    manager.forget_failure(places.unit)
    _or_last_lines(places, manager, manager.restart)
    return _say(f"{places.unit} was restarted and is ready")


def stop(places: Places, manager: Manager) -> int:
    """Stop it; a deployment that runs is left where its record says, and carried on at the next start."""
    _is_there(places, manager)
    state = manager.state(places.unit)
    if not state.is_running:
        return _say(f"{places.unit} does not run ({state.active})")
    manager.stop(places.unit)
    again = "; it starts again at boot (disable prevents that)" if state.is_enabled else ""
    return _say(f"{places.unit} is stopped: nothing is deployed any more{again}")


def enable(places: Places, manager: Manager) -> int:
    """From the next boot on."""
    _is_there(places, manager)
    manager.enable(places.unit)
    now = "" if manager.state(places.unit).is_running else "; now it does not run (start does that)"
    return _say(f"{places.unit} starts at boot{now}")


def disable(places: Places, manager: Manager) -> int:
    """From the next boot on."""
    _is_there(places, manager)
    manager.disable(places.unit)
    now = "; now it still runs (stop ends that)" if manager.state(places.unit).is_running else ""
    return _say(f"{places.unit} does not start at boot any more{now}")


def status(places: Places, manager: Manager) -> int:
    """What `systemctl status` says, with its exit code."""
    code, text = manager.status(places.unit)
    sys.stdout.write(f"{text}\n")
    return code


ACTS: dict[str, Callable[[Places, Manager], int]] = {
    "start": start,
    "stop": stop,
    "restart": restart,
    "enable": enable,
    "disable": disable,
}


def failure(places: Places, manager: Manager, error: CommandFailed) -> CommandFailed:
    """The error of a start, with what the unit last said."""
    state = manager.state(places.unit)
    lines = manager.last_lines(places.unit, LINES)
    shown = f"\n\n{lines}\n" if lines else ""
    return CommandFailed(
        f"{places.unit} did not start ({state.result}, status {state.exit_status}){shown}",
        output=error.output,
        exit_code=error.exit_code,
        hint=f"All of it: journalctl -u {places.unit} -e. What is wrong: kgo-tui doctor",
    )


def _or_last_lines(places: Places, manager: Manager, act: Callable[[str], None]) -> None:
    try:
        act(places.unit)
    except CommandFailed as error:
        raise failure(places, manager, error) from error


def _is_there(places: Places, manager: Manager) -> None:
    if manager.state(places.unit).load == "not-found":
        option = f"--instance {places.instance} " if places.instance else ""
        user = " --user" if places.user else ""
        raise UsageError(
            f"there is no unit {places.unit}", hint=f"Install it: kgo-tui {option}service install{user}"
        )


def _not_at_boot(state: UnitState) -> str:
    return "" if state.is_enabled else ", but does not start at boot (enable does that)"


def _say(text: str) -> int:
    sys.stdout.write(f"{text}\n")
    return 0
