"""The ports on the simulated host, and the real store with instants at which it can be killed.

Owns how each port call reads and changes the host, and where it can fail half-way. Must not decide
anything: that is the engine's.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from sqlite3 import Connection
from typing import TypeVar

from kgo_tui.adapters.sqlite import SqliteStore
from kgo_tui.core.errors import (
    ComposeInvalid,
    ImagesGone,
    LocalChanges,
    NotPublished,
    RegistryUnreachable,
    RuntimeUnreachable,
    SourceUnreachable,
    StoreFull,
    UnknownCommit,
    UsageError,
)
from kgo_tui.core.logs import LogBatch, LogLine, LogWindow
from kgo_tui.core.messages import Recorded
from kgo_tui.core.model import (
    Commit,
    ContainerAction,
    ContainerUsage,
    ContainerView,
    Evidence,
    Image,
    PathChange,
    Sample,
    Service,
    SourceView,
)
from kgo_tui.engine.ports import Change, OnCommand, OnLine
from tests.engine.clock import FakeClock
from tests.engine.host import Box, Compose, Host, sha
from tests.engine.plug import Plug

T = TypeVar("T")

COMPOSE_FILE = "compose.yml"
"""The one compose file of every commit; its content is the commit's name."""


class Acting:
    """What source and runtime share: points to be killed at, and faults that a test wrote down."""

    def __init__(self, host: Host, plug: Plug) -> None:
        self._host = host
        self._plug = plug

    @asynccontextmanager
    async def _doing(self, name: str) -> AsyncIterator[None]:
        async with self._plug.around(name):
            planned = self._host.faults.get(name)
            if planned and (fault := planned.pop(0)) is not None:
                raise fault
            yield

    async def _half_way(self, name: str) -> None:
        await self._plug.point(f"in the middle of {name}")
        if name in self._host.hangs:
            self._host.hangs.remove(name)
            await asyncio.get_running_loop().create_future()
        if planned := self._host.half_faults.get(name):
            raise planned.pop(0)


class FakeSource(Acting):
    """`engine.ports.Source`."""

    async def fetch(self) -> None:
        async with self._doing("fetch"):
            if self._host.remote_down:
                raise SourceUnreachable("the remote does not answer")
            self._host.fetched = self._host.remote

    async def view(self, deployed: str | None) -> SourceView:
        async with self._doing("view"):
            host = self._host
            branch, mine = host.ancestry(host.fetched), host.ancestry(host.head)
            return SourceView(
                path="/srv/app",
                branch=host.branch,
                local=_commit(host.head),
                remote=_commit(host.fetched),
                ahead=len(set(mine) - set(branch)),
                behind=len(set(branch) - set(mine)),
                descends=host.head in branch,
                deployed_descends=None if deployed is None else deployed in branch,
                local_changes=tuple(host.by_hand),
            )

    async def resolve(self, name: str) -> Commit:
        async with self._doing("resolve"):
            found = [c for c in self._host.commits if c.startswith(name)]
            if len(found) != 1:
                raise UnknownCommit(f"there is no commit {name}")
            return Commit(sha=found[0], subject=f"commit {found[0][:1]}")

    async def commits(self, base: str | None, target: str, limit: int = 50) -> tuple[Commit, ...]:
        async with self._doing("commits"):
            before = set(self._host.ancestry(base))
            new = [c for c in self._host.ancestry(target) if c not in before]
            return tuple(c for sha_ in new[:limit] if (c := _commit(sha_)))

    async def changes(self, base: str, target: str) -> tuple[PathChange, ...]:
        async with self._doing("changes"):
            before = set(self._host.ancestry(base))
            new = [c for c in self._host.ancestry(target) if c not in before]
            return tuple(PathChange(status="A", path=p) for c in new for p in self._host.added[c])

    async def on_branch(self, commit: str) -> bool:
        async with self._doing("on_branch"):
            return commit in self._host.ancestry(self._host.fetched)

    async def file_at(self, commit: str, path: str) -> bytes | None:
        async with self._doing("file_at"):
            return commit.encode() if path == COMPOSE_FILE else None

    async def check_out(self, commit: str, *, label: str, save: bool) -> tuple[str, ...]:
        async with self._doing("check_out"):
            host = self._host
            if host.by_hand and not save:
                raise LocalChanges(host.by_hand)
            saved = tuple(f"{path} as {label}" for path in host.by_hand)
            host.by_hand = []
            if host.tree != commit:
                host.tree = f"half of {commit}"
                await self._half_way("check_out")
            host.tree = host.head = commit
            return saved

    async def repair_ownership(self) -> int:
        async with self._doing("repair_ownership"):
            mended, self._host.foreign_files = self._host.foreign_files, 0
            return mended


