"""What lies on the sandbox's host: the compose file, the untracked .env beside it, kgo-tui's configuration.

Pure text from plain values.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Literal, get_args

Service = Literal["backend", "db", "worker", "migrate", "page"]
DEPLOY = "deploy/production"
COMPOSE_FILE = f"{DEPLOY}/docker-compose.yml"
ENV_FILE = f"{DEPLOY}/.env"
HEALTH_PATH = "/api/v1/health"
# Images that a build server makes anew for every commit; the database's is not ours and stays.
RELEASED: tuple[Service, ...] = ("backend", "worker", "migrate")


@dataclass(frozen=True)
class Host:
    """The values that the host's files are written from."""

    project: str
    registry: str
    backend_port: int
    front_port: int
    tree: Path
    image_tag: str | None = None


def compose_file(services: Iterable[Service]) -> str:
    """The application's compose file with these services."""
    wanted = set(services)
    if unknown := wanted - set(get_args(Service)):
        raise ValueError(f"no such service: {', '.join(sorted(unknown))}")
    template = resources.files(__package__).joinpath("data/docker-compose.yml").read_text()
    head, *blocks = re.split(
        r"^(?=  [a-z]+:\n)", template.partition("volumes:\n  data")[0], flags=re.MULTILINE
    )
    kept = [block for block in blocks if block.split(":")[0].strip() in wanted]
    volumes = "volumes:\n  data: {}\n" if "db" in wanted else ""
    return head + "".join(kept) + volumes


def page_files(registry: str, version: str) -> dict[str, str]:
    """The build context of the service that has no image of its own."""
    dockerfile = f"FROM {registry}/koprogo/base:1\nCOPY version /version\nENV VARIANT=idle\n"
    return {f"{DEPLOY}/page/Dockerfile": dockerfile, f"{DEPLOY}/page/version": f"{version}\n"}


def env_file(host: Host) -> str:
    """The admin's settings, which are in no commit."""
    return f"""\
DOMAIN=localhost:{host.front_port}
BACKEND_PORT={host.backend_port}
REGISTRY={host.registry}
COMPOSE_PROJECT_NAME={host.project}
"""


def config_file(host: Host) -> str:
    """The configuration of kgo-tui for this host, with short intervals: nobody should wait for a sandbox."""
    image_tag = f'image_tag = "{host.image_tag}"\n' if host.image_tag else ""
    return f"""\
[repository]
path = "{host.tree}"
branch = "main"

[compose]
directory = "{DEPLOY}"
files = ["docker-compose.yml"]
env_files = [".env"]
project = "{host.project}"
{image_tag}
[health]
urls = ["https://${{DOMAIN}}{HEALTH_PATH}"]
attempts = 8
interval = 0.5
timeout = 2
stable_for = 0.5
between = 2

[monitor]
interval = 5
"""
