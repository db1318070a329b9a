"""The command lines and the environment of `docker compose`, as pure functions.

Owns which words are said to Compose. Must not run anything, nor read what Compose answers.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

_OURS = (
    "KGO_", "NOTIFY_SOCKET", "WATCHDOG_", "LISTEN_", "CREDENTIALS_DIRECTORY", "DISCORD_WEBHOOK_URL",
    "STATE_DIRECTORY", "RUNTIME_DIRECTORY", "CACHE_DIRECTORY", "LOGS_DIRECTORY", "CONFIGURATION_DIRECTORY",
    "INVOCATION_ID", "JOURNAL_STREAM", "MANAGERPID", "MAINPID", "SYSTEMD_EXEC_PID", "MEMORY_PRESSURE_",
)  # fmt: skip
"""Meant for the worker itself, or secret: no compose file should see them."""

_DECIDED_HERE = ("COMPOSE_REMOVE_ORPHANS", "COMPOSE_IGNORE_ORPHANS", "COMPOSE_STATUS_STDOUT")
"""Would change what a command does, or where it writes, behind the back of its words."""

_FIXED = {
    "COMPOSE_ANSI": "never",
    "COMPOSE_PROGRESS": "plain",
    "COMPOSE_MENU": "false",
    "DOCKER_CLI_HINTS": "false",
}
"""Lines for a reader without a terminal, in every Compose v2; one too old for a name ignores it."""


@dataclass(frozen=True, slots=True)
class Project:
    """What tells Compose which project it works on; nothing given means its own default lookup."""

    files: tuple[str, ...] = ()
    env_files: tuple[str, ...] = ()
    name: str | None = None
    profiles: tuple[str, ...] = ()
    directory: str | None = None
    """Only where `files` do not lie in the project's own directory."""


def version() -> list[str]:
    """Asks for the version, as plain as `2.26.1`."""
    return ["docker", "compose", "version", "--short"]


def config_json(project: Project) -> list[str]:
    """Resolves the files into one JSON document."""
    return [*compose(project), "config", "--format", "json"]


def config_uninterpolated(project: Project) -> list[str]:
    """The same with variables left as they are written."""
    return [*config_json(project), "--no-interpolate"]


def config_hashes(project: Project) -> list[str]:
    """Says each service's configuration hash, as `up` writes it on containers."""
    return [*compose(project), "config", "--hash", "*"]


def config_images(project: Project) -> list[str]:
    """Says the image of every service, also of one that only has a build section."""
    return [*compose(project), "config", "--images"]


def pull(project: Project, services: Iterable[str] = (), *, ignore_failures: bool = False) -> list[str]:
    """Pulls these services' images, or all."""
    flags = ["--ignore-pull-failures"] if ignore_failures else []
    return [*compose(project), "pull", *flags, *services]


def build(project: Project, services: Iterable[str]) -> list[str]:
    """Builds these services' images."""
    return [*compose(project), "build", *services]


def up(project: Project, *, force_recreate: bool = False, remove_orphans: bool = False) -> list[str]:
    """Brings all services up from what is on the host. `--pull never` overrules `pull_policy`."""
    flags = ["--force-recreate"] if force_recreate else []
    flags += ["--remove-orphans"] if remove_orphans else []
    return [*compose(project), "up", "-d", "--pull", "never", "--no-build", *flags]


def compose(project: Project) -> list[str]:
    """What every command about a project begins with."""
    words = ["docker", "compose"]
    for file in project.env_files:
        words += ["--env-file", file]
    for file in project.files:
        words += ["-f", file]
    if project.directory is not None:
        words += ["--project-directory", project.directory]
    if project.name is not None:
        words += ["-p", project.name]
    for profile in project.profiles:
        words += ["--profile", profile]
    return words


def environment(
    inherited: Mapping[str, str], variables: Mapping[str, str], docker_host: str | None
) -> dict[str, str]:
    """What Compose sees: the worker's environment without what is the worker's own, then ours."""
    kept = {name: value for name, value in inherited.items() if not _is_withheld(name)}
    where = {} if docker_host is None else {"DOCKER_HOST": docker_host}
    return {**kept, **_FIXED, **where, **variables}


def _is_withheld(name: str) -> bool:
    return name.startswith(_OURS) or name in _DECIDED_HERE


def typed(words: Sequence[str], variables: Mapping[str, str]) -> str:
    """The command as a person would type it."""
    return shlex.join([*(f"{name}={value}" for name, value in variables.items()), *words])
