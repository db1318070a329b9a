"""Brings the images of a definition to this host: pulled, or built where there is nothing to pull.

Owns the order and what a failure means. Must not know how images are kept afterwards.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from kgo_tui.adapters.compose import argv, failures
from kgo_tui.adapters.compose.argv import Project
from kgo_tui.adapters.compose.cli import Cli
from kgo_tui.adapters.compose.definition import Definition
from kgo_tui.adapters.compose.failures import Redact
from kgo_tui.adapters.compose.output import Fault, classify, last_words, named_in, pull_failures
from kgo_tui.adapters.watch import Finished
from kgo_tui.core.errors import NotPublished
from kgo_tui.engine.ports import OnLine, ignore_line

_CLASSIC = {"DOCKER_BUILDKIT": "0"}
"""Newer versions of Compose build with the buildx plugin only; where it is not installed, the
engine's own builder does it."""


class Pulling:
    """One pull of all that a definition needs."""

    def __init__(
        self,
        cli: Cli,
        project: Project,
        variables: Mapping[str, str],
        redact: Redact,
        *,
        pull_timeout_s: float,
        build_timeout_s: float,
    ) -> None:
        self._cli, self._project, self._variables, self._redact = cli, project, variables, redact
        self._pull_timeout_s, self._build_timeout_s = pull_timeout_s, build_timeout_s

    async def bring(self, wanted: Definition, on_line: OnLine) -> None:
        """Pull what only a registry has, try the registry for what could be built as well, build
        the rest. Raises NotPublished, RegistryUnreachable, RuntimeUnreachable, CommandFailed.
        """
        await self._pull(wanted, wanted.only_pulled(), on_line)
        to_build = [*wanted.only_built(), *await self._unpublished(wanted, on_line)]
        if to_build:
            await self._build(to_build, on_line)

    async def _pull(self, wanted: Definition, services: Sequence[str], on_line: OnLine) -> None:
        if not services:
            return
        chosen = services if wanted.built else ()  # named only where not all are meant
        done = await self._run(argv.pull(self._project, chosen), on_line)
        if done.exit_code != 0:
            images = {service: wanted.images[service] for service in services}
            raise await self._why(done, images, chosen)

    async def _unpublished(self, wanted: Definition, on_line: OnLine) -> list[str]:
        """The services that could be pulled or built, and cannot be pulled."""
        to_build = []
        for service in wanted.pulled_or_built():
            try:
                await self._pull(wanted, [service], on_line)
            except NotPublished:
                to_build.append(service)
        return to_build

    async def _why(self, done: Finished, images: Mapping[str, str], chosen: Sequence[str]) -> Exception:
        """The error of a failed pull. The first image that fails makes Compose give up the others,
        and say wrong things of them; so that all that is missing gets named, it is asked again,
        to go on after failures.
        """
        sentence = last_words(done.stderr.decode("utf-8", "replace"))
        if classify(sentence) not in (Fault.NOT_PUBLISHED, Fault.REGISTRY_DOWN, Fault.LOGIN_NEEDED):
            return failures.failed("docker compose pull", done, self._redact)
        again = await self._run(argv.pull(self._project, chosen, ignore_failures=True), ignore_line)
        found = pull_failures(again.stderr.decode("utf-8", "replace"), images)
        told = found or dict.fromkeys(named_in(sentence, images.values()), sentence)
        return failures.not_pulled(told, done, self._redact)

    async def _build(self, services: Sequence[str], on_line: OnLine) -> None:
        done = await self._run_build(services, self._variables, on_line)
        if done.exit_code != 0 and classify(done.stderr.decode("utf-8", "replace")) is Fault.NO_BUILDX:
            done = await self._run_build(services, {**self._variables, **_CLASSIC}, on_line)
        if done.exit_code != 0:
            raise failures.failed("docker compose build", done, self._redact)

    async def _run_build(
        self, services: Sequence[str], variables: Mapping[str, str], on_line: OnLine
    ) -> Finished:
        words = argv.build(self._project, services)
        return await self._cli.run(words, variables, deadline_s=self._build_timeout_s, on_line=on_line)

    async def _run(self, words: Sequence[str], on_line: OnLine) -> Finished:
        return await self._cli.run(words, self._variables, deadline_s=self._pull_timeout_s, on_line=on_line)
