"""Killed at every point of its work, and started again: the host always ends in a legal state.

A point is the instant before and after each write of the store and each call to the repository or
the engine, and the middle of those that take several steps. A dead process has no effect after it.
"""

from __future__ import annotations

import random
import shutil
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from kgo_tui.core.errors import CommandFailed
from kgo_tui.core.machine import MAX_ENTRIES
from kgo_tui.core.messages import DeploymentEnded
from kgo_tui.core.model import Deployment, State, Trigger
from kgo_tui.engine.runner import Runner
from tests.engine.clock import FakeClock
from tests.engine.host import APP, BASIC, DB, Behaviour, Host, Spec, image_id, sha
from tests.engine.plug import Plug
from tests.engine.stage import Stage, baseline, configured

pytestmark = pytest.mark.timeout(120)

FAST = configured(
    stable_for_s=0.4,
    attempts=1,
    attempt_interval_s=2.0,
    image_tag="{branch}-{sha7}",
    wait_for_images_s=60.0,
    keep_releases=2,
)
BROKEN = Behaviour(status=500)
PER_NAME = 3
"""Points of one name that are tried: the first ones and the last; a gate looks a hundred times."""


@dataclass(frozen=True)
class Scenario:
    """What is on the host before, what is asked for, and where the host may be in the end: commit
    and quarantined commits. `bad` is a commit that never passes the gate."""

    prepare: Callable[[Stage], Awaitable[None]]
    ask: Callable[[Stage], Coroutine[Any, Any, Any]]
    ends: tuple[tuple[str, str], ...]
    bad: str = ""


async def _release(stage: Stage, letter: str) -> None:
    stage.host.push(letter, publish={APP: Behaviour()})
    ended = await stage.poll()
    assert ended is not None
    assert ended.state is State.SUCCEEDED


async def _good(stage: Stage) -> None:
    await baseline(stage)
    stage.host.push("b", publish={APP: Behaviour()})


async def _bad(stage: Stage) -> None:
    await baseline(stage)
    stage.host.push("b", publish={APP: BROKEN})


async def _crashing_up(stage: Stage) -> None:
    await baseline(stage)
    stage.host.push("b", publish={APP: Behaviour()})
    stage.host.half_faults["up"] = [CommandFailed("no")] * 2  # the rollback's first try as well


async def _invalid(stage: Stage) -> None:
    await baseline(stage)
    stage.host.push("b", None)


async def _unpublished(stage: Stage) -> None:
    compose = {APP: Spec(ref="reg/app:{tag}"), DB: Spec(ref="reg/db:1")}
    stage.host.publish("a", APP, "reg/app:main-aaaaaaa")
    stage.host.publish("a", DB, "reg/db:1")
    stage.host.push("a", compose)
    assert (await stage.poll()) is not None
    stage.host.push("b", compose)
    stage.host.publish("b", APP, "reg/app:main-bbbbbbb")
    stage.host.appears_s["reg/app:main-bbbbbbb"] = stage.host.clock.monotonic() + 15


async def _two_releases(stage: Stage) -> None:
    await baseline(stage)
    await _release(stage, "b")


async def _by_hand(stage: Stage) -> None:
    for service, spec in BASIC.items():
        made = stage.host.publish("0", service, spec.ref)
        stage.host.names[spec.ref] = made
        stage.host.here.add(made)
        stage.host.start(service, spec, made)
    await stage.wait(10)
    stage.host.push("b", publish={APP: BROKEN})


SCENARIOS = {
    "a good commit": Scenario(_good, lambda s: s.poll(), (("b", ""),)),
    "a bad commit": Scenario(_bad, lambda s: s.poll(), (("a", "b"),), bad="b"),
    "an up that fails": Scenario(_crashing_up, lambda s: s.poll(), (("a", "b"), ("b", ""))),
    "a compose file that does not parse": Scenario(_invalid, lambda s: s.poll(), (("a", ""),)),
    "images published later": Scenario(_unpublished, lambda s: s.poll(), (("b", ""),)),
    "a rollback": Scenario(_two_releases, lambda s: s.engine.rollback(None, "ann"), (("a", "b"), ("b", ""))),
    "an older commit by name": Scenario(
        _two_releases, lambda s: s.engine.deploy("aaaa", "ann"), (("a", "b"), ("b", ""))
    ),
    "a first start on a bad commit": Scenario(_by_hand, lambda s: s.poll(), (("0", "b"),), bad="b"),
}


