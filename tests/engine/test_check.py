"""What a check decides on a real history, what a person may override, and what is told of it."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

import pytest
from msgspec.structs import replace

from kgo_tui.core.errors import (
    Refused,
    RegistryUnreachable,
    RuntimeUnreachable,
    SourceUnreachable,
    UnknownCommit,
    UsageError,
)
from kgo_tui.core.messages import (
    CheckFinished,
    CommitDetected,
    CommitQuarantined,
    DecisionChanged,
    FaultCleared,
    FaultRaised,
    LocalChangesSaved,
    QuarantineLifted,
    ReleaseAdopted,
    Resumed,
    Suspended,
)
from kgo_tui.core.model import State
from kgo_tui.core.policy import Kind, Rules
from kgo_tui.core.windows import parse_window
from tests.engine.host import APP, BASIC, DB, Behaviour, image_id, sha
from tests.engine.stage import Stage, configured

pytestmark = pytest.mark.timeout(30)

BROKEN = Behaviour(status=500)


def ruled(stage: Stage, **changes: object) -> None:
    """Change the operator's rules."""
    stage.world.settings = configured(rules=replace(Rules(), **changes))


def follow(stage: Stage, branch: str) -> None:
    """The operator names a branch."""
    stage.world.settings = configured(branch=branch)
    stage.host.branch = branch


async def running_by_hand(stage: Stage, *, behaviour: Behaviour | None = None) -> None:
    """An application that somebody started with `docker compose up`, before us."""
    host = stage.host
    host.publish("0", APP, BASIC[APP].ref, behaviour)
    host.publish("0", DB, BASIC[DB].ref)
    for service, spec in BASIC.items():
        host.names[spec.ref] = image_id(service, "0")
        host.here.add(image_id(service, "0"))
        host.start(service, spec, image_id(service, "0"))
    await stage.wait(60)


async def test_the_first_start_adopts_what_runs_and_is_healthy(bare: Stage) -> None:
    await running_by_hand(bare)
    assert await bare.poll() is None

    known = (await bare.store.load()).deployed
    assert known is not None
    assert (known.commit, known.adopted) == (sha("0"), True)
    assert {s: i.image_id for s, i in known.images.items()} == bare.host.running()
    assert set(bare.host.running().values()) <= bare.host.kept
    assert [e.release for e in bare.events(ReleaseAdopted)] == [known]

    bare.host.push("a", publish={APP: BROKEN})
    ended = await bare.poll()
    assert ended is not None
    assert ended.state is State.ROLLED_BACK
    assert bare.host.running()[APP] == image_id(APP, "0")


@pytest.mark.parametrize("behaviour", [BROKEN, Behaviour(exits_after_s=5, exit_code=1)])
async def test_what_is_not_healthy_is_not_adopted(bare: Stage, behaviour: Behaviour) -> None:
    await running_by_hand(bare, behaviour=behaviour)
    bare.host.push("a", publish={APP: Behaviour()})
    ended = await bare.poll()
    assert bare.events(ReleaseAdopted) == []
    assert ended is not None
    assert (ended.state, ended.baseline) == (State.SUCCEEDED, None)


async def test_a_baseline_that_cannot_be_looked_at_now_is_waited_for(bare: Stage) -> None:
    """Without Docker nothing is adopted, so nothing is deployed that could not be rolled back."""
    await running_by_hand(bare)
    bare.host.push("a", publish={APP: BROKEN})
    bare.host.faults["containers"] = [RuntimeUnreachable("Docker does not answer")]
    with pytest.raises(RuntimeUnreachable):
        await bare.poll()
    assert await bare.store.deployments(limit=9) == ()

    ended = await bare.poll()
    assert ended is not None
    assert ended.state is State.ROLLED_BACK
    assert bare.host.running()[APP] == image_id(APP, "0")


async def test_without_docker_nothing_is_begun_and_it_is_said_once(stage: Stage) -> None:
    stage.host.push("b", publish={APP: Behaviour()})
    stage.host.docker_back_s = stage.host.clock.monotonic() + 600
    for _ in range(3):
        with pytest.raises(RuntimeUnreachable):
            await stage.poll()
        await stage.wait(180)
    await stage.wait(100)
    ended = await stage.poll()
    assert ended is not None
    assert (ended.id, ended.state) == (2, State.SUCCEEDED), "at once, not after a pause for failed tries"
    assert [e.what for e in stage.events(FaultRaised)] == ["docker"]
    assert [e.what for e in stage.events(FaultCleared)] == ["docker"]


