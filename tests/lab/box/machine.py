"""The power of a box: on, off, pulled out, on again. Owns its container, ports and data folder.

What runs inside, once systemd says that the start is over, is not its business.
"""

from __future__ import annotations

import contextlib
import secrets
import subprocess
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Self

from kgo_tui.demo.daemon import eventually
from kgo_tui.demo.parts import LabError, lab_home
from kgo_tui.demo.slots import Ports
from tests.lab.box.cache import remove
from tests.lab.box.engine import NETWORK, BoxEngine
from tests.lab.box.recipe import INIT_PATH

# What systemd, a nested engine and hardened units need beyond a container's usual capabilities(7).
CAPABILITIES = (
    "AUDIT_CONTROL",
    "AUDIT_WRITE",
    "DAC_READ_SEARCH",
    "IPC_LOCK",
    "LINUX_IMMUTABLE",
    "MKNOD",
    "NET_ADMIN",
    "NET_RAW",
    "SYSLOG",
    "SYS_ADMIN",
    "SYS_NICE",
    "SYS_PTRACE",
)
BOOT_DEADLINE_S = 90.0
COPY_DEADLINE_S = 60.0
UP = ("running", "degraded")


class Machine:
    """A container with systemd as PID 1. Its file system and /var/lib/docker outlive a power loss."""

    def __init__(
        self,
        engine: BoxEngine,
        image: str,
        *,
        docker_data: Path | None = None,
        names: Iterable[str] = (),
        published: Sequence[int] = (),
    ) -> None:
        self.engine, self.image = engine, image
        self.name = f"box-{secrets.token_hex(4)}"
        self._names, self._docker_data = tuple(names), docker_data
        self._ports = Ports(lab_home())
        self.ports = {inside: self._ports.take() for inside in (22, *published)}
        """Where its ports are reached on 127.0.0.1, by the number inside; the same after each start."""

    @property
    def folder(self) -> Path:
        """Its /var/lib/docker, seen from outside."""
        return self.engine.data / self.name

    def start(self) -> Self:
        """Switch it on for the first time and wait until all of its units are up. Raises LabError."""
        if self._docker_data is not None:
            copy_tree(self._docker_data, self.folder)
        else:
            self.folder.mkdir()
        self.engine.docker(*run_arguments(self.name, self.image, self.folder, self.ports, self._names))
        self._await_boot()
        if self.state() != "running":
            raise LabError(f"{self.name} is not well:\n{self._said('systemctl', '--failed', '--no-pager')}")
        return self

    def boot(self) -> None:
        """Switch it on again, with what its disks hold; returns when its units are up or have failed."""
        self.engine.docker("start", self.name)
        self._await_boot()

    def pull_the_plug(self) -> None:
        """Power loss: every process is gone at once. (What was written is there: the disk is the host's.)"""
        self.engine.docker("kill", self.name)

    def shut_down(self) -> None:
        """Switch it off in good order, as `poweroff` does."""
        self.engine.docker("stop", "--time", "60", self.name)

    def reboot(self) -> None:
        """`systemctl reboot`, and wait until it is up again."""
        self._said("systemctl", "reboot")
        eventually(lambda: not self.powered(), f"{self.name} goes down", BOOT_DEADLINE_S)
        self.boot()

    def powered(self) -> bool:
        """Is it on?"""
        return self.engine.docker("inspect", "--format", "{{.State.Running}}", self.name) == "true"

    def state(self) -> str:
        """What `systemctl is-system-running` says (running, degraded, starting); empty without an answer."""
        return self._said("systemctl", "is-system-running").strip()

    def close(self) -> None:
        """Remove it with all that it held."""
        with contextlib.suppress(LabError):
            self.engine.docker("rm", "--force", "--volumes", self.name)
        remove(self.folder)
        self._ports.release()

    def _await_boot(self) -> None:
        def up() -> bool:
            return self._said("systemctl", "is-system-running", "--wait").strip() in UP

        eventually(up, f"{self.name} is up", BOOT_DEADLINE_S)

    def _said(self, *argv: str) -> str:
        return self.execute(argv).stdout

    def execute(
        self,
        argv: Sequence[str],
        *,
        options: Sequence[str] = (),
        deadline_s: float = BOOT_DEADLINE_S,
        text: str | None = None,
    ) -> subprocess.CompletedProcess[str]:
        """A program in the box, whatever becomes of it. Raises LabError past the deadline."""
        return self.engine.ask(
            ["docker", "exec", *options, self.name, *argv], deadline_s=deadline_s, text=text
        )


def run_arguments(
    name: str, image: str, folder: Path, ports: dict[int, int], names: Iterable[str]
) -> list[str]:
    """What the engine is asked for: no more of the machine than systemd and a nested engine need.

    A namespace of its own keeps the control groups of nested containers apart from other boxes'.
    """
    words = ["run", "--detach", "--name", name, "--hostname", "vps", "--network", NETWORK]
    words += ["--security-opt", "seccomp=unconfined", "--security-opt", "apparmor=unconfined"]
    words += [f"--cap-add={capability}" for capability in CAPABILITIES]
    words += ["--cgroupns=private", "--sysctl=net.ipv4.ip_forward=1"]
    words += ["--tmpfs=/run", "--tmpfs=/run/lock", "--tmpfs=/tmp:exec"]
    words += [f"--volume={folder}:/var/lib/docker", "--stop-signal=SIGRTMIN+3"]
    words += [f"--publish=127.0.0.1:{outside}:{inside}" for inside, outside in ports.items()]
    words += [f"--add-host={host}:127.0.0.1" for host in names]
    return [*words, image, INIT_PATH]


def copy_tree(source: Path, target: Path) -> None:
    """A folder with its owners, devices and attributes: an engine's data has all of them."""
    subprocess.run(["cp", "--archive", str(source), str(target)], check=True, timeout=COPY_DEADLINE_S)