@dataclass
class Prepared:
    """A host and a store to make copies of."""

    host: Host
    store: Path
    copies: int = 0

    async def stage(self, place: Path, plug: Plug) -> Stage:
        self.copies += 1
        path = place / f"copy-{self.copies}.db"
        shutil.copy(self.store, path)
        stage = Stage(self.host.copy(), path, FAST)
        await stage.boot(plug)
        return stage


async def _prepared(scenario: Scenario, place: Path) -> Prepared:
    stage = Stage(Host(FakeClock()).cloned(), place / "prepared.db", FAST)
    await stage.boot()
    await scenario.prepare(stage)
    await stage.close()
    return Prepared(stage.host, stage.path)


async def _points(scenario: Scenario, prepared: Prepared, place: Path) -> list[str]:
    stage = await prepared.stage(place, Plug())
    await scenario.ask(stage)
    await stage.close()
    return stage.plug.points


def _worth_trying(points: list[str]) -> list[int]:
    seen: dict[str, list[int]] = {}
    for number, name in enumerate(points):
        seen.setdefault(name, []).append(number)
    chosen = (n[: PER_NAME - 1] + n[-1:] for n in seen.values())
    return sorted({number for numbers in chosen for number in numbers})


async def _started_again(stage: Stage, plug: Plug | None = None) -> bool:
    """The next process: recover, then check a few times over hours. Whether it was killed as well."""
    await stage.reboot(plug)

    async def life() -> None:
        await stage.engine.recover()
        for _ in range(2):
            await stage.poll()
            await stage.wait(4000)

    return await stage.killed(life())


async def _violations(scenario: Scenario, stage: Stage, database: str) -> list[str]:
    """What of DESIGN section 5 does not hold."""
    host, found = stage.host, []
    host.prune()
    known = await stage.store.load()
    history = await stage.store.deployments(limit=100)
    deployed = known.deployed
    assert deployed is not None

    def must(*, hold: bool, what: str) -> None:
        if not hold:
            found.append(what)

    end = (deployed.commit[0], "".join(sorted(q.commit[0] for q in known.quarantined)))
    must(hold=end in scenario.ends, what=f"ended as {end}")
    must(hold=known.unfinished is None, what="unfinished")
    must(hold=known.suspended is None, what="suspended")
    must(hold=all(d.state is not State.ROLLBACK_FAILED for d in history), what="a rollback failed")
    must(hold=host.running() == {s: i.image_id for s, i in deployed.images.items()}, what="record is untrue")
    must(hold=host.tree == host.head == deployed.commit, what=f"the tree is at {host.tree}")
    must(hold=host.answer() == 200, what=f"answers {host.answer()}")
    for release in await stage.store.releases(limit=FAST.keep_releases):
        gone = {i.image_id for i in release.images.values()} - (host.here & host.kept)
        must(hold=not gone, what=f"release {release.id} lost {gone}")
    must(hold=[b.id for b in host.boxes if b.service == DB] == [database], what="the database was recreated")
    touched = [d for d in history if d.trigger is Trigger.POLL and State.APPLYING in d.entries]
    twice = [d for d in touched if d.to_commit == sha(scenario.bad or "?")]
    must(hold=len(twice) <= 1, what="the bad commit was deployed automatically more than once")
    must(
        hold=all(n <= MAX_ENTRIES[s] for d in history for s, n in d.entries.items()),
        what="a bound was passed",
    )
    for d in history:
        steps = await stage.store.steps(d.id)
        must(hold=all(s.ended_at is not None for s in steps), what=f"a step of {d.id} is open")
    events = [r.event for r in await stage.store.events(after=0, limit=10_000)]
    ends = Counter(e.deployment.id for e in events if isinstance(e, DeploymentEnded))
    must(hold=ends == Counter(d.id for d in history), what=f"ends told: {ends}")
    return found


