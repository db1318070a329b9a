"""From the command line and what is found to an order: the configuration, the user, the files.

Owns these decisions and refusing what cannot work before anything is touched. Must not change anything.
"""

from __future__ import annotations

import argparse
import grp
import os
import tempfile
from pathlib import Path

from kgo_tui.adapters import accounts
from kgo_tui.adapters.host import Identity, current_identity, identity_of, owner_of
from kgo_tui.config.load import Loaded, load
from kgo_tui.config.resolve import resolve
from kgo_tui.core.errors import UsageError
from kgo_tui.core.model import Struct
from kgo_tui.unit import former, found, program, tree, wanted
from kgo_tui.unit.beside import own_project
from kgo_tui.unit.installing import Order
from kgo_tui.unit.manifest import Given, Manifest
from kgo_tui.unit.places import GROUP, Places
from kgo_tui.unit.program import unreadable
from kgo_tui.unit.project import Project
from kgo_tui.unit.survey import Host, text_of
from kgo_tui.unit.wanted import Installation, Wanted

DOCKER = "docker"


class Ordered(Struct, frozen=True, kw_only=True):
    """The order, and in words what it comes from and what speaks against it."""

    order: Order
    found: tuple[str, ...]
    warnings: tuple[str, ...]


def ordered(arguments: argparse.Namespace, places: Places, host: Host, cwd: Path) -> Ordered:
    """What is to be installed. Raises UsageError and ConfigError with what has to be said or mended."""
    configuration, loaded, told = _configuration(arguments, places, host, cwd)
    repository = Path(loaded.config.repository.path)
    run_as = _run_as(arguments, places, host, repository)
    worker = _worker(places, run_as)
    words = program.command()
    installation = Installation(
        places=places,
        program=words,
        writable=_writable(repository),
        shared=tree.is_shared(repository),
        run_as=run_as,
    )
    order = Order(
        places=places,
        files=wanted.files(installation),
        configuration=_readable_by(configuration, worker),
        run_as=run_as,
        operators=_operators(arguments),
        given=_given(repository, run_as),
        start=not arguments.no_start,
        enable=not arguments.no_enable,
    )
    return Ordered(order=order, found=told, warnings=_warnings(words, worker, loaded))


def _configuration(
    arguments: argparse.Namespace, places: Places, host: Host, cwd: Path
) -> tuple[Wanted, Loaded, tuple[str, ...]]:
    there = text_of(places.config)
    if there is not None:
        loaded = load(instance=places.instance, file=places.config, environ={})
        resolve(loaded, {})
        told = (f"repository {loaded.config.repository.path} (as {places.config} says)",)
        return Wanted(path=places.config, content=there), loaded, told
    looked = _looked(arguments, places, host, cwd)
    own = own_project(places, looked)
    settings = found.settings(looked) | ({"compose.project": own} if own else {})
    lines = _found_in_words(looked)
    lines += [f"project    {own}, as another worker here has the usual name"] if own else []
    made = wanted.configuration(places, settings, "")
    return made, _tried(made), tuple(lines)


def _looked(arguments: argparse.Namespace, places: Places, host: Host, cwd: Path) -> found.Found:
    asked = found.Asked(
        repository=arguments.repository,
        branch=arguments.branch,
        directory=arguments.compose_directory,
        files=tuple(arguments.compose_file),
    )
    before = _former(places, host)
    top, because = found.repository(asked, before, cwd)
    return found.clear(found.look(top, because, asked, before))


def _former(places: Places, host: Host) -> former.Former:
    """What another unit of this name says, with its drop-ins; one of ours says nothing new."""
    path = Path(host.state.file) if host.state.file else None
    if path is None or host.hash_of(path) is not None:
        return former.Former()
    drop_ins = sorted(places.drop_ins.glob("*.conf")) if places.drop_ins.is_dir() else []
    return former.read("\n".join(text_of(file) or "" for file in (path, *drop_ins)))


def _found_in_words(looked: found.Found) -> list[str]:
    project = looked.project or Project(directory="")
    files = f" ({', '.join(project.files)})" if project.files else ""
    lines = [
        f"repository {looked.repository} ({looked.because}), owner {looked.owner}",
        f"branch     {looked.branch or found.DEFAULT_BRANCH} of {looked.remote}",
        f"compose    {project.directory or 'the top of the repository'}{files}",
    ]
    if looked.former.interval_s is not None:
        lines.append(f"interval   {looked.former.interval_s:.0f} s (of the unit that is there)")
    if looked.former.script.language is not None:
        lines.append(f"language   {looked.former.script.language} (as the script that is there)")
    if found.settings(looked).get("health.urls") == []:
        lines.append(
            "health     no DOMAIN in an env file: containers decide; set health.urls to ask a URL too"
        )
    return lines


