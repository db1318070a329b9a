"""Chooses the release that a rollback goes to.

Owns what "the last good one" and a name given by a person mean. Must not start anything.
"""

from __future__ import annotations

from kgo_tui.core.errors import ImagesGone, NoBaseline, UsageError
from kgo_tui.core.model import Release
from kgo_tui.core.releases import last_good
from kgo_tui.core.state import EngineState
from kgo_tui.engine.world import World

DEPTH = 200
"""How many releases back a name is looked for."""

SHORTEST_SHA = 4
"""git's own least length of an abbreviated commit."""

LONGEST_ID = 6
"""A number of up to six digits is a deployment's id; from seven on it is a commit."""


async def choose(world: World, to: str | None) -> Release:
    """The release named by deployment id or commit, or the last good one before what is deployed.

    Raises UsageError for an unknown name, NoBaseline when there is none, ImagesGone when its images
    are not on the host.
    """
    releases = await world.store.releases(limit=DEPTH)
    release = _named(releases, to) if to else _last_good(releases, world.feed.state)
    if missing := await world.runtime.missing(release.images):
        raise ImagesGone(missing)
    return release


def _last_good(releases: tuple[Release, ...], state: EngineState) -> Release:
    if state.deployed is None:
        raise NoBaseline("there is no release to go back to", hint="Nothing was deployed and verified yet.")
    release = last_good(releases, state.deployed, state.last)
    if release is None:
        raise NoBaseline(
            f"there is no release before {state.deployed.commit[:7]}",
            hint="kgo-tui history lists what was deployed; name one to go to it.",
        )
    return release


def _named(releases: tuple[Release, ...], name: str) -> Release:
    wanted = name.lower().removeprefix("#")
    if wanted.isdigit() and len(wanted) <= LONGEST_ID:
        found = [r for r in releases if r.id == int(wanted)]
    else:
        found = [r for r in releases if len(wanted) >= SHORTEST_SHA and r.commit.startswith(wanted)]
    if not found:
        raise UsageError(
            f"no release {name!r} in the history",
            hint="kgo-tui history lists deployments; those that succeeded can be gone back to.",
        )
    return found[0]
