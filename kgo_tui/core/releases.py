"""Which releases a rollback can go to, and what it would change.

Owns what "the last good one" means, for the worker that goes there and the console that offers it. Pure;
must not know whether the images are still on the host.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from kgo_tui.core.model import Deployment, Image, Release, State


def last_good(
    releases: Iterable[Release], deployed: Release | None, last: Deployment | None
) -> Release | None:
    """The release that a rollback goes to when none is named; None when there is none. After a rollback
    that failed the host is not on what is recorded as deployed: back to that."""
    if deployed is None:
        return None
    if last is not None and last.state is State.ROLLBACK_FAILED:
        return deployed
    return next((r for r in releases if r.id < deployed.id and not same(r, deployed)), None)


def same(one: Release, other: Release) -> bool:
    """Whether both bring the same code and the very same images."""
    return (one.commit, one.images) == (other.commit, other.images)


def moves(now: Release, then: Release) -> Mapping[str, tuple[Image | None, Image | None]]:
    """The services whose image differs, by name, with the image of each release (None: no such
    service)."""
    names = sorted({*now.images, *then.images})
    both = {name: (now.images.get(name), then.images.get(name)) for name in names}
    return {name: (a, b) for name, (a, b) in both.items() if _id(a) != _id(b)}


def _id(image: Image | None) -> str | None:
    return None if image is None else image.image_id
