"""How a container differs from what was deployed: somebody's hand, or a leftover.

Owns these differences. Pure. Must not know how they are worded or shown, nor what a deployment would
do about them (`engine.plan` tells that).
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from kgo_tui.core.model import ContainerView, Release
from kgo_tui.core.state import EngineState

_KEPT_RUNNING = ("always", "unless-stopped")
"""Restart policies under which Docker leaves no container that ended by itself lying."""


class Oddity(StrEnum):
    """In what a container is not as it was deployed."""

    ORPHAN = "orphan"
    IMAGE = "image"
    CONFIG = "config"
    STOPPED = "stopped"
    ONE_OFF = "one_off"


def oddities(container: ContainerView, deployed: Release | None) -> tuple[Oddity, ...]:
    """All in which it differs from the release; the weightiest first. One that a person started with
    `docker compose run` is nothing but that."""
    if container.oneoff:
        return (Oddity.ONE_OFF,)
    return (*_unlike(container, deployed), *_stopped(container))


def _unlike(container: ContainerView, deployed: Release | None) -> Iterable[Oddity]:
    if deployed is None:
        return
    image = deployed.images.get(container.service)
    if image is None:
        # What was adopted is what ran then: a service that did not is not known to be a leftover.
        if not deployed.adopted:
            yield Oddity.ORPHAN
        return
    if container.image_id != image.image_id:
        yield Oddity.IMAGE
    recorded = deployed.configs.get(container.service)
    if recorded and container.config_hash and container.config_hash != recorded:
        yield Oddity.CONFIG


def _stopped(container: ContainerView) -> Iterable[Oddity]:
    """Docker starts such a container again, unless a person stopped it."""
    if container.state == "exited" and container.restart_policy in _KEPT_RUNNING:
        yield Oddity.STOPPED


def absent(state: EngineState) -> tuple[str, ...]:
    """Services of the deployed release without any container: somebody removed it. Nothing is absent
    while a deployment replaces containers, or before any was seen."""
    if state.deployed is None or state.touching or not state.containers:
        return ()
    there = {c.service for c in state.containers}
    return tuple(sorted(set(state.deployed.images) - there))


def configs(containers: Iterable[ContainerView]) -> dict[str, str]:
    """The configuration of each service's containers, to be recorded with a release."""
    return {c.service: c.config_hash for c in containers if c.config_hash and not c.oneoff}
