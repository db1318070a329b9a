"""A box as an admin uses it: run commands, write files, ask systemd and the journal, come in by ssh.

Knows nothing of kgo-tui but where its command is installed.
"""

from __future__ import annotations

import json
import subprocess
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from kgo_tui.demo.daemon import eventually
from kgo_tui.demo.parts import LabError
from tests.lab.box.keys import ssh_argv
from tests.lab.box.machine import Machine
from tests.lab.box.wheels import CHECKOUT, build_wheel

COMMAND_DEADLINE_S = 60.0
GRACE_S = 15.0
VENV = "/opt/kgo-tui"
WHEELS = "/opt/wheels"
# The lines of an installation as the README has them, from wheels that are there.
INSTALL = f"""\
set -e
[ -d {VENV} ] || python3 -m venv {VENV}
{VENV}/bin/pip --disable-pip-version-check install --quiet --no-index --find-links {WHEELS} \
    --force-reinstall --no-deps "$@"
{VENV}/bin/pip --disable-pip-version-check install --quiet --no-index --find-links {WHEELS} "$@"
ln -sf {VENV}/bin/kgo-tui /usr/local/bin/kgo-tui
"""

Said = subprocess.CompletedProcess[str]


class Box(Machine):
    """A machine with somebody at its keyboard."""

    def run(
        self,
        command: str | Sequence[str],
        *arguments: str,
        user: str = "root",
        check: bool = True,
        deadline_s: float = COMMAND_DEADLINE_S,
        text: str | None = None,
        at: str | None = None,
        env: Mapping[str, str] | None = None,
    ) -> Said:
        """Run a shell text (`arguments` are its $1 and so on) or a list of words to its end.

        It is ended inside the box at the deadline, with exit code 124 as timeout(1) has it; `text` is its
        standard input. Raises LabError when it fails and `check` is set, or when the box is off.
        """
        words = ["bash", "-c", command, "bash", *arguments] if isinstance(command, str) else list(command)
        limited = ["timeout", "--kill-after=5", f"{deadline_s:g}", *words]
        options = exec_options(user, at, env or {})
        done = self.execute(limited, options=options, deadline_s=deadline_s + GRACE_S, text=text)
        if done.returncode != 0 and (check or done.stderr.startswith("Error response from daemon")):
            raise LabError(f"{command} ended with {done.returncode} in the box:\n{done.stdout}{done.stderr}")
        return done

    def out(self, command: str | Sequence[str], *arguments: str, **options: Any) -> str:
        """What a command that succeeds says on its standard output."""
        return self.run(command, *arguments, **options).stdout.strip()

    def ssh_argv(self, user: str, *command: str, terminal: bool = False) -> list[str]:
        """The command line, for this machine, of ssh into the box as that user."""
        return ssh_argv(self.ports[22], user, *command, terminal=terminal)

    def ssh(self, user: str, *command: str, deadline_s: float = COMMAND_DEADLINE_S) -> Said:
        """Run a command in a session by ssh, as an admin would: with PAM, a login and all their groups."""
        argv = self.ssh_argv(user, *command)
        return subprocess.run(
            argv, input="", capture_output=True, text=True, timeout=deadline_s, check=False, errors="replace"
        )

    # Files

    def put(self, path: str, text: str, *, mode: int = 0o644, owner: str = "root") -> None:
        """Write a file, and the folders above it."""
        group = self.out(["id", "-gn", owner]) if owner != "root" else "root"
        words = ["install", "-D", "-m", f"{mode:o}", "-o", owner, "-g", group, "/dev/stdin", path]
        self.run(words, text=text)

    def get(self, path: str) -> str:
        """The text of a file. Raises LabError when there is none."""
        return self.run(["cat", "--", path]).stdout

    def copy_in(self, source: Path, target: str) -> None:
        """Copy a file or folder of this machine into the box."""
        self.engine.docker("cp", str(source), f"{self.name}:{target}")

    # systemd and the journal

    def systemctl(self, *arguments: str, check: bool = True) -> Said:
        """Root tells systemd something."""
        return self.run(["systemctl", *arguments], check=check)

    def show(self, unit: str, *properties: str) -> dict[str, str]:
        """Properties of a unit, by name; see org.freedesktop.systemd1(5)."""
        wanted = [f"--property={name}" for name in properties]
        lines = self.out(["systemctl", "show", *wanted, "--", unit]).splitlines()
        return dict(line.split("=", 1) for line in lines if "=" in line)

    def is_active(self, unit: str) -> bool:
        """Does it run?"""
        return self.systemctl("is-active", "--quiet", unit, check=False).returncode == 0

    def journal(self, *arguments: str) -> list[dict[str, Any]]:
        """Records of the journal with all of their fields, oldest first."""
        said = self.run(["journalctl", "--quiet", "--no-pager", "--output=json", *arguments]).stdout
        return [json.loads(line) for line in said.splitlines()]

    def wait_until(self, condition: Callable[[], bool], what: str, deadline_s: float = 30.0) -> None:
        """Ask until it holds; past the deadline a LabError says what did not happen."""
        eventually(condition, f"{what} ({self.name})", deadline_s)

    # kgo-tui

    def install(self, checkout: Path = CHECKOUT) -> None:
        """Install the wheel of a checkout as it is now, over what is installed."""
        with tempfile.TemporaryDirectory(prefix="kgo-wheel-") as folder:
            wheel = build_wheel(Path(folder), checkout)
            self.copy_in(wheel, f"/root/{wheel.name}")
        self.run(INSTALL, f"/root/{wheel.name}", deadline_s=120)


def exec_options(user: str, at: str | None, env: Mapping[str, str]) -> list[str]:
    """The options of `docker exec`: as whom, where, with what set."""
    words = ["--interactive", "--user", user]
    words += ["--workdir", at] if at is not None else []
    return [*words, *(word for name, value in env.items() for word in ("--env", f"{name}={value}"))]
