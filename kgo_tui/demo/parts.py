"""Where the programs are that the sandbox runs: Docker Engine, Compose v2, a registry, busybox.

Looks on PATH first, then in the lab's own cache, which `python -m tests.lab.install` fills. Starts nothing.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from kgo_tui.core.errors import Unreachable

PLUGIN_DIRS = (
    "/usr/local/lib/docker/cli-plugins",
    "/usr/local/libexec/docker/cli-plugins",
    "/usr/lib/docker/cli-plugins",
    "/usr/libexec/docker/cli-plugins",
)
HOW_TO_INSTALL = "As root, in the project's checkout: python -m tests.lab.install"
SYSTEM_BIN = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


class LabError(Unreachable):
    """Something of the sandbox could not be built, started or reached; the message says what."""


class PartMissing(LabError):
    """A program that the sandbox needs is not installed."""


@dataclass(frozen=True)
class Parts:
    """Paths of everything the sandbox runs; None is what is missing."""

    docker: Path | None
    dockerd: Path | None
    containerd: Path | None
    iptables: Path | None
    git: Path | None
    compose: Path | None
    registry: Path | None
    busybox: Path | None

    def missing(self) -> list[str]:
        """The names of what is not here."""
        return [name for name, path in vars(self).items() if path is None]

    def need(self, name: str) -> str:
        """The path of a part, or an error that says how to get it."""
        path = getattr(self, name)
        if path is None:
            raise PartMissing(f"The sandbox needs {name}, which is not installed.", hint=HOW_TO_INSTALL)
        return str(path)


def lab_home() -> Path:
    """The lab's cache: what was unpacked, and the data of the private engines."""
    return Path(os.environ.get("KGO_LAB_HOME") or "/var/cache/kgo-tui-lab")


def find_parts() -> Parts:
    """Look for everything now."""
    return Parts(
        docker=_program("docker"),
        dockerd=_program("dockerd"),
        containerd=_program("containerd"),
        iptables=_program(
            "iptables"
        ),  # not for the host: the engine sets up name lookup inside containers with it
        git=_program("git"),
        compose=next(_compose_plugins(), None),
        registry=_program("docker-registry"),
        busybox=next(filter(_is_static, _busyboxes()), None),
    )


def unpacked(path: str) -> Path:
    """Where a file of a package lies that was unpacked into the cache instead of installed."""
    return lab_home() / "root" / path.lstrip("/")


def _program(name: str) -> Path | None:
    path = f"{os.environ.get('PATH', '')}:{SYSTEM_BIN}:{unpacked('/usr/bin')}"
    found = shutil.which(name, path=path)
    return Path(found) if found else None


def _compose_plugins() -> Iterator[Path]:
    for folder in (str(Path.home() / ".docker/cli-plugins"), *PLUGIN_DIRS, str(unpacked(PLUGIN_DIRS[-1]))):
        plugin = Path(folder) / "docker-compose"
        if os.access(plugin, os.X_OK):
            yield plugin


def _busyboxes() -> Iterator[Path]:
    candidates = (unpacked("/bin/busybox"), unpacked("/usr/bin/busybox"), _program("busybox"))
    return (path for path in candidates if path is not None and path.exists())


def _is_static(program: Path) -> bool:
    """A dynamic busybox would not run in an image built from scratch; it names its loader near the start."""
    with program.open("rb") as binary:
        head = binary.read(4096)
    return b"/ld-" not in head
