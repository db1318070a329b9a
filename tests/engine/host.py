"""A simulated host: a repository, a registry, an engine with images and containers, an application.

Owns what is on it and how containers behave as time goes by. Must not know ports nor the engine: the
fakes act on it, tests look at it.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from datetime import datetime
from math import inf

from msgspec.structs import replace

from kgo_tui.core.model import ContainerView, Image
from tests.engine.clock import FakeClock

APP, DB = "app", "db"


def sha(letter: str) -> str:
    """The commit of that name."""
    return letter * 40


def image_id(service: str, letter: str) -> str:
    """The image that a push of that name publishes for a service."""
    return f"sha256:{service}-{letter}"


@dataclass(frozen=True)
class Behaviour:
    """What a container of an image does: seconds count from its start."""

    status: int = 200
    ready_after_s: float = 0.5
    health: str = "healthy"
    restarts_every_s: float | None = None
    restarts_until_s: float = inf
    exits_after_s: float | None = None
    exit_code: int = 0
    flaps_every_s: float | None = None

    def answer(self, age_s: float) -> int | None:
        """The status that it answers with at that age, None when it does not."""
        if age_s < self.ready_after_s:
            return None
        if self.flaps_every_s is not None and int(age_s / self.flaps_every_s) % 2:
            return 503
        return self.status


@dataclass(frozen=True)
class Spec:
    """One service in a compose file; `{tag}` in the reference stands for IMAGE_TAG."""

    ref: str
    config: str = ""
    restart_policy: str = "unless-stopped"
    healthcheck: bool = False

    def hash(self, image: str) -> str:
        return f"{self.ref} {self.config} {image}"


Compose = dict[str, Spec]

BASIC: Compose = {APP: Spec(ref="reg/app:latest"), DB: Spec(ref="reg/db:1")}


@dataclass
class Box:
    """One container."""

    id: str
    service: str
    image: str
    spec: Spec
    created_at: datetime
    started_s: float
    stopped: bool = False


@dataclass
class Host:
    """Everything outside of the program, as plain data that a test may change at any time."""

    clock: FakeClock
    # the repository
    commits: dict[str, Compose | None] = field(default_factory=dict)  # None: does not parse
    parents: dict[str, str | None] = field(default_factory=dict)
    added: dict[str, tuple[str, ...]] = field(default_factory=dict)
    remote: str | None = None
    branch: str = "main"
    fetched: str | None = None
    head: str | None = None
    tree: str | None = None
    by_hand: list[str] = field(default_factory=list)
    foreign_files: int = 0
    # the registry
    published: dict[str, str] = field(default_factory=dict)
    appears_s: dict[str, float] = field(default_factory=dict)
    # the engine
    images: dict[str, Behaviour] = field(default_factory=dict)
    here: set[str] = field(default_factory=set)
    names: dict[str, str] = field(default_factory=dict)
    kept: set[str] = field(default_factory=set)
    boxes: list[Box] = field(default_factory=list)
    made: int = 0
    # what does not work
    faults: dict[str, list[Exception | None]] = field(default_factory=dict)
    half_faults: dict[str, list[Exception]] = field(default_factory=dict)
    hangs: set[str] = field(default_factory=set)
    remote_down: bool = False
    registry_down: bool = False
    docker_back_s: float = 0.0
    lazy_up: bool = False
    probe_hangs: bool = False

    def copy(self) -> Host:
        """The same host, for another experiment."""
        return copy.deepcopy(self, {id(self.clock): FakeClock(self.clock.uptime_s)})

    def cloned(self) -> Host:
        """The host with the repository cloned at its first commit, 0."""
        self.head = self.tree = self.fetched = self.push("0")
        return self

    def push(
        self,
        letter: str,
        compose: Compose | None = BASIC,
        *,
        publish: dict[str, Behaviour] | None = None,
        added: tuple[str, ...] = (),
        after: str | None = None,
    ) -> str:
        """A commit on the branch and, as CI would, its images; the commit's SHA."""
        commit = sha(letter)
        self.commits[commit] = compose
        self.parents[commit] = sha(after) if after else self.remote
        self.added[commit] = added
        self.remote = commit
        for service, behaviour in (publish or {}).items():
            self.publish(letter, service, (compose or {})[service].ref, behaviour)
        return commit

    def publish(self, letter: str, service: str, ref: str, behaviour: Behaviour | None = None) -> str:
        """Point a name of the registry at a new image; the image's ID."""
        made = image_id(service, letter)
        self.images[made] = behaviour or Behaviour()
        self.published[ref] = made
        return made

    def has_published(self, ref: str) -> bool:
        """Whether CI has got that far."""
        return ref in self.published and self.clock.monotonic() >= self.appears_s.get(ref, 0.0)

    def ancestry(self, commit: str | None) -> list[str]:
        """The commit and all before it, newest first."""
        found = []
        while commit is not None:
            found.append(commit)
            commit = self.parents.get(commit)
        return found

    def start(self, service: str, spec: Spec, image: str) -> Box:
        """A new container."""
        self.made += 1
        box = Box(
            id=f"c{self.made}",
            service=service,
            image=image,
            spec=spec,
            created_at=self.clock.now(),
            started_s=self.clock.monotonic(),
        )
        self.boxes.append(box)
        return box

    def running(self) -> dict[str, str]:
        """The images that run, by service."""
        return {v.service: v.image_id for v in self.views() if v.state == "running"}

    def view(self, box: Box) -> ContainerView:
        """One container as the engine shows it now."""
        behaviour = self.images[box.image]
        age_s = self.clock.monotonic() - box.started_s
        view = ContainerView(
            id=box.id,
            name=f"demo-{box.service}-1",
            service=box.service,
            image=box.spec.ref,
            image_id=box.image,
            state="running",
            restart_policy=box.spec.restart_policy,
            created_at=box.created_at,
            config_hash=box.spec.hash(box.spec.ref),
        )
        if box.stopped:
            return replace(view, state="exited", exit_code=143)
        if behaviour.restarts_every_s is not None:
            unwell_s = min(age_s, behaviour.restarts_until_s)
            return replace(view, restarts=int(unwell_s / behaviour.restarts_every_s))
        if behaviour.exits_after_s is not None and age_s >= behaviour.exits_after_s:
            return replace(view, state="exited", exit_code=behaviour.exit_code)
        if box.spec.healthcheck:
            health = behaviour.health if age_s >= behaviour.ready_after_s else "starting"
            return replace(view, health=health)
        return view

    def views(self) -> tuple[ContainerView, ...]:
        """Every container."""
        return tuple(self.view(box) for box in self.boxes)

    def answer(self) -> int | None:
        """What the application answers from outside, None for a refused connection."""
        for box in self.boxes:
            if box.service == APP and self.view(box).state == "running":
                return self.images[box.image].answer(self.clock.monotonic() - box.started_s)
        return None

    def prune(self) -> None:
        """`docker image prune`, at the worst of times: what has no name and no container goes."""
        used = {box.image for box in self.boxes}
        self.here &= used | self.kept | set(self.names.values())

    def image_of(self, service: str, spec: Spec, ref: str) -> Image:
        """The image that a name stands for on this host."""
        return Image(ref=ref, image_id=self.names[ref], digest=f"{service}@{self.names[ref]}")
