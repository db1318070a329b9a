"""`kgo-tui service`: arguments in, the plan shown, carried out, an exit code out.

Owns what is shown of a plan, and who may run it. Nothing is asked: what cannot be found out is an
error that names the flag.
"""

from __future__ import annotations

import argparse
import os
import shlex
import signal
import sys
import threading
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from kgo_tui.adapters.process import in_thread
from kgo_tui.adapters.systemctl import Manager
from kgo_tui.config.client import client_settings
from kgo_tui.control.client import Client
from kgo_tui.core import report
from kgo_tui.core.errors import KgoError, UsageError
from kgo_tui.unit import actions, doing, program, running
from kgo_tui.unit.installing import Plan, plan
from kgo_tui.unit.ordering import Ordered, ordered
from kgo_tui.unit.places import GROUP, Places, system_places, user_places
from kgo_tui.unit.removing import removal
from kgo_tui.unit.survey import Host, survey

CHANGES = ("install", "uninstall", "start", "stop", "restart", "enable", "disable")
GLYPHS = {report.OK: "✓", report.WARNING: "!", report.CRITICAL: "✗"}


async def service(arguments: argparse.Namespace) -> int:
    """Run `service install` and the others. Raises errors of `core.errors`."""
    manager, places = Manager(user=arguments.user), _places(arguments)
    manager.require()
    if arguments.action in CHANGES:
        _prepare(arguments)

    def act(_stop: threading.Event) -> int:
        # Not interrupted in the middle: each action has a deadline, and the plan an end.
        return _acted(arguments, places, manager)

    code = await in_thread(act)
    if arguments.action == "status":
        sys.stdout.write(f"{await _verdict(places)}\n")
    return code


def _acted(arguments: argparse.Namespace, places: Places, manager: Manager) -> int:
    if arguments.action == "install":
        return _install(arguments, places, manager)
    if arguments.action == "uninstall":
        return _uninstall(arguments, places, manager)
    if arguments.action == "status":
        return running.status(places, manager)
    return running.ACTS[arguments.action](places, manager)


def _places(arguments: argparse.Namespace) -> Places:
    if arguments.config is not None:
        raise UsageError(
            "the service reads its configuration at its own place",
            hint="Leave --config out; a second worker on this host has a name: --instance NAME",
        )
    if not arguments.user:
        return system_places(arguments.instance)
    if arguments.instance:
        raise UsageError("--user has one worker for each user: leave --instance out")
    return user_places()


def _prepare(arguments: argparse.Namespace) -> None:
    signal.signal(signal.SIGHUP, signal.SIG_IGN)  # an ssh connection that drops leaves nothing half done
    if os.geteuid() != 0 and not arguments.user:
        again = shlex.join(["sudo", *program.command(), *sys.argv[1:]])
        raise UsageError("this needs root", hint=f"Run: {again}")


def _install(arguments: argparse.Namespace, places: Places, manager: Manager) -> int:
    host = _surveyed(arguments, places, manager)
    order = ordered(arguments, places, host, Path.cwd())
    _say(f"{places.unit}", *(f"  {line}" for line in order.found))
    _say(*(f"  ! {warning}" for warning in order.warnings))
    todo = plan(order.order, host)
    if not _shown(todo, dry_run=arguments.dry_run):
        return 0
    try:
        doing.carry_out(todo.actions, manager, _say)
    except doing.NotStarted as error:
        raise running.failure(places, manager, error) from error
    _say("done", *_next_steps(places, order))
    return 0


def _uninstall(arguments: argparse.Namespace, places: Places, manager: Manager) -> int:
    todo = removal(places, _surveyed(arguments, places, manager), purge=arguments.purge)
    _say(places.unit)
    if _shown(todo, dry_run=arguments.dry_run):
        doing.carry_out(todo.actions, manager, _say)
        _say("done")
    return 0


def _surveyed(arguments: argparse.Namespace, places: Places, manager: Manager) -> Host:
    operators = getattr(arguments, "operator", [])
    run_as = getattr(arguments, "run_as", None)
    return survey(
        places,
        manager.state(places.unit),
        groups=[GROUP],
        users=[run_as] if run_as else [],
        pairs=[(name, GROUP) for name in operators],
    )


def _shown(todo: Plan, *, dry_run: bool) -> bool:
    """Show what is to be done; whether it is to be done now."""
    _say(*(f"  - {note}" for note in todo.notes))
    if not todo.actions:
        _say("nothing to do")
        return False
    _say("would be done:" if dry_run else "to do:")
    for number, action in enumerate(todo.actions, 1):
        _say(f"{number:>3}. {actions.told(action)}")
        _say(*(f"       {line}" for line in actions.diff(action) if dry_run))
    if dry_run:
        _say("nothing was changed (--dry-run)")
    return not dry_run


def _next_steps(places: Places, order: Ordered) -> Iterable[str]:
    option = f" --instance {places.instance}" if places.instance else ""
    user = " --user" if places.user else ""
    yield f"\nconfiguration  {places.config}"
    yield f"what is        kgo-tui{option} status"
    yield f"log            journalctl {'--user-unit' if places.user else '-u'} {places.unit} -f"
    yield f"undo           kgo-tui{option} service uninstall{user}"
    if order.order.operators:
        yield f"{', '.join(order.order.operators)} can use the console after logging in again"
    if places.user and not Path("/var/lib/systemd/linger", Path.home().name).exists():
        yield "it ends with your last login; to let it stay: sudo loginctl enable-linger $USER"


async def _verdict(places: Places) -> str:
    """What the worker itself says of the host, in one line."""
    settings = client_settings(instance=places.instance)
    for path in settings.sockets:
        try:
            async with await Client.connect(path) as client:
                state = client.snapshot.state if client.snapshot else None
        except KgoError as error:
            said = error.message
            continue
        if state is not None:
            word, reason = report.verdict(state)
            return f"kgo-tui: {GLYPHS[word]} {word}: {reason}"
    return f"kgo-tui: {said}"


def _say(*lines: str) -> None:
    with suppress(BrokenPipeError):  # whoever listened has left: what was begun is done all the same
        sys.stdout.writelines(f"{line}\n" for line in lines)
        sys.stdout.flush()
