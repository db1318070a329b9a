"""Says what a deployment would do, without doing any of it.

Owns the comparison of the services of a commit with the containers that run. Must not touch the
work tree: the compose files of the commit are read from git.
"""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

from kgo_tui.core.model import (
    Commit,
    ContainerView,
    Drift,
    Plan,
    PlannedService,
    Service,
    State,
)
from kgo_tui.core.policy import irreversible_paths
from kgo_tui.engine.world import World

PAST = 20
"""Deployments back from which the downtime is expected."""


async def declared_at(world: World, commit: str) -> tuple[Service, ...]:
    """The services that the compose files declare in a commit. Raises ComposeInvalid, SourceError."""
    paths = world.settings.compose_paths.items()
    files = {name: c for path, name in paths if (c := await world.source.file_at(commit, path))}
    # Files that lie outside of the repository are the same in every commit: those at hand.
    return await world.runtime.services(world.settings.variables(commit), files if paths else None)


async def make_plan(world: World, target: Commit) -> Plan:
    """What bringing the host to `target` would do. Raises ComposeInvalid, SourceError."""
    deployed = world.feed.state.deployed
    base = deployed.commit if deployed else None
    services = await declared_at(world, target.sha)
    changes = await world.source.changes(base, target.sha) if base else ()
    added = tuple(c.path for c in changes if c.status == "A")
    history = await world.store.deployments(limit=PAST)
    good = [d for d in history if d.state is State.SUCCEEDED and d.baseline is not None]
    downtimes = [d.downtime_ms for d in good if d.downtime_ms is not None]
    return Plan(
        from_commit=base,
        to_commit=target.sha,
        commits=await world.source.commits(base, target.sha) if base != target.sha else (),
        services=compare(
            services, await world.runtime.containers(), orphans_go=world.settings.remove_orphans
        ),
        irreversible=irreversible_paths(added, world.settings.irreversible_globs),
        expected_downtime_ms=round(median(downtimes)) if downtimes else None,
    )


def compare(
    services: Sequence[Service], containers: Sequence[ContainerView], *, orphans_go: bool
) -> tuple[PlannedService, ...]:
    """What happens to each service, by the configuration hash that Compose itself compares. An
    image that only moves under the same name shows at the pull, not here. Pure."""
    running = {c.service: c for c in containers if not c.oneoff}
    planned = [_planned(s, running.get(s.name)) for s in services if s.replicas]
    gone = Drift.REMOVED if orphans_go else Drift.ORPHANED
    declared = {s.name for s in services}
    orphans = (c for name, c in sorted(running.items()) if name not in declared)
    return (*planned, *(PlannedService(name=c.service, change=gone, image_before=c.image) for c in orphans))


def _planned(service: Service, container: ContainerView | None) -> PlannedService:
    if container is None:
        return PlannedService(name=service.name, change=Drift.NEW, image_after=service.image)
    same = service.config_hash and container.config_hash == service.config_hash
    return PlannedService(
        name=service.name,
        change=Drift.KEPT if same else Drift.RECREATED,
        image_before=container.image,
        image_after=service.image,
    )
