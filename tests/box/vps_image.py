"""The prepared host: made once, kept in the engine of the boxes, started from as often as a test wants.

Owns how a bare box becomes the runbook's host, and how the checkout's wheel gets in. Who then works there
is the scenario's story.
"""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from kgo_tui.demo.certificates import Certificate, Certificates
from kgo_tui.demo.daemon import eventually
from kgo_tui.demo.images import publish
from kgo_tui.demo.local import local_client
from tests.lab.box import keys, recipe
from tests.lab.box.box import INSTALL, WHEELS, Box
from tests.lab.box.cache import remove
from tests.lab.box.engine import BoxEngine
from tests.lab.box.machine import copy_tree
from tests.lab.box.wheels import CHECKOUT, build_wheel, wheelhouse

DOMAIN = "koprogo.test"
API = f"api.{DOMAIN}"
TREE = "/home/koprogo/koprogo"
DEPLOY = "deploy/production"
REGISTRY_PORT = 5000
FIRST = "1.0"
FILES = Path(__file__).parent / "vps_files"
TRACKED = ("docker-compose.yml", "gitops-deploy.sh")
CERTIFICATES: tuple[Certificate, ...] = (
    "valid",
    "expired",
    "not_yet_valid",
    "self_signed",
    "wrong_host",
    "unknown_issuer",
)
# A copy of the prepared host must not be taken for the prepared one, nor tell its past as its own.
FORGET = "rm -rf /var/log/journal/* /root/*.whl && : >/etc/machine-id"


@dataclass(frozen=True)
class Prepared:
    """What a scenario starts from: a file system, and its /var/lib/docker."""

    image: str
    docker_data: Path


@dataclass(frozen=True)
class BoxRegistry:
    """The registry inside a box, as the build server outside reaches it."""

    port: int

    @property
    def url(self) -> str:
        """Where it takes uploads."""
        return f"http://127.0.0.1:{self.port}"

    def answers(self) -> bool:
        """Does it run?"""
        with local_client(self.url, timeout_s=2) as client:
            try:
                return client.get("/v2/").is_success
            except OSError:
                return False


def prepared(engine: BoxEngine) -> Prepared:
    """The runbook's host with version 1.0 of the application running, and kgo-tui not installed.

    Made anew when what it is made of changes, and once a day, since its certificates age.
    """
    data = engine.engine.folder / f"vps-{_key()}"
    image = engine.image("vps", _key(), lambda wanted: _prepare(engine, wanted, data))
    return Prepared(image, data)


def with_wheel(engine: BoxEngine, host: Prepared, checkout: Path = CHECKOUT) -> Prepared:
    """The prepared host with a checkout's wheel installed, as it is now; lives as long as the engine."""
    image, busy = "vps-with-wheel:now", "installing"
    engine.docker("run", "--detach", "--name", busy, "--network=none", host.image, "sleep", "infinity")
    try:
        with tempfile.TemporaryDirectory(prefix="kgo-wheel-") as folder:
            wheel = build_wheel(Path(folder), checkout)
            engine.docker("cp", str(wheel), f"{busy}:/root/{wheel.name}")
        script = f"{INSTALL}\n{FORGET}"
        engine.docker("exec", busy, "bash", "-c", script, "bash", f"/root/{wheel.name}")
        engine.commit(busy, image, keep=False)
    finally:
        engine.docker("rm", "--force", busy)
    return Prepared(image, host.docker_data)


def publish_release(registry: BoxRegistry, version: str, backend: str, frontend: str = "good") -> None:
    """What the build server does for a commit: an image for each service of ours."""
    for service, variant in (("backend", backend), ("frontend", frontend)):
        publish(registry, f"koprogo/{service}", version, variant)  # type: ignore[arg-type]


def _key() -> str:
    """What the prepared host is made of, as one name."""
    whole = hashlib.sha256(recipe.key().encode())
    for part in (Path(__file__), *sorted(FILES.iterdir()), *sorted(wheelhouse().iterdir())):
        whole.update(part.name.encode() if part.suffix == ".whl" else part.read_bytes())
    whole.update(str(datetime.now(UTC).date()).encode())
    return whole.hexdigest()[:12]


def _prepare(engine: BoxEngine, image: str, data: Path) -> None:
    for older in data.parent.glob("vps-*"):
        remove(older)
    box = Box(engine, engine.base(), names=(DOMAIN, API), published=(REGISTRY_PORT,))
    try:
        box.start()
        _furnish(box)
        _bring_up(box)
        box.shut_down()
        engine.commit(box.name, image, keep=True)
        copy_tree(box.folder, data)
    finally:
        box.close()


def _furnish(box: Box) -> None:
    box.copy_in(wheelhouse(), WHEELS)
    with tempfile.TemporaryDirectory(prefix="kgo-vps-") as folder:
        lay_out(Path(folder) / "vps")
        box.copy_in(Path(folder) / "vps", "/root/vps")
    box.run("bash /root/vps/furnish.sh", deadline_s=120)


def lay_out(folder: Path) -> None:
    """Everything that is copied in: the scenario's files, the first commit, certificates, the key."""
    shutil.copytree(FILES, folder)
    deploy = folder / "developer" / DEPLOY
    deploy.mkdir(parents=True)
    for name in TRACKED:
        shutil.move(folder / name, deploy / name)
    (folder / "developer/VERSION").write_text(f"{FIRST}\n")
    (folder / "authorized_keys").write_text(keys.public_key())
    certificates = Certificates(folder / "tls", names=(API, DOMAIN))
    for kind in CERTIFICATES:
        certificates.path(kind)


def _bring_up(box: Box) -> None:
    registry = BoxRegistry(box.ports[REGISTRY_PORT])
    eventually(registry.answers, "the registry in the box answers")
    publish(registry, "koprogo/database", "1", "idle", tags=("1",))
    publish_release(registry, FIRST, "good")
    box.run("docker compose up --detach --quiet-pull", at=f"{TREE}/{DEPLOY}", deadline_s=120)
    box.wait_until(lambda: answers(box) == FIRST, "the application answers")


def answers(box: Box, *, host: str = API) -> str | None:
    """The version that the health page tells through the front, its certificate checked; else None."""
    asked = box.run(
        ["curl", "--silent", "--fail", "--max-time", "5", f"https://{host}/api/v1/health"], check=False
    )
    return asked.stdout if asked.returncode == 0 else None
