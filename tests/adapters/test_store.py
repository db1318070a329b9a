"""The store's promise to the engine: what is written together is read back, in the order promised."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from kgo_tui.adapters.sqlite import SqliteStore
from kgo_tui.core.errors import StoreError
from kgo_tui.core.machine import TERMINAL
from kgo_tui.core.model import Evidence, Quarantine, State, Suspension
from kgo_tui.engine.ports import Change, Store
from tests.adapters.store_data import (
    START,
    deployment,
    ended,
    image,
    queued,
    release,
    sample,
    sha,
    step,
    succeeded,
)


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[SqliteStore]:
    store = await SqliteStore.open(tmp_path / "state.db", now=lambda: START)
    yield store
    await store.close()


async def test_fulfils_the_port(store: SqliteStore) -> None:
    port: Store = store
    assert await port.next_deployment_id() == 1


async def test_a_new_store_knows_nothing(store: SqliteStore) -> None:
    loaded = await store.load()
    assert loaded.cursor == 0
    assert (loaded.deployed, loaded.unfinished, loaded.last, loaded.suspended, loaded.sample) == (None,) * 5
    assert loaded.quarantined == ()


async def test_a_whole_change_is_there_after_reopening(store: SqliteStore, tmp_path: Path) -> None:
    bad = Quarantine(commit=sha(9), reason="answers 500", at=START)
    stopped = Suspension(reason="holidays", by="ana", since=START)
    change = succeeded(1)
    change = Change(
        events=change.events,
        deployment=change.deployment,
        step=step(message="pulled"),
        evidence=(Evidence(title="web", text="boom"),),
        release=change.release,
        deployed=1,
        quarantine=bad,
        suspend=stopped,
    )
    await store.write(change)
    await store.close()

    again = await SqliteStore.open(tmp_path / "state.db")
    loaded = await again.load()
    assert (loaded.deployed, loaded.last) == (change.release, change.deployment)
    assert (loaded.quarantined, loaded.suspended, loaded.unfinished) == ((bad,), stopped, None)
    assert await again.steps(1) == (change.step,)
    assert await again.evidence(1) == change.evidence
    assert [recorded.event for recorded in await again.events(after=0, limit=9)] == list(change.events)
    await again.close()


async def test_a_change_that_fails_leaves_nothing(store: SqliteStore) -> None:
    with pytest.raises(StoreError, match="contradicts"):
        await store.write(Change(deployment=ended(1), events=queued(1).events, deployed=77))
    assert await store.deployments(limit=9) == ()
    assert (await store.load()).cursor == 0


async def test_only_one_deployment_can_be_unfinished(store: SqliteStore) -> None:
    await store.write(queued(1))
    with pytest.raises(StoreError, match="contradicts"):
        await store.write(queued(2))
    unfinished = (await store.load()).unfinished
    assert unfinished is not None
    assert unfinished.id == 1


@pytest.mark.parametrize("state", State)
async def test_every_state_is_found_as_unfinished_or_as_last(store: SqliteStore, state: State) -> None:
    one = deployment(1, state)
    await store.write(Change(deployment=one))
    loaded = await store.load()
    expected = (None, one) if state in TERMINAL else (one, None)
    assert (loaded.unfinished, loaded.last) == expected


async def test_last_is_the_newest_that_ended(store: SqliteStore) -> None:
    for number in (1, 2):
        await store.write(succeeded(number))
    await store.write(queued(3))
    loaded = await store.load()
    assert loaded.last == ended(2)
    assert loaded.unfinished == deployment(3)


async def test_a_step_entered_again_keeps_its_place(store: SqliteStore) -> None:
    first = step(State.PREPARING)
    second = step(State.PULLING, started_at=START - timedelta(hours=1))  # the clock went back
    for one in (first, second, step(State.PREPARING, message="done")):
        await store.write(Change(deployment=deployment(1), step=one))
    assert await store.steps(1) == (step(State.PREPARING, message="done"), second)
    assert await store.steps(2) == ()


async def test_evidence_is_appended(store: SqliteStore) -> None:
    kept = tuple(Evidence(title=f"service {n}", text="line\nline\x00") for n in range(3))
    await store.write(Change(deployment=deployment(1), evidence=kept[:2]))
    await store.write(Change(deployment=deployment(1), evidence=kept[2:]))
    assert await store.evidence(1) == kept


@pytest.mark.parametrize("lost", [Change(step=step()), Change(evidence=(Evidence(title="a", text="b"),))])
async def test_a_step_or_evidence_of_nobody_is_refused(store: SqliteStore, lost: Change) -> None:
    with pytest.raises(ValueError, match="deployment"):
        await store.write(lost)


async def test_history_is_paged_newest_first(store: SqliteStore) -> None:
    for number in range(1, 6):
        await store.write(Change(deployment=ended(number)))
    assert [d.id for d in await store.deployments(limit=2)] == [5, 4]
    assert [d.id for d in await store.deployments(limit=9, before=4)] == [3, 2, 1]
    assert await store.deployments(limit=9, before=1) == ()
    assert len(await store.deployments(limit=9, before=10**30)) == 5


async def test_ids_grow_past_deployments_and_adopted_releases(store: SqliteStore) -> None:
    await store.write(Change(release=release(1), deployed=1))  # adopted: there is no deployment 1
    assert await store.next_deployment_id() == 2
    await store.write(Change(deployment=ended(7)))
    assert await store.next_deployment_id() == 8


async def test_a_release_rolled_back_to_is_the_last_verified_again(store: SqliteStore) -> None:
    for number in (1, 2, 3):
        await store.write(succeeded(number))
    await store.write(Change(deployment=ended(4, State.ROLLED_BACK), deployed=1))
    assert [r.id for r in await store.releases(limit=9)] == [1, 3, 2]
    assert [r.id for r in await store.releases(limit=2)] == [1, 3]
    assert (await store.load()).deployed == release(1)


async def test_a_release_written_again_is_verified_again(store: SqliteStore) -> None:
    for number in (1, 2, 1):
        await store.write(Change(release=release(number)))
    assert [r.id for r in await store.releases(limit=9)] == [1, 2]


async def test_each_commit_with_its_images_is_one_release(store: SqliteStore) -> None:
    db, web = image("db"), image("web")
    same = ({"web": web, "db": db}, {"db": db, "web": web})  # the order of services says nothing
    for number, images in enumerate((same[0], {"web": db}, same[1]), start=1):
        await store.write(Change(release=release(number, commit=1, images=images), deployed=number))
    await store.write(Change(release=release(4, images=same[0]), deployed=4))
    assert [r.id for r in await store.releases(limit=9)] == [4, 3, 2]
    assert await store.release(1) == release(1, commit=1, images=same[0])


@pytest.mark.parametrize("unknown", [0, -1, 5, 2**63, 10**40])
async def test_a_release_that_is_not_there(store: SqliteStore, unknown: int) -> None:
    assert await store.release(unknown) is None


async def test_a_number_too_large_is_an_error_in_words(store: SqliteStore) -> None:
    with pytest.raises(StoreError, match="beyond"):
        await store.steps(10**30)


async def test_quarantine_is_put_renewed_and_lifted(store: SqliteStore) -> None:
    old, new = (Quarantine(commit=sha(1), reason=r, at=START, deployment=1) for r in ("once", "twice"))
    other = Quarantine(commit=sha(2), reason="other", at=START + timedelta(hours=1))
    for one in (old, other, new):
        await store.write(Change(quarantine=one))
    assert (await store.load()).quarantined == (new, other)
    await store.write(Change(lift=sha(1)))
    assert (await store.load()).quarantined == (other,)


async def test_suspension_ends_with_resume(store: SqliteStore) -> None:
    stopped = Suspension(reason="", by="ana", since=START)
    await store.write(Change(suspend=stopped))
    await store.write(queued(1))
    assert (await store.load()).suspended == stopped
    await store.write(Change(resume=True))
    assert (await store.load()).suspended is None


async def test_counters_are_of_one_day_and_one_name(store: SqliteStore) -> None:
    assert [await store.count("checks", "2025-03-01") for _ in range(2)] == [1, 2]
    assert await store.count("checks", "2025-03-02") == 1
    assert await store.counter("checks", "2025-03-01") == 2
    assert await store.counter("deployments", "2025-03-01") == 0


async def test_the_last_sample_is_the_one_added_last(store: SqliteStore) -> None:
    await store.add_sample(sample(3600))
    await store.add_sample(sample(0, ok=False, error="refused"))  # the clock was set right
    assert (await store.load()).sample == sample(0, ok=False, error="refused")


async def test_after_close_everything_is_an_error_in_words(store: SqliteStore) -> None:
    await store.close()
    await store.close()
    with pytest.raises(StoreError, match="closed"):
        await store.load()
