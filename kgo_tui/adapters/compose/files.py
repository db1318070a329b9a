"""Reads the compose files, through Compose, at hand or as they are in another commit.

Owns which project they declare and that its name is known when the files cannot be read. Must not
know images or what runs.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from kgo_tui.adapters.compose import argv, containers, definition, failures
from kgo_tui.adapters.compose.argv import Project
from kgo_tui.adapters.compose.cli import Cli
from kgo_tui.adapters.compose.definition import Definition
from kgo_tui.adapters.compose.failures import Redact
from kgo_tui.adapters.compose.sdk import Engine
from kgo_tui.core.errors import ComposeInvalid

AT_A_TIME = 2
"""Readings of the files side by side: each takes 14 MiB of its own, and the unit's limit is 64."""

Variables = Mapping[str, str]
Document = dict[str, Any]


class ComposeFiles:
    """The files of one project in its directory."""

    def __init__(
        self,
        project: Project,
        directory: str,
        cli: Cli,
        engine: Engine,
        *,
        redact: Redact,
        deadline_s: float,
    ) -> None:
        self.project = project
        self.directory = directory
        self._cli, self._engine, self._redact, self._deadline_s = cli, engine, redact, deadline_s
        self._few = asyncio.Semaphore(AT_A_TIME)
        self.name: str | None = project.name
        """The project's name as soon as it is known. A commit may change it: then it changes when
        that commit is brought up (`check`), and not while it is only looked at."""

    async def read(self, variables: Variables) -> Definition:
        """What the files at hand declare, without hashes. Raises ComposeInvalid, ComposeMissing."""
        document = await self._document(self.project, variables)
        found = await self._define(self.project, document, "", variables)
        self.name = self.name or found.project
        return found

    async def read_with_hashes(self, variables: Variables) -> Definition:
        """The same with the hash of each service's configuration, which takes Compose a second run."""
        found = await self._read_with_hashes(self.project, variables)
        self.name = self.name or found.project
        return found

    async def read_as(self, variables: Variables, files: Mapping[str, bytes]) -> Definition:
        """What these contents would declare in the place of the files at hand, with hashes:
        everything that they refer to is looked for where it is now.
        """
        names = self.project.files or tuple(files)
        if absent := [name for name in names if name not in files]:
            raise ComposeInvalid(f"the compose file is not in that commit: {', '.join(absent)}")
        with tempfile.TemporaryDirectory(prefix="kgo-tui-") as folder:
            copies = [_copy(Path(folder), number, files[name]) for number, name in enumerate(names)]
            place = str(Path(self.directory, names[0]).parent)
            copied = replace(self.project, files=tuple(copies), directory=place)
            return await self._read_with_hashes(copied, variables, aloud=False)

    async def check(self, variables: Variables) -> None:
        """Read them only to know that they can be read, and for which project. Raises as `read`."""
        self.name = _name_in(await self._document(self.project, variables))

    async def _read_with_hashes(
        self, project: Project, variables: Variables, *, aloud: bool = True
    ) -> Definition:
        # Both are awaited whatever happens: no process goes on behind a caller that has its error.
        document, hashes = await asyncio.gather(
            self._document(project, variables, aloud=aloud),
            self._ask(argv.config_hashes(project), variables, aloud=aloud),
            return_exceptions=True,
        )
        if isinstance(document, BaseException):
            raise document
        if isinstance(hashes, BaseException):
            raise hashes
        return await self._define(project, document, hashes.decode(), variables, aloud=aloud)

    async def _define(
        self, project: Project, document: Document, hashes: str, variables: Variables, *, aloud: bool = True
    ) -> Definition:
        listed = b""
        if definition.unnamed_services(document):
            listed = await self._ask(argv.config_images(project), variables, aloud=aloud)
        return definition.define(document, hashes, listed.decode())

    async def _document(self, project: Project, variables: Variables, *, aloud: bool = True) -> Document:
        text = await self._ask(argv.config_json(project), variables, aloud=aloud)
        try:
            return definition.decode(text)
        except (ValueError, TypeError) as error:
            raise ComposeInvalid("docker compose config answered with something else than JSON") from error

    async def _ask(self, words: list[str], variables: Variables, *, aloud: bool = True) -> bytes:
        async with self._few:
            done = await self._cli.run(words, variables, deadline_s=self._deadline_s, aloud=aloud)
        if done.exit_code != 0:
            raise failures.invalid(done, self._named(), self._redact)
        return done.stdout

    def _named(self) -> str:
        return ", ".join(self.project.files) or self.directory

    async def project_name(self) -> str:
        """The project's name: known, or from the files, or, where these cannot be read (a bad
        commit, a hand's edit, a variable that only a deployment sets), from what was made of them.
        """
        if self.name is None:
            try:
                await self.check({})
            except ComposeInvalid:
                self.name = await self._name_of_what_runs()
        return self.name or await self._name_without_variables()

    async def _name_of_what_runs(self) -> str | None:
        """The project whose containers were made from files in this directory, if it is one."""
        first = self.project.files[0] if self.project.files else "compose.yaml"
        place = str(Path(self.directory, first).parent)
        found = await self._engine.ask(lambda client: containers.projects_in(client, place))
        return found.pop() if len(found) == 1 else None

    async def _name_without_variables(self) -> str:
        """What the files say before variables are filled in; not remembered, as it may be wrong
        where the name itself has one. Raises ComposeInvalid.
        """
        return _name_in(await self.uninterpolated())

    async def uninterpolated(self) -> Document:
        """The document with variables as they are written. Raises ComposeInvalid."""
        return definition.decode(await self._ask(argv.config_uninterpolated(self.project), {}))


def _name_in(document: Document) -> str:
    return str(document.get("name") or "")


def _copy(folder: Path, number: int, content: bytes) -> str:
    copy = folder / f"{number}.yml"
    copy.write_bytes(content)
    return str(copy)
