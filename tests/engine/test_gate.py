"""The health gate is honest: what is not the new release, well and staying so, does not pass."""

from __future__ import annotations

import asyncio

import pytest
from msgspec.structs import replace

from kgo_tui.core.messages import ProbeAttempted
from kgo_tui.core.model import ContainerView, Image, Service, State
from kgo_tui.engine.gate import inspect
from tests.engine.host import APP, BASIC, DB, Behaviour, Spec, image_id
from tests.engine.stage import Stage, configured

pytestmark = pytest.mark.timeout(30)

ONE_SHOT = {**BASIC, "migrate": Spec(ref="reg/migrate:1", restart_policy="no")}
CHECKED = {**BASIC, APP: Spec(ref="reg/app:latest", healthcheck=True)}


@pytest.mark.parametrize(
    ("behaviour", "compose", "said"),
    [
        pytest.param(Behaviour(status=404), BASIC, "https://app status 404", id="wrong status"),
        pytest.param(Behaviour(status=301), BASIC, "https://app status 301", id="redirect"),
        pytest.param(Behaviour(ready_after_s=999), BASIC, "connection refused", id="never answers"),
        pytest.param(Behaviour(flaps_every_s=1.5), BASIC, "status 503", id="flapping"),
        pytest.param(Behaviour(restarts_every_s=2), BASIC, "demo-app-1: restarted 1 times", id="restarts"),
        pytest.param(
            Behaviour(health="unhealthy"), CHECKED, "demo-app-1: health check says unhealthy", id="unhealthy"
        ),
        pytest.param(
            Behaviour(health="starting"), CHECKED, "demo-app-1: health check says starting", id="starting"
        ),
        pytest.param(
            Behaviour(exits_after_s=1, exit_code=1), BASIC, "demo-app-1: is exited", id="ends on its own"
        ),
    ],
)
async def test_a_target_that_is_not_well_is_rolled_back(
    stage: Stage, behaviour: Behaviour, compose: dict[str, Spec], said: str
) -> None:
    stage.host.push("b", compose, publish={APP: behaviour})
    ended = await stage.poll()
    assert ended is not None
    assert ended.state is State.ROLLED_BACK
    assert said in (ended.failure or "")
    assert stage.host.running()[APP] == image_id(APP, "a")


async def test_an_old_container_that_answers_proves_nothing(stage: Stage) -> None:
    stage.host.push("b", publish={APP: Behaviour()})
    stage.host.lazy_up = True  # `up` says that it did, and the old container goes on answering 200

    ended = await stage.poll()

    assert ended is not None
    assert ended.state is State.ROLLED_BACK
    assert ended.failure == "demo-app-1: does not run the image of this release"


async def test_an_old_container_beside_the_new_one_does_not_pass(stage: Stage) -> None:
    stage.host.push("b", publish={APP: Behaviour()})
    old = stage.host.boxes[0]
    assert old.service == APP
    spare = stage.host.start("spare", old.spec, image_id(APP, "b"))
    spare.service = DB  # a second database container appears

    ended = await stage.poll()

    assert ended is not None
    assert ended.state is not State.SUCCEEDED


@pytest.mark.parametrize(("exit_code", "state"), [(0, State.SUCCEEDED), (1, State.ROLLED_BACK)])
async def test_a_one_shot_must_end_with_zero(stage: Stage, exit_code: int, state: State) -> None:
    stage.host.push("b", ONE_SHOT, publish={"migrate": Behaviour(exits_after_s=1, exit_code=exit_code)})
    ended = await stage.poll()
    assert ended is not None
    assert ended.state is state


async def test_a_slow_start_within_the_attempts_passes_and_each_used_attempt_is_told(stage: Stage) -> None:
    stage.host.push("b", publish={APP: Behaviour(ready_after_s=22)})
    ended = await stage.poll()
    assert ended is not None
    assert ended.state is State.SUCCEEDED
    assert [(e.attempt, e.attempts) for e in stage.events(ProbeAttempted)] == [(1, 3), (2, 3)]
    assert (await stage.steps(ended))[-1].attempts == 3


async def test_the_last_attempt_is_not_exceeded(stage: Stage) -> None:
    stage.host.push("b", publish={APP: Behaviour(ready_after_s=31)})
    ended = await stage.poll()
    assert ended is not None
    assert ended.state is State.ROLLED_BACK
    assert [e.attempt for e in stage.events(ProbeAttempted)] == [1, 2, 3]
    verifying = (await stage.steps(ended))[4]
    assert verifying.attempts == 3
    assert verifying.ended_at is not None
    assert (verifying.ended_at - verifying.started_at).total_seconds() == pytest.approx(30, abs=0.5)


