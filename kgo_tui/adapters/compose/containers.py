"""The containers of the project: listed, mapped, tidied after a crash, stopped.

Owns what a container's description means to the engine. Must not know images by name, nor logs.
Labels are Compose's own (`com.docker.compose.*`, package api of docker/compose).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from kgo_tui.adapters.compose.images import describe, inspect
from kgo_tui.core.model import ContainerView, Image
from kgo_tui.core.text import clean

if TYPE_CHECKING:
    from docker import APIClient

LABEL = "com.docker.compose."
PROJECT = f"{LABEL}project"
WORKING_DIR = f"{LABEL}project.working_dir"

STOP_S = 10
"""Seconds that Docker gives a container to stop when it says nothing else."""

_HALF_MADE = re.compile(r"([0-9a-f]{12})_(.+)")
"""The name of a new container while Compose recreates: the old one's short ID, then its name."""

_ENDED = frozenset({"exited", "dead"})


def of_project(client: APIClient, project: str) -> list[dict[str, Any]]:
    """All containers of a project in full; one that goes away meanwhile is left out."""
    return [found for row in _listed(client, project) if (found := described(client, row["Id"])) is not None]


def _listed(client: APIClient, project: str) -> list[dict[str, Any]]:
    listed: list[dict[str, Any]] = client.containers(all=True, filters={"label": [f"{PROJECT}={project}"]})
    return listed


def described(client: APIClient, container: str) -> dict[str, Any] | None:
    """One container in full, None when there is none."""
    from docker.errors import NotFound  # noqa: PLC0415

    try:
        found: dict[str, Any] = client.inspect_container(container)
    except NotFound:
        return None
    return found


def projects_in(client: APIClient, directory: str) -> set[str]:
    """The projects whose containers were made from files in that directory."""
    listed = client.containers(all=True, filters={"label": [f"{WORKING_DIR}={directory}"]})
    return {row["Labels"][PROJECT] for row in listed if PROJECT in row.get("Labels", {})}


def views(described_containers: Iterable[Mapping[str, Any]]) -> tuple[ContainerView, ...]:
    """The containers as the engine shows them, by service and name."""
    return tuple(sorted(map(view, described_containers), key=lambda each: (each.service, each.name)))


def view(found: Mapping[str, Any]) -> ContainerView:
    """One container, from what the engine's inspection says."""
    state, config, labels = found["State"], found["Config"], found["Config"].get("Labels") or {}
    return ContainerView(
        id=found["Id"],
        name=clean(found["Name"].removeprefix("/")),
        service=clean(labels.get(f"{LABEL}service", "")),
        image=clean(config.get("Image") or ""),
        image_id=found.get("Image") or "",
        state=state.get("Status") or "unknown",
        health=_health(state),
        exit_code=state.get("ExitCode") if state.get("Status") in _ENDED else None,
        restarts=found.get("RestartCount") or 0,
        restart_policy=_restart_policy(found.get("HostConfig") or {}),
        created_at=moment(found.get("Created")),
        started_at=moment(state.get("StartedAt")),
        finished_at=moment(state.get("FinishedAt")),
        config_hash=labels.get(f"{LABEL}config-hash", ""),
        ports=_ports((found.get("NetworkSettings") or {}).get("Ports") or {}),
        oneoff=labels.get(f"{LABEL}oneoff", "").lower() == "true",
    )


def moment(text: str | None) -> datetime | None:
    """The engine's time (RFC 3339, nanoseconds), None for its zero time."""
    if not text or text.startswith("0001-"):
        return None
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except ValueError:
        return None


def _health(state: Mapping[str, Any]) -> str | None:
    status = (state.get("Health") or {}).get("Status")
    return None if status in (None, "", "none") else str(status)


def _restart_policy(host: Mapping[str, Any]) -> str:
    policy = host.get("RestartPolicy") or {}
    name, limit = policy.get("Name") or "no", policy.get("MaximumRetryCount") or 0
    return f"{name}:{limit}" if limit else name


def _ports(bound: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(
        f"{host.get('HostIp') or '0.0.0.0'}:{host['HostPort']}->{inside}"  # noqa: S104 - it is shown, not bound
        for inside, hosts in sorted(bound.items())
        for host in hosts or []
    )


def images_in_use(client: APIClient, project: str) -> dict[str, Image]:
    """The image of each service's container. One that runs counts before one that ended (a
    one-shot's image belongs to what is deployed as well); a container that was never started, or
    that a person started with `docker compose run`, tells nothing.
    """
    told = [
        each for each in views(of_project(client, project)) if not each.oneoff and each.state != "created"
    ]
    chosen: dict[str, ContainerView] = {}
    for each in sorted(told, key=lambda each: each.state == "running"):
        chosen[each.service] = each
    return {service: _image(client, each) for service, each in sorted(chosen.items())}


def _image(client: APIClient, container: ContainerView) -> Image:
    inspected = inspect(client, container.image_id)
    if inspected is None:
        return Image(ref=container.image, image_id=container.image_id)
    return describe(container.image, inspected)


def tidy(client: APIClient, project: str) -> list[str]:
    """Mend what a Compose that was killed while it recreated left; what was done, as commands.

    Compose makes the new container as `<12 hex digits>_<name>`, removes the old one and renames.
    Left as it is, the next `up` would stop the old container even if nothing changed, and start
    the half-made one under that name. So it is removed while the old one is there, and gets its
    name when it is not. Anonymous volumes stay: the new container shares them with the old.
    """
    rows = _listed(client, project)
    taken = {name.removeprefix("/") for row in rows for name in row.get("Names") or []}
    halves = [
        (row["Id"], half)
        for row in rows
        for name in row.get("Names") or []
        if (half := _half_made(name, row))
    ]
    return [_mend(client, container, half, taken) for container, half in halves]


def _half_made(name: str, row: Mapping[str, Any]) -> tuple[str, str] | None:
    """The name and the name that was meant, if the container is half made: Compose also notes
    the ID of the old one on it (older versions of Compose do not).
    """
    match = _HALF_MADE.fullmatch(name.removeprefix("/"))
    replaced = (row.get("Labels") or {}).get(f"{LABEL}replace", "")
    return (match[0], match[2]) if match and (not replaced or replaced.startswith(match[1])) else None


def _mend(client: APIClient, container: str, names: tuple[str, str], taken: set[str]) -> str:
    from docker.errors import NotFound  # noqa: PLC0415

    half, meant = names
    with suppress(NotFound):
        if meant in taken:
            client.remove_container(container, force=True)
            return f"docker rm --force {half}"
        client.rename(container, meant)
    taken.add(meant)
    return f"docker rename {half} {meant}"


def stop(client: APIClient, container: str, told: Callable[[str], None]) -> None:
    """Stop one container, in the time that it is given itself."""
    from docker.errors import NotFound  # noqa: PLC0415

    found = described(client, container)
    if found is None or not found["State"].get("Running"):
        return
    told(found["Name"].removeprefix("/"))
    with suppress(NotFound):
        client.stop(container, timeout=found["Config"].get("StopTimeout") or STOP_S)
