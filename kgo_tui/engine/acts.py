"""What several steps do to the world: the work tree to a commit, services up or stopped.

Owns these acts and what is told of them. Must not know states nor outcomes; the steps do.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from kgo_tui.core.errors import LocalChanges, SourceError, UntrackedInTheWay
from kgo_tui.core.messages import LocalChangesSaved, OutputLine, OwnershipRepaired
from kgo_tui.core.model import Deployment, Image, Release
from kgo_tui.engine.ports import OnLine
from kgo_tui.engine.world import World

T = TypeVar("T")


async def baseline_of(world: World, deployment: Deployment) -> Release | None:
    """The release that a rollback of it restores."""
    return None if deployment.baseline is None else await world.store.release(deployment.baseline)


async def check_out(world: World, deployment: Deployment, commit: str, *, save: bool) -> None:
    """Bring the work tree to a commit; what was put aside or mended on the way is told."""
    label = f"deployment-{deployment.id}"
    saved = await as_owner(world, lambda: world.source.check_out(commit, label=label, save=save))
    if saved:
        await world.event(LocalChangesSaved(deployment=deployment.id, saved=saved))
    await _give_back(world)


async def as_owner(world: World, act: Callable[[], Awaitable[T]]) -> T:
    """Do it; where that fails and files of others stand in the repository, give them back to its
    owner (a worker before us ran git as root) and do it once more."""
    try:
        return await act()
    except SourceError:
        if not await _give_back(world):
            raise
        return await act()


async def _give_back(world: World) -> int:
    if mended := await world.source.repair_ownership():
        await world.event(OwnershipRepaired(paths=mended))
    return mended


async def bring_home(world: World, deployment: Deployment, home: str) -> None:
    """A tree that never left is left alone, so that what the policy refuses is not swept aside."""
    try:
        await check_out(world, deployment, home, save=world.settings.rules.save_local_changes)
    except SourceError as error:
        by_hand = isinstance(error, LocalChanges | UntrackedInTheWay)
        if not (by_hand and await _is_at(world, home)):
            await check_out(world, deployment, home, save=True)


async def _is_at(world: World, commit: str) -> bool:
    local = (await world.source.view(None)).local
    return local is not None and local.sha == commit


async def bring_up(
    world: World,
    deployment: Deployment,
    images: dict[str, Image],
    commit: str,
    *,
    force_recreate: bool = False,
) -> None:
    """Bring the services up as `commit` declares them, with exactly these images."""
    variables = world.settings.variables(commit)
    on_line = teller(world, deployment)
    await world.runtime.up(images, variables, on_line, force_recreate=force_recreate)


async def stop_dropped(world: World, commit: str, before: set[str]) -> None:
    """Stop the services of `before` that `commit` does not have; their containers stay."""
    declared = {s.name for s in await world.runtime.services(world.settings.variables(commit))}
    dropped = before - declared
    containers = await world.runtime.containers()
    await world.runtime.stop([c for c in containers if c.service in dropped and c.state == "running"])


def teller(world: World, deployment: Deployment) -> OnLine:
    """Tells each line of a command's output as an event of the deployment."""
    loop = asyncio.get_running_loop()

    def tell(line: str) -> None:
        event = OutputLine(deployment=deployment.id, state=deployment.state, text=line)
        loop.call_soon_threadsafe(world.tell, event)  # output is read in an adapter's thread

    return tell
