"""A private Docker Engine: its own containerd, data, socket and bridges, nothing of the machine's Docker.

Owns both processes, their folder and everything created in them. Knows nothing of sandboxes.
"""

from __future__ import annotations

import contextlib
import json
import subprocess
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx

from kgo_tui.demo.daemon import Daemon, end_leftover
from kgo_tui.demo.engine_api import EngineApi
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
# The engine makes sockets below it with names of its own, and a socket's path ends at 107 bytes.
LONGEST_FOLDER = 70
OF_ONE_RUN = (
    "docker.sock",
    "dockerd.pid",
    "dockerd.log",
    "containerd.sock",
    "containerd.pid",
    "containerd.log",
)


class DockerEngine:
    """Starts empty, is reached at `host`, can be killed and started again, leaves nothing behind.

    Images whose label `keep` is not empty may be there at its start and stay: some are too big to make again.
    """

    def __init__(
        self,
        home: Path | None = None,
        *,
        live_restore: bool = False,
        keep: str | None = None,
        parts: Parts | None = None,
    ) -> None:
        self.live_restore, self._keep = live_restore, keep
        self._home, parts = home or lab_home(), parts or find_parts()
        self._programs = parts.need("containerd"), parts.need("dockerd")
        parts.need("iptables")
        self._claim: Claim | None = None
        self._settle(Path())

    @property
    def socket(self) -> Path:
        """Where dockerd listens."""
        return self.api.socket

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
        folder, self._claim = claim_engine_folder(self._home)
        self._settle(folder)
        try:
            self._tidy_folder()
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
        # What cannot be removed now is when the folder is next used.
        with contextlib.suppress(LabError, httpx.HTTPError):
            if self._containerd.running:
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

    def restart(self) -> None:
        """End dockerd in good order and start it again."""
        self.stop_dockerd()
        self.start_dockerd()

    def kill(self) -> None:
        """Send KILL to dockerd alone; containerd and the containers run on, as on a host under systemd.

        The next dockerd keeps them running with `live_restore`. Without, it stops them, counts that as
        done by hand, and so brings back those with `restart: always` but not those with `unless-stopped`.
        """
        self._dockerd.kill()

    def answers(self) -> bool:
        """Is dockerd there?"""
        return self.api.answers()

    def get(self, path: str, **filters: list[str]) -> Any:
        """What the engine's API lists there, with these filters."""
        return self.api.get(path, **filters)

    def clear(self, *labels: str) -> None:
        """Remove what has all of these labels, or everything but the images to keep."""
        self.api.clear(*labels, keep=self._keep)

    def _settle(self, folder: Path) -> None:
        self.folder, self.api = folder, EngineApi(folder / "docker.sock")
        containerd, dockerd = self._programs
        self._containerd = Daemon(
            "containerd", [containerd, *containerd_options(folder)], folder / "containerd.log"
        )
        self._dockerd = Daemon("dockerd", [dockerd, *dockerd_options(folder)], folder / "dockerd.log")

    def _tidy_folder(self) -> None:
        if len(str(self.folder)) > LONGEST_FOLDER:
            raise LabError(
                f"{self.folder} is too long a path for its sockets; set KGO_LAB_HOME to a shorter one"
            )
        self.folder.mkdir(parents=True, exist_ok=True)
        end_leftover(self.folder / "dockerd.pid", str(self.folder))
        end_leftover(self.folder / "containerd.pid", str(self.folder))
        for name in OF_ONE_RUN:
            (self.folder / name).unlink(missing_ok=True)

    def _start_containerd(self) -> None:
        (self.folder / "containerd.toml").write_text(CONTAINERD_CONFIG)
        self._containerd.start((self.folder / "containerd.sock").is_socket)
        (self.folder / "containerd.pid").write_text(str(self._containerd.pid))

    def _unmount(self) -> None:
        """The engine leaves its data folder mounted on itself, and after a kill what its containers had."""
        mounted = [line.split()[4] for line in Path("/proc/self/mountinfo").read_text().splitlines()]
        for place in reversed([place for place in mounted if place.startswith(f"{self.folder}/")]):
            subprocess.run(["umount", "--lazy", place], check=False, timeout=10, capture_output=True)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def containerd_options(folder: Path) -> list[str]:
    """What containerd is started with."""
    return [
        f"--config={folder}/containerd.toml",
        f"--root={folder}/containerd",
        f"--state={folder}/exec/containerd",
        f"--address={folder}/containerd.sock",
    ]


def dockerd_options(folder: Path) -> list[str]:
    """What dockerd is started with."""
    return [
        f"--config-file={folder}/daemon.json",
        f"--containerd={folder}/containerd.sock",
        f"--data-root={folder}/data",
        f"--exec-root={folder}/exec",
        f"--pidfile={folder}/dockerd.pid",
        f"--host=unix://{folder}/docker.sock",
        "--storage-driver=overlay2",
        "--bridge=none",
        # docker-proxy serves ports on 127.0.0.1; rules of ours would wipe those of the machine's own Docker.
        "--iptables=false",
        "--ip6tables=false",
        "--ip-forward=false",
        "--ip-masq=false",
        "--default-address-pool=base=10.213.0.0/16,size=24",
    ]
