"""The wheels that a box installs kgo-tui from, without any network.

Builds the checkout's own wheel; downloads those of its dependencies once, for the Python of the box.
"""

from __future__ import annotations

import hashlib
import json
import platform
import subprocess
import sys
import tomllib
from pathlib import Path

from kgo_tui.demo.parts import LabError
from tests.lab.box.cache import made

CHECKOUT = Path(__file__).parents[3]
PYTHON = "3.11"
GLIBC_MINORS = range(17, 37)  # up to the C library of the box, Debian 12's 2.36
DEADLINE_S = 600
KIND = "wheels"


def wheelhouse() -> Path:
    """A folder with the wheels of all dependencies; downloaded when the list of them changed.

    Raises LabError when pip cannot.
    """
    wanted = dependencies()
    key = hashlib.sha256(json.dumps([wanted, PYTHON]).encode()).hexdigest()[:12]
    return made(KIND, key, lambda draft: _download(wanted, draft))


def build_wheel(folder: Path, checkout: Path = CHECKOUT) -> Path:
    """The wheel of a checkout as it is now, built into the folder. Raises LabError."""
    folder.mkdir(parents=True, exist_ok=True)
    _python("-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder), at=checkout)
    [wheel] = folder.glob("kgo_tui-*.whl")
    return wheel


def dependencies() -> list[str]:
    """What the project needs at run time."""
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())["project"]
    found: list[str] = project["dependencies"]
    return found


def _download(wanted: list[str], draft: Path) -> None:
    draft.mkdir(parents=True)
    machine = platform.machine()
    platforms = [f"--platform=manylinux_2_{minor}_{machine}" for minor in GLIBC_MINORS]
    target = ["--only-binary=:all:", f"--python-version={PYTHON}", f"--platform=manylinux2014_{machine}"]
    _python("-m", "pip", "download", "--quiet", "--dest", str(draft), *target, *platforms, *wanted, at=draft)


def _python(*arguments: str, at: Path) -> None:
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=at,
        capture_output=True,
        text=True,
        timeout=DEADLINE_S,
        check=False,
    )
    if done.returncode != 0:
        end = "\n".join(f"{done.stdout}{done.stderr}".splitlines()[-10:])
        hint = "`make setup` brings pip and hatchling; the download needs the package registry."
        raise LabError(f"`python {' '.join(arguments[:3])}` failed:\n{end}", hint=hint)
