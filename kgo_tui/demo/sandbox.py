"""A host that is ready to be looked after: remote, registry, HTTPS front, work tree, application, configuration.

Reads like what people around a host do: a developer releases, an admin runs compose, a visitor asks a page. Runs in
an engine that it is given, and removes from it what it brought. Never touches the worker's own state.
"""

from __future__ import annotations

import os
import secrets
import shutil
import ssl
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import httpx

from kgo_tui.demo.certificates import Certificates
from kgo_tui.demo.daemon import eventually
from kgo_tui.demo.engine import DockerEngine
from kgo_tui.demo.front import TlsFront
from kgo_tui.demo.host import (
    COMPOSE_FILE,
    DEPLOY,
    ENV_FILE,
    HEALTH_PATH,
    RELEASED,
    Host,
    Service,
    compose_file,
    config_file,
    env_file,
    page_files,
)
from kgo_tui.demo.images import LABEL, Image, Variant, publish
from kgo_tui.demo.parts import LabError, find_parts, lab_home
from kgo_tui.demo.registry import Registry
from kgo_tui.demo.remote import DEVELOPER, ISOLATED, GitRemote, git
from kgo_tui.demo.slots import Ports

PROJECT_LABEL = "com.docker.compose.project"
SERVICE_LABEL = "com.docker.compose.service"
USUAL: dict[Service, Variant] = {"backend": "good", "worker": "idle", "migrate": "done"}
COMPOSE_DEADLINE_S = 120.0


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


