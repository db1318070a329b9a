"""From a push to its end, good or bad: what then runs, what is recorded, what was told."""

from __future__ import annotations

from datetime import timedelta

import pytest

from kgo_tui.core.errors import CommandFailed, KgoError
from kgo_tui.core.messages import (
    CommitDetected,
    DeploymentEnded,
    DeploymentQueued,
    OutputLine,
    StepFinished,
)
from kgo_tui.core.model import State, Trigger
from kgo_tui.core.policy import Kind
from tests.engine.host import APP, BASIC, DB, Behaviour, Spec, image_id, sha
from tests.engine.stage import Stage, baseline, configured

pytestmark = pytest.mark.timeout(30)

BROKEN = Behaviour(status=404)


async def test_a_push_is_deployed_recorded_and_told(stage: Stage) -> None:
    db_before = next(v.id for v in stage.host.views() if v.service == DB)
    stage.host.push("b", publish={APP: Behaviour()})

    ended = await stage.poll()

    assert ended is not None
    assert (ended.state, ended.trigger, ended.from_commit) == (State.SUCCEEDED, Trigger.POLL, sha("a"))
    assert await stage.walked(ended) == ["queued", "preparing", "pulling", "applying", "verifying"]
    assert stage.host.running() == {APP: image_id(APP, "b"), DB: image_id(DB, "a")}
    assert stage.host.head == stage.host.tree == sha("b")
    release = await stage.store.release(ended.id)
    assert release is not None
    assert {s: i.image_id for s, i in release.images.items()} == stage.host.running()
    assert (await stage.store.load()).deployed == release == stage.world.feed.state.deployed
    assert {image_id(APP, "a"), image_id(APP, "b"), image_id(DB, "a")} <= stage.host.kept
    assert [v.id for v in stage.host.views() if v.service == DB] == [db_before]
    assert [e.sha for e in stage.events(CommitDetected)] == [sha("b")]
    assert [e.deployment.state for e in stage.events(DeploymentEnded)] == [State.SUCCEEDED]
    assert {e.text for e in stage.events(OutputLine)} == {"Pulling", "Started"}
    applying = (await stage.steps(ended))[3]
    assert applying.commands == ("docker compose up -d",)
    assert await stage.poll() is None


async def test_a_latest_that_moved_to_a_broken_image_is_rolled_back_to_the_very_images(stage: Stage) -> None:
    stage.host.push("b")
    stage.host.push("c", publish={APP: BROKEN})
    database = next(v.id for v in stage.host.views() if v.service == DB)

    ended = await stage.poll()

    assert ended is not None
    assert ended.state is State.ROLLED_BACK
    assert ended.failure == "https://app status 404"
    assert await stage.walked(ended) == [
        "queued",
        "preparing",
        "pulling",
        "applying",
        "verifying",
        "rolling_back",
        "verifying_rollback",
    ]
    assert stage.host.running() == {APP: image_id(APP, "a"), DB: image_id(DB, "a")}
    assert stage.host.answer() == 200
    assert stage.host.tree == stage.host.head == sha("a"), "not HEAD^, which is b"
    assert next(v.id for v in stage.host.views() if v.service == DB) == database
    (quarantine,) = (await stage.store.load()).quarantined
    assert (quarantine.commit, quarantine.reason, quarantine.deployment) == (
        sha("c"),
        "https://app status 404",
        ended.id,
    )
    titles = [e.title for e in await stage.store.evidence(ended.id)]
    assert titles[0] == "probe"
    assert set(titles[1:]) == {"demo-app-1", "demo-db-1"}


async def test_a_bad_commit_is_left_alone_through_restarts_and_a_newer_one_is_deployed(stage: Stage) -> None:
    stage.host.push("b", publish={APP: BROKEN})
    assert (await stage.poll()) is not None

    for _ in range(3):
        await stage.reboot()
        await stage.wait(4000)
        assert await stage.poll() is None
    decision = await stage.engine.check()
    assert decision.kind is Kind.REFUSE
    assert "quarantined: https://app status 404" in decision.reason

    stage.host.push("c", publish={APP: Behaviour()})
    ended = await stage.poll()
    assert ended is not None
    assert (ended.state, ended.to_commit, ended.from_commit) == (State.SUCCEEDED, sha("c"), sha("a"))


async def test_a_compose_file_that_does_not_parse_touches_nothing(stage: Stage) -> None:
    before = stage.host.views()
    stage.host.push("b", None)

    ended = await stage.poll()

    assert ended is not None
    assert ended.state is State.ABANDONED
    assert await stage.walked(ended) == ["queued", "preparing", "reverting"]
    assert "does not parse" in (ended.failure or "")
    assert [e.text for e in await stage.store.evidence(ended.id)] == ["yaml: line 3"]
    assert [v.id for v in stage.host.views()] == [v.id for v in before]
    assert stage.host.tree == sha("a")
    assert stage.world.feed.state.quarantined == ()