async def test_a_manual_deploy_converges_what_somebody_stopped(stage: Stage) -> None:
    stage.host.boxes.clear()
    assert await stage.poll() is None
    ended = await stage.engine.deploy(None, "ann")
    assert (ended.state, ended.by, ended.holds) == (State.SUCCEEDED, "ann", None)
    assert stage.host.running() == {APP: image_id(APP, "a"), DB: image_id(DB, "a")}


async def test_a_quarantined_commit_is_deployed_only_by_its_name(stage: Stage) -> None:
    stage.host.push("b", publish={APP: BROKEN})
    assert (await stage.poll()) is not None
    with pytest.raises(Refused, match="quarantined"):
        await stage.engine.deploy(None, "ann")

    stage.host.publish("x", APP, "reg/app:latest")  # rebuilt, good now
    ended = await stage.engine.deploy("bbbbbbb", "ann")
    assert ended.state is State.SUCCEEDED
    assert [(e.commit, e.by) for e in stage.events(QuarantineLifted)] == [(sha("b"), "ann")]
    assert (await stage.store.load()).quarantined == ()


async def test_a_named_commit_that_could_not_even_be_tried_stays_quarantined(stage: Stage) -> None:
    """Else the automatic deployment would take it up again: the same bad commit, a second time."""
    stage.host.push("b", publish={APP: BROKEN})
    assert (await stage.poll()) is not None
    stage.host.faults["pull"] = [RegistryUnreachable(["reg"])]
    assert (await stage.engine.deploy("bbbbbbb", "ann")).state is State.ABANDONED
    await stage.wait(4000)
    assert await stage.poll() is None
    assert [q.commit for q in (await stage.store.load()).quarantined] == [sha("b")]


async def test_a_named_commit_that_fails_again_is_quarantined_for_the_new_reason(stage: Stage) -> None:
    stage.host.push("b", publish={APP: BROKEN})
    assert (await stage.poll()) is not None
    stage.host.publish("x", APP, "reg/app:latest", Behaviour(status=503))
    assert (await stage.engine.deploy("bbbbbbb", "ann")).state is State.ROLLED_BACK
    (quarantine,) = (await stage.store.load()).quarantined
    assert (quarantine.commit, quarantine.reason) == (sha("b"), "https://app status 503")


async def test_an_older_commit_deployed_by_name_holds_the_tip(stage: Stage) -> None:
    stage.host.push("b", publish={APP: Behaviour()})
    assert (await stage.poll()) is not None
    ended = await stage.engine.deploy("aaaa", "ann")
    assert (ended.state, ended.holds) == (State.SUCCEEDED, sha("b"))
    assert stage.host.tree == sha("a")
    assert await stage.poll() is None, "the tip is held, or the next check would undo what ann did"
    (quarantined,) = stage.events(CommitQuarantined)
    assert quarantined.quarantine.reason == "held back: ann deployed aaaaaaa instead"

    stage.host.push("c", publish={APP: Behaviour()})
    newer = await stage.poll()
    assert newer is not None
    assert newer.to_commit == sha("c")


async def test_holding_a_quarantined_tip_keeps_the_reason_that_it_has(stage: Stage) -> None:
    stage.host.push("b", publish={APP: BROKEN})
    assert (await stage.poll()) is not None
    stage.host.publish("x", APP, "reg/app:latest")
    assert (await stage.engine.deploy("aaaa", "ann")).state is State.SUCCEEDED
    (quarantine,) = (await stage.store.load()).quarantined
    assert quarantine.reason == "https://app status 500"


async def test_what_does_not_exist_or_is_elsewhere_is_refused(stage: Stage) -> None:
    with pytest.raises(UnknownCommit):
        await stage.engine.deploy("1234", "ann")
    stage.host.push("b", after="a")
    stage.host.push("c", after="a")  # b is on no branch any more
    with pytest.raises(UsageError, match="bbbbbbb is not on the branch main"):
        await stage.engine.deploy("bbbb", "ann")
    assert len(await stage.store.deployments(limit=9)) == 1


async def test_suspended_means_automatic_off_and_people_may(stage: Stage) -> None:
    await stage.engine.suspend("holidays", "ann")
    stage.host.push("b", publish={APP: Behaviour()})
    assert await stage.poll() is None
    await stage.reboot()
    assert await stage.poll() is None
    decision = stage.world.feed.state.decision
    assert decision is not None
    assert (decision.kind, decision.reason) == ("wait", "suspended by ann: holidays (kgo-tui resume)")
    assert (await stage.engine.deploy(None, "bob")).state is State.SUCCEEDED

    await stage.engine.resume("bob")
    assert (await stage.store.load()).suspended is None
    with pytest.raises(UsageError, match="not suspended"):
        await stage.engine.resume("bob")
    assert len(stage.events(Suspended)) == len(stage.events(Resumed)) == 1