class FakeRuntime(Acting):
    """`engine.ports.Runtime`."""

    def __init__(self, host: Host, plug: Plug) -> None:
        super().__init__(host, plug)
        self.changed = asyncio.Event()
        self._on_command: OnCommand = lambda _command: None

    @asynccontextmanager
    async def _asking(self, name: str) -> AsyncIterator[None]:
        async with self._doing(name):
            if self._host.clock.monotonic() < self._host.docker_back_s:
                raise RuntimeUnreachable("Docker does not answer")
            yield

    async def ready(self) -> None:
        async with self._asking("ready"):
            return

    async def services(
        self, variables: Mapping[str, str], files: Mapping[str, bytes] | None = None
    ) -> tuple[Service, ...]:
        async with self._doing("services"):
            at = self._host.tree if files is None else b"".join(files.values()).decode()
            return tuple(
                Service(
                    name=name,
                    image=_ref(spec.ref, variables),
                    config_hash=spec.hash(spec.ref),
                    healthcheck=spec.healthcheck,
                )
                for name, spec in self._compose(at).items()
            )

    async def pull(self, variables: Mapping[str, str], on_line: OnLine) -> dict[str, Image]:
        async with self._asking("pull"):
            host, compose = self._host, self._compose(self._host.tree)
            on_line("Pulling")
            if host.registry_down:
                raise RegistryUnreachable(["reg"])
            refs = {name: _ref(spec.ref, variables) for name, spec in compose.items()}
            if missing := [ref for ref in refs.values() if not host.has_published(ref)]:
                raise NotPublished(missing)
            for number, ref in enumerate(refs.values()):
                if number:
                    await self._half_way("pull")
                host.names[ref] = host.published[ref]
                host.here.add(host.published[ref])
            return {name: host.image_of(name, compose[name], ref) for name, ref in refs.items()}

    async def running_images(self) -> dict[str, Image]:
        async with self._asking("running_images"):
            return {
                v.service: Image(ref=v.image, image_id=v.image_id)
                for v in self._host.views()
                if v.state == "running"
            }

    async def keep(self, images: Mapping[str, Image]) -> None:
        async with self._asking("keep"):
            self._must_be_here(images)
            self._host.kept |= {i.image_id for i in images.values()}

    async def keep_only(self, releases: Sequence[Mapping[str, Image]]) -> None:
        async with self._asking("keep_only"):
            self._host.kept &= {i.image_id for images in releases for i in images.values()}
            self._host.prune()

    async def missing(self, images: Mapping[str, Image]) -> tuple[str, ...]:
        async with self._asking("missing"):
            return tuple(f"{s} ({i.ref})" for s, i in images.items() if i.image_id not in self._host.here)

    async def restore(self, images: Mapping[str, Image]) -> None:
        async with self._asking("restore"):
            self._must_be_here(images)
            self._host.names |= {i.ref: i.image_id for i in images.values()}

    async def up(
        self,
        images: Mapping[str, Image],
        variables: Mapping[str, str],
        on_line: OnLine,
        *,
        force_recreate: bool = False,
    ) -> None:
        async with self._asking("up"):
            self._on_command("docker compose up -d")
            self._must_be_here(images)
            compose = self._compose(self._host.tree)
            for number, (name, spec) in enumerate(compose.items()):
                if number:
                    await self._half_way("up")
                if not self._host.lazy_up:
                    self._bring_up(name, spec, images[name], forced=force_recreate)
            on_line("Started")
            self.changed.set()

    async def containers(self) -> tuple[ContainerView, ...]:
        async with self._asking("containers"):
            return self._host.views()

    async def stop(self, containers: Sequence[ContainerView]) -> None:
        async with self._asking("stop"):
            ids = {c.id for c in containers}
            for box in self._host.boxes:
                box.stopped = box.stopped or box.id in ids

    async def act(self, container: str, action: ContainerAction) -> ContainerView:
        async with self._asking("act"):
            box = self._box(container)
            await self._half_way("act")
            box.stopped = action is ContainerAction.STOP
            return self._host.view(box)

    async def usage(self, container: str) -> ContainerUsage:
        async with self._asking("usage"):
            self._box(container)
            return ContainerUsage(at=self._host.clock.now(), cpu_percent=12.5)

    async def evidence(self, containers: Sequence[ContainerView]) -> tuple[Evidence, ...]:
        async with self._asking("evidence"):
            return tuple(Evidence(title=c.name, text=f"log of {c.image_id}") for c in containers)

    async def changes(self) -> AsyncIterator[None]:
        while True:
            async with self._asking("changes"):
                await self.changed.wait()
            self.changed.clear()
            yield

    async def logs(self, names: Sequence[str], window: LogWindow) -> AsyncGenerator[LogBatch, None]:
        said = f"{', '.join(names)}, following: {window.follow}"
        yield LogBatch(lines=tuple(LogLine(text=f"line {n} of {said}") for n in range(window.lines)))

    def heard(self, on_command: OnCommand) -> None:
        self._on_command = on_command

    def _box(self, container: str) -> Box:
        found = next((box for box in self._host.boxes if box.id == container), None)
        if found is None:
            raise UsageError("the project has no such container (any more)")
        return found

    def _bring_up(self, name: str, spec: object, image: Image, *, forced: bool) -> None:
        host = self._host
        wanted = self._compose(host.tree)[name]
        mine = [box for box in host.boxes if box.service == name]
        as_wanted = any(box.image == image.image_id and box.spec == wanted for box in mine)
        if as_wanted and not forced:
            for box in mine:
                box.stopped = False
            return
        host.boxes = [box for box in host.boxes if box.service != name]
        host.start(name, wanted, image.image_id)

    def _compose(self, at: str | None) -> Compose:
        found = self._host.commits.get(at or "")
        if found is None:
            raise ComposeInvalid(f"the compose file of {at} does not parse", output="yaml: line 3")
        return found

    def _must_be_here(self, images: Mapping[str, Image]) -> None:
        if gone := [i.ref for i in images.values() if i.image_id not in self._host.here]:
            raise ImagesGone(gone)


