"""`ports.Runtime` on one host: acts through `docker compose`, observes through the docker SDK.

Owns which parts fulfil which promise of the port. The parts do the work: `files` and `pulling` run
Compose, `images` and `containers` ask the engine, `events` and `logs` listen to it.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from pathlib import Path
from typing import Any

from kgo_tui.adapters.compose import acting, argv, containers, failures
from kgo_tui.adapters.compose.acting import ACT_S
from kgo_tui.adapters.compose.argv import Project
from kgo_tui.adapters.compose.cli import Cli
from kgo_tui.adapters.compose.events import Changes
from kgo_tui.adapters.compose.evidence import collect
from kgo_tui.adapters.compose.failures import Redact
from kgo_tui.adapters.compose.files import ComposeFiles
from kgo_tui.adapters.compose.images import Images
from kgo_tui.adapters.compose.logs import ServiceLogs, Wanted
from kgo_tui.adapters.compose.pulling import Pulling
from kgo_tui.adapters.compose.sdk import PING_S, Engine
from kgo_tui.core.logs import LogBatch, LogWindow
from kgo_tui.core.model import ContainerAction, ContainerUsage, ContainerView, Evidence, Image, Service
from kgo_tui.core.text import clean
from kgo_tui.engine.ports import OnCommand, OnLine

OLDEST_COMPOSE = 2
"""The major version with `docker compose`; v1 was another program."""

USAGE_LINES = 500
"""More than docker prints when it does not know a word."""

SHORT_ID = 12


def as_it_is(text: str) -> str:
    """The redactor of a caller that has no secrets."""
    return text


class ComposeRuntime:
    """One Compose project on one Docker Engine. Fulfils `engine.ports.Runtime`."""

    def __init__(
        self,
        directory: str | os.PathLike[str],
        *,
        files: Sequence[str] = (),
        env_files: Sequence[str] = (),
        project: str | None = None,
        profiles: Sequence[str] = (),
        remove_orphans: bool = False,
        pull_timeout_s: float = 900.0,
        build_timeout_s: float = 1800.0,
        up_timeout_s: float = 600.0,
        config_timeout_s: float = 30.0,
        docker_host: str | None = None,
        redact: Redact = as_it_is,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        """Nothing is run or read yet. `files` and `env_files` are relative to `directory`, where
        Compose runs; none given means Compose's own lookup there. `docker_host` and `environment`
        default to the process's own. `redact` masks secrets in every text that leaves.
        """
        self._directory = str(Path(directory).absolute())
        self._project = Project(tuple(files), tuple(env_files), project, tuple(profiles))
        self._remove_orphans = remove_orphans
        self._pull_timeout_s, self._build_timeout_s = pull_timeout_s, build_timeout_s
        self._up_timeout_s, self._config_timeout_s = up_timeout_s, config_timeout_s
        self._redact = redact
        inherited = os.environ if environment is None else environment
        self._cli = Cli(self._directory, inherited, docker_host, redact)
        self._engine = Engine(inherited, docker_host)
        self._files = ComposeFiles(
            self._project,
            self._directory,
            self._cli,
            self._engine,
            redact=redact,
            deadline_s=config_timeout_s,
        )
        self._images = Images(self._engine)
        self._compose_version: str | None = None

    def heard(self, on_command: OnCommand) -> None:
        """Tell `on_command` of every command run from now on."""
        self._cli.heard(on_command)

    async def ready(self) -> None:
        """Return when Docker answers and Compose v2 is there. Raises RuntimeUnreachable, ComposeMissing."""
        await self._engine.ask(lambda client: client.ping(), answer_s=PING_S)
        await self.compose_version()

    async def compose_version(self) -> str:
        """Compose's version, asked for once. Raises ComposeMissing."""
        if self._compose_version is None:
            done = await self._cli.run(argv.version(), {}, deadline_s=self._config_timeout_s, aloud=False)
            said = clean(done.text.strip().removeprefix("v"))
            major = said.partition(".")[0]
            if done.exit_code != 0 or not major.isdigit() or int(major) < OLDEST_COMPOSE:
                reason = done.tail(USAGE_LINES).partition("\n")[0]  # the client's usage follows
                raise failures.no_compose(said or reason)
            self._compose_version = said
        return self._compose_version

    async def services(
        self, variables: Mapping[str, str], files: Mapping[str, bytes] | None = None
    ) -> tuple[Service, ...]:
        """What the compose files declare. Raises ComposeInvalid, ComposeMissing."""
        if files is not None:
            return (await self._files.read_as(variables, files)).services
        return (await self._files.read_with_hashes(variables)).services

    async def project_name(self) -> str:
        """The project's name. Raises ComposeInvalid where neither files nor containers tell it."""
        return await self._files.project_name()

    async def uninterpolated(self) -> dict[str, Any]:
        """What the compose files say before variables are filled in. Raises ComposeInvalid."""
        return await self._files.uninterpolated()

    async def pull(self, variables: Mapping[str, str], on_line: OnLine) -> dict[str, Image]:
        """Bring every service's image here and say which it is. Raises NotPublished,
        RegistryUnreachable, RuntimeUnreachable, ComposeInvalid, ImagesGone (a service may not be
        pulled and its image is not here), CommandFailed.
        """
        wanted = await self._files.read(variables)
        pulling = Pulling(
            self._cli,
            self._project,
            variables,
            self._redact,
            pull_timeout_s=self._pull_timeout_s,
            build_timeout_s=self._build_timeout_s,
        )
        await pulling.bring(wanted, on_line)
        return await self._images.resolve(wanted.images)

    async def running_images(self) -> dict[str, Image]:
        """The images of the project's containers, by service; a one-shot's after it ended as well."""
        project = await self._files.project_name()
        return await self._engine.ask(lambda client: containers.images_in_use(client, project))

    async def keep(self, images: Mapping[str, Image]) -> None:
        """Keep these images under tags of our own. Raises ImagesGone."""
        await self._images.keep(await self._files.project_name(), images)

    async def keep_only(self, releases: Sequence[Mapping[str, Image]]) -> None:
        """Let go of kept images that none of these releases needs."""
        await self._images.keep_only(await self._files.project_name(), releases)

    async def missing(self, images: Mapping[str, Image]) -> tuple[str, ...]:
        """Which of these images cannot be brought back, as service (ref)."""
        return await self._images.missing(images)

    async def restore(self, images: Mapping[str, Image]) -> None:
        """Point the names that the compose file uses at exactly these images. Raises ImagesGone."""
        await self._images.restore(images, self._say_tag)

    def _say_tag(self, image_id: str, ref: str) -> None:
        self._cli.say(["docker", "tag", image_id.removeprefix("sha256:")[:SHORT_ID], ref], {})

    async def up(
        self,
        images: Mapping[str, Image],
        variables: Mapping[str, str],
        on_line: OnLine,
        *,
        force_recreate: bool = False,
    ) -> None:
        """Bring the services up with exactly these images. Raises ImagesGone and ComposeInvalid
        before anything is touched; CommandFailed, RuntimeUnreachable.
        """
        await self._files.check(variables)
        await self.restore(images)
        await self._tidy()
        words = argv.up(self._project, force_recreate=force_recreate, remove_orphans=self._remove_orphans)
        done = await self._cli.run(words, variables, deadline_s=self._up_timeout_s, on_line=on_line)
        if done.exit_code != 0:
            raise failures.failed("docker compose up", done, self._redact)

    async def _tidy(self) -> None:
        project = await self._files.project_name()
        for command in await self._engine.ask(lambda client: containers.tidy(client, project)):
            self._cli.say(command.split(), {})

    async def containers(self) -> tuple[ContainerView, ...]:
        """Every container of the project, by service and name. Raises RuntimeUnreachable."""
        project = await self._files.project_name()
        found = await self._engine.ask(lambda client: containers.of_project(client, project))
        return containers.views(found)

    async def stop(self, stopped: Sequence[ContainerView]) -> None:
        """Stop these containers, side by side, each in its own time."""

        def tell(name: str) -> None:
            self._cli.say(["docker", "stop", name], {})

        work = [
            self._engine.ask(lambda client, each=each: containers.stop(client, each.id, tell))  # type: ignore[misc]
            for each in stopped
        ]
        await asyncio.gather(*work)

    async def act(self, container: str, action: ContainerAction) -> ContainerView:
        """As `Runtime.act`. Docker waits as long as the container is given itself to stop."""
        project = await self._files.project_name()

        def tell(name: str) -> None:
            self._cli.say(["docker", str(action), name], {})

        return await self._engine.ask(
            lambda client: acting.act(client, project, container, action, tell), answer_s=ACT_S
        )

    async def usage(self, container: str) -> ContainerUsage:
        """As `Runtime.usage`."""
        project = await self._files.project_name()
        return await self._engine.ask(lambda client: acting.usage(client, project, container))

    async def evidence(self, failed: Sequence[ContainerView]) -> tuple[Evidence, ...]:
        """The state and the last log lines of these containers, redacted and capped."""
        return await self._engine.ask(lambda client: collect(client, failed, self._redact))

    def changes(self) -> Changes:
        """Yields once it listens, then whenever a container of the project changed."""
        return Changes(self._engine, lambda: self._files.name)

    async def logs(self, names: Sequence[str], window: LogWindow) -> AsyncGenerator[LogBatch, None]:
        """What services say, or containers by name or ID. Raises UsageError for one that is not
        there, or not of this project: whoever may read the worker's socket may not read every log.
        """
        project = await self._files.project_name()
        reading = ServiceLogs(self._engine, Wanted(project, tuple(names), window, self._redact))
        async with aclosing(reading.batches()) as batches:
            async for batch in batches:
                yield batch

    def close(self) -> None:
        """Let go of the connections to the engine."""
        self._engine.close()
