"""A person's hand on one of the played containers, and what one of them takes.

Owns what starting and stopping changes. Must not know who asks.
"""

from __future__ import annotations

from msgspec.structs import replace

from kgo_tui.core import messages as m
from kgo_tui.core.errors import Busy, UsageError
from kgo_tui.core.model import ContainerAction, ContainerView
from kgo_tui.core.views import ContainerUsage
from kgo_tui.demo.scenario.host import Host

MIB = 1024 * 1024
KILLED = 137


def act(host: Host, container: str, action: ContainerAction, by: str) -> None:
    """Do it and tell. Raises UsageError, Busy."""
    if host.state.touching:
        raise Busy("a deployment is touching containers", hint="Ask again when it has ended.")
    before = _found(host, container)
    after = _stopped(host, before) if action is ContainerAction.STOP else _started(host, before)
    kept = tuple(after if c.id == container else c for c in host.state.containers)
    host.happen(m.ContainersChanged(containers=kept))
    host.happen(m.ContainerActed(by=by, service=after.service, container=after.name, action=action))


def usage(host: Host, container: str) -> ContainerUsage:
    """What it takes now. Raises UsageError."""
    found = _found(host, container)
    if found.state != "running":
        raise UsageError("this container does not run")
    number = int(found.id[:4], 16)
    return ContainerUsage(
        at=host.stage.now(),
        cpu_percent=number % 90 / 10,
        memory_bytes=(40 + number % 300) * MIB,
        memory_limit_bytes=512 * MIB,
        processes=1 + number % 12,
    )


def _found(host: Host, container: str) -> ContainerView:
    found = next((c for c in host.state.containers if c.id == container), None)
    if found is None:
        raise UsageError("there is no such container in this project")
    return found


def _started(host: Host, c: ContainerView) -> ContainerView:
    return replace(
        c, state="running", exit_code=None, health=c.health and "healthy", started_at=host.stage.now()
    )


def _stopped(host: Host, c: ContainerView) -> ContainerView:
    return replace(c, state="exited", exit_code=KILLED, health=None, finished_at=host.stage.now())
