"""The memory limit of the unit holds: a start, deployments, a rollback, and readers of the logs beside them.

What is counted is the worker with git, Compose and journalctl; `anon` is what cannot be given back.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from tests.box.deploying import COMPOSE_FILE, Deploying
from tests.box.vps import UNIT, Vps
from tests.box.vps_image import Prepared
from tests.lab.box.engine import BoxEngine

MIB = 1 << 20
GROUP = f"/sys/fs/cgroup/memory/system.slice/{UNIT}"
READERS = 5
ANON_MOST = 54 * MIB
"""Beyond that, what Compose reads of its own program is thrown away and read again without end."""
WATCH = f"""
import time
most = 0
while True:
    try:
        with open("{GROUP}/memory.stat") as file:
            now = next(int(line.split()[1]) for line in file if line.startswith("total_rss "))
    except (OSError, StopIteration):
        now = 0
    if now > most:
        most = now
        open("/run/anon", "w").write(str(most))
    time.sleep(0.01)
"""


@pytest.fixture(scope="module")
def live(box_engine: BoxEngine, host: Prepared) -> Iterator[Deploying]:
    """A host whose worker is watched from its start on."""
    vps = Vps(box_engine, host)
    try:
        vps.open().put("/root/watch.py", WATCH)
        vps.run(["systemd-run", "--quiet", "--unit=watch", "python3", "/root/watch.py"])
        yield Deploying(vps)
    finally:
        vps.close()


@contextmanager
def reading(live: Deploying, output: Path, *options: str) -> Iterator[None]:
    """An operator who follows the logs over ssh."""
    argv = live.vps.ssh_argv("operator", "kgo-tui", "logs", "--follow", *options)
    with output.open("wb") as file:
        process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=file, stderr=file)
    try:
        live.vps.wait_until(lambda: output.stat().st_size > 0, "lines come")
        yield
        assert process.poll() is None, output.read_text()
    finally:
        process.kill()
        process.wait(10)


def test_the_memory_limit_holds(live: Deploying, tmp_path: Path) -> None:
    vps, pid = live.vps, live.pid()
    assert vps.show(UNIT, "MemoryMax")["MemoryMax"] == str(64 * MIB)
    compose = vps.get(f"/srv/git/developer/{COMPOSE_FILE}")
    changed = compose.replace("volumes: [", "environment: {NEW: 1}\n    volumes: [")
    with ExitStack() as readers:
        for number in range(READERS):
            containers = ["--all"] if number % 2 else []
            readers.enter_context(reading(live, tmp_path / str(number), *containers))
        everything = live.release_all(files={COMPOSE_FILE: changed})
        assert live.ended(everything)["state"] == "succeeded"
        assert live.ended(live.release("unhealthy"))["state"] == "rolled_back"
        vps.kgo("rollback")
        for _ in range(3):
            vps.kgo("status", "--json", user="operator", code=None)
    assert live.pid() == pid, "nobody was killed"
    assert "oom_kill 0" in vps.get(f"{GROUP}/memory.oom_control").splitlines()
    most = int(vps.get("/run/anon"))
    limited = int(vps.get(f"{GROUP}/memory.max_usage_in_bytes"))
    sys.stdout.write(
        f"at most {most / MIB:.1f} MiB of its own, {limited / MIB:.1f} MiB with files\n"
    )  # pytest -rP
    assert most <= ANON_MOST, f"{most / MIB:.1f} MiB that cannot be given back"
