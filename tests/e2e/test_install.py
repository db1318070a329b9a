"""The wheel: installed where nothing of the checkout is, the command is there and works."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[2]
DEADLINE_S = 120


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fresh virtual environment with the wheel; nothing is fetched from anywhere."""
    if importlib.util.find_spec("hatchling") is None:
        reason = "hatchling, which builds the wheel, is not installed here"
        pytest.fail(reason) if os.environ.get("CI") == "true" else pytest.skip(reason)
    folder = tmp_path_factory.mktemp("wheel")
    run(CHECKOUT, sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder))
    [wheel] = folder.glob("kgo_tui-*.whl")
    home = folder / "venv"
    venv.create(home, with_pip=False)
    pip = (sys.executable, "-m", "pip", "--python", str(home / "bin/python"), "install", "--quiet")
    run(folder, *pip, "--no-index", "--no-deps", "--no-compile", str(wheel))
    return home


def run(at: Path, *argv: str) -> str:
    """What a program says. Its dependencies are this environment's; the checkout is out of sight."""
    env = {"PATH": os.environ["PATH"], "HOME": str(at), "PYTHONPATH": sysconfig.get_path("purelib")}
    done = subprocess.run(
        argv, cwd=at, env=env, capture_output=True, text=True, timeout=DEADLINE_S, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_command_is_there_and_is_the_installed_one(installed: Path, tmp_path: Path) -> None:
    assert run(tmp_path, str(installed / "bin/kgo-tui"), "--version").startswith("kgo-tui ")
    shown = run(tmp_path, str(installed / "bin/python"), "-c", "import kgo_tui; print(kgo_tui.__file__)")
    assert shown.startswith(str(installed))


def test_it_writes_its_configuration(installed: Path, tmp_path: Path) -> None:
    (tmp_path / "clone/.git").mkdir(parents=True)
    file = tmp_path / "etc/config.toml"
    command = (str(installed / "bin/kgo-tui"), "--config", str(file), "config")
    assert f"wrote {file}" in run(tmp_path / "clone", *command, "init")
    assert f'path = "{tmp_path}/clone"' in file.read_text()
    assert "monitor.interval" in run(tmp_path, *command, "show")


def test_it_brings_what_it_reads_at_run_time(installed: Path) -> None:
    data = {path.name for path in (installed / "lib").rglob("kgo_tui/demo/data/*")}
    assert data == {"app.sh", "docker-compose.yml"}
