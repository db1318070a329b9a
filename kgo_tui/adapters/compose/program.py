"""Which program `docker compose` is: the plugin itself, where it can be found.

Owns the plugin's places (docker/cli, cli-plugins/manager) and when it is started without the docker
client in front of it. That client maps 45 MB, asks every plugin what it is, and only then starts this
one: without it a command takes a third of the time and half of the memory, of which a worker under
`MemoryMax=` has little. Must not know what is said to Compose.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

_TYPED = ["docker", "compose"]
_NAME = "docker-compose"
_PLACES = (
    "/usr/local/lib/docker/cli-plugins",
    "/usr/local/libexec/docker/cli-plugins",
    "/usr/lib/docker/cli-plugins",
    "/usr/libexec/docker/cli-plugins",
)
"""Of the system's plugins, in the client's order; the user's own come before them."""


def started(words: Sequence[str], environ: Mapping[str, str]) -> list[str]:
    """The words to start for `docker compose …`. Without a plugin at its places, or where `docker` is
    not Docker's own client (a wrapper may do more than it), they stay as they are."""
    if list(words[:2]) != _TYPED or not _is_program(shutil.which("docker", path=environ.get("PATH"))):
        return list(words)
    found = next((place for place in _candidates(environ) if os.access(place, os.X_OK)), None)
    return list(words) if found is None else [found, *words[2:]]


def _candidates(environ: Mapping[str, str]) -> list[str]:
    own = environ.get("DOCKER_CONFIG") or f"{environ.get('HOME', '')}/.docker"
    return [f"{place}/{_NAME}" for place in (f"{own}/cli-plugins", *_PLACES)]


def _is_program(path: str | None) -> bool:
    """Whether it is an executable of the machine's, and not a script."""
    try:
        with Path(path or "").open("rb") as file:
            return file.read(4) == b"\x7fELF"
    except OSError:
        return False