class FakeProber:
    """`engine.ports.Prober`; asks what the host's containers would answer."""

    def __init__(self, host: Host) -> None:
        self._host = host

    async def probe(self) -> Sample:
        if self._host.probe_hangs:
            await asyncio.get_running_loop().create_future()
        status = self._host.answer()
        refused = "connection refused" if status is None else None
        return Sample(
            at=self._host.clock.now(), ok=status == 200, url="https://app", status_code=status, error=refused
        )

    async def answers(self) -> bool | None:
        return (await self.probe()).ok


class WatchedStore(SqliteStore):
    """The real store; virtual time waits for its thread, and its writes are points to be killed at."""

    clock: FakeClock
    plug: Plug

    async def write(self, change: Change) -> tuple[Recorded, ...]:
        plug = self.plug
        name = f"write {_told(change)}"
        async with plug.around(name):
            plug.writes += 1
            if plug.writes - 1 in plug.full:
                raise StoreFull("no space is left for the state store")
            return await super().write(change)

    async def count(self, name: str, day: str) -> int:
        async with self.plug.around(f"count {name}"):
            return await super().count(name, day)

    async def _run(self, work: Callable[[Connection], T]) -> T:
        if self.plug.pulled.is_set():
            await self.plug.dead()
        with self.clock.working():
            return await super()._run(work)


def _told(change: Change) -> str:
    state = f" ({change.deployment.state})" if change.deployment else ""
    return ", ".join(type(event).__name__ for event in change.events) + state


def _ref(template: str, variables: Mapping[str, str]) -> str:
    return template.format(tag=variables.get("IMAGE_TAG", "latest"))


def _commit(found: str | None) -> Commit | None:
    return None if found is None else Commit(sha=found, subject=f"commit {found[:1]}", author="Ann")


def shas(letters: Iterable[str]) -> list[str]:
    """The commits of those names."""
    return [sha(letter) for letter in letters]
