"""The host as a check sees it: its surroundings, repository, engine, compose project and state.

Owns how these are reached, each once: as the worker reaches them. Must not judge anything. What
cannot be had raises NotExamined, so that one fault is told once, by the check whose matter it is.
"""

from __future__ import annotations

import asyncio
import shlex
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

from kgo_tui.adapters.compose import ComposeRuntime, argv
from kgo_tui.adapters.compose.argv import Project
from kgo_tui.adapters.compose.survey import About, EngineSurvey
from kgo_tui.adapters.git import GitSource
from kgo_tui.adapters.git.survey import GitSurvey
from kgo_tui.adapters.probe import HttpProber
from kgo_tui.adapters.sqlite import SqliteStore
from kgo_tui.config.sources import Sources
from kgo_tui.config.variables import expand
from kgo_tui.core.errors import ComposeMissing, KgoError
from kgo_tui.core.model import Release, Sample, Service, SourceView
from kgo_tui.core.records import Loaded as Known
from kgo_tui.core.tags import image_tag
from kgo_tui.doctor.facts import NotExamined, aside, fact
from kgo_tui.doctor.surroundings import Surroundings
from kgo_tui.parts import runtime_of, source_of

SLOWEST_S = 4.0
"""A health URL that takes longer, twice, is not waited for, whatever is configured."""


async def _asked(prober: HttpProber) -> Sample:
    """No answer at all counts when it happens twice, as in a health gate: the first time, forty other
    checks are at work on perhaps one processor."""
    sample = await prober.probe()
    return sample if sample.ok or sample.status_code is not None else await prober.probe()


