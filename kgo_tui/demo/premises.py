"""The ground a sandbox stands on: its folder, registry, HTTPS front, git remote, and what lies on the host.

Starts these beside a given engine and takes them away again. Who does what there is the sandbox's story.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import ssl
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from kgo_tui.demo.certificates import Certificates
from kgo_tui.demo.engine import DockerEngine
from kgo_tui.demo.front import TlsFront
from kgo_tui.demo.host import (
    COMPOSE_FILE,
    DEPLOY,
    ENV_FILE,
    RELEASED,
    Host,
    Service,
    compose_file,
    config_file,
    env_file,
    page_files,
)
from kgo_tui.demo.images import LABEL, Image, Variant, publish
from kgo_tui.demo.parts import find_parts, lab_home
from kgo_tui.demo.registry import Registry
from kgo_tui.demo.remote import ISOLATED, GitRemote, git
from kgo_tui.demo.slots import Ports

PROJECT_LABEL = "com.docker.compose.project"
USUAL: dict[Service, Variant] = {"backend": "good", "worker": "idle", "migrate": "done"}


class Premises:
    """Made by `open` (or `with`): version 1.0 is in the remote and the work tree, and nothing runs yet."""

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
        self.first_images: dict[Service, Image] = {}
        self._days_left, self._parts = days_left, find_parts()
        self._ending = contextlib.ExitStack()
        self._make_folders()
        self._ports = Ports(lab_home())
        self._ending.callback(self._ports.release)

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
        """Stop and remove everything that was brought, in the engine too."""
        self._ending.close()

    def publish(
        self, version: str, commit: str | None = None, variants: Mapping[Service, Variant] | None = None
    ) -> dict[Service, Image]:
        """What the build server does for a commit: an image for each service of ours."""
        tags = ("latest",) if commit is None or self.image_tag is None else ("latest", f"main-{commit[:7]}")
        behaviour = {**USUAL, **(variants or {})}
        ours = [service for service in RELEASED if service in self.services]
        return {name: self._publish(name, version, behaviour[name], tags) for name in ours}

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

    def _make_folders(self) -> None:
        self.root = Path(tempfile.mkdtemp(prefix="kgo-"))  # short: sockets lie below it
        self._ending.callback(shutil.rmtree, self.root, ignore_errors=True)
        self.tree = self.root / "work"  # what kgo-tui looks after
        self.deploy_dir = self.tree / DEPLOY
        self.config = self.root / "config.toml"
        self.state, self.runtime = self.root / "state", self.root / "run"
        self._plugins = self.root / "docker" / "cli-plugins"
        for folder in (self.state, self.runtime, self.root / "home", self._plugins):
            folder.mkdir(parents=True)

    def _start_registry(self) -> None:
        self.registry = Registry(self.root / "registry", self._ports.take(), parts=self._parts)
        self._ending.callback(self.registry.stop)
        self.registry.start()
        self._publish("database", "1", "idle", ("1",))
        if "page" in self.services:
            self._publish("base", "1", "idle", ("1",))

    def _start_front(self) -> None:
        certificates = Certificates(self.root / "tls", days_left=self._days_left)
        self.front = TlsFront(certificates, self._ports.take(), self._ports.take())
        self._ending.callback(self.front.stop)
        self.front.start()
        self.trust = ssl.create_default_context(cafile=str(certificates.authority))

    def _start_remote(self) -> None:
        self.remote = GitRemote(self.root)
        files = {COMPOSE_FILE: compose_file(self.services), **self.version_files("1.0")}
        commit = self.remote.commit(files, "First release")
        self.first_images = self.publish("1.0", commit)
        self.remote.push()

    def _furnish_host(self) -> None:
        self._ending.callback(self._clear_engine)
        (self._plugins / "docker-compose").symlink_to(self._parts.need("compose"))
        git(self.root, "clone", "--quiet", str(self.remote.path), str(self.tree))
        host = Host(
            project=self.project,
            registry=self.registry.address,
            backend_port=self.front.app_port,
            front_port=self.front.port,
            tree=self.tree,
            image_tag=self.image_tag,
        )
        (self.tree / ENV_FILE).write_text(env_file(host))
        self.config.write_text(config_file(host))

    def _clear_engine(self) -> None:
        if self.engine.answers():
            self.engine.clear(f"{PROJECT_LABEL}={self.project}")
            self.engine.clear(f"{LABEL}={self.project}")

    def version_files(self, version: str) -> dict[str, str]:
        """The files that differ in every release."""
        page = page_files(self.registry.address, version) if "page" in self.services else {}
        return {"VERSION": f"{version}\n", **page}

    def _publish(self, name: str, version: str, variant: Variant, tags: tuple[str, ...]) -> Image:
        return publish(self.registry, f"koprogo/{name}", version, variant, tags=tags, owner=self.project)

    def __enter__(self) -> Self:
        return self.open()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
