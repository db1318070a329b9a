"""A private Docker Engine: its own containerd, data, socket and bridges, nothing of the machine's Docker.

Owns both processes, their folder and everything created in them. Knows nothing of sandboxes.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx

from kgo_tui.demo.daemon import Daemon, end_leftover
from kgo_tui.demo.local import local_client
from kgo_tui.demo.parts import LabError, Parts, find_parts, lab_home
from kgo_tui.demo.slots import Claim, claim_engine_folder

# Only what the engine uses: a plugin that finds no device or file system costs start-up time and log noise.
CONTAINERD_CONFIG = """\
version = 2
disabled_plugins = [
  "io.containerd.grpc.v1.cri", "io.containerd.snapshotter.v1.aufs", "io.containerd.snapshotter.v1.btrfs",
  "io.containerd.snapshotter.v1.devmapper", "io.containerd.snapshotter.v1.zfs",
]
"""
LONGEST_SOCKET_PATH = 100
PING_DEADLINE_S = 2.0


class DockerEngine:
    """Starts empty, is reached at `host`, can be killed and started again, leaves nothing behind."""

    def __init__(
        self, home: Path | None = None, *, live_restore: bool = False, parts: Parts | None = None
    ) -> None:
        self.live_restore = live_restore
        self._home, self._parts = home or lab_home(), parts or find_parts()
        self._claim: Claim | None = None
        self.folder = Path()

    @property
    def socket(self) -> Path:
        """Where dockerd listens."""
        return self.folder / "docker.sock"

    @property
    def host(self) -> str:
        """The value of DOCKER_HOST."""
        return f"unix://{self.socket}"

    @property
    def pid(self) -> int | None:
        """The process ID of dockerd while it runs."""
        return self._dockerd.pid

    @property
    def log(self) -> Path:
        """What dockerd writes."""
        return self._dockerd.log

    def start(self) -> Self:
        """Take a free folder, end what a killed run left in it, and begin with an empty engine."""
        self.folder, self._claim = claim_engine_folder(self._home)
        try:
            self._prepare_folder()
            self._start_containerd()
            self.start_dockerd()
            self.clear()
        except BaseException:
            self.stop()
            raise
        return self

    def stop(self) -> None:
        """Remove everything, end both processes and give the folder back."""
        if self._claim is None:
            return
        with contextlib.suppress(
            LabError, httpx.HTTPError
        ):  # what cannot be removed now is when it next starts
            self.ensure_running()
            self.clear()
        self._dockerd.stop()
        self._containerd.stop()
        self._unmount()
        self._claim.release()
        self._claim = None

    def start_dockerd(self) -> None:
        """Also after `kill` or `stop_dockerd`: the same engine again, with what it held."""
        (self.folder / "daemon.json").write_text(json.dumps({"live-restore": self.live_restore}))
        self._dockerd.start(self.answers)

    def ensure_running(self) -> None:
        """Start dockerd again if something ended it."""
        if not self._dockerd.running:
            self.start_dockerd()

    def stop_dockerd(self) -> None:
        """End dockerd in good order, as `systemctl stop docker` does."""
        self._dockerd.stop()

    def kill(self) -> None:
        """Send KILL to dockerd alone; containerd and the containers run on, as on a host under systemd.

        The next dockerd keeps them running with `live_restore`. Without, it stops them, counts that as
        done by hand, and so brings back those with `restart: always` but not those with `unless-stopped`.
        """
        self._dockerd.kill()

    def restart(self) -> None:
        """End dockerd in good order and start it again."""
        self.stop_dockerd()
        self.start_dockerd()

    def answers(self) -> bool:
        """Is dockerd there? Asked by hand, since httpx forgets to close a socket that nobody listens on."""
        with socket.socket(socket.AF_UNIX) as line:
            line.settimeout(PING_DEADLINE_S)
            try:
                line.connect(str(self.socket))
                line.sendall(b"GET /_ping HTTP/1.0\r\n\r\n")
                return b" 200 " in line.recv(64)
            except OSError:
                return False

    def request(
        self, method: str, path: str, *, query: Mapping[str, object] | None = None, timeout_s: float = 60.0
    ) -> httpx.Response:
        """One call of the engine's API; dict values in the query are its JSON filters."""
        params = {
            key: value if isinstance(value, str) else json.dumps(value)
            for key, value in (query or {}).items()
        }
        with local_client("http://docker", socket=self.socket, timeout_s=timeout_s) as client:
            return client.request(method, path, params=params)

    def get(self, path: str, **filters: list[str]) -> Any:
        """What the engine's API lists there, with these filters."""
        query = {"filters": filters, "all": "true"} if filters else {"all": "true"}
        return self.request("GET", path, query=query).raise_for_status().json()

    def clear(self, *labels: str) -> None:
        """Remove containers, networks, volumes and images: those with all of the labels, or simply all."""
        filters = {"label": list(labels)} if labels else {}
        self._delete("/containers", [box["Id"] for box in self.get("/containers/json", **filters)], v="true")
        self._delete(
            "/networks", [net["Id"] for net in self.get("/networks", **(filters or {"type": ["custom"]}))]
        )
        self._delete(
            "/volumes", [volume["Name"] for volume in self.get("/volumes", **filters)["Volumes"] or []]
        )
        self._delete("/images", [image["Id"] for image in self.get("/images/json", **filters)])

    def _delete(self, kind: str, names: Iterable[str], **query: str) -> None:
        def delete(name: str) -> None:
            self.request("DELETE", f"{kind}/{name}", query={"force": "true", **query})

        with ThreadPoolExecutor(8) as pool:  # ending a container takes a while, most of it waiting
            list(pool.map(delete, names))

    def _prepare_folder(self) -> None:
        if len(str(self.socket)) > LONGEST_SOCKET_PATH:
            raise LabError(
                f"{self.folder} is too long a path for a socket; set KGO_LAB_HOME to a shorter one"
            )
        self.folder.mkdir(parents=True, exist_ok=True)
        self._define_daemons()
        end_leftover(self.folder / "dockerd.pid", str(self.folder))
        end_leftover(self.folder / "containerd.pid", str(self.folder))
        for name in ("docker.sock", "dockerd.pid", "dockerd.log", "containerd.sock", "containerd.log"):
            (self.folder / name).unlink(missing_ok=True)

    def _define_daemons(self) -> None:
        at, environment = self.folder, dict(os.environ)
        self._containerd = Daemon(
            "containerd",
            [
                self._parts.need("containerd"),
                "--config",
                f"{at}/containerd.toml",
                "--root",
                f"{at}/containerd",
                "--state",
                f"{at}/exec/containerd",
                "--address",
                f"{at}/containerd.sock",
            ],
            at / "containerd.log",
            environment,
        )
        self._dockerd = Daemon("dockerd", self._dockerd_argv(), at / "dockerd.log", environment)

    def _dockerd_argv(self) -> list[str]:
        self._parts.need("iptables")
        at = self.folder
        return [
            self._parts.need("dockerd"),
            "--config-file",
            f"{at}/daemon.json",
            "--containerd",
            f"{at}/containerd.sock",
            "--data-root",
            f"{at}/data",
            "--exec-root",
            f"{at}/exec",
            "--pidfile",
            f"{at}/dockerd.pid",
            "--host",
            self.host,
            "--storage-driver",
            "overlay2",
            "--bridge",
            "none",
            # Ports on 127.0.0.1 go through docker-proxy. Rules of our own would wipe those of the machine's Docker.
            "--iptables=false",
            "--ip6tables=false",
            "--ip-forward=false",
            "--ip-masq=false",
            "--default-address-pool",
            "base=10.213.0.0/16,size=24",
        ]

    def _start_containerd(self) -> None:
        (self.folder / "containerd.toml").write_text(CONTAINERD_CONFIG)
        self._containerd.start((self.folder / "containerd.sock").is_socket)
        (self.folder / "containerd.pid").write_text(str(self._containerd.pid))

    def _unmount(self) -> None:
        """The engine leaves its data folder mounted on itself, and after a kill also its containers' file systems."""
        mounted = [line.split()[4] for line in Path("/proc/self/mountinfo").read_text().splitlines()]
        for place in reversed([place for place in mounted if place.startswith(f"{self.folder}/")]):
            subprocess.run(["umount", "--lazy", place], check=False, timeout=10, capture_output=True)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