async def test_outside_the_windows_it_waits_and_deploys_when_one_opens(stage: Stage) -> None:
    local = stage.host.clock.now().astimezone()
    opens = local + timedelta(hours=2)
    closes = local + timedelta(hours=4)
    ruled(stage, windows=(parse_window(f"{opens:%H:%M}-{closes:%H:%M}"),))
    stage.host.push("b", publish={APP: Behaviour()})
    assert await stage.poll() is None
    assert "outside the deployment windows; the next opens" in _reason(stage)
    await stage.wait(2 * 3600)
    ended = await stage.poll()
    assert ended is not None
    assert ended.state is State.SUCCEEDED


async def test_the_distance_between_deployments_is_kept(stage: Stage) -> None:
    ruled(stage, min_between_s=3600.0)
    stage.host.push("b", publish={APP: Behaviour()})
    assert await stage.poll() is None
    assert "too soon after the last deployment" in _reason(stage)
    assert (await stage.engine.deploy(None, "ann")).state is State.SUCCEEDED, "a person may"
    stage.host.push("c", publish={APP: Behaviour()})
    await stage.wait(3500)
    assert await stage.poll() is None
    await stage.wait(200)
    assert (await stage.poll()) is not None


async def test_what_could_not_be_tried_is_tried_again_ever_more_rarely(stage: Stage) -> None:
    stage.host.registry_down = True
    stage.host.push("b", publish={APP: Behaviour()})
    tried_s = []
    for _ in range(100):
        began_s = stage.host.clock.monotonic()
        if (await stage.poll()) is not None:
            tried_s.append(began_s)
        await stage.wait(180)
    pauses = [round((b - a) / 180) for a, b in pairwise(tried_s)]
    assert pauses[:5] == [1, 2, 4, 8, 16]
    assert set(pauses[5:]) == {20}, "at most an hour"
    assert [e.sha for e in stage.events(CommitDetected)] == [sha("b")], "seen for the first time once"

    stage.host.registry_down = False
    stage.host.push("c", publish={APP: Behaviour()})
    ended = await stage.poll()
    assert ended is not None, "a newer commit is tried at once"
    assert ended.state is State.SUCCEEDED


async def test_files_changed_by_hand_are_refused_with_the_way_out_and_left_alone(stage: Stage) -> None:
    stage.host.push("b", publish={APP: Behaviour()})
    stage.host.by_hand = ["compose.yml"]
    assert await stage.poll() is None
    assert "files changed by hand: compose.yml" in _reason(stage)
    with pytest.raises(Refused, match="git checkout -- FILE"):
        await stage.engine.deploy(None, "ann")
    assert stage.host.by_hand == ["compose.yml"]


async def test_files_changed_at_the_last_moment_are_left_alone_as_well(stage: Stage) -> None:
    """Refused by the checkout itself; reverting must not sweep them aside then."""
    stage.host.push("b", publish={APP: Behaviour()})
    stage.world.feed.subscribe(
        lambda r: stage.host.by_hand.append("compose.yml") if isinstance(r.event, CommitDetected) else None
    )
    ended = await stage.poll()
    assert ended is not None
    assert ended.state is State.ABANDONED
    assert "compose.yml" in (ended.failure or "")
    assert stage.host.by_hand == ["compose.yml"]
    assert stage.host.tree == sha("a")


async def test_files_changed_during_a_deployment_are_saved_before_the_tree_goes_back(stage: Stage) -> None:
    stage.host.push("b", publish={APP: Behaviour()})
    stage.host.faults["pull"] = [RegistryUnreachable(["reg"])]

    def edit(recorded: object) -> None:
        if stage.host.tree == sha("b") and not stage.events(LocalChangesSaved):
            stage.host.by_hand = ["compose.yml"]

    stage.world.feed.subscribe(edit)
    ended = await stage.poll()
    assert ended is not None
    assert ended.state is State.ABANDONED
    assert stage.host.tree == sha("a")
    assert [e.saved for e in stage.events(LocalChangesSaved)] == [(f"compose.yml as deployment-{ended.id}",)]


async def test_files_changed_by_hand_are_stashed_when_that_is_wanted(stage: Stage) -> None:
    ruled(stage, save_local_changes=True)
    stage.host.push("b", publish={APP: Behaviour()})
    stage.host.by_hand = ["compose.yml"]
    ended = await stage.poll()
    assert ended is not None
    assert ended.state is State.SUCCEEDED
    assert [e.saved for e in stage.events(LocalChangesSaved)] == [(f"compose.yml as deployment-{ended.id}",)]


