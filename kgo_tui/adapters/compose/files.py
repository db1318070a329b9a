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

from kgo_tui.adapters.compose import argv, containers, definition, failures
from kgo_tui.adapters.compose.argv import Project
from kgo_tui.adapters.compose.cli import Cli
from kgo_tui.adapters.compose.definition import Definition
from kgo_tui.adapters.compose.failures import Redact
from kgo_tui.adapters.compose.sdk import Engine
from kgo_tui.core.errors import ComposeInvalid, KgoError

Variables = Mapping[str, str]


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
        self.name: str | None = project.name
        """The project's name as soon as it is known. A commit may change it: then it changes when
        that commit is brought up (`check`), and not while it is only looked at."""

    async def read(self, variables: Variables) -> Definition:
        """What the files at hand declare. Raises ComposeInvalid, ComposeMissing."""
        found = await self._read(self.project, variables, aloud=True)
        self.name = self.name or found.project
        return found

    async def read_as(self, variables: Variables, files: Mapping[str, bytes]) -> Definition:
        """What these contents would declare in the place of the files at hand: everything that
        they refer to is looked for where it is now.
        """
        names = self.project.files or tuple(files)
        if absent := [name for name in names if name not in files]:
            raise ComposeInvalid(f"the compose file is not in that commit: {', '.join(absent)}")
        with tempfile.TemporaryDirectory(prefix="kgo-tui-") as folder:
            copies = [_copy(Path(folder), number, files[name]) for number, name in enumerate(names)]
            place = str(Path(self.directory, names[0]).parent)
            copied = replace(self.project, files=tuple(copies), directory=place)
            return await self._read(copied, variables, aloud=False)

    async def check(self, variables: Variables) -> None:
        """Read them only to know that they can be read, and for which project. Raises as `read`."""
        text = await self._ask(argv.config_json(self.project), variables)
        self.name = str(definition.decode(text).get("name") or "")

    async def _read(self, project: Project, variables: Variables, *, aloud: bool) -> Definition:
        questions = (argv.config_json(project), argv.config_hashes(project))
        asked = [self._ask(words, variables, aloud=aloud) for words in questions]
        answers = await asyncio.gather(*asked, return_exceptions=True)
        for answer in answers:
            if isinstance(answer, BaseException):
                raise answer
        text, hashes = (answer for answer in answers if isinstance(answer, bytes))
        document = definition.decode(text)
        unnamed = definition.unnamed_services(document)
        listed = await self._ask(argv.config_images(project), variables, aloud=aloud) if unnamed else b""
        return definition.define(document, hashes.decode(), listed.decode())

    async def _ask(self, words: list[str], variables: Variables, *, aloud: bool = True) -> bytes:
        done = await self._cli.run(words, variables, deadline_s=self._deadline_s, aloud=aloud)
        if done.exit_code != 0:
            raise failures.invalid(done, self._named(), self._redact)
        return done.stdout

    def _named(self) -> str:
        return ", ".join(self.project.files) or self.directory

    async def project_name(self) -> str:
        """The project's name: known, or from the files, or, where a bad commit or a hand's edit
        made them unreadable, from the containers that were made from this directory.
        """
        if self.name is None:
            try:
                await self.check({})
            except ComposeInvalid as error:
                self.name = await self._name_of_what_runs(error)
        return self.name or ""

    async def _name_of_what_runs(self, error: KgoError) -> str:
        place = str(
            Path(self.directory, *self.project.files[:1]).parent if self.project.files else self.directory
        )
        found = await self._engine.ask(lambda client: containers.projects_in(client, place))
        if len(found) != 1:
            raise error
        return found.pop()


def _copy(folder: Path, number: int, content: bytes) -> str:
    copy = folder / f"{number}.yml"
    copy.write_bytes(content)
    return str(copy)
