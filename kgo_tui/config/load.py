"""From files, environment and command line to one frozen configuration.

Owns which layer wins and what must be there. Must not look at the host beyond configuration files:
what needs the repository or other files is `resolve`'s. The order, weakest first: defaults, the
system's file, the user's file, environment, command line; `--config FILE` replaces both files. A
list replaces the weaker one as a whole; [[notify]] entries of the environment are added.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from kgo_tui.config import files
from kgo_tui.config.document import from_document
from kgo_tui.config.keys import KEYS, attribute, default
from kgo_tui.config.layers import Layer, Origin, Setting, Settings, from_environment, from_flags
from kgo_tui.config.problems import ConfigInvalid, Problem
from kgo_tui.config.sections import SECTIONS, Config
from kgo_tui.core.model import Struct


class Loaded(Struct, frozen=True, kw_only=True):
    """A configuration, the origin of every key ("monitor.interval", "notify.0.on"), the files that
    were read and those that would have counted."""

    config: Config
    instance: str | None
    origins: dict[str, Origin]
    files: tuple[str, ...]
    searched: tuple[str, ...]


def load(
    *,
    instance: str | None = None,
    file: str | os.PathLike[str] | None = None,
    environ: Mapping[str, str] = os.environ,
    flags: Mapping[str, Any] | None = None,
    system_dir: Path = files.SYSTEM_DIR,
    user_dir: Path | None = None,
) -> Loaded:
    """Read and check the configuration of an instance (None: the default one).

    `flags` are keys and values from the command line. Raises ConfigInvalid (a ConfigError) with
    every fault found, UsageError for a name that no instance can have.
    """
    loaded, problems = salvage(
        instance=instance, file=file, environ=environ, flags=flags, system_dir=system_dir, user_dir=user_dir
    )
    if loaded is None or problems:
        raise ConfigInvalid(problems)
    return loaded


def salvage(
    *,
    instance: str | None = None,
    file: str | os.PathLike[str] | None = None,
    environ: Mapping[str, str] = os.environ,
    flags: Mapping[str, Any] | None = None,
    system_dir: Path = files.SYSTEM_DIR,
    user_dir: Path | None = None,
) -> tuple[Loaded | None, tuple[Problem, ...]]:
    """As `load`, with the faults beside what is left without them (None: not even a repository).
    For looking around only; nothing is deployed by half a configuration. Raises UsageError."""
    name = files.checked_instance(instance)
    searched = _paths(name, file, system_dir, user_dir)
    problems: list[Problem] = []
    documents = _documents(searched, problems, named=file is not None)
    layers = [from_document(document, problems) for document in documents]
    layers += [from_environment(environ, problems), from_flags(flags or {}, problems)]
    settings, notify = _merged(layers)
    if not any(map(_may_explain, problems)):
        problems += _missing(name, settings, documents, searched)
    if "repository.path" not in settings:
        return None, tuple(problems)
    loaded = Loaded(
        config=_built(settings, notify),
        instance=name,
        origins=_origins(settings, notify),
        files=tuple(document.path for document in documents),
        searched=tuple(map(str, searched)),
    )
    return loaded, tuple(problems)


def _paths(
    instance: str | None, file: str | os.PathLike[str] | None, system_dir: Path, user_dir: Path | None
) -> tuple[Path, ...]:
    if file is not None:
        return (Path(file),)
    return files.candidates(instance, system_dir=system_dir, user_dir=user_dir)


def _documents(paths: Iterable[Path], problems: list[Problem], *, named: bool) -> list[files.Document]:
    found = [document for path in paths if (document := files.read(path, required=named))]
    problems += [document.problem for document in found if document.problem]
    return [document for document in found if not document.problem]


def _merged(layers: Iterable[Layer]) -> tuple[Settings, list[Settings]]:
    settings: Settings = {}
    notify: list[Settings] = []
    for layer in layers:
        settings |= layer.settings
        if layer.notify is not None:
            notify = [*notify, *layer.notify] if layer.adds else list(layer.notify)
    return settings, notify


def _may_explain(problem: Problem) -> bool:
    """Whether the repository is perhaps set, but in what could not be read."""
    return not problem.key or "repository" in problem.key or "path" in problem.key


def _missing(
    instance: str | None, settings: Settings, documents: list[files.Document], searched: tuple[Path, ...]
) -> list[Problem]:
    """A named instance needs its file, or a slip in the name would start one more; and without a
    repository there is nothing to do."""
    places = " or ".join(map(str, searched))
    if instance and not documents:
        message = f'there is no configuration of the instance "{instance}"'
        return [Problem(where=places, message=message, hint=_create(instance))]
    if "repository.path" in settings:
        return []
    where = ", ".join(document.path for document in documents) or places
    hint = f"{_create(instance)} Or set REPO_DIR in the environment."
    return [Problem(where=where, key="repository.path", message="is not set", hint=hint)]


def _create(instance: str | None) -> str:
    option = f" --instance {instance}" if instance else ""
    return f"Write one with: kgo-tui{option} config init."


def _built(settings: Settings, notify: list[Settings]) -> Config:
    sections: dict[str, dict[str, Any]] = {}
    for key, setting in settings.items():
        sections.setdefault(key.rpartition(".")[0], {})[attribute(key)] = setting.value
    top = sections.pop("", {})
    made = {name: SECTIONS[name](**values) for name, values in sections.items()}
    entries = tuple(_struct("notify", entry) for entry in notify)
    return Config(**top, **made, notify=entries)  # type: ignore[arg-type]


def _struct(section: str, entry: Settings) -> Any:
    return SECTIONS[section](**{attribute(key): setting.value for key, setting in entry.items()})


def _origins(settings: Settings, notify: list[Settings]) -> dict[str, Origin]:
    plain = {key: _origin(settings.get(key)) for key in KEYS if not key.startswith("notify.")}
    entries = {
        key.replace("notify.", f"notify.{number}."): _origin(entry.get(key))
        for number, entry in enumerate(notify)
        for key in KEYS
        if key.startswith("notify.") and (key in entry or default(key) is not None)
    }
    return plain | entries


def _origin(setting: Setting | None) -> Origin:
    return setting.origin if setting else Origin(source="default")
