"""Installs what the lab runs: `python -m tests.lab.install`. Does nothing when all is there.

Engine, git and iptables come from the machine's own Debian source. The registry, busybox and Compose v2
are only unpacked into the lab's cache: none of them starts as a service. Where this Debian has no Compose
v2, it is taken from the next one, with a set of lists of its own: apt's sources and lists stay as they are.
Then builds, once, what the VPS in a box starts from.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from kgo_tui.demo.parts import LabError, find_parts, lab_home
from tests.lab.box import needs, root
from tests.lab.sources import NoSource, own_source

# For each missing part: the packages that bring it, the first that this Debian knows.
INSTALLED = {
    "docker": ("docker-cli", "docker.io"),
    "dockerd": ("docker.io",),
    "containerd": ("containerd",),
    "iptables": ("iptables",),
    "git": ("git",),
    "debootstrap": ("debootstrap",),
    "ssh": ("openssh-client",),
}
UNPACKED = {"registry": "docker-registry", "busybox": "busybox-static", "compose": "docker-compose"}
# The first Debian with Compose v2; its package needs only libc6 >= 2.34, so it also runs on the one before.
COMPOSE_SUITE = "trixie"
APT_DEADLINE_S = 900


class CannotInstall(Exception):
    """The machine cannot get the lab's parts this way; the message says what to do instead."""


def main() -> int:
    missing = _missing()
    try:
        if missing:
            _install(missing)
            missing = _missing()
        if not missing and not root.is_made():
            _build_box()
    except (CannotInstall, NoSource, LabError) as reason:
        missing = missing or ["the box"]
        sys.stderr.write(f"The lab is not complete: {', '.join(missing)} missing. {reason}" + "\n")
        return 1
    return _verdict(missing)


def _missing() -> list[str]:
    return [*find_parts().missing(), *needs.missing_programs()]


def _build_box() -> None:
    _say(f"Building a Debian host for the tests under systemd, once, about 2 minutes: {root.place()}")
    _need_root()
    root.archive()


def _install(missing: Sequence[str]) -> None:
    if not Path("/etc/debian_version").exists():
        raise CannotInstall(
            "Only Debian is done by itself; install Docker Engine, Compose v2, docker-registry, "
            "a static busybox, iptables and git."
        )
    _need_root()
    _refresh()
    _install_packages([INSTALLED[part] for part in missing if part in INSTALLED])
    for part in missing:
        if part in UNPACKED:
            _unpack(part, UNPACKED[part])


def _need_root() -> None:
    if os.geteuid() != 0:
        raise CannotInstall("Run this as root: python -m tests.lab.install")


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _verdict(missing: Sequence[str]) -> int:
    if missing:
        sys.stderr.write(f"Still missing after the installation: {', '.join(missing)}." + "\n")
        return 1
    _say("The lab is complete.")
    return 0


def _refresh() -> None:
    _say("Reading the package lists of this machine (apt-get update)")
    # A foreign source that is down must not stop us; a package that is really missing is noticed later.
    _run(["apt-get", "update", "--quiet"], check=False)


def _install_packages(choices: Sequence[Sequence[str]]) -> None:
    packages = sorted({next(filter(_candidate, names), names[-1]) for names in choices})
    if packages:
        _say(f"Installing Debian's {', '.join(packages)}")
        _run(["apt-get", "install", "--yes", "--quiet", "--no-install-recommends", *packages])


def _unpack(part: str, package: str) -> None:
    too_old = part == "compose" and _candidate(package) < "2"  # Compose v1, or no such package at all
    options = _later_release() if too_old else []
    folder = lab_home() / "packages"
    folder.mkdir(parents=True, exist_ok=True)
    _say(f"Unpacking Debian's {package} into {lab_home() / 'root'}")
    _run(["apt-get", *options, "download", "--quiet", "-o", "APT::Sandbox::User=root", package], at=folder)
    archive = max(folder.glob(f"{package}_*.deb"), key=lambda path: path.stat().st_mtime)
    _run(["dpkg-deb", "--extract", str(archive), str(lab_home() / "root")])


def _candidate(package: str) -> str:
    """The version that apt would take; empty when it knows none."""
    shown = subprocess.run(
        ["apt-cache", "policy", package], capture_output=True, text=True, timeout=60, check=False
    )
    found = re.search(r"Candidate: (\S+)", shown.stdout)
    return found[1] if found is not None and found[1] != "(none)" else ""


def _later_release() -> list[str]:
    """Options that give apt a private set of lists, of the later release from this machine's own source."""
    private = lab_home() / "apt"
    for folder in ("lists/partial", "cache/archives/partial", "sources"):
        (private / folder).mkdir(parents=True, exist_ok=True)
    (private / "sources" / "later.list").write_text(f"{own_source().line(COMPOSE_SUITE)}\n")
    options = [
        "-o",
        "Dir::Etc::SourceList=/dev/null",
        "-o",
        f"Dir::Etc::SourceParts={private}/sources",
        "-o",
        f"Dir::State::Lists={private}/lists",
        "-o",
        f"Dir::Cache={private}/cache",
        "-o",
        "Dir::Etc::PreferencesParts=/dev/null",
        "-o",
        "APT::Sandbox::User=root",
    ]
    _say(f"Reading the package list of Debian {COMPOSE_SUITE}, apart from this machine's own lists")
    _run(["apt-get", *options, "update", "--quiet"])
    return options


def _run(argv: Sequence[str], *, check: bool = True, at: Path | None = None) -> None:
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    done = subprocess.run(
        argv, cwd=at, env=environment, capture_output=True, text=True, timeout=APT_DEADLINE_S, check=False
    )
    if check and done.returncode != 0:
        raise CannotInstall(f"`{' '.join(argv)}` failed:\n{done.stdout}{done.stderr}")


if __name__ == "__main__":
    sys.exit(main())
