"""Runs `docker compose`, and tells who listens what is run.

Owns the process: directory, environment, deadline, who hears the command and its lines. Must not
know what a command is for; `argv` says it, `failures` says what its end means.
"""

from __future__ import annotations

import asyncio
import os
import pwd
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from kgo_tui.adapters.compose import argv, program
from kgo_tui.adapters.compose.failures import Redact, no_compose
from kgo_tui.adapters.compose.output import is_progress
from kgo_tui.adapters.process import run_async
from kgo_tui.adapters.watch import Finished
from kgo_tui.core.errors import CommandFailed
from kgo_tui.core.text import clean
from kgo_tui.engine.ports import OnCommand, OnLine, ignore_line

CAP_BYTES = 16 << 20
"""Of one command's output; the resolved configuration of a thousand services fits."""

AT_ONCE = 1
"""Commands that run side by side: each wants its 10 MB, and under `MemoryMax=64M` a worker that also serves
some readers of logs has room for one."""

PROGRESS_S = 2.0
"""Seconds between two lines that only say how far a download is: a sign of life, not a flood."""


class Cli:
    """`docker compose` in the project's directory."""

    def __init__(
        self, directory: str, environment: Mapping[str, str], docker_host: str | None, redact: Redact
    ) -> None:
        self._directory = directory
        self._environment = environment
        self._docker_host = docker_host
        self._redact = redact
        self._turns = asyncio.Semaphore(AT_ONCE)
        self._on_command: OnCommand = ignore_line

    def heard(self, on_command: OnCommand) -> None:
        """Tell `on_command` of every command from now on."""
        self._on_command = on_command

    def say(self, words: Sequence[str], variables: Mapping[str, str]) -> None:
        """Tell the listener of a command."""
        self._on_command(self._redact(clean(argv.typed(words, variables))))

    async def run(
        self,
        words: Sequence[str],
        variables: Mapping[str, str],
        *,
        deadline_s: float,
        on_line: OnLine | None = None,
        aloud: bool = True,
    ) -> Finished:
        """Run a command to its end, whatever its exit code. Raises ComposeMissing without a docker
        client, CommandFailed without the directory, DeadlineExceeded.
        """
        if aloud:
            self.say(words, variables)
        env = self._complete(variables)
        try:
            async with self._turns:
                return await run_async(
                    program.started(words, env),
                    deadline_s=deadline_s,
                    cwd=self._directory,
                    env=env,
                    on_line=self._calmed(on_line) if on_line else None,
                    cap_bytes=CAP_BYTES,
                )
        except OSError as error:
            raise self._not_started(error) from error
        except CommandFailed as error:
            error.output = self._redact(error.output)
            raise

    def _complete(self, variables: Mapping[str, str]) -> dict[str, str]:
        full = argv.environment(self._environment, variables, self._docker_host)
        # systemd gives a system service no HOME, and registry credentials lie there.
        full.setdefault("HOME", pwd.getpwuid(os.geteuid()).pw_dir)
        return full

    def _not_started(self, error: OSError) -> Exception:
        if not Path(self._directory).is_dir():
            return CommandFailed(f"the directory of the compose project is not there: {self._directory}")
        return no_compose(f"the docker client cannot be started ({error.strerror})")

    def _calmed(self, on_line: OnLine) -> OnLine:
        """Lets every line through but most of those about a layer's progress."""
        next_at = 0.0

        def hear(line: str) -> None:
            nonlocal next_at
            if is_progress(line):
                if time.monotonic() < next_at:
                    return
                next_at = time.monotonic() + PROGRESS_S
            on_line(self._redact(line.strip()))

        return hear