async def test_well_is_noticed_at_once_and_must_last(stage: Stage) -> None:
    stage.world.settings = configured(stable_for_s=5.0)
    stage.host.push("b", publish={APP: Behaviour(ready_after_s=1)})
    ended = await stage.poll()
    assert ended is not None
    verifying = (await stage.steps(ended))[-1]
    assert verifying.ended_at is not None
    took_s = (verifying.ended_at - verifying.started_at).total_seconds()
    assert 6.0 <= took_s <= 6.5, "a second to ready, five of staying so, noticed within half a second"


async def test_restarts_of_the_past_do_not_speak_against_a_container_that_is_kept(stage: Stage) -> None:
    stage.host.images[image_id(DB, "a")] = Behaviour(restarts_every_s=1000)
    await stage.wait(3500)
    stage.host.push("b", publish={APP: Behaviour()})
    ended = await stage.poll()
    assert ended is not None
    assert ended.state is State.SUCCEEDED


async def test_a_restart_that_nobody_watched_still_counts(stage: Stage) -> None:
    """The worker is gone while the new container crashes once; then all looks well."""
    stage.host.push("b", publish={APP: Behaviour(restarts_every_s=1, restarts_until_s=1)})
    polling = asyncio.create_task(stage.poll())
    await stage.wait(0.5)
    polling.cancel()
    await asyncio.gather(polling, return_exceptions=True)
    await stage.wait(60)
    await stage.reboot()
    ended = await stage.engine.recover()
    assert ended is not None
    assert ended.state is State.ROLLED_BACK
    assert "demo-app-1: restarted 1 times" in (ended.failure or "")


async def test_without_a_probe_the_containers_alone_decide(stage: Stage) -> None:
    stage.world.settings = configured(gated_by_probe=False)
    stage.host.push("b", publish={APP: Behaviour(status=404)})
    good = await stage.poll()
    assert good is not None
    assert good.state is State.SUCCEEDED
    stage.host.push("c", publish={APP: Behaviour(restarts_every_s=1)})
    bad = await stage.poll()
    assert bad is not None
    assert bad.state is State.ROLLED_BACK


IMAGE = Image(ref="reg/app:1", image_id="sha256:new")
GOOD = ContainerView(
    id="c1", name="app-1", service="app", image="reg/app:1", image_id="sha256:new", state="running"
)
SERVICE = Service(name="app", image="reg/app:1")
EXITED = replace(GOOD, state="exited", exit_code=0)


@pytest.mark.parametrize(
    ("container", "said", "fatal"),
    [
        (GOOD, None, False),
        (replace(GOOD, health="healthy"), None, False),
        (replace(GOOD, health="starting"), "health check says starting", False),
        (replace(GOOD, health="unhealthy"), "health check says unhealthy", False),
        (replace(GOOD, image_id="sha256:old"), "does not run the image of this release", True),
        (replace(GOOD, restarts=3), None, False),
        (replace(GOOD, restarts=4, exit_code=1), "restarted 4 times (last exit code 1)", True),
        (replace(GOOD, state="restarting"), "is restarting", False),
        (replace(GOOD, state="created"), "is created", False),
        (replace(GOOD, state="paused"), "is paused", False),
        (replace(GOOD, state="dead"), "ended with exit code None", True),
        (EXITED, None, False),
        (replace(EXITED, restart_policy="no"), None, False),
        (replace(EXITED, restart_policy="on-failure"), None, False),
        (replace(EXITED, restart_policy="unless-stopped"), "is exited", False),
        (replace(EXITED, restart_policy="always"), "is exited", False),
        (replace(EXITED, exit_code=1), "ended with exit code 1", True),
        (replace(EXITED, exit_code=1, restart_policy="on-failure"), "is exited", False),
        (replace(GOOD, oneoff=True), "app: 0 of 1 containers", False),
        (replace(GOOD, service="other"), "app: 0 of 1 containers", False),
    ],
)
def test_what_is_wrong_with_one_container(container: ContainerView, said: str | None, *, fatal: bool) -> None:
    problem = inspect([container], [SERVICE], {"app": IMAGE}, {"c1": 3})
    assert (problem is None) if said is None else (problem is not None and said in problem.reason)
    assert problem is None or problem.fatal is fatal


def test_the_number_of_containers_is_the_declared_one() -> None:
    two = replace(SERVICE, replicas=2)
    other = replace(GOOD, id="c2", name="app-2")
    assert inspect([GOOD, other], [two], {}, {}) is None
    assert inspect([GOOD], [two], {}, {}) is not None
    surplus = inspect([GOOD, other], [SERVICE], {}, {})
    assert surplus is not None
    assert surplus.reason == "app: an old container is still there"
    assert inspect([], [replace(SERVICE, replicas=0)], {}, {}) is None


def test_what_cannot_become_well_is_said_first() -> None:
    waiting = replace(GOOD, id="c2", name="db-1", service="db", state="created")
    stale = replace(GOOD, image_id="sha256:old")
    services = [Service(name="db", image="reg/db:1"), SERVICE]
    problem = inspect([waiting, stale], services, {"app": IMAGE}, {})
    assert problem is not None
    assert problem.containers == (stale,)
