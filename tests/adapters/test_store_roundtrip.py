"""Whatever a value holds, it comes back from the store as it went in."""

from __future__ import annotations

import asyncio
import tempfile
import types
from datetime import UTC, datetime
from enum import Enum
from pathlib import Path
from typing import Any, Union, get_args, get_origin

import msgspec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kgo_tui.adapters.sqlite import SqliteStore
from kgo_tui.core.messages import Event
from kgo_tui.core.model import Deployment, Evidence, Quarantine, Release, Sample, Step, Suspension
from kgo_tui.engine.ports import Change, Loaded

times = st.datetimes(datetime(1990, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
numbers = st.integers(1, 2**53)

PLAIN: dict[Any, st.SearchStrategy[Any]] = {
    str: st.text(max_size=20),
    int: numbers,
    bool: st.booleans(),
    float: st.floats(allow_nan=False, allow_infinity=False),
    datetime: times,
    type(None): st.none(),
}


def any_of(kind: Any) -> st.SearchStrategy[Any]:
    """Every value of a type of the model, structs by the types of their fields."""
    if kind in PLAIN:
        return PLAIN[kind]
    origin, inner = get_origin(kind), get_args(kind)
    if origin in (Union, types.UnionType):
        return st.one_of(*map(any_of, inner))
    if origin is tuple:
        return st.lists(any_of(inner[0]), max_size=3).map(tuple)
    if origin is dict:
        return st.dictionaries(any_of(inner[0]), any_of(inner[1]), max_size=3)
    if issubclass(kind, Enum):
        return st.sampled_from(list(kind))
    return st.builds(kind, **{field.name: any_of(field.type) for field in msgspec.structs.fields(kind)})


slowly = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def through_a_file(change: Change, sample: Sample | None = None) -> tuple[Loaded, tuple[Any, ...]]:
    """Write with one store, read with another."""

    async def go(path: Path) -> tuple[Loaded, tuple[Any, ...]]:
        store = await SqliteStore.open(path)
        recorded = await store.write(change)
        if sample:
            await store.add_sample(sample)
        await store.close()
        reader = await SqliteStore.open(path, read_only=True)
        loaded = await reader.load()
        key = change.deployment.id if change.deployment else 0
        assert await reader.events(after=0, limit=99) == recorded
        read = (await reader.steps(key), await reader.evidence(key), await reader.deployments(limit=9))
        await reader.close()
        return loaded, read

    with tempfile.TemporaryDirectory() as directory:
        return asyncio.run(go(Path(directory) / "state.db"))


@slowly
@given(any_of(Deployment), any_of(Step), any_of(tuple[Evidence, ...]))
def test_deployments_steps_and_evidence(
    deployment: Deployment, step: Step, evidence: tuple[Evidence, ...]
) -> None:
    loaded, read = through_a_file(Change(deployment=deployment, step=step, evidence=evidence))
    assert deployment in (loaded.last, loaded.unfinished)
    assert read == ((step,), evidence, (deployment,))


@slowly
@given(any_of(Release), any_of(Quarantine), any_of(Suspension))
def test_releases_quarantine_and_suspension(release: Release, bad: Quarantine, stopped: Suspension) -> None:
    loaded, _ = through_a_file(Change(release=release, deployed=release.id, quarantine=bad, suspend=stopped))
    assert (loaded.deployed, loaded.quarantined, loaded.suspended) == (release, (bad,), stopped)


@slowly
@given(any_of(Event))
def test_events(event: Event) -> None:
    loaded, _ = through_a_file(Change(events=(event,)))
    assert loaded.cursor == event.durable


@slowly
@given(any_of(Sample), st.none() | st.integers(0, 10**9))
def test_samples(sample: Sample, latency_us: int | None) -> None:
    exact = msgspec.structs.replace(sample, latency_ms=None if latency_us is None else latency_us / 1000)
    loaded, _ = through_a_file(Change(), exact)
    assert loaded.sample == exact
