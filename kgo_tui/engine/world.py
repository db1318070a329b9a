"""What every part of the engine is given: the ports, the feed and the operator's settings.

A reload of the configuration puts other ports and settings in their places, between deployments and
checks. Owns the one way in which the engine writes and tells (`record`) or only tells (`tell`). Must not
know adapters or the configuration file.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from kgo_tui.core.errors import KgoError, StoreError
from kgo_tui.core.messages import Event, FaultCleared, FaultRaised
from kgo_tui.core.model import Struct
from kgo_tui.core.policy import Rules
from kgo_tui.core.tags import image_tag
from kgo_tui.engine.feed import Feed
from kgo_tui.engine.ports import Change, Clock, Prober, Runtime, Source, Store
from kgo_tui.engine.vigil import Vigil


class Deadlines(Struct, frozen=True, kw_only=True):
    """What the adapters give to one of their calls, in seconds: beyond that they end it themselves.
    `check_out_s` and `probe_s` are for all commands, respectively URLs, together."""

    fetch_s: float = 60.0
    read_s: float = 60.0
    check_out_s: float = 3600.0
    config_s: float = 30.0
    pull_s: float = 1800.0
    build_s: float = 1800.0
    up_s: float = 600.0
    probe_s: float = 15.0


class Settings(Struct, frozen=True, kw_only=True):
    """The operator's choices that the engine needs, resolved. Durations in seconds. `compose_paths`
    are the compose files: their path in the repository, and the name that the runtime has for each."""

    branch: str
    rules: Rules = Rules()
    image_tag: str | None = None
    wait_for_images_s: float = 900.0
    compose_paths: dict[str, str] = {}
    remove_orphans: bool = False
    gated_by_probe: bool = True
    attempts: int = 10
    attempt_interval_s: float = 10.0
    stable_for_s: float = 5.0
    health_between_s: float = 30.0
    interval_s: float = 180.0
    irreversible_globs: tuple[str, ...] = ()
    halt_when_irreversible: bool = False
    keep_releases: int = 5
    keep_days: int = 365
    outage_patience_s: float = 600.0
    deadlines: Deadlines = Deadlines()

    def variables(self, commit: str) -> dict[str, str]:
        """What compose gets in its environment for that commit."""
        if self.image_tag is None:
            return {}
        return {"IMAGE_TAG": image_tag(self.image_tag, self.branch, commit)}


@dataclass
class World:
    """The ports and the feed, held together."""

    source: Source
    runtime: Runtime
    prober: Prober
    store: Store
    clock: Clock
    feed: Feed
    settings: Settings
    vigil: Vigil = field(init=False)

    def __post_init__(self) -> None:
        self.vigil = Vigil(self.clock)

    async def record(self, change: Change) -> None:
        """Write one change durably, then tell everyone of its events."""
        for recorded in await self.store.write(change):
            self.feed.publish(recorded)

    async def event(self, event: Event) -> None:
        """Record one event that changes nothing else."""
        await self.record(Change(events=(event,)))

    async def told(self, event: Event) -> None:
        """Record one event; where the store fails, tell it all the same."""
        try:
            await self.event(event)
        except StoreError as error:
            self.tell(event)
            self.tell(FaultRaised(what="store", message=error.message))

    async def fault(self, what: str, error: KgoError) -> None:
        """Record that something needed does not work; the same failure again is muted."""
        if self.feed.state.faults.get(what) != error.message:
            await self.event(FaultRaised(what=what, message=error.message))

    async def works(self, what: str) -> None:
        """Record that it works again, if it did not."""
        if what in self.feed.state.faults:
            await self.event(FaultCleared(what=what))

    def tell(self, event: Event) -> None:
        """Tell everyone of an event that is not kept."""
        self.feed.publish_now(event, self.clock.now())