async def test_rewritten_history_is_refused_unless_followed(stage: Stage) -> None:
    stage.host.push("b", publish={APP: Behaviour()}, after="0")  # a is gone from the branch
    assert await stage.poll() is None
    assert "history rewritten" in _reason(stage)
    ruled(stage, follow_rewrite=True)
    ended = await stage.poll()
    assert ended is not None
    assert ended.state is State.SUCCEEDED


async def test_another_branch_is_followed_and_back_also_after_a_bad_start(stage: Stage) -> None:
    host, main = stage.host, stage.host.remote
    follow(stage, "staging")
    bad = host.push("b", publish={APP: Behaviour(status=500)}, after="0")
    ended = await stage.poll()
    assert ended is not None
    assert (ended.to_commit, ended.state, host.head) == (bad, State.ROLLED_BACK, main)
    good = host.push("c", publish={APP: Behaviour()})
    assert (await stage.poll() or ended).to_commit == good
    assert stage.world.feed.state.deployed is not None
    assert stage.world.feed.state.deployed.branch == "staging"
    host.remote = main
    assert await stage.poll() is None
    assert "history rewritten" in _reason(stage), "of the same branch it would be that"
    follow(stage, "main")
    assert (await stage.poll() or ended).to_commit == main


async def test_a_remote_that_does_not_answer_is_told_once_and_so_is_its_return(stage: Stage) -> None:
    stage.host.remote_down = True
    for _ in range(3):
        with pytest.raises(SourceUnreachable):
            await stage.poll()
    stage.host.remote_down = False
    assert await stage.poll() is None
    assert [e.what for e in stage.events(FaultRaised)] == ["git"]
    assert [e.what for e in stage.events(FaultCleared)] == ["git"]
    assert [e.kind for e in stage.events(DecisionChanged)] == ["refuse", "nothing"]


async def test_a_decision_is_told_once_however_often_it_is_made(stage: Stage) -> None:
    for _ in range(4):
        assert await stage.poll() is None
    assert [e.kind for e in stage.events(DecisionChanged)] == ["nothing"]
    assert [e.checks_today for e in stage.events(CheckFinished)] == [2, 3, 4, 5]


async def test_what_people_ask_for_does_not_change_what_is_said_to_happen_by_itself(stage: Stage) -> None:
    await stage.engine.suspend("holidays", "ann")
    stage.host.push("b", publish={APP: Behaviour()})
    assert await stage.poll() is None
    said = stage.world.feed.state.decision
    await stage.engine.plan(None)
    with pytest.raises(UnknownCommit):
        await stage.engine.deploy("1234", "ann")
    assert stage.world.feed.state.decision == said
    assert stage.world.feed.state.checking is False
    assert [e.kind for e in stage.events(DecisionChanged)] == ["wait"]


async def test_looking_is_offline_and_counts_nothing(stage: Stage) -> None:
    stage.host.push("b")
    stage.host.remote_down = True
    decision = await stage.engine.checker.look()
    assert decision.kind is Kind.NOTHING
    assert stage.world.feed.state.source is not None
    assert await stage.store.counter("checks", stage.host.clock.now().date().isoformat()) == 1


def _reason(stage: Stage) -> str:
    decision = stage.world.feed.state.decision
    assert decision is not None
    return decision.reason


async def test_the_commits_that_wait_are_told_newest_first(stage: Stage) -> None:
    for letter in "bc":
        stage.host.push(letter, publish={APP: Behaviour()})
    ruled(stage, windows=(parse_window("02:00-02:01"),))
    await stage.engine.check()
    told = stage.events(CheckFinished)[-1].source
    assert told is not None
    assert [c.sha for c in told.waiting] == [sha("c"), sha("b")]
    stage.host.remote_down = True
    with pytest.raises(SourceUnreachable):
        await stage.engine.check()
    offline = stage.events(CheckFinished)[-1].source
    assert offline is not None
    assert offline.waiting == told.waiting


async def test_a_deployed_commit_that_the_clone_lacks_hides_nothing_else(stage: Stage) -> None:
    stage.host.push("b", publish={APP: Behaviour()})
    stage.host.faults["commits"] = [UnknownCommit("there is no commit aaaaaaa")]
    await stage.engine.check()
    told = stage.events(CheckFinished)[-1].source
    assert told is not None
    assert told.remote is not None
    assert told.waiting == ()