class Patient(Surroundings):
    """One host for one examination. Close it at the end."""

    @fact
    async def source(self) -> GitSource:
        """The repository."""
        loaded, effective = await self.configured()
        return source_of(loaded.config, effective)

    async def git(self) -> GitSurvey:
        """The repository, for what only the doctor asks. Raises NotExamined when git cannot use it."""
        await self.view()
        return GitSurvey(await self.source())

    @fact
    async def seen(self) -> SourceView | KgoError:
        """The work tree against what was last fetched, or why git cannot say."""
        deployed = None
        with suppress(NotExamined):
            release = (await self.known()).deployed
            deployed = release.commit if release else None
        try:
            return await (await self.source()).view(deployed)
        except (KgoError, OSError) as error:
            return error if isinstance(error, KgoError) else KgoError(f"git cannot be run: {error.strerror}")

    async def view(self) -> SourceView:
        """As `seen`. Raises NotExamined when git cannot say: the check of the repository tells why."""
        seen = await self.seen()
        if isinstance(seen, KgoError):
            raise NotExamined("git cannot use the repository")
        return seen

    @fact
    async def engine(self) -> EngineSurvey:
        """The engine, without a word spoken to it yet."""
        return EngineSurvey(await self.environ())

    @fact
    async def about(self) -> About | KgoError:
        """The engine's own description, or why there is none."""
        engine = await self.engine()
        try:
            await engine.ping()
            return await engine.about()
        except KgoError as error:
            return error

    async def docker(self) -> EngineSurvey:
        """The engine, once it is known to answer. Raises NotExamined."""
        about = await self.about()
        if isinstance(about, KgoError):
            raise NotExamined("Docker does not answer", needs_root=not await self.is_me())
        return await self.engine()

    @fact
    async def runtime(self) -> ComposeRuntime:
        """The compose project."""
        loaded, effective = await self.configured()
        return runtime_of(loaded.config, effective, await self.environ())

    @fact
    async def services(self) -> tuple[Service, ...] | KgoError:
        """What the compose files declare, or why they cannot be read."""
        runtime = await self.runtime()
        try:
            await runtime.compose_version()
            return await runtime.services(await self.variables())
        except KgoError as error:
            return error

    async def declared(self) -> tuple[Service, ...]:
        """As `services`. Raises NotExamined where the files cannot be read."""
        services = await self.services()
        if isinstance(services, KgoError):
            missing = isinstance(services, ComposeMissing)
            raise NotExamined(f"{'docker compose' if missing else 'the compose file'} is not usable")
        return services

    async def sources(self) -> Sources:
        """Where Compose finds the values of variables."""
        _loaded, effective = await self.configured()
        files = effective.env_files or (f"{effective.directory}/.env",)
        closed = [path for path in await self.closed_files() if path in files]
        if closed:
            raise NotExamined(f"{closed[0]} may not be read by this user", needs_root=True)
        return Sources.read(await self.environ(), tuple(map(Path, files)))

    async def compose_words(self, *words: str) -> str:
        """How a person calls Compose on this project."""
        loaded, effective = await self.configured()
        project = Project(effective.files, effective.env_files, loaded.config.compose.project)
        return f"cd {shlex.quote(effective.directory)} && {shlex.join([*argv.compose(project), *words])}"

    async def variables(self) -> dict[str, str]:
        """What the worker exports to Compose: the tag of the commit that the work tree is at."""
        loaded, _effective = await self.configured()
        template = loaded.config.compose.image_tag
        seen = await self.seen()
        if template is None or isinstance(seen, KgoError) or seen.local is None:
            return {}
        return {"IMAGE_TAG": image_tag(template, loaded.config.repository.branch, seen.local.sha)}

    async def urls(self) -> tuple[str, ...]:
        """What the health probe asks. Raises NotExamined where that is nothing, or not known."""
        loaded, effective = await self.configured()
        if not loaded.config.health.urls:
            raise NotExamined("health.urls is empty: nothing is asked")
        sources = await self.sources()
        if any(expand(url, sources.get)[1] for url in loaded.config.health.urls):
            raise NotExamined("health.urls has a variable without a value")
        return tuple(url for url in effective.urls if urlsplit(url).hostname)

    @fact
    async def samples(self) -> tuple[Sample, ...]:
        """An answer of each health URL, as the worker's probe takes it. Raises NotExamined."""
        settings = (await self.configured())[0].config.health
        deadline_s = min(settings.timeout_s, SLOWEST_S)
        probers = [
            HttpProber([url], expect_status=settings.expect_status, timeout_s=deadline_s, tls=settings.tls)
            for url in await self.urls()
        ]
        try:
            return tuple(await asyncio.gather(*map(_asked, probers)))
        finally:
            await asyncio.gather(*(prober.aclose() for prober in probers))

    @fact
    async def store(self) -> SqliteStore | KgoError:
        """The state, to read, or why it cannot be read. Raises NotExamined while there is none."""
        path = (await self.places()).store
        try:
            if not await aside(path.stat):
                raise NotExamined("there is no state yet")
        except (FileNotFoundError, NotADirectoryError):
            raise NotExamined("there is no state yet: nothing was deployed") from None
        except PermissionError:
            raise NotExamined(f"{path} may not be looked at by this user", needs_root=True) from None
        try:
            return await SqliteStore.open(path, read_only=True)
        except KgoError as error:
            return error

    async def memory(self) -> SqliteStore:
        """As `store`. Raises NotExamined where it cannot be read."""
        store = await self.store()
        if isinstance(store, KgoError):
            raise NotExamined("the state cannot be read", needs_root=not await self.is_me())
        return store

    @fact
    async def known(self) -> Known:
        """What the state says of deployments. Raises NotExamined."""
        try:
            return await (await self.memory()).load()
        except KgoError as error:
            raise NotExamined("the state cannot be read") from error

    async def releases(self) -> tuple[Release, ...]:
        """The releases that can be gone back to, newest first. Raises NotExamined."""
        loaded, _effective = await self.configured()
        try:
            return await (await self.memory()).releases(limit=loaded.config.history.keep)
        except KgoError as error:
            raise NotExamined("the state cannot be read") from error

    async def close(self) -> None:
        """Let go of what was opened."""
        for name in ("runtime", "engine", "store"):
            task = self.facts.get(name)
            if task is None or not task.done() or task.cancelled() or task.exception():
                continue
            opened = task.result()
            if isinstance(opened, SqliteStore):
                await opened.close()
            elif isinstance(opened, ComposeRuntime | EngineSurvey):
                opened.close()