async def test_a_pull_that_fails_puts_the_names_of_images_back(stage: Stage) -> None:
    stage.host.push("b", publish={APP: Behaviour()})
    stage.host.half_faults["pull"] = [CommandFailed("no space left on device")]

    ended = await stage.poll()

    assert ended is not None
    assert (ended.state, ended.failure) == (State.ABANDONED, "no space left on device")
    assert stage.host.names["reg/app:latest"] == image_id(APP, "a"), "a restart by hand starts the old one"
    assert stage.host.tree == sha("a")


async def test_an_up_that_fails_is_rolled_back_with_evidence(stage: Stage) -> None:
    stage.host.push("b", publish={APP: Behaviour()})
    stage.host.half_faults["up"] = [CommandFailed("dependency db is unhealthy", output="exit 1")]

    ended = await stage.poll()

    assert ended is not None
    assert (ended.state, ended.failure) == (State.ROLLED_BACK, "dependency db is unhealthy")
    assert stage.host.running() == {APP: image_id(APP, "a"), DB: image_id(DB, "a")}
    found = await stage.store.evidence(ended.id)
    assert found[0].text == "exit 1"
    assert {e.title for e in found} == {"output", "demo-app-1", "demo-db-1"}


async def test_a_rollback_whose_up_fails_is_tried_again_from_scratch(stage: Stage) -> None:
    database = next(v.id for v in stage.host.views() if v.service == DB)
    stage.host.push("b", publish={APP: BROKEN})
    stage.host.faults["up"] = [None, CommandFailed("name is already in use")]

    ended = await stage.poll()

    assert ended is not None
    assert ended.state is State.ROLLED_BACK
    assert stage.host.running() == {APP: image_id(APP, "a"), DB: image_id(DB, "a")}
    assert next(v.id for v in stage.host.views() if v.service == DB) != database, "all is recreated"


async def test_a_rollback_that_fails_twice_needs_a_person(stage: Stage) -> None:
    stage.host.push("b", publish={APP: BROKEN})
    stage.host.faults["up"] = [None, CommandFailed("first"), CommandFailed("second")]

    ended = await stage.poll()

    assert ended is not None
    assert ended.state is State.ROLLBACK_FAILED
    assert ended.failure == "https://app status 404; then: second"
    known = await stage.store.load()
    assert known.suspended is not None
    assert known.suspended.by == "kgo-tui"
    assert [q.commit for q in known.quarantined] == [sha("b")]
    assert known.deployed is not None
    assert known.deployed.commit == sha("a")
    stage.host.push("c", publish={APP: Behaviour()})
    assert await stage.poll() is None


async def test_a_baseline_whose_images_somebody_removed_needs_a_person(stage: Stage) -> None:
    stage.host.push("b", publish={APP: BROKEN})
    stage.host.here.discard(image_id(APP, "a"))

    ended = await stage.poll()

    assert ended is not None
    assert ended.state is State.ROLLBACK_FAILED
    assert "no longer on this host" in (ended.failure or "")
    assert stage.world.feed.state.suspended is not None


async def test_without_a_baseline_a_failure_needs_a_person(bare: Stage) -> None:
    bare.host.push("a", publish={APP: BROKEN, DB: Behaviour()})

    ended = await bare.poll()

    assert ended is not None
    assert ended.state is State.ROLLBACK_FAILED
    assert "no verified release" in (ended.failure or "")
    known = await bare.store.load()
    assert known.suspended is not None
    assert [q.commit for q in known.quarantined] == [sha("a")]
    assert known.deployed is None


async def test_a_service_that_the_commit_drops_is_stopped_and_one_it_brings_goes_with_it(
    stage: Stage,
) -> None:
    with_worker = {**BASIC, "worker": Spec(ref="reg/worker:1")}
    stage.host.push("b", with_worker, publish={"worker": Behaviour()})
    assert (await stage.poll()) is not None
    assert set(stage.host.running()) == {APP, DB, "worker"}

    stage.host.push("c", BASIC)
    ended = await stage.poll()
    assert ended is not None
    assert ended.state is State.SUCCEEDED
    assert set(stage.host.running()) == {APP, DB}

    stage.host.push(
        "d", {**BASIC, "cron": Spec(ref="reg/cron:1")}, publish={"cron": Behaviour(), APP: BROKEN}
    )
    rolled_back = await stage.poll()
    assert rolled_back is not None
    assert rolled_back.state is State.ROLLED_BACK
    assert set(stage.host.running()) == {APP, DB}, "what the bad commit brought does not go on running"


async def test_a_rollback_to_before_a_service_existed_stops_it_and_forth_starts_it(stage: Stage) -> None:
    stage.host.push("b", {**BASIC, "cron": Spec(ref="reg/cron:1")}, publish={"cron": Behaviour()})
    assert (await stage.poll()) is not None

    back = await stage.engine.rollback(None, "ann")
    assert back.state is State.ROLLED_BACK
    assert set(stage.host.running()) == {APP, DB}

    forth = await stage.engine.rollback("b" * 7, "ann")
    assert forth.state is State.ROLLED_BACK
    assert set(stage.host.running()) == {APP, DB, "cron"}


async def test_a_first_deployment_on_an_empty_host_needs_nothing_to_adopt(bare: Stage) -> None:
    await baseline(bare)
    assert bare.world.feed.state.deployed is not None
    assert bare.world.feed.state.deployed.adopted is False


