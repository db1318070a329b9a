"""What the end-to-end tests do on a sandbox's host besides what a sandbox does itself: ask kgo-tui, run its
worker, change settings.

Uses only what a user has: the command line, the worker's lines and its socket. Knows nothing of the
engine's inside.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import signal
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Self

from kgo_tui.config.toml import assignment
from kgo_tui.demo.daemon import eventually
from kgo_tui.demo.host import COMPOSE_FILE, ENV_FILE
from kgo_tui.demo.sandbox import Sandbox

DONE, FAILED, USAGE, NEEDS_PERSON, BUSY, UNREACHABLE = 0, 1, 2, 3, 4, 5
WORKER_USAGE = 78
IN_SYNC, UPDATE, NOT_NOW = 0, 10, 11
WELL, WARNING, CRITICAL = 0, 1, 2
DEADLINE_S = 120.0
SERVES = r"kgo-tui \S+ (started|démarré), pid \d+"

Environment = Mapping[str, str | None]


def kgo(sandbox: Sandbox, *arguments: str, code: int = DONE, env: Environment | None = None) -> str:
    """What a command says on both streams. It must end with this exit code, and never with a traceback."""
    done = subprocess.run(
        sandbox.argv(*arguments),
        cwd=sandbox.root,
        env=changed(sandbox.env(), env or {}),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=DEADLINE_S,
        check=False,
    )
    said = done.stdout + done.stderr
    assert "Traceback" not in said, said
    assert done.returncode == code, f"kgo-tui {' '.join(arguments)}: exit code {done.returncode}\n{said}"
    return said


def changed(env: Mapping[str, str], changes: Environment) -> dict[str, str]:
    """An environment with some variables set otherwise, or (None) not at all."""
    merged = {**env, **changes}
    return {name: value for name, value in merged.items() if value is not None}


def asked(sandbox: Sandbox, *arguments: str, code: int = DONE) -> Any:
    """The JSON that a command answers with, and nothing but JSON on its standard output."""
    done = sandbox.kgo(*arguments, "--json")
    assert "Traceback" not in done.stderr, done.stderr
    assert done.returncode == code, f"{arguments}: exit code {done.returncode}\n{done.stdout}{done.stderr}"
    return json.loads(done.stdout)


def status(sandbox: Sandbox, code: int = WELL) -> dict[str, Any]:
    """`status --json`; its exit code is the verdict."""
    found: dict[str, Any] = asked(sandbox, "status", code=code)
    return found


def history(sandbox: Sandbox) -> list[dict[str, Any]]:
    """`history --json`, newest first."""
    found: list[dict[str, Any]] = asked(sandbox, "history")
    return found


def last(sandbox: Sandbox) -> dict[str, Any]:
    """The newest deployment in full: steps, commands and evidence."""
    found: list[dict[str, Any]] = asked(sandbox, "history", str(history(sandbox)[0]["id"]))
    return found[0]


def outcomes(deployment: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The steps of a deployment and how each ended."""
    return [(step["state"], step["outcome"]) for step in deployment["steps"]]


def configure(sandbox: Sandbox, **values: object) -> None:
    """Set keys in the configuration file; `health__attempts=3` is `attempts` in `[health]`."""
    text = sandbox.config.read_text()
    for key, value in values.items():
        section, _, name = key.rpartition("__")
        text = _without(text, name)
        line = f"{assignment(name, value)}\n"
        header = f"[{section}]\n"
        if section and header not in text:
            text += f"\n{header}"
        text = text.replace(header, header + line) if section else line + text
    sandbox.config.write_text(text)


def _without(text: str, name: str) -> str:
    return re.sub(rf"^{name} = .*\n", "", text, flags=re.MULTILINE)


def set_variable(sandbox: Sandbox, name: str, value: str | None) -> None:
    """Change the admin's untracked .env; None removes the variable."""
    file = sandbox.tree / ENV_FILE
    text = re.sub(rf"^{name}=.*\n", "", file.read_text(), flags=re.MULTILINE)
    file.write_text(text if value is None else f"{text}{name}={value}\n")


def compose_with(sandbox: Sandbox, old: str, new: str) -> dict[str, str | bytes | None]:
    """The compose file of the next commit: the developer's, with one text replaced by another."""
    text = (sandbox.remote.clone / COMPOSE_FILE).read_text()
    assert old in text
    return {COMPOSE_FILE: text.replace(old, new)}


def programs(folder: Path, names: Iterable[str]) -> str:
    """A PATH on which only these programs of the machine are found."""
    folder.mkdir()
    for name in names:
        found = next(
            path
            for entry in os.environ["PATH"].split(":")
            if (path := Path(entry, name)).is_file() and os.access(path, os.X_OK)
        )
        (folder / name).symlink_to(found)
    return str(folder)


class Running:
    """A command of kgo-tui beside the test; what it says is in a file."""

    def __init__(self, sandbox: Sandbox, *arguments: str, env: Environment | None = None) -> None:
        self._argv, self._env = sandbox.argv(*arguments), changed(sandbox.env(), env or {})
        self._log = sandbox.root / f"log-{secrets.token_hex(4)}"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> Self:
        """Start it, in a session of its own."""
        with self._log.open("wb") as output:
            self._process = subprocess.Popen(
                self._argv,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env=self._env,
                start_new_session=True,
            )
        return self

    @property
    def pid(self) -> int:
        """Its process ID."""
        assert self._process is not None
        return self._process.pid

    @property
    def running(self) -> bool:
        """Has it been started and not ended yet?"""
        return self._process is not None and self._process.poll() is None

    @property
    def log(self) -> str:
        """All that it has said."""
        return self._log.read_text()

    def count(self, pattern: str) -> int:
        """How many of its lines have this in them."""
        return sum(re.search(pattern, line) is not None for line in self.log.splitlines())

    def until(self, pattern: str, times: int = 1, deadline_s: float = 60.0) -> None:
        """Wait until that many of its lines have this in them."""
        try:
            eventually(
                lambda: self.count(pattern) >= times or not self.running, f"line {pattern!r}", deadline_s
            )
        finally:
            assert self.count(pattern) >= times, f"it never said {pattern!r}:\n{self.log}"

    def send(self, number: signal.Signals) -> None:
        """Send it a signal."""
        assert self._process is not None
        self._process.send_signal(number)

    def code(self) -> int:
        """Wait for its end: the exit code. It must leave no traceback."""
        assert self._process is not None
        code = self._process.wait(DEADLINE_S)
        assert "Traceback" not in self.log, self.log
        return code

    def kill(self) -> None:
        """Send KILL; it has no chance to write anything."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(10)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.kill()


class Worker(Running):
    """`kgo-tui --headless monitor`, as systemd runs it."""

    def __init__(self, sandbox: Sandbox, *, env: Environment | None = None) -> None:
        super().__init__(sandbox, "--headless", "monitor", env=env)

    def start(self) -> Self:
        """Start it and return when it has taken the lock and serves."""
        super().start()
        self.until(SERVES)
        return self

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Ask it to end, as `systemctl stop` does; its exit code."""
        self.send(number)
        return self.code()
