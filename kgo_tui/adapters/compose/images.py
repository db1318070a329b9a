"""The images on the host: what a name stands for, and keeping, moving back and letting go of them.

Owns the tags of ours and those that the compose files use. Must not know what containers run.

An image is pinned by moving its name back, with no override file: the text of the service's
`image:` stays, so Compose's configuration hash stays, and a service that did not change keeps its
container. An admin's own `docker compose up -d` afterwards finds the good image as well.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from kgo_tui.adapters.compose import refs
from kgo_tui.adapters.compose.sdk import Engine
from kgo_tui.core.errors import ImagesGone
from kgo_tui.core.model import Image

if TYPE_CHECKING:
    from docker import APIClient

Tagged = Callable[[str, str], None]
"""Takes an image ID and the name that it is about to get."""


class Images:
    """The images of one project."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def resolve(self, names: Mapping[str, str]) -> dict[str, Image]:
        """What each service's reference stands for now. Raises ImagesGone for what is not here."""
        found = await self._engine.ask(lambda client: _resolve(client, names))
        if gone := [named(service, ref) for service, ref in names.items() if service not in found]:
            raise ImagesGone(gone)
        return found

    async def keep(self, project: str, images: Mapping[str, Image]) -> None:
        """Give each image a tag of ours. Raises ImagesGone."""
        gone = await self._engine.ask(lambda client: _keep(client, project, images))
        if gone:
            raise ImagesGone(gone)

    async def missing(self, images: Mapping[str, Image]) -> tuple[str, ...]:
        """Which images are not here, or cannot be brought back under the name they need."""
        return await self._engine.ask(lambda client: _missing(client, images))

    async def restore(self, images: Mapping[str, Image], tagged: Tagged) -> None:
        """Let each reference stand for the recorded image again: all of them, or none and
        ImagesGone. `tagged` hears of each name before it moves.
        """
        gone, moves = await self._engine.ask(lambda client: _moves(client, images))
        if gone:
            raise ImagesGone(gone)
        for ref, image_id in moves.items():
            tagged(image_id, ref)
        await self._engine.ask(lambda client: _move(client, moves))

    async def keep_only(self, project: str, releases: Sequence[Mapping[str, Image]]) -> None:
        """Let go of this project's tags of ours that no release needs, and of an image that has
        no name left then. What a container uses stays.
        """
        needed = {
            ":".join(refs.kept_tag(project, service, image.image_id))
            for release in releases
            for service, image in release.items()
        }
        await self._engine.ask(lambda client: _let_go(client, project, needed))


def named(service: str, ref: str) -> str:
    """A missing image, for people."""
    return f"{service} ({ref})"


def inspect(client: APIClient, name: str) -> dict[str, Any] | None:
    """What the engine knows of an image, None when it has none under that name or ID."""
    from docker.errors import NotFound  # noqa: PLC0415

    try:
        found: dict[str, Any] = client.inspect_image(name)  # type: ignore[no-untyped-call]
    except NotFound:
        return None
    return found


def describe(ref: str, inspected: Mapping[str, Any]) -> Image:
    """The image that a reference stood for."""
    digest = refs.digest_for(ref, list(inspected.get("RepoDigests") or []))
    return Image(ref=ref, image_id=inspected["Id"], digest=digest)


def _resolve(client: APIClient, names: Mapping[str, str]) -> dict[str, Image]:
    known = {ref: inspect(client, ref) for ref in set(names.values())}
    return {
        service: describe(ref, inspected)
        for service, ref in names.items()
        if (inspected := known[ref]) is not None
    }


def _keep(client: APIClient, project: str, images: Mapping[str, Image]) -> list[str]:
    from docker.errors import NotFound  # noqa: PLC0415

    gone = []
    for service, image in images.items():
        try:
            client.tag(image.image_id, *refs.kept_tag(project, service, image.image_id))
        except NotFound:
            gone.append(named(service, image.ref))
    return gone


def _missing(client: APIClient, images: Mapping[str, Image]) -> tuple[str, ...]:
    return tuple(_moves(client, images)[0])


def _moves(client: APIClient, images: Mapping[str, Image]) -> tuple[list[str], dict[str, str]]:
    """What is not here, and which references must move to which image."""
    gone: list[str] = []
    moves: dict[str, str] = {}
    for service, image in images.items():
        now = inspect(client, image.ref)
        if now is not None and now["Id"] == image.image_id:
            continue
        # A digest names its image for ever: nobody can move it, and the engine lets nobody set it.
        if refs.parse(image.ref).digest is not None or inspect(client, image.image_id) is None:
            gone.append(named(service, image.ref))
        else:
            moves[image.ref] = image.image_id
    return gone, moves


def _move(client: APIClient, moves: Mapping[str, str]) -> None:
    for ref, image_id in moves.items():
        name = refs.parse(ref)
        client.tag(image_id, name.repository, name.tag)


def _let_go(client: APIClient, project: str, needed: set[str]) -> None:
    listed = client.images(filters={"reference": refs.kept_repositories(project)})
    prefix = refs.kept_prefix(project)
    for image in listed:
        kept = {tag for tag in image.get("RepoTags") or [] if tag.startswith(prefix)}
        if not kept & needed:
            _remove(client, image["Id"], sorted(kept))
        else:
            _untag(client, kept - needed)


def _remove(client: APIClient, image_id: str, kept: Iterable[str]) -> None:
    _untag(client, kept)
    left = inspect(client, image_id)
    if left is not None and not left.get("RepoTags"):
        _untag(client, [image_id])


def _untag(client: APIClient, names: Iterable[str]) -> None:
    from docker.errors import APIError  # noqa: PLC0415

    for name in names:
        with suppress(APIError):  # in use, or gone already: either is what we want
            client.remove_image(name, noprune=False)
