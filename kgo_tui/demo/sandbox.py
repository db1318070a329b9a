"""A host that is ready to be looked after, told by what people around it do.

A developer releases, an admin runs compose or kgo-tui by hand, a visitor asks for a page. Never touches the
worker's own state.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import httpx

from kgo_tui.demo.daemon import eventually
from kgo_tui.demo.host import HEALTH_PATH, Service
from kgo_tui.demo.images import Image, Variant
from kgo_tui.demo.parts import LabError
from kgo_tui.demo.premises import PROJECT_LABEL, Premises
from kgo_tui.demo.remote import DEVELOPER, git

SERVICE_LABEL = "com.docker.compose.service"
COMMAND_DEADLINE_S = 120.0


@dataclass(frozen=True)
class Release:
    """One release: the commit, and what was published for it."""

    version: str
    commit: str
    images: Mapping[Service, Image]

    @property
    def image_id(self) -> str:
        """The backend's image, as the engine names it once it is pulled."""
        return self.images["backend"].id


class Sandbox(Premises):
    """The premises and everyone who works there."""

    @property
    def first(self) -> Release:
        """Version 1.0, which the work tree is at when the sandbox opens."""
        commits = git(self.remote.path, "rev-list", "--max-parents=0", self.remote.branch)
        return Release("1.0", commits.split()[-1], self.first_images)

    # The developer

    def release(
        self,
        version: str,
        variant: Variant = "good",
        *,
        message: str | None = None,
        files: Mapping[str, str | bytes | None] | None = None,
        author: str = DEVELOPER,
        variants: Mapping[Service, Variant] | None = None,
        publish: bool = True,
        push: bool = True,
    ) -> Release:
        """Commit, let the build server publish, push; either of the last two can be left for later."""
        content = {**self.version_files(version), **(files or {})}
        commit = self.remote.commit(content, message or f"Release {version}", author)
        images = self.publish(version, commit, {"backend": variant, **(variants or {})}) if publish else {}
        if push:
            self.remote.push()
        return Release(version, commit, images)

    def bad_release(
        self, version: str = "bad", variant: Variant = "unhealthy", message: str | None = None
    ) -> Release:
        """A release whose health page answers 404."""
        return self.release(version, variant, message=message)

    # The admin

    def up(self, *arguments: str, wait: bool = True) -> None:
        """`docker compose up -d`, as the admin did by hand; then wait until the page answers."""
        done = self.compose("up", "-d", *arguments)
        if done.returncode != 0:
            raise LabError(f"docker compose up: {done.stderr}")
        if wait:
            eventually(lambda: self.http() == httpx.codes.OK, "the application answers 200")

    def down(self) -> None:
        """`docker compose down`."""
        self.compose("down", "--timeout", "3")

    def compose(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Docker compose, run by hand beside the compose file."""
        return self._run([self._parts.need("docker"), "compose", *arguments], at=self.deploy_dir)

    def docker(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """The docker client on the sandbox's engine."""
        return self._run([self._parts.need("docker"), *arguments])

    def kgo(self, *arguments: str, timeout_s: float = COMMAND_DEADLINE_S) -> subprocess.CompletedProcess[str]:
        """A command of kgo-tui, run to its end."""
        return self._run(self.argv(*arguments), timeout_s=timeout_s)

    def argv(self, *arguments: str) -> list[str]:
        """The command line of kgo-tui on this host; run it with `env()`."""
        return [sys.executable, "-m", "kgo_tui", "--config", str(self.config), *arguments]

    # The visitor, and whoever looks closer

    def http(self, path: str = HEALTH_PATH) -> int | None:
        """The status that a visitor gets through the front; None when nobody answers."""
        answer = self._ask(path)
        return answer.status_code if answer is not None else None

    def version(self) -> str | None:
        """The version that answers on the health page; None when it is not well."""
        answer = self._ask(HEALTH_PATH)
        return answer.text if answer is not None and answer.is_success else None

    def running(self) -> dict[str, str]:
        """The image ID of every service that runs."""
        containers = self._containers()
        return {service: box["ImageID"] for service, box in containers.items() if box["State"] == "running"}

    def container_ids(self) -> dict[str, str]:
        """The container ID of every service, running or not."""
        return {service: box["Id"] for service, box in self._containers().items()}

    def head(self) -> str:
        """The commit that the work tree is at."""
        return git(self.tree, "rev-parse", "HEAD")

    def _containers(self) -> dict[str, dict[str, str]]:
        listed = self.engine.get("/containers/json", label=[f"{PROJECT_LABEL}={self.project}"])
        return {box["Labels"][SERVICE_LABEL]: box for box in listed}

    def _ask(self, path: str) -> httpx.Response | None:
        try:
            return httpx.get(f"{self.front.url}{path}", verify=self.trust, timeout=5, trust_env=False)
        except httpx.HTTPError:
            return None

    def _run(
        self, argv: list[str], *, at: Path | None = None, timeout_s: float = COMMAND_DEADLINE_S
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            argv,
            cwd=at or self.root,
            env=self.env(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=timeout_s,
            check=False,
        )