class Sandbox:
    """Made by `open` (or `with`), with release 1.0 in the remote and the work tree, and nothing running yet."""

    def __init__(
        self,
        engine: DockerEngine,
        services: Iterable[Service] = ("backend", "db"),
        *,
        image_tag: str | None = None,
        days_left: int = 60,
    ) -> None:
        self.engine, self.services, self.image_tag = engine, tuple(services), image_tag
        self.project = f"kgo-{secrets.token_hex(4)}"
        self.root = Path(tempfile.mkdtemp(prefix="kgo-"))  # short: sockets lie below it
        self._days_left, self._ports = days_left, Ports(lab_home())
        self._parts = find_parts()

    @property
    def tree(self) -> Path:
        """The work tree on the host, which kgo-tui looks after."""
        return self.root / "work"

    @property
    def deploy_dir(self) -> Path:
        """Where the compose file lies in the work tree."""
        return self.tree / DEPLOY

    @property
    def state(self) -> Path:
        """The worker's state directory."""
        return self.root / "state"

    @property
    def runtime(self) -> Path:
        """The directory of the worker's socket."""
        return self.root / "run"

    @property
    def config(self) -> Path:
        """kgo-tui's configuration file."""
        return self.root / "config.toml"

    def open(self) -> Self:
        """Start what the host needs and write what lies on it."""
        try:
            self._start_registry()
            self._start_front()
            self._start_remote()
            self._furnish_host()
        except BaseException:
            self.close()
            raise
        return self

    def close(self) -> None:
        """Stop and remove everything that this sandbox brought."""
        if hasattr(self, "front"):
            self.front.stop()
        if self.engine.answers():
            self.engine.clear(f"{PROJECT_LABEL}={self.project}")
            self.engine.clear(f"{LABEL}={self.project}")
        if hasattr(self, "registry"):
            self.registry.stop()
        self._ports.release()
        shutil.rmtree(self.root, ignore_errors=True)

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
        """Commit, let the build server publish the images, push; either of the last two can be left for later."""
        content = {"VERSION": f"{version}\n", **self._page(version), **(files or {})}
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

    def publish(
        self, version: str, commit: str | None = None, variants: Mapping[Service, Variant] | None = None
    ) -> dict[Service, Image]:
        """What the build server does for a commit: an image for each service of ours."""
        tags = ("latest",) if commit is None or self.image_tag is None else ("latest", f"main-{commit[:7]}")
        behaviour = {**USUAL, **(variants or {})}
        ours = [service for service in RELEASED if service in self.services]
        return {name: self._publish(name, version, behaviour[name], tags) for name in ours}

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
        """Docker compose, run by hand in the host's directory."""
        return self._run(
            [self._parts.need("docker"), "compose", *arguments], self.deploy_dir, COMPOSE_DEADLINE_S
        )

    def docker(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """The docker client on the sandbox's engine."""
        return self._run([self._parts.need("docker"), *arguments], self.root, COMPOSE_DEADLINE_S)

    def argv(self, *arguments: str) -> list[str]:
        """The command line of kgo-tui on this host; run it with `env()`."""
        return [sys.executable, "-m", "kgo_tui", "--config", str(self.config), *arguments]

    def kgo(self, *arguments: str, timeout_s: float = 120.0) -> subprocess.CompletedProcess[str]:
        """Run a command of kgo-tui to its end."""
        return self._run(self.argv(*arguments), self.root, timeout_s)

    def env(self) -> dict[str, str]:
        """The environment of everything that runs on this host; nothing of the caller's own leaks in."""
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self.root / "home"),
            "LC_ALL": "C.UTF-8",
            "DOCKER_HOST": self.engine.host,
            "DOCKER_CONFIG": str(self.root / "docker"),
            "SSL_CERT_FILE": str(self.front.certificates.authority),
            "STATE_DIRECTORY": str(self.state),
            "RUNTIME_DIRECTORY": str(self.runtime),
            "PYTHONPATH": str(Path(__file__).parents[2]),
            **ISOLATED,
        }

    # The observer

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
            return httpx.get(f"{self.front.url}{path}", verify=self._trust, timeout=5, trust_env=False)
        except httpx.HTTPError:
            return None

    # How it is made

    def _start_registry(self) -> None:
        self.registry = Registry(self.root / "registry", self._ports.take(), parts=self._parts)
        self.registry.start()
        self._publish("database", "1", "idle", ("1",))
        if "page" in self.services:
            self._publish("base", "1", "idle", ("1",))

    def _start_front(self) -> None:
        certificates = Certificates(self.root / "tls", days_left=self._days_left)
        self.front = TlsFront(certificates, self._ports.take(), self._ports.take())
        self.front.start()
        self._trust = ssl.create_default_context(cafile=str(certificates.authority))

    def _start_remote(self) -> None:
        self.remote = GitRemote(self.root)
        self.first = self.release(
            "1.0", files={COMPOSE_FILE: compose_file(self.services)}, message="First release"
        )

    def _furnish_host(self) -> None:
        for folder in (self.state, self.runtime, self.root / "home", self.root / "docker" / "cli-plugins"):
            folder.mkdir(parents=True)
        plugin = self._parts.need("compose")
        (self.root / "docker" / "cli-plugins" / "docker-compose").symlink_to(plugin)
        git(self.root, "clone", "--quiet", str(self.remote.path), str(self.tree))
        host = self._host()
        (self.tree / ENV_FILE).write_text(env_file(host))
        self.config.write_text(config_file(host))

    def _host(self) -> Host:
        return Host(
            project=self.project,
            registry=self.registry.address,
            backend_port=self.front.app_port,
            front_port=self.front.port,
            tree=self.tree,
            image_tag=self.image_tag,
        )

    def _page(self, version: str) -> dict[str, str]:
        return page_files(self.registry.address, version) if "page" in self.services else {}

    def _publish(self, name: str, version: str, variant: Variant, tags: tuple[str, ...]) -> Image:
        return publish(self.registry, f"koprogo/{name}", version, variant, tags=tags, owner=self.project)

    def _run(self, argv: list[str], at: Path, timeout_s: float) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            argv,
            cwd=at,
            env=self.env(),
            capture_output=True,
            text=True,
            timeout=timeout_s,
            check=False,
            stdin=subprocess.DEVNULL,
        )

    def __enter__(self) -> Self:
        return self.open()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
