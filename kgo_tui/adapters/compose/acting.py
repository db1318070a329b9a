"""One container of the project at a person's wish: started, stopped, restarted, and what it takes.

Owns the check that it is the project's, and what the engine's statistics mean. Must not know who
asked, nor whether it is a good moment.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from kgo_tui.adapters.compose.containers import PROJECT, STOP_S, described, moment, view
from kgo_tui.core.errors import UsageError
from kgo_tui.core.model import ContainerAction, ContainerUsage, ContainerView

if TYPE_CHECKING:
    from docker import APIClient

ACT_S = 60.0
"""Seconds for the engine to start a container; to stop one, beside the time that it is given itself."""


def act(
    client: APIClient,
    project: str,
    container: str,
    action: ContainerAction,
    told: Callable[[str], None],
) -> ContainerView:
    """Do it, and say to which. To start what runs and to stop what does not is fine."""
    found = _of_project(client, project, container)
    which = view(found)
    told(which.name)
    grace_s = found["Config"].get("StopTimeout") or STOP_S
    match action:
        case ContainerAction.START:
            client.start(container)
        case ContainerAction.STOP:
            client.stop(container, timeout=grace_s)
        case ContainerAction.RESTART:
            client.restart(container, timeout=grace_s)
    return which


def usage(client: APIClient, project: str, container: str) -> ContainerUsage:
    """What it takes. The engine looks twice, a second apart, to see how busy it is."""
    if not _of_project(client, project, container)["State"].get("Running"):
        raise UsageError("this container does not run")
    return usage_of(client.stats(container, stream=False))


def usage_of(said: Mapping[str, Any]) -> ContainerUsage:
    """The engine's statistics, as `docker stats` reads them."""
    memory = said.get("memory_stats") or {}
    return ContainerUsage(
        at=moment(said.get("read")) or datetime.now(UTC),
        cpu_percent=_cpu(said.get("cpu_stats") or {}, said.get("precpu_stats") or {}),
        memory_bytes=_memory(memory),
        memory_limit_bytes=memory.get("limit"),
        processes=(said.get("pids_stats") or {}).get("current"),
    )


def _cpu(now: Mapping[str, Any], before: Mapping[str, Any]) -> float | None:
    """The share of the machine's time between the two looks, times its cores."""
    try:
        took = now["cpu_usage"]["total_usage"] - before["cpu_usage"]["total_usage"]
        passed = now["system_cpu_usage"] - before["system_cpu_usage"]
    except (KeyError, TypeError):
        return None
    cores = now.get("online_cpus") or len(now["cpu_usage"].get("percpu_usage") or []) or 1
    return round(took / passed * cores * 100, 1) if passed > 0 and took >= 0 else None


def _memory(memory: Mapping[str, Any]) -> int | None:
    """Without the page cache that is given back first (cgroup v2's name for it, then v1's)."""
    used = memory.get("usage")
    if used is None:
        return None
    details = memory.get("stats") or {}
    cache = details.get("inactive_file", details.get("total_inactive_file", 0))
    return int(used - cache) if cache < used else int(used)


def _of_project(client: APIClient, project: str, container: str) -> dict[str, Any]:
    """Whoever may ask the worker may not touch every container of the host."""
    found = described(client, container)
    if found is None or (found["Config"].get("Labels") or {}).get(PROJECT) != project:
        raise UsageError(
            "the project has no such container (any more)",
            hint="A deployment may have replaced it: look again.",
        )
    return found
