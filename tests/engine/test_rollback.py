"""Going back: to the last good release or to one that is named, offline, code and images."""

from __future__ import annotations

import pytest

from kgo_tui.core.errors import CommandFailed, ImagesGone, NoBaseline, RuntimeUnreachable, UsageError
from kgo_tui.core.messages import CommitQuarantined, QuarantineLifted
from kgo_tui.core.model import State, Trigger
from kgo_tui.core.policy import Kind
from tests.engine.host import APP, DB, Behaviour, image_id, sha
from tests.engine.stage import Stage

pytestmark = pytest.mark.timeout(30)


@pytest.fixture
async def three(stage: Stage) -> Stage:
    """Releases 1 (a), 2 (b) and 3 (c); c is deployed."""
    for letter in "bc":
        stage.host.push(letter, publish={APP: Behaviour()})
        assert (await stage.poll()) is not None
    stage.told.clear()
    return stage


async def deployed(stage: Stage) -> tuple[int, str, str]:
    """Release, commit, and the application's image: recorded, checked against what runs."""
    known = (await stage.store.load()).deployed
    assert known is not None
    assert stage.host.running() == {s: i.image_id for s, i in known.images.items()}
    assert stage.host.tree == stage.host.head == known.commit
    return known.id, known.commit[0], known.images[APP].image_id


async def test_back_to_the_last_good_release_with_registry_and_remote_gone(three: Stage) -> None:
    three.host.registry_down = three.host.remote_down = True
    database = next(v.id for v in three.host.views() if v.service == DB)

    ended = await three.engine.rollback(None, "ann")

    assert (ended.state, ended.trigger, ended.by) == (State.ROLLED_BACK, Trigger.ROLLBACK, "ann")
    assert await three.walked(ended) == ["queued", "rolling_back", "verifying_rollback"]
    assert (ended.from_commit, ended.to_commit, ended.failure) == (sha("c"), sha("b"), None)
    assert await deployed(three) == (2, "b", image_id(APP, "b"))
    assert next(v.id for v in three.host.views() if v.service == DB) == database
    (quarantined,) = three.events(CommitQuarantined)
    assert (quarantined.quarantine.commit, quarantined.quarantine.reason) == (
        sha("c"),
        "ann rolled back from it",
    )


async def test_the_commit_that_was_left_is_not_deployed_again_but_a_newer_one_is(three: Stage) -> None:
    await three.engine.rollback(None, "ann")
    assert await three.poll() is None
    three.host.push("d", publish={APP: Behaviour()})
    assert (await three.poll()) is not None
    assert (await deployed(three))[1] == "d"


async def test_back_twice_goes_further_back_and_then_there_is_no_more(three: Stage) -> None:
    await three.engine.rollback(None, "ann")
    await three.engine.rollback(None, "ann")
    assert await deployed(three) == (1, "a", image_id(APP, "a"))
    with pytest.raises(NoBaseline, match="no release before aaaaaaa"):
        await three.engine.rollback(None, "ann")


@pytest.mark.parametrize("name", ["1", "#1", "a" * 4, "a" * 7, "A" * 40])
async def test_a_release_is_named_by_its_deployment_or_its_commit(three: Stage, name: str) -> None:
    await three.engine.rollback(name, "ann")
    assert await deployed(three) == (1, "a", image_id(APP, "a"))
    assert [q.commit for q in (await three.store.load()).quarantined] == [sha("c")]


@pytest.mark.parametrize("name", ["9", "aaa", "dddd", "main", ""])
async def test_an_unknown_name_is_refused_and_nothing_is_touched(three: Stage, name: str) -> None:
    if name:
        with pytest.raises(UsageError, match="no release"):
            await three.engine.rollback(name, "ann")
    assert await deployed(three) == (3, "c", image_id(APP, "c"))
    assert three.world.feed.state.deployment is None


