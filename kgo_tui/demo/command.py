"""`kgo-tui demo`: the console on a sandbox with the worker in it, and commits that arrive, some of them bad.

Owns the show: what is started in which order, where its lines go, and that everything is removed at the
end. Without the sandbox's parts the console is shown on a played host.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import subprocess
import sys
import threading
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import NamedTuple, TextIO

from kgo_tui.core.errors import UsageError
from kgo_tui.demo.engine import DockerEngine
from kgo_tui.demo.parts import HOW_TO_INSTALL, find_parts
from kgo_tui.demo.sandbox import Sandbox
from kgo_tui.demo.story import pushes

STOP_S = 30.0
LOOK_S = 0.2
OF_THE_TERMINAL = ("TERM", "COLORTERM", "NO_COLOR", "LANG", "LC_MESSAGES", "TMUX", "TERM_PROGRAM", "SSH_TTY")
"""What the console needs to know of the terminal that it runs in."""


class Pace(NamedTuple):
    """Seconds between commits, after how many it ends (None: never), and what ends it at once."""

    every_s: int
    commits: int | None
    stop: threading.Event


async def demo(arguments: argparse.Namespace) -> int:
    """Run the demo until the console is left; with `--plain`, or without a terminal, until interrupted or
    for `--commits` commits. Raises UsageError."""
    plain = arguments.plain or not (sys.stdin.isatty() and sys.stdout.isatty())
    missing = [] if arguments.offline else find_parts().missing()
    if missing and plain:
        raise UsageError(f"the sandbox needs {', '.join(missing)}", hint=HOW_TO_INSTALL)
    if missing or arguments.offline:
        return await _played(missing)
    pace = Pace(arguments.every, arguments.commits, threading.Event())
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, pace.stop.set)
    return await asyncio.to_thread(_run, pace, plain=plain)


async def _played(missing: list[str]) -> int:
    from kgo_tui.demo.scenario.show import show  # noqa: PLC0415 - only this needs the console

    if missing:
        _say(f"The sandbox needs {', '.join(missing)}. {HOW_TO_INSTALL}")
        _say("What follows is played: no container runs.")
        await asyncio.sleep(3)
    return await show()


def _run(pace: Pace, *, plain: bool) -> int:
    _say("Starting a private Docker Engine, a registry, a git remote and an HTTPS front …")
    with DockerEngine() as engine, Sandbox(engine, ("backend", "db")) as sandbox:
        sandbox.up()
        _say(f"The application answers at {sandbox.front.url}; leaving ends and removes all of it.")
        if not plain:
            return _show(sandbox, pace)
        _say(f"Look at it from another terminal:\n  {_line(sandbox, 'status')}\n")
        with _worker(sandbox, sys.stdout) as worker:
            _tell_story(sandbox, worker, pace, sys.stdout)
        return 0


def _show(sandbox: Sandbox, pace: Pace) -> int:
    """The console in front, the story behind it; what that says goes to a file."""
    with (sandbox.root / "demo.log").open("w", encoding="utf-8") as log, _worker(sandbox, log) as worker:
        teller = threading.Thread(target=_tell_quietly, args=(sandbox, worker, pace, log))
        teller.start()
        try:
            return _watched(sandbox, pace.stop)
        finally:
            pace.stop.set()
            teller.join()


def _watched(sandbox: Sandbox, stop: threading.Event) -> int:
    console = subprocess.Popen(sandbox.argv(), env={**sandbox.env(), **_terminal(os.environ)})
    while console.poll() is None and not stop.wait(LOOK_S):
        pass
    console.terminate()
    return console.wait(STOP_S)


@contextmanager
def _worker(sandbox: Sandbox, output: TextIO) -> Iterator[subprocess.Popen[bytes]]:
    worker = subprocess.Popen(
        sandbox.argv("--headless", "monitor"),
        env=sandbox.env(),
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
    )
    try:
        yield worker
    finally:
        worker.terminate()
        with suppress(subprocess.TimeoutExpired):
            worker.wait(STOP_S)
        worker.kill()


def _tell_story(sandbox: Sandbox, worker: subprocess.Popen[bytes], pace: Pace, output: TextIO) -> None:
    for number, release in enumerate(pushes(sandbox, pace.stop, pace.every_s), start=1):
        _say(f"── a developer pushed {release.commit[:7]} (version {release.version})", output)
        if worker.poll() is not None or number == pace.commits:
            pace.stop.wait(pace.every_s)
            return


def _tell_quietly(sandbox: Sandbox, worker: subprocess.Popen[bytes], pace: Pace, output: TextIO) -> None:
    """As above; what goes wrong must not be written over the console."""
    try:
        _tell_story(sandbox, worker, pace, output)
    except Exception:  # noqa: BLE001 - see above
        traceback.print_exc(file=output)


def _terminal(environ: Mapping[str, str]) -> dict[str, str]:
    known = {name: environ[name] for name in OF_THE_TERMINAL if name in environ}
    language = environ.get("LC_ALL") or environ.get("LC_MESSAGES") or environ.get("LANG")
    return {**known, "LC_ALL": language} if language else known


def _line(sandbox: Sandbox, command: str) -> str:
    wanted = ("DOCKER_HOST", "DOCKER_CONFIG", "SSL_CERT_FILE", "STATE_DIRECTORY", "RUNTIME_DIRECTORY")
    settings = " ".join(f"{name}={value}" for name, value in sandbox.env().items() if name in wanted)
    return f"{settings} {' '.join(sandbox.argv(command))}"


def _say(line: str, output: TextIO = sys.stdout) -> None:
    output.write(f"{line}\n")
    output.flush()