def _database(stage: Stage, scenario: Scenario) -> str:
    if scenario.ends[0] == ("a", "b") and scenario.prepare is _crashing_up:
        return ""  # its rollback recreates everything
    return next(b.id for b in stage.host.boxes if b.service == DB)


async def _matrix(name: str, place: Path, every: int = 1) -> list[str]:
    """Kill at each point (or at some of them), start again; what went wrong, and where."""
    scenario = SCENARIOS[name]
    prepared = await _prepared(scenario, place)
    points = await _points(scenario, prepared, place)
    wrong = []
    for at in _worth_trying(points)[::every]:
        stage = await prepared.stage(place, Plug(at))
        database = _database(stage, scenario)
        assert await stage.killed(scenario.ask(stage)), points[at]
        await _started_again(stage)
        database = database or next(b.id for b in stage.host.boxes if b.service == DB)
        wrong += [f"{at} {points[at]}: {v}" for v in await _violations(scenario, stage, database)]
        await stage.close()
    return wrong


@pytest.mark.parametrize("name", SCENARIOS)
async def test_killed_at_any_point_the_host_ends_in_a_legal_state(name: str, place: Path) -> None:
    wrong = await _matrix(name, place)
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("name", ["a bad commit", "a rollback", "images published later"])
async def test_killed_again_during_recovery_it_still_does(name: str, place: Path) -> None:
    scenario = SCENARIOS[name]
    prepared = await _prepared(scenario, place)
    points = await _points(scenario, prepared, place)
    dice = random.Random(name)  # noqa: S311 - the same pairs in every run
    wrong = []
    for _ in range(40):
        first, second = dice.randrange(len(points)), dice.randrange(60)
        stage = await prepared.stage(place, Plug(first))
        database = _database(stage, scenario)
        assert await stage.killed(scenario.ask(stage))
        if await _started_again(stage, Plug(second)):
            await _started_again(stage)
        wrong += [f"{first}, {second}: {v}" for v in await _violations(scenario, stage, database)]
        await stage.close()
    assert not wrong, "\n".join(wrong)


async def test_a_process_that_dies_in_the_same_state_again_and_again_gives_up_in_bounds(
    place: Path,
) -> None:
    """A target whose `up` takes the worker down with it: after a few tries it is rolled back."""
    scenario = SCENARIOS["a good commit"]
    prepared = await _prepared(scenario, place)
    stage = await prepared.stage(place, Plug())
    points = (await _points(scenario, prepared, place)).index("in the middle of up")
    stage = await prepared.stage(place, Plug(points))
    assert await stage.killed(scenario.ask(stage))
    for _ in range(10):
        plug = _DiesIn("in the middle of up", sha("b"), stage.host)
        await stage.reboot(plug)
        if not await stage.killed(stage.engine.recover()):
            break
    ended = (await stage.store.deployments(limit=1))[0]
    assert ended.state is State.ROLLED_BACK
    assert ended.entries[State.APPLYING] == MAX_ENTRIES[State.APPLYING]
    assert ended.failure == "applying was entered 3 times"
    assert stage.host.running() == {APP: image_id(APP, "a"), DB: image_id(DB, "a")}
    await stage.close()


class _DiesIn(Plug):
    """Dies at a point of that name whenever the work tree is at that commit."""

    def __init__(self, name: str, tree: str, host: Host) -> None:
        super().__init__()
        self._name, self._tree, self._host = name, tree, host

    async def point(self, name: str) -> None:
        if name == self._name and self._host.tree == self._tree:
            self.at = len(self.points)
        await super().point(name)


async def test_the_matrix_sees_a_planted_fault(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A recovery that closes no step."""

    async def forgetful(_runner: Runner, _deployment: Deployment) -> None:
        """Closes nothing."""

    monkeypatch.setattr(Runner, "interrupted", forgetful)
    wrong = await _matrix("a bad commit", place, every=10)
    assert any("is open" in w for w in wrong)