async def test_a_release_whose_images_are_gone_is_refused(three: Stage) -> None:
    three.host.here.discard(image_id(APP, "a"))
    with pytest.raises(ImagesGone, match=r"app \(reg/app:latest\)"):
        await three.engine.rollback("1", "ann")
    assert await deployed(three) == (3, "c", image_id(APP, "c"))


async def test_with_nothing_deployed_there_is_nothing_to_go_back_to(bare: Stage) -> None:
    with pytest.raises(NoBaseline):
        await bare.engine.rollback(None, "ann")


async def test_without_docker_it_says_so_and_begins_nothing(three: Stage) -> None:
    three.host.docker_back_s = three.host.clock.monotonic() + 60
    with pytest.raises(RuntimeUnreachable):
        await three.engine.rollback(None, "ann")
    assert "docker" in three.world.feed.state.faults
    assert len(await three.store.deployments(limit=10)) == 3


async def test_going_forth_to_a_release_that_was_left_lifts_its_quarantine(three: Stage) -> None:
    await three.engine.rollback(None, "ann")
    await three.engine.rollback("3", "bob")
    assert await deployed(three) == (3, "c", image_id(APP, "c"))
    assert [(e.commit, e.by) for e in three.events(QuarantineLifted)] == [(sha("c"), "bob")]
    assert [q.commit for q in (await three.store.load()).quarantined] == [sha("b")]
    assert (await three.engine.check()).kind is Kind.NOTHING


async def test_back_after_forth_goes_to_the_release_verified_before(three: Stage) -> None:
    await three.engine.rollback("1", "ann")
    await three.engine.rollback("3", "ann")
    await three.engine.rollback(None, "ann")
    assert (await deployed(three))[0] == 1


async def test_a_rollback_to_what_is_deployed_converges_and_quarantines_nothing(three: Stage) -> None:
    three.host.boxes = [box for box in three.host.boxes if box.service != APP]  # removed by hand
    ended = await three.engine.rollback("3", "ann")
    assert ended.state is State.ROLLED_BACK
    assert await deployed(three) == (3, "c", image_id(APP, "c"))
    assert (await three.store.load()).quarantined == ()


async def test_a_failed_rollback_says_so_and_needs_a_person(three: Stage) -> None:
    three.host.images[image_id(APP, "b")] = Behaviour(status=500)
    ended = await three.engine.rollback(None, "ann")
    assert ended.state is State.ROLLBACK_FAILED
    known = await three.store.load()
    assert known.suspended is not None
    assert known.deployed is not None
    assert known.deployed.id == 3, "the record changes only with what was verified"


async def test_after_a_rollback_that_failed_back_means_the_last_verified_release(three: Stage) -> None:
    three.host.push("d", publish={APP: Behaviour(status=500)})
    three.host.faults["up"] = [None, CommandFailed("first"), CommandFailed("second")]
    stuck = await three.poll()
    assert stuck is not None
    assert stuck.state is State.ROLLBACK_FAILED

    ended = await three.engine.rollback(None, "ann")

    assert ended.state is State.ROLLED_BACK
    assert await deployed(three) == (3, "c", image_id(APP, "c"))
    assert [q.commit for q in (await three.store.load()).quarantined] == [sha("d")]


async def test_the_same_commit_deployed_again_is_not_the_release_before(three: Stage) -> None:
    again = await three.engine.deploy(None, "ann")
    assert again.state is State.SUCCEEDED
    await three.engine.rollback(None, "ann")
    assert (await deployed(three))[1] == "b"


async def test_a_rebuilt_image_of_the_same_commit_is_a_release_of_its_own(three: Stage) -> None:
    three.host.publish("x", APP, "reg/app:latest")
    await three.engine.deploy(None, "ann")
    assert (await deployed(three))[2] == image_id(APP, "x")
    await three.engine.rollback(None, "ann")
    assert await deployed(three) == (3, "c", image_id(APP, "c"))
    assert (await three.store.load()).quarantined == (), "the commit itself is what is deployed"
