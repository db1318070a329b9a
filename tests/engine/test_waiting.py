"""Waiting for images that CI has not published: visibly, bounded, superseded by what is newer."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from kgo_tui.core.errors import Refused
from kgo_tui.core.messages import DeploymentQueued, Recorded, StepFinished, StepStarted
from kgo_tui.core.model import Deployment, Outcome, State
from tests.engine.host import APP, DB, Behaviour, Spec, image_id, sha
from tests.engine.plug import Plug
from tests.engine.stage import Stage, baseline, configured

pytestmark = pytest.mark.timeout(30)

TAGGED = {APP: Spec(ref="reg/app:{tag}"), DB: Spec(ref="reg/db:1")}


@pytest.fixture
async def tagged(bare: Stage) -> Stage:
    """A host whose images are named after the commit; release a runs."""
    bare.settings = bare.world.settings = configured(image_tag="{branch}-{sha7}", wait_for_images_s=120.0)
    bare.host.publish("a", APP, "reg/app:main-aaaaaaa")
    bare.host.publish("a", DB, "reg/db:1")
    bare.host.push("a", TAGGED)
    assert (await bare.poll()) is not None
    bare.told.clear()
    return bare


async def entered(stage: Stage, state: State) -> Deployment:
    """Return when a deployment enters that state."""
    seen = asyncio.get_running_loop().create_future()
    unsubscribe = stage.world.feed.subscribe(
        lambda r: (
            seen.set_result(r.event.deployment)
            if isinstance(r.event, StepStarted) and r.event.step.state is state and not seen.done()
            else None
        )
    )
    found: Deployment = await seen
    unsubscribe()
    return found


async def test_images_that_appear_later_are_waited_for(tagged: Stage) -> None:
    tagged.host.push("b", TAGGED)
    polling = asyncio.create_task(tagged.poll())
    waiting = await entered(tagged, State.WAITING_IMAGES)
    assert waiting.failure == "not published yet: reg/app:main-bbbbbbb"
    assert waiting.retry_at is not None
    assert waiting.wait_until is not None
    await tagged.wait(40)
    assert tagged.host.running()[APP] == image_id(APP, "a")
    tagged.host.publish("b", APP, "reg/app:main-bbbbbbb")

    ended = await polling

    assert ended is not None
    assert (ended.state, ended.failure) == (State.SUCCEEDED, None)
    assert tagged.host.running()[APP] == image_id(APP, "b")
    walked = await tagged.walked(ended)
    assert walked[:4] == ["queued", "preparing", "pulling", "waiting_images"]
    assert walked[-3:] == ["pulling", "applying", "verifying"]
    looks = walked.count("pulling")
    assert 3 <= looks <= 8, "asked soon at first, then less and less often"


async def test_a_failure_after_the_wait_does_not_speak_of_the_wait(tagged: Stage) -> None:
    tagged.host.push("b", TAGGED)
    polling = asyncio.create_task(tagged.poll())
    await entered(tagged, State.WAITING_IMAGES)
    tagged.host.publish("b", APP, "reg/app:main-bbbbbbb", Behaviour(status=500))
    ended = await polling
    assert ended is not None
    assert (ended.state, ended.failure) == (State.ROLLED_BACK, "https://app status 500")


async def test_a_newer_commit_supersedes_one_that_waits(tagged: Stage) -> None:
    tagged.host.push("b", TAGGED)
    polling = asyncio.create_task(tagged.poll())
    await entered(tagged, State.WAITING_IMAGES)
    tagged.host.publish("c", APP, "reg/app:main-ccccccc")
    tagged.host.push("c", TAGGED)

    ended = await polling

    assert ended is not None
    assert (ended.state, ended.failure) == (State.ABANDONED, "superseded by ccccccc")
    assert tagged.host.tree == sha("a")
    newer = await tagged.poll()
    assert newer is not None
    assert (newer.state, newer.to_commit) == (State.SUCCEEDED, sha("c"))


async def test_a_distance_between_deployments_is_not_counted_from_one_that_was_superseded(
    tagged: Stage,
) -> None:
    rules = configured().rules
    from msgspec.structs import replace  # noqa: PLC0415 - for this test alone

    tagged.world.settings = replace(tagged.settings, rules=replace(rules, min_between_s=60.0))
    await tagged.wait(3600)
    tagged.host.push("b", TAGGED)
    polling = asyncio.create_task(tagged.poll())
    await entered(tagged, State.WAITING_IMAGES)
    tagged.host.publish("c", APP, "reg/app:main-ccccccc")
    tagged.host.push("c", TAGGED)
    assert (await polling) is not None
    newer = await tagged.poll()
    assert newer is not None
    assert newer.state is State.SUCCEEDED


async def test_what_a_person_asked_for_is_not_superseded(tagged: Stage) -> None:
    tagged.host.push("b", TAGGED)
    deploying = asyncio.create_task(tagged.engine.deploy("bbbb", "ann"))
    await entered(tagged, State.WAITING_IMAGES)
    tagged.host.push("c", TAGGED)
    await tagged.wait(30)
    tagged.host.publish("b", APP, "reg/app:main-bbbbbbb")
    ended = await deploying
    assert (ended.state, ended.to_commit) == (State.SUCCEEDED, sha("b"))


async def test_the_wait_ends_in_time_and_is_tried_again_later(tagged: Stage) -> None:
    tagged.host.push("b", TAGGED)
    ended = await tagged.poll()
    assert ended is not None
    assert (ended.state, ended.failure) == (State.ABANDONED, "not published yet: reg/app:main-bbbbbbb")
    assert ended.duration_s == pytest.approx(120, abs=1)
    assert tagged.host.tree == sha("a")
    assert tagged.host.running()[APP] == image_id(APP, "a")

    assert await tagged.poll() is None
    tagged.host.publish("b", APP, "reg/app:main-bbbbbbb")
    await tagged.wait(180)
    again = await tagged.poll()
    assert again is not None
    assert again.state is State.SUCCEEDED


async def test_no_patience_means_no_wait(tagged: Stage) -> None:
    tagged.world.settings = configured(image_tag="{branch}-{sha7}", wait_for_images_s=0.0)
    tagged.host.push("b", TAGGED)
    ended = await tagged.poll()
    assert ended is not None
    assert ended.state is State.ABANDONED
    assert "waiting_images" not in await tagged.walked(ended)


async def test_a_remote_that_goes_away_during_the_wait_does_not_end_it(tagged: Stage) -> None:
    tagged.host.push("b", TAGGED)
    polling = asyncio.create_task(tagged.poll())
    await entered(tagged, State.WAITING_IMAGES)
    tagged.host.remote_down = True
    await tagged.wait(20)
    tagged.host.publish("b", APP, "reg/app:main-bbbbbbb")
    ended = await polling
    assert ended is not None
    assert ended.state is State.SUCCEEDED


async def test_the_deadline_of_the_wait_survives_restarts(tagged: Stage) -> None:
    tagged.host.push("b", TAGGED)
    polling = asyncio.create_task(tagged.poll())
    await entered(tagged, State.WAITING_IMAGES)
    polling.cancel()
    await asyncio.gather(polling, return_exceptions=True)
    await tagged.reboot()
    await tagged.wait(60)
    started_s = tagged.host.clock.monotonic()
    ended = await tagged.engine.recover()
    assert ended is not None
    assert ended.state is State.ABANDONED
    assert tagged.host.clock.monotonic() - started_s <= 61
    waits = [s.outcome for s in await tagged.steps(ended) if s.state is State.WAITING_IMAGES]
    assert waits[0] is Outcome.INTERRUPTED


async def test_a_wait_can_be_cancelled(tagged: Stage) -> None:
    tagged.host.push("b", TAGGED)
    polling = asyncio.create_task(tagged.poll())
    await entered(tagged, State.WAITING_IMAGES)
    tagged.engine.cancel("ada")
    ended = await polling
    assert ended is not None
    assert (ended.state, ended.failure) == (State.ABANDONED, "cancelled by ada")
    assert tagged.host.tree == sha("a")


async def test_what_a_person_cancelled_is_not_deployed_again_by_itself(tagged: Stage) -> None:
    tagged.host.push("b", TAGGED)
    polling = asyncio.create_task(tagged.poll())
    await entered(tagged, State.WAITING_IMAGES)
    tagged.engine.cancel("ada")
    await polling
    held = tagged.world.feed.state.quarantined
    assert [(q.commit, q.reason) for q in held] == [(sha("b"), "cancelled by ada")]
    tagged.host.publish("b", APP, "reg/app:main-bbbbbbb")
    await tagged.reboot()
    assert await tagged.poll() is None
    assert tagged.host.tree == sha("a")


async def test_suspending_ends_the_wait_of_an_automatic_deployment(tagged: Stage) -> None:
    tagged.host.push("b", TAGGED)
    polling = asyncio.create_task(tagged.poll())
    await entered(tagged, State.WAITING_IMAGES)
    await tagged.engine.suspend("fire drill", "ada")
    ended = await polling
    assert ended is not None
    assert (ended.state, ended.failure) == (State.ABANDONED, "suspended by ada while waiting")
    assert tagged.world.feed.state.quarantined == ()


@pytest.mark.parametrize("state", [State.APPLYING, State.VERIFYING, State.ROLLING_BACK])
async def test_what_touches_containers_cannot_be_cancelled(stage: Stage, state: State) -> None:
    stage.host.push("b", publish={APP: Behaviour(status=500)})
    polling = asyncio.create_task(stage.poll())
    await entered(stage, state)
    with pytest.raises(Refused, match=f"{state} cannot be cancelled"):
        stage.engine.cancel("ada")
    ended = await polling
    assert ended is not None
    assert ended.state is State.ROLLED_BACK


async def test_a_cancel_that_was_accepted_is_heeded_at_every_moment(bare: Stage) -> None:
    """Asked at each event of a deployment: either it is refused, or containers stay untouched."""
    await baseline(bare)
    accepted = refused = 0
    for number, letter in enumerate("bcdef123456789"):
        bare.host.push(letter, publish={APP: Behaviour()})
        before = [v.id for v in bare.host.views()]
        seen: list[bool] = []
        unsubscribe = bare.world.feed.subscribe(_cancelling(bare, number, seen))
        ended = await bare.poll()
        unsubscribe()
        if not seen:
            break
        assert ended is not None
        if seen[0]:
            accepted += 1
            assert ended.state is State.ABANDONED
            assert [v.id for v in bare.host.views()] == before
            assert bare.host.tree == bare.world.feed.state.deployed.commit  # type: ignore[union-attr]
        else:
            refused += 1
            assert ended.state is State.SUCCEEDED
    assert accepted >= 6
    assert refused >= 3


def _cancelling(stage: Stage, number: int, seen: list[bool]):  # type: ignore[no-untyped-def] # noqa: ANN202
    count = 0

    def listen(recorded: object) -> None:
        nonlocal count
        event = getattr(recorded, "event", None)
        if not isinstance(event, DeploymentQueued | StepStarted | StepFinished) or seen:
            return
        count += 1
        if count > number:
            try:
                stage.engine.cancel("ada")
            except Refused:
                seen.append(False)
            else:
                seen.append(True)

    return listen


@pytest.mark.parametrize("call", ["check_out", "pull"])
async def test_what_hangs_can_be_cancelled(stage: Stage, call: str) -> None:
    stage.host.push("b", publish={APP: Behaviour()})
    stage.host.hangs.add(call)
    polling = asyncio.create_task(stage.poll())
    await stage.wait(3600)
    assert not polling.done()
    stage.engine.cancel("ada")
    ended = await polling
    assert ended is not None
    assert (ended.state, ended.failure) == (State.ABANDONED, "cancelled by ada")
    assert stage.host.tree == sha("a")
    assert stage.host.names["reg/app:latest"] == image_id(APP, "a")


class _CancelsAt(Plug):
    """Cancels at a point of that name, once."""

    def __init__(self, name: str, stage: Stage) -> None:
        super().__init__()
        self._name, self._stage = name, stage
        self.accepted: bool | None = None

    async def point(self, name: str) -> None:
        if name == self._name and self.accepted is None:
            try:
                self._stage.engine.cancel("ada")
            except Refused:
                self.accepted = False
            else:
                self.accepted = True
        await super().point(name)


@pytest.mark.parametrize(
    ("point", "accepted", "state"),
    [
        ("before write StepStarted (preparing)", True, State.ABANDONED),
        ("in the middle of check_out", True, State.ABANDONED),
        ("before write StepFinished (pulling)", True, State.ABANDONED),
        ("in the middle of pull", True, State.ABANDONED),
        ("after keep", True, State.ABANDONED),
        ("before write StepFinished (applying)", False, State.SUCCEEDED),
        ("after write StepFinished (applying)", False, State.SUCCEEDED),
        ("before up", False, State.SUCCEEDED),
    ],
)
async def test_a_cancel_between_two_events_is_refused_or_heeded(
    stage: Stage, point: str, *, accepted: bool, state: State
) -> None:
    stage.host.push("b", publish={APP: Behaviour()})
    plug = _CancelsAt(point, stage)
    await stage.reboot(plug)
    ended = await stage.poll()
    assert ended is not None
    assert (plug.accepted, ended.state) == (accepted, state)
    assert stage.host.tree == sha("a" if accepted else "b")


async def test_with_nothing_running_there_is_nothing_to_cancel(stage: Stage) -> None:
    with pytest.raises(Refused, match="no deployment is running"):
        stage.engine.cancel("ada")


async def test_a_clock_that_is_set_back_does_not_make_a_pause_of_a_day(tagged: Stage) -> None:
    tagged.host.push("b", TAGGED)
    jumps = [timedelta(days=-1)]

    def set_back(recorded: Recorded) -> None:
        event = recorded.event
        if jumps and isinstance(event, StepFinished) and event.step.outcome is Outcome.NOT_PUBLISHED:
            tagged.host.clock.jump(jumps.pop())

    tagged.world.feed.subscribe(set_back)
    polling = asyncio.create_task(tagged.poll())
    await entered(tagged, State.WAITING_IMAGES)
    tagged.host.publish("b", APP, "reg/app:main-bbbbbbb")
    await tagged.wait(40)
    assert polling.done()
    assert tagged.host.running()[APP] == image_id(APP, "b")
    polling.cancel()
    await asyncio.gather(polling, return_exceptions=True)
