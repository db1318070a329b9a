"""Acting on one container of a real engine, and asking what it takes."""

from __future__ import annotations

import pytest

from kgo_tui.adapters.compose.acting import usage_of
from kgo_tui.core.errors import RuntimeUnreachable, UsageError
from kgo_tui.core.model import ContainerAction
from kgo_tui.demo.sandbox import Sandbox
from tests.adapters.compose_host import lines, runtime_on

START, STOP, RESTART = ContainerAction.START, ContainerAction.STOP, ContainerAction.RESTART

BUSY = {
    "read": "2026-03-17T14:05:00.5Z",
    "cpu_stats": {"cpu_usage": {"total_usage": 3_000}, "system_cpu_usage": 20_000, "online_cpus": 4},
    "precpu_stats": {"cpu_usage": {"total_usage": 1_000}, "system_cpu_usage": 10_000},
    "memory_stats": {"usage": 5_000, "limit": 9_000, "stats": {"inactive_file": 1_500}},
    "pids_stats": {"current": 7},
}


def test_statistics_are_read_as_docker_stats_does() -> None:
    found = usage_of(BUSY)
    assert (found.cpu_percent, found.memory_bytes, found.memory_limit_bytes) == (80.0, 3_500, 9_000)
    assert found.processes == 7
    assert found.at.isoformat() == "2026-03-17T14:05:00.500000+00:00"


def test_what_the_engine_does_not_say_is_not_made_up() -> None:
    found = usage_of({"read": "2026-03-17T14:05:00Z", "cpu_stats": {}, "memory_stats": {}})
    assert (found.cpu_percent, found.memory_bytes, found.processes) == (None, None, None)
    before_it_ran = {**BUSY, "precpu_stats": {"cpu_usage": {"total_usage": 0}}}
    assert usage_of(before_it_ran).cpu_percent is None


@pytest.mark.lab
async def test_a_container_is_stopped_started_and_restarted(sandbox: Sandbox) -> None:
    sandbox.up()
    runtime = runtime_on(sandbox)
    heard, on_command = lines()
    runtime.heard(on_command)
    before = {each.service: each for each in await runtime.containers()}
    backend = before["backend"]

    acted = await runtime.act(backend.id, STOP)
    assert (acted.service, acted.name) == ("backend", backend.name)
    stopped = {each.service: each for each in await runtime.containers()}
    assert (stopped["backend"].state, stopped["db"].state) == ("exited", "running")
    await runtime.act(backend.id, STOP)
    await runtime.act(backend.id, START)
    await runtime.act(before["db"].id, RESTART)
    after = {each.service: each for each in await runtime.containers()}
    assert {each.state for each in after.values()} == {"running"}
    assert {name: each.id for name, each in after.items()} == {name: each.id for name, each in before.items()}
    assert after["db"].started_at > before["db"].started_at  # type: ignore[operator]
    assert heard == [
        f"docker stop {backend.name}",
        f"docker stop {backend.name}",
        f"docker start {backend.name}",
        f"docker restart {before['db'].name}",
    ]


@pytest.mark.lab
async def test_only_containers_of_the_project_are_touched_or_told_of(sandbox: Sandbox) -> None:
    sandbox.up()
    runtime = runtime_on(sandbox)
    mine = sandbox.container_ids()["db"]
    others = runtime_on(sandbox, project=f"not-{sandbox.project}")
    for container in (mine, f"{sandbox.project}-db-1", "0123456789ab"):
        with pytest.raises(UsageError, match="no such container"):
            await others.act(container, STOP)
        with pytest.raises(UsageError, match="no such container"):
            await others.usage(container)
    assert {each.state for each in await runtime.containers()} == {"running"}


@pytest.mark.lab
async def test_what_a_container_takes(sandbox: Sandbox) -> None:
    sandbox.up()
    runtime = runtime_on(sandbox)
    backend = sandbox.container_ids()["backend"]
    found = await runtime.usage(backend)
    assert found.memory_bytes is None or found.memory_bytes > 0
    assert found.cpu_percent is None or 0 <= found.cpu_percent < 10_000
    assert found.processes is None or found.processes >= 1
    await runtime.act(backend, STOP)
    with pytest.raises(UsageError, match="does not run"):
        await runtime.usage(backend)


@pytest.mark.lab
async def test_an_engine_that_is_away_is_said_so(sandbox: Sandbox) -> None:
    runtime = runtime_on(sandbox, docker_host=f"unix://{sandbox.root}/nobody.sock")
    with pytest.raises(RuntimeUnreachable):
        await runtime.act("0123456789ab", START)
