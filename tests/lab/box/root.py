"""The root file system of a box: Debian as the recipe says, made once, kept as an archive.

Owns debootstrap and what is done to its result. Knows no engine.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from kgo_tui.demo.parts import HOW_TO_INSTALL, SYSTEM_BIN, LabError, find_parts
from tests.lab.box import recipe
from tests.lab.box.cache import kept, made, remove
from tests.lab.sources import own_source

BUILD_DEADLINE_S = 900
KIND = "root"


def place() -> Path:
    """Where the archive for the recipe as it stands lies, made or not."""
    return kept(KIND, recipe.key())


def is_made() -> bool:
    """Is it there?"""
    return place().exists()


def archive() -> Path:
    """The archive, made now if need be: about 600 MB, a minute and a half.

    Raises LabError with the end of what the failed program said.
    """
    return made(KIND, recipe.key(), _build)


def _build(draft: Path) -> None:
    folder = draft.with_name("rootfs")
    remove(folder)
    try:
        _bootstrap(folder)
        _furnish(folder)
        _run("tar", "--numeric-owner", "-C", str(folder), "-cf", str(draft), ".")
    finally:
        remove(folder)


def _bootstrap(folder: Path) -> None:
    """See debootstrap(8). The mirror and its keys are those of this machine's own apt source."""
    options = folder / "etc/dpkg/dpkg.cfg.d"
    options.mkdir(parents=True)
    (options / "lab").write_text(recipe.DPKG)
    source = own_source()
    signed = [f"--keyring={source.keyring}"] if source.keyring else []
    include = f"--include={','.join(recipe.PACKAGES)}"
    _run("debootstrap", "--variant=minbase", *signed, include, recipe.SUITE, str(folder), source.uri)


def _furnish(folder: Path) -> None:
    plugin = folder / recipe.COMPOSE_PATH.lstrip("/")
    plugin.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(find_parts().need("compose"), plugin)
    init = folder / recipe.INIT_PATH.lstrip("/")
    init.write_text(recipe.INIT)
    init.chmod(0o755)
    _run("chroot", str(folder), "sh", "-c", recipe.SETUP)


def _run(*argv: str) -> None:
    done = _done(argv)
    if done.returncode != 0:
        end = "\n".join(f"{done.stdout}{done.stderr}".splitlines()[-15:])
        raise LabError(f"`{argv[0]}` failed, so there is no box:\n{end}", hint=HOW_TO_INSTALL)


def _done(argv: Sequence[str]) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(
            argv,
            env={"PATH": SYSTEM_BIN, "LC_ALL": "C.UTF-8", "DEBIAN_FRONTEND": "noninteractive", **_proxies()},
            capture_output=True,
            text=True,
            timeout=BUILD_DEADLINE_S,
            check=False,
            errors="replace",
        )
    except FileNotFoundError:
        raise LabError(f"{argv[0]} is not installed.", hint=HOW_TO_INSTALL) from None


def _proxies() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name.lower().endswith("_proxy")}
