"""The worker's systemd unit as systemd describes it.

Owns asking `systemctl show` and reading its answer (systemctl(1), org.freedesktop.systemd1(5)). Must
not judge it, nor change it.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from kgo_tui.adapters.process import run_async
from kgo_tui.config.sources import read_text
from kgo_tui.config.variables import parse
from kgo_tui.core.errors import CommandFailed
from kgo_tui.doctor.facts import NotExamined, aside

BASE = "koprogo-gitops"
ANSWER_S = 4.0
ACT_S = 60.0
BOOTED = Path("/run/systemd/system")
"""There when systemd is PID 1 (sd_booted(3))."""

PROPERTIES = (
    "ActiveState", "DropInPaths", "Environment", "EnvironmentFiles", "ExecMainStatus", "ExecStart",
    "FragmentPath", "LoadCredential", "LoadError", "LoadState", "MainPID", "NRestarts", "NeedDaemonReload",
    "Result", "RuntimeDirectory", "StateDirectory", "SubState", "SupplementaryGroups", "UnitFileState",
    "User",
)  # fmt: skip
_FILE = re.compile(r"(\S+) \(ignore_errors=\w+\)")
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
"""What a service has when nothing says otherwise (systemd.exec(5), "Environment variables")."""


def unit_name(instance: str | None) -> str:
    """The unit that runs the worker of an instance (None: the default one)."""
    return f"{BASE}@{instance}.service" if instance else f"{BASE}.service"


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit and its properties; `user_manager` says that it is a user's own, not the system's."""

    name: str
    properties: Mapping[str, str]
    user_manager: bool = False

    def get(self, name: str) -> str:
        """A property as systemd prints it, "" when it has none."""
        return self.properties.get(name, "")

    @property
    def is_installed(self) -> bool:
        """Whether systemd knows it."""
        return self.get("LoadState") not in ("", "not-found")

    @property
    def is_active(self) -> bool:
        """Whether it runs, or is about to."""
        return self.get("ActiveState") in ("active", "activating", "reloading", "deactivating")

    @property
    def command(self) -> str:
        """The command line of ExecStart."""
        found = re.search(r"argv\[\]=(.*?) ; ", self.get("ExecStart"))
        return found[1] if found else ""

    @property
    def program(self) -> str:
        """The path of the program that ExecStart runs."""
        found = re.search(r"path=(\S+) ; ", self.get("ExecStart"))
        return found[1] if found else ""

    @property
    def environment(self) -> dict[str, str]:
        """What the worker finds in its environment, as far as this user may read the files."""
        found = {"PATH": _PATH}
        for variable, prefix in (("STATE_DIRECTORY", "/var/lib/"), ("RUNTIME_DIRECTORY", "/run/")):
            directory = self.get(variable.title().replace("_", "")).partition(" ")[0]
            if directory and not self.user_manager:
                found[variable] = prefix + directory
        found |= dict(word.split("=", 1) for word in words_of(self.get("Environment")) if "=" in word)
        for path in _FILE.findall(self.get("EnvironmentFiles")):
            found |= parse(read_text(Path(path))[0], found.get)
        return found

    def systemctl(self, *words: str) -> str:
        """A command line of systemctl about this unit's manager."""
        return shlex.join(["systemctl", *(["--user"] if self.user_manager else []), *words])

    async def act(self, *words: str) -> None:
        """Have this unit's manager do something. Raises CommandFailed."""
        command = shlex.split(self.systemctl(*words))
        try:
            done = await run_async(command, deadline_s=ACT_S)
        except OSError as error:
            raise CommandFailed(f"{command[0]} cannot be run: {error.strerror}") from error
        if done.exit_code != 0:
            raise CommandFailed(f"{shlex.join(command)} failed: {done.tail(1)}", exit_code=done.exit_code)


def words_of(text: str) -> list[str]:
    """The words of a property that quotes like a shell; none when the quotes do not match."""
    try:
        return shlex.split(text)
    except ValueError:
        return []


def properties(text: str) -> dict[str, str]:
    """Of `systemctl show`; a property that is said more than once has a line for each."""
    found: dict[str, str] = {}
    for line in text.splitlines():
        name, equals, value = line.partition("=")
        if equals:
            found[name] = f"{found[name]}\n{value}" if name in found else value
    return found


async def show(name: str, *, user_manager: bool = False) -> Unit:
    """Ask systemd about a unit; one that does not exist is an answer too. Raises NotExamined."""
    if not await aside(BOOTED.is_dir):
        raise NotExamined("systemd does not run here")
    words = ["systemctl", *(["--user"] if user_manager else []), "show", name, "--no-pager"]
    try:
        done = await run_async([*words, f"--property={','.join(PROPERTIES)}"], deadline_s=ANSWER_S)
    except (OSError, CommandFailed) as error:
        raise NotExamined(f"systemd does not answer: {error}") from error
    if done.exit_code != 0:
        raise NotExamined(f"systemd does not answer: {done.tail(1)}")
    return Unit(name, properties(done.text), user_manager)
