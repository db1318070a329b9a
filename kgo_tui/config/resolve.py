"""What a configuration means on this host: absolute paths, real URLs, secrets read, group known.

Owns everything of the configuration that needs to look at files, users or variables, so that what
is configured and missing is an error here and not in the middle of a deployment. Must not know how
values were read.
"""

from __future__ import annotations

import grp
import os
import pwd
from collections.abc import Callable, Mapping
from pathlib import Path

from kgo_tui.config.language import language_of
from kgo_tui.config.load import Loaded
from kgo_tui.config.names import host
from kgo_tui.config.problems import ConfigInvalid, Problem, shortened, suggestion
from kgo_tui.config.secret import Secret
from kgo_tui.config.sections import Notify
from kgo_tui.config.sources import Sources, read_text
from kgo_tui.config.variables import expand, references, secret_values
from kgo_tui.core.model import Struct
from kgo_tui.core.text import clean

DEFAULT_GROUP = "kgo-tui"
"""The group whose members may use the console, where `control.group` names none, it exists, and the
worker may give its socket to it."""


class Notice(Struct, frozen=True, kw_only=True):
    """One place to notify, with its real URL, and the events that are told there."""

    url: Secret
    on: tuple[str, ...]


class Effective(Struct, frozen=True, kw_only=True):
    """What parts are built from. Paths are absolute; `env_files` are those configured (Compose finds
    `.env` itself); `secrets` are to be masked in every text that leaves; `language` is en or fr."""

    repository_path: str
    directory: str
    files: tuple[str, ...]
    env_files: tuple[str, ...]
    urls: tuple[str, ...]
    notify: tuple[Notice, ...]
    secrets: tuple[Secret, ...]
    group: str | None
    language: str
    warnings: tuple[str, ...] = ()


def resolve(loaded: Loaded, environ: Mapping[str, str] = os.environ) -> Effective:
    """Look at the host. Raises ConfigInvalid with everything that is configured and missing."""
    effective, problems = survey(loaded, environ)
    if problems:
        raise ConfigInvalid(problems)
    return effective


def survey(loaded: Loaded, environ: Mapping[str, str] = os.environ) -> tuple[Effective, tuple[Problem, ...]]:
    """As `resolve`, with what is missing beside what it means without that; for looking around only."""
    work = _Resolving(loaded, environ)
    return work.effective(), tuple(work.problems)


