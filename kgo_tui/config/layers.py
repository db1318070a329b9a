"""Layers of settings: files, environment, command line; each value knows where it comes from.

Owns how the environment and the command line become checked values; `document` does it for files.
Faults are collected, never raised, so that all of them can be told at once. Must not know which
files are looked for, nor what is in force.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from kgo_tui.config.keys import KEYS
from kgo_tui.config.problems import Problem, Unfit, shortened, suggestion
from kgo_tui.config.sections import SECTIONS
from kgo_tui.core.model import Struct

PREFIX = "KGO_TUI_"
RUNBOOK = {"REPO_DIR": "repository.path", "BRANCH": "repository.branch", "CHECK_INTERVAL": "monitor.interval"}
"""The runbook's variables; DOMAIN is resolved in `health.urls`, DISCORD_WEBHOOK_URL is below."""

WEBHOOK = "DISCORD_WEBHOOK_URL"
WAYS = ("url", "url_file", "url_credential")
"""A [[notify]] entry has exactly one of these."""

COMMAND_LINE = "command line"


class Origin(Struct, frozen=True, kw_only=True):
    """Where a value comes from. `source`: default, file, environment, flag; `name`: which one."""

    source: str
    name: str = ""
    line: int | None = None

    def __str__(self) -> str:
        if self.source == "file":
            return f"{self.name}:{self.line}" if self.line else self.name
        return self.name if self.source == "flag" else f"{self.source} {self.name}".strip()


class Setting(Struct, frozen=True, kw_only=True):
    """A checked value, and where it comes from."""

    value: Any
    origin: Origin


Settings = dict[str, Setting]


class Layer(Struct, frozen=True, kw_only=True):
    """What one source sets: plain keys, and entries of [[notify]] (None: it says nothing of them),
    which replace those of weaker layers unless it `adds` its own."""

    settings: Settings
    notify: tuple[Settings, ...] | None = None
    adds: bool = False


def put(settings: Settings, key: str, value: object, origin: Origin, problems: list[Problem]) -> None:
    """Check a value and set it, or add what is wrong with it to `problems`."""
    try:
        settings[key] = Setting(value=KEYS[key].kind.accept(value), origin=origin)
    except Unfit as wrong:
        problems.append(Problem(where=str(origin), key=key, message=str(wrong)))


def check_entry(entry: Settings, origin: Origin, problems: list[Problem]) -> None:
    """Whether an entry of [[notify]] has exactly one way to its URL."""
    found = sum(f"notify.{way}" in entry for way in WAYS)
    if found != 1:
        message = f"needs exactly one of {', '.join(WAYS)}, found {found}"
        problems.append(Problem(where=str(origin), key="notify", message=message))


def from_environment(environ: Mapping[str, str], problems: list[Problem]) -> Layer:
    """The settings of the environment: the runbook's names, then ours. An empty one is not set."""
    settings: Settings = {}
    entry: Settings = {}
    webhook: Settings = {}
    for variable, key in _variables(environ, problems):
        target = entry if key.startswith("notify.") else settings
        origin = Origin(source="environment", name=variable)
        put(target, key, KEYS[key].kind.read(environ[variable]), origin, problems)
    if entry:
        check_entry(entry, next(iter(entry.values())).origin, problems)
    if environ.get(WEBHOOK):
        origin = Origin(source="environment", name=WEBHOOK)
        put(webhook, "notify.url", environ[WEBHOOK], origin, problems)
    return Layer(settings=settings, notify=tuple(filter(None, (entry, webhook))), adds=True)


def from_flags(flags: Mapping[str, Any], problems: list[Problem]) -> Layer:
    """The settings of the command line, by their key (none of [[notify]]); text is read as in the
    environment. Raises KeyError for an unknown key: it is the caller's own."""
    settings: Settings = {}
    origin = Origin(source="flag", name=COMMAND_LINE)
    for key, given in flags.items():
        if key.startswith("notify."):
            raise KeyError(key)
        value = KEYS[key].kind.read(given) if isinstance(given, str) else given
        put(settings, key, value, origin, problems)
    return Layer(settings=settings)


def _variables(environ: Mapping[str, str], problems: list[Problem]) -> Iterator[tuple[str, str]]:
    """Each set variable with its key; of two for the same key, the later one counts."""
    yield from ((name, key) for name, key in RUNBOOK.items() if environ.get(name))
    known = {PREFIX + key.replace(".", "_").upper(): key for key in KEYS}
    sections = tuple(f"{PREFIX}{section.upper()}_" for section in SECTIONS)
    for name in sorted(environ):
        if name in known and environ[name]:
            yield name, known[name]
        elif name not in known and name.startswith(sections):
            near = suggestion(name, known)
            problems.append(Problem(where=f"environment {shortened(name)}", message=f"unknown key{near}"))
