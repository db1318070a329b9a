"""A real image registry on a port of 127.0.0.1, which the engine trusts without TLS.

Owns its process and storage. What is in the images is not its business.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import httpx

from kgo_tui.demo.daemon import Daemon
from kgo_tui.demo.local import local_client
from kgo_tui.demo.parts import Parts, find_parts

CONFIG = """\
version: 0.1
log:
  level: warn
  accesslog:
    disabled: true
storage:
  delete:
    enabled: true
  filesystem:
    rootdirectory: {storage}
http:
  addr: {address}
"""
ACCEPT = "application/vnd.docker.distribution.manifest.v2+json, application/vnd.oci.image.manifest.v1+json"


class Registry:
    """Start it, push and pull through it, stop it to see an outage; what was pushed stays."""

    def __init__(self, folder: Path, port: int, *, parts: Parts | None = None) -> None:
        self.folder, self.port = folder, port
        self.address = f"127.0.0.1:{port}"
        self.url = f"http://{self.address}"
        folder.mkdir(parents=True, exist_ok=True)
        self._config = folder / "config.yml"
        self._config.write_text(CONFIG.format(storage=folder / "storage", address=self.address))
        argv = [(parts or find_parts()).need("registry"), "serve", str(self._config)]
        self._daemon = Daemon("the registry", argv, folder / "registry.log")

    @property
    def pid(self) -> int | None:
        """Its process ID while it runs."""
        return self._daemon.pid

    @property
    def running(self) -> bool:
        """Does it run now?"""
        return self._daemon.running

    def start(self) -> None:
        """Start it, also again: with all that was pushed before."""
        self._daemon.start(self._answers)

    def stop(self) -> None:
        """End it; from now on, connection refused."""
        self._daemon.stop()

    @contextlib.contextmanager
    def outage(self) -> Iterator[None]:
        """Nobody answers for a while: connection refused."""
        self.stop()
        try:
            yield
        finally:
            self.start()

    def tags(self, repository: str) -> list[str]:
        """The tags of a repository; none when nothing was ever pushed there."""
        with local_client(self.url) as client:
            answer = client.get(f"/v2/{repository}/tags/list")
        return [] if answer.status_code == httpx.codes.NOT_FOUND else sorted(answer.json().get("tags") or [])

    def digest(self, repository: str, tag: str) -> str | None:
        """The manifest's digest that a tag names now; None when it was never pushed."""
        with local_client(self.url) as client:
            answer = client.head(f"/v2/{repository}/manifests/{tag}", headers={"Accept": ACCEPT})
        return answer.headers.get("Docker-Content-Digest") if answer.is_success else None

    def unpublish(self, repository: str, tag: str) -> None:
        """The image is gone for everyone who asks later: manifest unknown."""
        digest = self.digest(repository, tag)
        if digest is not None:
            with local_client(self.url) as client:
                client.delete(f"/v2/{repository}/manifests/{digest}").raise_for_status()

    def _answers(self) -> bool:
        try:
            with local_client(self.url, timeout_s=2) as client:
                return client.get("/v2/").is_success
        except httpx.HTTPError:
            return False
