"""What a person has seen is what is done: another tip, or another deployment, is not taken for it."""

from __future__ import annotations

import pytest

from kgo_tui.core.errors import Refused
from kgo_tui.core.messages import DeploymentQueued
from kgo_tui.core.model import Deployment, State
from tests.engine.host import APP, Behaviour, sha
from tests.engine.stage import Stage

pytestmark = pytest.mark.timeout(30)


@pytest.mark.parametrize("commit", [None, sha("b")], ids=["the tip", "by name"])
async def test_a_tip_that_has_moved_on_is_not_deployed(stage: Stage, commit: str | None) -> None:
    stage.host.push("b", publish={APP: Behaviour()})
    plan = await stage.engine.plan(None)
    stage.host.push("c", publish={APP: Behaviour()})
    with pytest.raises(Refused, match="main has moved on to ccccccc; look at the plan again"):
        await stage.engine.deploy(commit, "ann", expect=plan.to_commit)
    assert stage.events(DeploymentQueued) == []
    assert stage.host.tree == sha("a")


@pytest.mark.parametrize("commit", [None, sha("b")], ids=["the tip", "by name"])
async def test_the_tip_that_was_seen_is_deployed_and_nothing_is_held_back(
    stage: Stage, commit: str | None
) -> None:
    stage.host.push("b", publish={APP: Behaviour()})
    plan = await stage.engine.plan(None)
    ended = await stage.engine.deploy(commit, "ann", expect=plan.to_commit)
    assert (ended.state, ended.to_commit, ended.holds) == (State.SUCCEEDED, sha("b"), None)
    assert stage.world.feed.state.quarantined == ()


async def test_the_tip_of_a_plan_that_was_quarantined_meanwhile_is_refused(stage: Stage) -> None:
    stage.host.push("b", publish={APP: Behaviour(status=404)})
    plan = await stage.engine.plan(None)
    failed = await stage.poll()
    assert failed is not None
    assert failed.state is State.ROLLED_BACK
    with pytest.raises(Refused, match="quarantined"):
        await stage.engine.deploy(None, "ann", expect=plan.to_commit)


async def test_only_the_deployment_that_is_meant_is_given_up(stage: Stage) -> None:
    refused: list[str] = []

    def cancels(begun: Deployment) -> None:
        with pytest.raises(Refused) as error:
            stage.engine.cancel("ann", begun.id - 1)
        refused.append(error.value.message)

    stage.host.push("b", publish={APP: Behaviour()})
    ended = await stage.engine.deploy(None, "ann", cancels)
    assert refused == [f"deployment {ended.id - 1} is over"]
    assert ended.state is State.SUCCEEDED


async def test_a_rollback_that_is_given_up_quarantines_nothing(stage: Stage) -> None:
    stage.host.push("b", publish={APP: Behaviour()})
    await stage.poll()
    ended = await stage.engine.rollback(None, "ann", lambda d: stage.engine.cancel("ann", d.id))
    assert (ended.state, ended.cancelled) == (State.ABANDONED, True)
    assert stage.world.feed.state.quarantined == ()
