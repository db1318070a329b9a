"""The private engine that carries boxes, and the images that it keeps from one test run to the next.

Owns the engine, its network and the docker client that speaks to it. Knows no box from inside.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from kgo_tui.demo.engine import DockerEngine
from kgo_tui.demo.parts import LabError, find_parts
from tests.lab.box import recipe, root
from tests.lab.box.cache import box_home, remove

KEEP = "kgo.lab.box"
NETWORK = "boxes"
DEADLINE_S = 120.0


class BoxEngine:
    """Start it (or use `with`); what boxes left in it is gone then, what was kept is there."""

    def __init__(self) -> None:
        self.engine = DockerEngine(box_home(), keep=KEEP)
        self._docker = find_parts().need("docker")

    def start(self) -> Self:
        """A private engine with a network; takes about 2 s."""
        self.engine.start()
        remove(self.data)
        self.data.mkdir()
        self.docker("network", "create", NETWORK)
        return self

    def stop(self) -> None:
        """End it, with every box in it."""
        self.engine.stop()
        remove(self.data)

    @property
    def data(self) -> Path:
        """What boxes keep outside their own file system, one folder each."""
        return self.engine.folder / "boxes"

    def base(self) -> str:
        """The image that is the bare root file system."""
        return self.image("box-root", recipe.key(), self._import)

    def image(self, name: str, key: str, make: Callable[[str], None]) -> str:
        """The image of that name and key; `make` is given the full name when there is none yet.

        Those of the same name with other keys are dropped.
        """
        wanted = f"{name}:{key}"
        tags = self.docker("image", "ls", "--format", "{{.Repository}}:{{.Tag}}", name).split()
        for tag in tags:
            if tag != wanted:
                self.docker("image", "rm", "--force", tag)
        if wanted not in tags:
            make(wanted)
        return wanted

    def commit(self, container: str, image: str, *, keep: bool) -> None:
        """Make an image of the container's file system, without its volumes: to keep, or for this run."""
        self.docker("commit", "--change", f"LABEL {KEEP}={'yes' if keep else ''}", container, image)

    def docker(self, *arguments: str, deadline_s: float = DEADLINE_S) -> str:
        """What the docker client says; raises LabError when it fails."""
        done = self.ask(["docker", *arguments], deadline_s=deadline_s)
        if done.returncode != 0:
            raise LabError(f"docker {arguments[0]}: {done.stderr.strip()}")
        return done.stdout.strip()

    def ask(
        self, argv: Sequence[str], *, deadline_s: float = DEADLINE_S, text: str | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run a docker command to its end; raises LabError past the deadline."""
        try:
            return subprocess.run(
                [self._docker, *argv[1:]],
                env={**self.env(), "HOME": str(self.engine.folder)},
                input=text or "",
                capture_output=True,
                text=True,
                errors="replace",
                timeout=deadline_s,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise LabError(f"`{' '.join(argv)}` took more than {deadline_s:g} s") from None

    def env(self) -> dict[str, str]:
        """The environment that points a docker client here, whatever the caller's own settings say."""
        client = str(self.engine.folder / "client")
        return {"PATH": os.environ["PATH"], "DOCKER_HOST": self.engine.host, "DOCKER_CONFIG": client}

    def _import(self, image: str) -> None:
        self.docker("import", "--change", f"LABEL {KEEP}=yes", str(root.archive()), image)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with contextlib.suppress(LabError):
            self.stop()
