"""`kgo-tui demo`: a sandbox with the worker in it, and commits that arrive, some of them bad.

Owns the show: what is started in which order, and that everything is removed at the end.
"""

from __future__ import annotations

import argparse
import asyncio
import subprocess
import sys
import threading
from contextlib import suppress

from kgo_tui.core.errors import UsageError
from kgo_tui.demo.engine import DockerEngine
from kgo_tui.demo.parts import HOW_TO_INSTALL, find_parts
from kgo_tui.demo.sandbox import Sandbox
from kgo_tui.demo.story import pushes

STOP_S = 30.0


async def demo(arguments: argparse.Namespace) -> int:
    """Run the demo until interrupted, or for `--commits` commits."""
    if missing := find_parts().missing():
        raise UsageError(f"the sandbox needs {', '.join(missing)}", hint=HOW_TO_INSTALL)
    return await asyncio.to_thread(_run, arguments.every, arguments.commits)


def _run(every_s: int, commits: int | None) -> int:
    _say("Starting a private Docker Engine, a registry, a git remote and an HTTPS front …")
    with DockerEngine() as engine, Sandbox(engine, ("backend", "db")) as sandbox:
        sandbox.up()
        _say(f"The application answers at {sandbox.front.url} (Ctrl-C ends and removes all of it).")
        _say(f"Look at it from another terminal:\n  {_line(sandbox, 'status')}\n")
        worker = subprocess.Popen(sandbox.argv("--headless", "monitor"), env=sandbox.env())
        try:
            _tell_story(sandbox, worker, every_s, commits)
        finally:
            worker.terminate()
            with suppress(subprocess.TimeoutExpired):
                worker.wait(STOP_S)
            worker.kill()
    return 0


def _tell_story(sandbox: Sandbox, worker: subprocess.Popen[bytes], every_s: int, commits: int | None) -> None:
    stop = threading.Event()
    for number, release in enumerate(pushes(sandbox, stop, every_s), start=1):
        _say(f"── a developer pushed {release.commit[:7]} (version {release.version})")
        if worker.poll() is not None or number == commits:
            stop.wait(every_s)
            return


def _line(sandbox: Sandbox, command: str) -> str:
    wanted = ("DOCKER_HOST", "DOCKER_CONFIG", "SSL_CERT_FILE", "STATE_DIRECTORY", "RUNTIME_DIRECTORY")
    settings = " ".join(f"{name}={value}" for name, value in sandbox.env().items() if name in wanted)
    return f"{settings} {' '.join(sandbox.argv(command))}"


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
