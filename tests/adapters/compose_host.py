"""What the tests of the Compose adapter share: a runtime on a sandbox's host, and projects of their own."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from kgo_tui.adapters.compose import ComposeRuntime
from kgo_tui.core.model import Image
from kgo_tui.demo.host import COMPOSE_FILE
from kgo_tui.demo.images import Image as Published
from kgo_tui.demo.images import Variant, publish
from kgo_tui.demo.sandbox import Sandbox


def runtime_on(sandbox: Sandbox, **options: Any) -> ComposeRuntime:
    """The adapter as the worker would set it up on this host."""
    settings: dict[str, Any] = {
        "files": ["docker-compose.yml"],
        "env_files": [".env"],
        "project": sandbox.project,
        "environment": sandbox.env(),
    }
    return ComposeRuntime(sandbox.deploy_dir, **{**settings, **options})


def write_compose(sandbox: Sandbox, text: str) -> Path:
    """Replace the application's compose file; {registry} stands for the sandbox's."""
    file = sandbox.tree / COMPOSE_FILE
    file.write_text(text.replace("{registry}", sandbox.registry.address))
    return file


def push(sandbox: Sandbox, name: str, version: str, variant: Variant = "idle", *tags: str) -> Published:
    """Publish an image of this sandbox's as `koprogo/NAME`."""
    return publish(
        sandbox.registry,
        f"koprogo/{name}",
        version,
        variant,
        tags=tags or ("latest",),
        owner=sandbox.project,
    )


def image_id(sandbox: Sandbox, name: str) -> str | None:
    """What a name stands for on the host now."""
    found = sandbox.docker("image", "inspect", name)
    return json.loads(found.stdout)[0]["Id"] if found.returncode == 0 else None


def ids(images: dict[str, Image]) -> dict[str, str]:
    """The image ID of each service."""
    return {service: image.image_id for service, image in images.items()}


def lines() -> tuple[list[str], Callable[[str], None]]:
    """A list, and what fills it."""
    heard: list[str] = []
    return heard, heard.append
