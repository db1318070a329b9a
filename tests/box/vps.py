"""The runbook's host, told by the people who work there: the developer, the admin, the visitor.

A VPS with the application running, a git host, a registry and an HTTPS front, all inside one box. Never
touches kgo-tui's own state.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from kgo_tui.config.template import template
from kgo_tui.demo.certificates import Certificate
from kgo_tui.demo.images import Variant
from tests.box.vps_image import (
    API,
    DEPLOY,
    DOMAIN,
    FILES,
    FIRST,
    REGISTRY_PORT,
    TREE,
    BoxRegistry,
    Prepared,
    answers,
    publish_release,
)
from tests.lab.box.box import Box, Said
from tests.lab.box.engine import BoxEngine

UNIT = "koprogo-gitops.service"
UNIT_FILE = f"/etc/systemd/system/{UNIT}"
CONFIG = "/etc/kgo-tui/config.toml"
BARE, DEVELOPER = "/srv/git/koprogo.git", "/srv/git/developer"
GIT_UNIT, REGISTRY_UNIT, FRONT_UNIT = "git-server.service", "docker-registry.service", "nginx.service"
DEPLOY_DEADLINE_S = 180.0
# Nobody should wait for a test; everything else is as it comes.
SETTINGS: dict[str, Any] = {
    "repository.path": TREE,
    "compose.directory": DEPLOY,
    "compose.files": ["docker-compose.yml"],
    "compose.env_files": [".env"],
    "health.attempts": 8,
    "health.interval": 0.5,
    "health.timeout": 2,
    "health.stable_for": 0.5,
    "health.between": 2,
    "monitor.interval": 5,
}
COMMIT = """\
set -e
git add --all
git commit --quiet --allow-empty --message "$1"
git push --quiet
git rev-parse HEAD
"""


@dataclass(frozen=True)
class Release:
    """A commit that is on the git host, and the version that it brings."""

    version: str
    commit: str


class Vps(Box):
    """A box that is the runbook's host."""

    def __init__(self, engine: BoxEngine, host: Prepared) -> None:
        super().__init__(
            engine,
            host.image,
            docker_data=host.docker_data,
            names=(DOMAIN, API),
            published=(REGISTRY_PORT,),
        )
        self.registry = BoxRegistry(self.ports[REGISTRY_PORT])

    def open(self) -> Vps:
        """Switch it on and wait until version 1.0 answers."""
        self.start()
        self.wait_until(lambda: self.version() == FIRST, "the application answers")
        return self

    # The developer

    def push(self, files: Mapping[str, str | None] | None = None, message: str = "Change") -> str:
        """Write files of the repository (None removes one), commit and push; the commit."""
        for name, content in (files or {}).items():
            path = f"{DEVELOPER}/{name}"
            if content is None:
                self.run(["rm", "--", path])
            else:
                self.put(path, content, owner="git", mode=0o755 if name.endswith(".sh") else 0o644)
        return self.out(COMMIT, message, user="git", at=DEVELOPER)

    def release(
        self,
        version: str,
        variant: Variant = "good",
        *,
        message: str | None = None,
        files: Mapping[str, str | None] | None = None,
        frontend: Variant = "good",
    ) -> Release:
        """Publish images that behave like that, then push a commit for them."""
        publish_release(self.registry, version, variant, frontend)
        commit = self.push({"VERSION": f"{version}\n", **(files or {})}, message or f"Release {version}")
        return Release(version, commit)

    # The admin

    def configure(self, **values: Any) -> None:
        """Write kgo-tui's configuration, quick for tests; `health__attempts=3` sets `health.attempts`."""
        changed = {key.replace("__", "."): value for key, value in values.items()}
        self.put(CONFIG, template({**SETTINGS, **changed}))

    def kgo(self, *arguments: str, user: str = "root", code: int | None = 0) -> Said:
        """A command of kgo-tui, run to its end by that user; `code` None is for any exit code."""
        done = self.run(["kgo-tui", *arguments], user=user, check=False, deadline_s=DEPLOY_DEADLINE_S)
        said = f"kgo-tui {' '.join(arguments)}: exit code {done.returncode}\n{done.stdout}{done.stderr}"
        assert "Traceback" not in said, said
        assert code is None or done.returncode == code, said
        return done

    def asked(self, *arguments: str, user: str = "root", code: int | None = 0) -> Any:
        """The JSON that a command of kgo-tui answers with."""
        return json.loads(self.kgo(*arguments, "--json", user=user, code=code).stdout)

    def compose(self, *arguments: str) -> str:
        """Docker compose, run by hand beside the compose file."""
        return self.out(["docker", "compose", *arguments], at=f"{TREE}/{DEPLOY}", deadline_s=120)

    def install_old_unit(self, *, start: bool = True) -> None:
        """The bash script under systemd, as the runbook shows it: enabled, and started unless not wanted."""
        self.put(UNIT_FILE, (FILES / UNIT).read_text())
        self.systemctl("daemon-reload")
        self.systemctl("enable", *(["--now"] if start else []), UNIT)

    def show_certificate(self, kind: Certificate) -> None:
        """What the HTTPS front shows every new visitor from now on."""
        self.run(["ln", "-sfn", f"{kind}.pem", "/etc/nginx/tls/shown.pem"])
        self.systemctl("restart", FRONT_UNIT)  # a reload returns before the new one is shown

    @contextlib.contextmanager
    def outage(self, unit: str) -> Iterator[None]:
        """One of GIT_UNIT, REGISTRY_UNIT, FRONT_UNIT, docker.service is down for a while."""
        units = [unit, "docker.socket"] if unit == "docker.service" else [unit]
        self.systemctl("stop", *units)
        try:
            yield
        finally:
            self.systemctl("start", *units)

    # The visitor, and whoever looks closer

    def version(self) -> str | None:
        """The version that the health page tells; None when it is not well or its certificate is not."""
        return answers(self)

    def head(self) -> str:
        """The commit that the work tree is at."""
        return self.out(["git", "-C", TREE, "rev-parse", "HEAD"], user="koprogo")

    def tip(self) -> str:
        """The newest commit on the git host."""
        return self.out(["git", "-C", BARE, "rev-parse", "main"], user="git")

    def containers(self) -> dict[str, dict[str, Any]]:
        """What `docker inspect` says of each service's container, running or not."""
        inspected = json.loads(
            self.out("docker ps --all --quiet | xargs --no-run-if-empty docker inspect || :")
        )
        return {one["Config"]["Labels"]["com.docker.compose.service"]: one for one in inspected}