class _Resolving:
    def __init__(self, loaded: Loaded, environ: Mapping[str, str]) -> None:
        self.config, self.origins, self.environ = loaded.config, loaded.origins, environ
        self.problems: list[Problem] = []
        self.warnings: list[str] = []

    def effective(self) -> Effective:
        repository = self._directory("repository.path", Path(self.config.repository.path))
        below = repository / (self.config.compose.directory or "")
        directory = self._directory("compose.directory", below) if repository.is_dir() else below
        there = directory.is_dir()
        files = self._files("compose.files", directory, self.config.compose.files, there=there)
        env_files = self._files("compose.env_files", directory, self.config.compose.env_files, there=there)
        sources = Sources.read(self.environ, env_files or (directory / ".env",))
        notify = tuple(n for i, entry in enumerate(self.config.notify) if (n := self._notice(i, entry)))
        self._user("repository.owner", self.config.repository.owner)
        return Effective(
            repository_path=str(repository),
            directory=str(directory),
            files=tuple(map(str, files)),
            env_files=tuple(map(str, env_files)),
            urls=self._urls(sources) if there else (),
            notify=notify,
            secrets=(*(n.url for n in notify), *self._secrets(sources)),
            group=self._group(self.config.control.group),
            language=language_of(self.config.language, self.environ),
            warnings=tuple(self.warnings),
        )

    def _directory(self, key: str, path: Path) -> Path:
        wrong = _not_there(path, os.path.isdir, "directory")
        if wrong:
            self._fault(key, f"{clean(str(path))} {wrong}")
        return Path(os.path.normpath(path))

    def _files(self, key: str, directory: Path, names: tuple[str, ...], *, there: bool) -> tuple[Path, ...]:
        paths = tuple(Path(os.path.normpath(directory / name)) for name in names)
        for path in paths if there else ():
            wrong = _not_there(path, os.path.isfile, "file")
            if wrong:
                self._fault(key, f"{clean(str(path))} {wrong}")
        return paths

    def _urls(self, sources: Sources) -> tuple[str, ...]:
        return tuple(self._url(url, sources) for url in self.config.health.urls)

    def _url(self, template: str, sources: Sources) -> str:
        url, missing = expand(template, sources.get)
        for name in missing:
            hint = (
                f"Set {name} in the env file or the worker's environment, write health.urls in full, "
                "or set health.urls = [] to do without."
            )
            self._fault("health.urls", f"${{{name}}} has no value; looked for in {sources.places}", hint=hint)
        if not missing and (
            not url.startswith(("http://", "https://")) or not url.isprintable() or host(url)
        ):
            self._fault(
                "health.urls", f'"{shortened(template)}" becomes "{shortened(url)}", which is no http(s) URL'
            )
        return url

    def _notice(self, number: int, entry: Notify) -> Notice | None:
        url = entry.url or self._url_from_file(number, entry) or self._url_from_credential(number, entry)
        return Notice(url=url, on=entry.on) if url else None

    def _url_from_file(self, number: int, entry: Notify) -> Secret | None:
        return self._secret(f"notify.{number}.url_file", Path(entry.url_file)) if entry.url_file else None

    def _url_from_credential(self, number: int, entry: Notify) -> Secret | None:
        if not entry.url_credential:
            return None
        directory = self.environ.get("CREDENTIALS_DIRECTORY")
        if directory:
            return self._secret(f"notify.{number}.url_credential", Path(directory) / entry.url_credential)
        self.warnings.append(
            f'the credential "{entry.url_credential}" exists only inside the systemd service; '
            "nothing is sent with it from here"
        )
        return None

    def _secret(self, key: str, path: Path) -> Secret | None:
        text, wrong = read_text(path)
        url = text.strip().partition("\n")[0].strip()
        if not wrong and ("://" not in url or not url.isprintable()):
            wrong = "does not hold a URL (scheme://…) on its first line"
        if wrong:
            self._fault(key, f"{clean(str(path))} {wrong}")
        return None if wrong else Secret(url)

    def _secrets(self, sources: Sources) -> list[Secret]:
        shown = {name for url in self.config.health.urls for name in references(url)}
        hidden = {name: value for name, value in sources.from_files.items() if name not in shown}
        return [Secret(value) for value in secret_values(hidden)]

    def _user(self, key: str, name: str | None) -> None:
        if name and not _known(pwd.getpwnam, name):
            self._fault(key, f'there is no user "{name}" on this host')

    def _group(self, name: str | None) -> str | None:
        if name is None:
            return DEFAULT_GROUP if _may_use(DEFAULT_GROUP) else None
        if _known(grp.getgrnam, name):
            return name
        hint = f"Create it with: groupadd --system {name}"
        self._fault("control.group", f'there is no group "{name}" on this host', hint=hint)
        return None

    def _fault(self, key: str, message: str, *, hint: str = "") -> None:
        where = str(self.origins.get(key, "")).replace("default", "by default")
        self.problems.append(Problem(where=where, key=key, message=message, hint=hint))


def _known(look_up: Callable[[str], object], name: str) -> bool:
    try:
        look_up(name)
    except KeyError:
        return False
    return True


def _may_use(group: str) -> bool:
    """Whether this user may give a file to the group (chown(2)): a user's own worker often may not."""
    try:
        gid = grp.getgrnam(group).gr_gid
    except KeyError:
        return False
    return os.geteuid() == 0 or gid in (os.getegid(), *os.getgroups())


def _not_there(path: Path, is_one: Callable[[Path], bool], what: str) -> str | None:
    try:
        path.stat()
    except PermissionError:
        return "cannot be looked at by this user"
    except (OSError, ValueError):
        return f"does not exist{_near(path)}"
    return None if is_one(path) else f"is not a {what}"


def _near(path: Path) -> str:
    try:
        return suggestion(path.name, [entry.name for entry in path.parent.iterdir()])
    except OSError:
        return ""