def _tried(made: Wanted) -> Loaded:
    """The configuration as the worker will read it. Raises ConfigError now, not at its start."""
    with tempfile.TemporaryDirectory(prefix="kgo-tui-") as folder:
        path = Path(folder, made.path.name)
        path.write_text(made.content, encoding="utf-8")
        loaded = load(file=path, environ={})
        resolve(loaded, {})
    return loaded


def _run_as(arguments: argparse.Namespace, places: Places, host: Host, repository: Path) -> str | None:
    """The worker's user: as asked, else as it is; None is root."""
    asked = arguments.run_as or (host.made.run_as if host.made else None)
    name = None if asked == "root" else asked
    if places.user and arguments.run_as:
        raise UsageError("--run-as is for the system's service: with --user the worker is you")
    _same_for_all(name, host.others)
    if name is None:
        return None
    if name == GROUP:
        hint = "The console's users are in the group of that name. Name another one, such as kgo-worker."
        raise UsageError(f"the worker cannot be the user {GROUP}", hint=hint)
    if not accounts.group_exists(DOCKER):
        raise UsageError(f"there is no group {DOCKER}, by which a user that is not root may use Docker")
    _may_own(repository, name)
    return name


def _same_for_all(name: str | None, others: tuple[Manifest, ...]) -> None:
    for other in others:
        if other.run_as != name:
            raise UsageError(
                f"{other.unit} runs as {other.run_as or 'root'}; the workers of a host share one directory",
                hint=f"Name the same user: --run-as {other.run_as or 'root'}",
            )


def _may_own(repository: Path, name: str) -> None:
    """A worker that is not root works only in its own repository. Raises UsageError."""
    owner = owner_of(repository)
    if owner.name == name:
        return
    if not owner.is_root:
        raise UsageError(
            f"the repository {repository} belongs to {owner.name}, and {name} could not work in it",
            hint=f"Let its owner be the worker: --run-as {owner.name}",
        )
    if closed := unreadable(repository, _identity(name)):
        raise UsageError(f"the user {name} may not enter {closed}", hint=f"chmod o+x {closed}")


def _given(repository: Path, run_as: str | None) -> Given | None:
    owner = owner_of(repository).name
    if run_as is None or owner == run_as:
        return None
    return Given(path=str(repository), before=owner, after=run_as)


def _identity(name: str) -> Identity:
    """A user, who may still have to be made."""
    nobodys = 2**32 - 2
    return identity_of(name) if accounts.user_exists(name) else Identity(nobodys, nobodys, (), "/", name)


def _worker(places: Places, run_as: str | None) -> Identity:
    if places.user:
        return current_identity()
    return _identity(run_as or "root")


def _readable_by(configuration: Wanted, worker: Identity) -> Wanted:
    """Root writes it; a worker that is not root reads it by its own group."""
    path = configuration.path
    if worker.uid == os.geteuid() or (path.exists() and unreadable(path, worker) is None):
        return configuration
    known = accounts.user_exists(worker.name)
    group = grp.getgrgid(worker.gid).gr_name if known else worker.name
    return Wanted(path=path, content=configuration.content, mode=wanted.PRIVATE, group=group)


def _writable(repository: Path) -> tuple[Path, ...]:
    outside = [path for path in tree.git_dirs(repository) if repository not in path.parents]
    return (repository, *outside)


def _operators(arguments: argparse.Namespace) -> tuple[str, ...]:
    for name in arguments.operator:
        if not accounts.user_exists(name):
            raise UsageError(f"there is no user {name}", hint="--operator takes login names of this host.")
    return tuple(dict.fromkeys(arguments.operator))


def _warnings(words: tuple[str, ...], worker: Identity, loaded: Loaded) -> tuple[str, ...]:
    parts = program.parts(words)
    if hidden := program.hidden(parts):
        raise UsageError(
            f"kgo-tui runs from {hidden}, which a service cannot see",
            hint="Install it elsewhere: /opt/kgo-tui",
        )
    return (*program.warnings(parts, worker), *resolve(loaded, {}).warnings)