async def test_a_halt_leaves_the_host_to_a_person_when_the_commit_cannot_be_undone(stage: Stage) -> None:
    stage.world.settings = configured(irreversible_globs=("migrations/**",), halt_when_irreversible=True)
    stage.host.push("b", publish={APP: BROKEN}, added=("migrations/7/up.sql", "README"))

    ended = await stage.poll()

    assert ended is not None
    assert ended.state is State.ROLLBACK_FAILED
    assert ended.irreversible == ("migrations/7/up.sql",)
    assert "halted, not rolled back: it brought migrations/7/up.sql" in (ended.failure or "")
    assert stage.host.running()[APP] == image_id(APP, "b"), "nothing was touched any more"


async def test_an_irreversible_commit_is_rolled_back_when_that_is_what_is_wanted(stage: Stage) -> None:
    stage.world.settings = configured(irreversible_globs=("migrations/**",))
    stage.host.push("b", publish={APP: BROKEN}, added=("migrations/7/up.sql",))
    ended = await stage.poll()
    assert ended is not None
    assert (ended.state, ended.irreversible) == (State.ROLLED_BACK, ("migrations/7/up.sql",))


async def test_a_defect_of_ours_in_a_step_still_ends_somewhere_safe(stage: Stage) -> None:
    stage.host.push("b", publish={APP: Behaviour()})
    stage.host.half_faults["up"] = [ZeroDivisionError("planted")]
    ended = await stage.poll()
    assert ended is not None
    assert (ended.state, ended.failure) == (
        State.ROLLED_BACK,
        "internal error (ZeroDivisionError: planted)",
    )
    assert stage.host.running()[APP] == image_id(APP, "a")


async def test_evidence_that_cannot_be_had_does_not_hide_the_failure(stage: Stage) -> None:
    stage.host.push("b", publish={APP: BROKEN})
    stage.host.faults["evidence"] = [KgoError("the log driver does not support reading")]
    ended = await stage.poll()
    assert ended is not None
    assert (ended.state, ended.failure) == (State.ROLLED_BACK, "https://app status 404")
    assert "log driver" in (await stage.store.evidence(ended.id))[-1].text


async def test_tidying_that_fails_does_not_change_how_it_ended(stage: Stage) -> None:
    stage.host.push("b", publish={APP: Behaviour()})
    stage.host.faults["keep_only"] = [OSError("a defect of a library")]
    ended = await stage.poll()
    assert ended is not None
    assert ended.state is State.SUCCEEDED


async def test_only_images_of_the_releases_in_the_history_are_kept(stage: Stage) -> None:
    stage.world.settings = configured(keep_releases=2)
    for letter in "bcd":
        stage.host.push(letter, publish={APP: Behaviour()})
        assert (await stage.poll()) is not None
    assert stage.host.kept == {image_id(APP, "c"), image_id(APP, "d"), image_id(DB, "a")}
    assert image_id(APP, "b") not in stage.host.here


async def test_even_a_history_of_nothing_keeps_what_is_deployed(stage: Stage) -> None:
    stage.world.settings = configured(keep_releases=0)
    stage.host.push("b", publish={APP: Behaviour()})
    assert (await stage.poll()) is not None
    assert stage.host.kept == {image_id(APP, "b"), image_id(DB, "a")}


async def test_steps_and_ends_are_told_in_the_order_in_which_they_were_written(stage: Stage) -> None:
    stage.host.push("b", publish={APP: Behaviour()})
    ended = await stage.poll()
    durable = [r for r in stage.told if r.cursor is not None]
    assert [r.cursor for r in durable] == sorted(r.cursor or 0 for r in durable)
    written = await stage.store.events(after=(durable[0].cursor or 0) - 1, limit=1000)
    assert tuple(durable) == written
    assert [e.deployment.id for e in stage.events(DeploymentQueued)] == [ended.id if ended else None]
    assert stage.events(StepFinished)[-1].deployment.state is State.SUCCEEDED


async def test_ownership_that_was_damaged_is_repaired_and_told(stage: Stage) -> None:
    stage.host.push("b", publish={APP: Behaviour()})
    stage.host.foreign_files = 7
    assert (await stage.poll()) is not None
    assert stage.host.foreign_files == 0


async def test_how_long_it_took_does_not_depend_on_the_wall_clock(stage: Stage) -> None:
    stage.host.push("b", publish={APP: Behaviour(ready_after_s=6)})
    stage.world.feed.subscribe(
        lambda r: stage.host.clock.jump(timedelta(days=-365)) if isinstance(r.event, OutputLine) else None
    )
    ended = await stage.poll()
    assert ended is not None
    assert ended.duration_s is not None
    assert 6 <= ended.duration_s <= 12


async def test_a_new_commit_is_told_once_whoever_deploys_it(stage: Stage) -> None:
    await stage.engine.check()
    stage.host.push("b")
    await stage.engine.deploy(None, "anna")
    await stage.engine.deploy(None, "anna")
    await stage.engine.poll()
    assert [e.sha for e in stage.events(CommitDetected)] == [sha("b")], "the runbook counts these lines"
