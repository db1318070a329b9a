"""The sample application's images, published as a build server does it: straight to the registry.

The host's engine takes no part, so an image is on the host only once it was pulled, and publishing works
while the engine is down. Each image is one shared layer (busybox and app.sh) and a configuration that says
variant and version.
"""

from __future__ import annotations

import functools
import gzip
import hashlib
import io
import json
import platform
import subprocess
import tarfile
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import resources
from pathlib import Path
from typing import Literal, Protocol

import httpx

from kgo_tui.demo.local import local_client
from kgo_tui.demo.parts import LabError, find_parts

Variant = Literal[
    "good",  # answers 200 with its version
    "unhealthy",  # 404 on the health URL
    "error500",
    "redirect",  # 302 to a page that answers 200
    "slowbody",  # 200, and a body that never ends
    "flapping",  # 200 and 500 in turn
    "slow",  # 503 for SLOW_S seconds, then 200
    "fragile",  # 200 for FRAGILE_S seconds, then it dies
    "crash",  # exits 1 before it answers
    "idle",  # runs and serves nothing: a worker, a database
    "done",  # one-shot that exits 0
    "failed",  # one-shot that exits 1
]
LABEL = "kgo.lab.sandbox"
FOLDERS = ("bin", "dev", "etc", "proc", "run", "sys", "tmp", "var")
MACHINES = {"x86_64": "amd64", "aarch64": "arm64"}
MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"


class Shelf(Protocol):
    """A registry, wherever it runs."""

    @property
    def url(self) -> str:
        """Where it takes uploads."""


@dataclass(frozen=True)
class Image:
    """One published image: `id` is the engine's name for it after the pull, `digest` the registry's."""

    repository: str
    tags: tuple[str, ...]
    id: str
    digest: str


def publish(
    registry: Shelf,
    repository: str,
    version: str,
    variant: Variant = "good",
    *,
    tags: tuple[str, ...] = ("latest",),
    owner: str = "lab",
) -> Image:
    """Make an image and move the tags to it; the owner's name makes its ID differ from other sandboxes'."""
    layer, diff_id = _layer()
    configuration = _configuration(version, variant, owner, diff_id)
    manifest = _manifest(configuration, layer)
    with local_client(f"{registry.url}/v2/{repository}") as client:
        for blob in (layer, configuration):
            _upload(client, blob)
        for tag in tags:
            _put(client, f"manifests/{tag}", manifest, MANIFEST)
    return Image(repository, tags, _digest(configuration), _digest(manifest))


def _configuration(version: str, variant: str, owner: str, diff_id: str) -> bytes:
    return _json(
        {
            "architecture": MACHINES.get(platform.machine(), platform.machine()),
            "os": "linux",
            "created": datetime.now(UTC).isoformat(),
            "config": {
                "Env": ["PATH=/bin", f"VERSION={version}", f"VARIANT={variant}"],
                "Entrypoint": ["/app.sh"],
                "Labels": {LABEL: owner, "org.opencontainers.image.version": version},
            },
            "rootfs": {"type": "layers", "diff_ids": [diff_id]},
            "history": [{"created_by": "kgo-tui lab"}],
        }
    )


def _manifest(configuration: bytes, layer: bytes) -> bytes:
    def descriptor(kind: str, blob: bytes) -> dict[str, object]:
        return {"mediaType": kind, "size": len(blob), "digest": _digest(blob)}

    return _json(
        {
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "config": descriptor("application/vnd.docker.container.image.v1+json", configuration),
            "layers": [descriptor("application/vnd.docker.image.rootfs.diff.tar.gzip", layer)],
        }
    )


@functools.cache
def _layer() -> tuple[bytes, str]:
    """The file system of every image, compressed, and the digest of its plain form."""
    plain = io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w") as archive:
        for folder in FOLDERS:
            _add(archive, folder, tarfile.DIRTYPE)
        _add(archive, "app.sh", content=resources.files(__package__).joinpath("data/app.sh").read_bytes())
        busybox = Path(find_parts().need("busybox"))
        _add(archive, "bin/busybox", content=busybox.read_bytes())
        for applet in _applets(busybox):
            _add(archive, f"bin/{applet}", tarfile.SYMTYPE, link="busybox")
    return gzip.compress(plain.getvalue(), compresslevel=1, mtime=0), _digest(plain.getvalue())


def _add(
    archive: tarfile.TarFile,
    name: str,
    kind: bytes = tarfile.REGTYPE,
    *,
    content: bytes = b"",
    link: str = "",
) -> None:
    entry = tarfile.TarInfo(name)  # its owner is root and its time 0: the same bytes on every machine
    entry.type, entry.mode, entry.size, entry.linkname = kind, 0o755, len(content), link
    archive.addfile(entry, io.BytesIO(content))


def _applets(busybox: Path) -> list[str]:
    listed = subprocess.run([busybox, "--list"], capture_output=True, text=True, timeout=10, check=True)
    return [name for name in listed.stdout.split() if name != "busybox"]


def _upload(client: httpx.Client, blob: bytes) -> None:
    digest = _digest(blob)
    if client.head(f"blobs/{digest}").is_success:
        return
    place = client.post("blobs/uploads/")
    if place.status_code != httpx.codes.ACCEPTED:
        raise LabError(f"the registry takes no upload: {place.status_code} {place.text}")
    _put(client, str(httpx.URL(place.headers["Location"]).copy_merge_params({"digest": digest})), blob)


def _put(client: httpx.Client, url: str, content: bytes, kind: str = "application/octet-stream") -> None:
    answer = client.put(url, content=content, headers={"Content-Type": kind})
    if not answer.is_success:
        raise LabError(f"the registry refused an image: {answer.status_code} {answer.text}")


def _digest(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def _json(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()
