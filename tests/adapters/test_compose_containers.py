"""Containers on a real engine: seen, tidied after a crash, stopped, and what is kept of a failure."""

from __future__ import annotations

import asyncio

import pytest

from kgo_tui.core.logs import LogWindow
from kgo_tui.demo.daemon import eventually
from kgo_tui.demo.sandbox import Sandbox
from kgo_tui.engine.ports import ignore_line
from tests.adapters.compose_host import lines, push, runtime_on, write_compose
from tests.lab.fixtures import NewSandbox

pytestmark = pytest.mark.lab

SECRET = "hunter2-hunter2"  # noqa: S105 - a canary
LOUD = """
services:
  loud:
    image: {registry}/koprogo/loud
    environment: {PASSWORD: hunter2-hunter2}
    labels: {secret: hunter2-hunter2}
    entrypoint: ["/bin/sh", "-c"]
    command: ["seq 100; echo password is $$PASSWORD; printf '\\\\033]0;x\\\\007\\\\n'; exit 3"]
    healthcheck: {test: ["CMD", "true"], interval: 1h}
"""

SLOW_TO_STOP = """
services:
  slow:
    image: {registry}/koprogo/slow
    entrypoint: ["/bin/sh", "-c", "trap 'sleep 1; exit 7' TERM; echo ready; while :; do sleep 0.05; done"]
    scale: 2
    stop_grace_period: 20s
"""


def names(sandbox: Sandbox) -> dict[str, str]:
    """Every container of the project: its state by its name."""
    shown = sandbox.docker(
        *("ps", "--all", "--filter", f"label=com.docker.compose.project={sandbox.project}"),
        *("--format", "{{.Names}} {{.State}}"),
    )
    return dict(line.split() for line in shown.stdout.splitlines())


def half_make(sandbox: Sandbox, service: str) -> str:
    """What Compose has made before it stops the old container: its copy, named after the old ID."""
    old = sandbox.container_ids()[service]
    half = f"{old[:12]}_{sandbox.project}-{service}-1"
    labels = sandbox.docker(
        "inspect", "--format", "{{range $k, $v := .Config.Labels}}{{$k}}={{$v}} {{end}}", old
    )
    flags = [word for label in labels.stdout.split() for word in ("--label", label)]
    image = sandbox.running()[service]
    made = sandbox.docker(
        "create", "--name", half, "--label", f"com.docker.compose.replace={old}", *flags, image
    )
    assert made.returncode == 0, made.stderr
    return half


async def test_a_crash_before_the_old_container_was_removed_costs_nothing(sandbox: Sandbox) -> None:
    sandbox.up()
    before = sandbox.container_ids()
    half = half_make(sandbox, "db")
    assert half in names(sandbox)
    runtime = runtime_on(sandbox)
    heard, on_command = lines()
    runtime.heard(on_command)
    await runtime.up(await runtime.running_images(), {}, ignore_line)
    assert f"docker rm --force {half}" in heard
    assert sandbox.container_ids() == before, "the database was not restarted"


async def test_a_crash_after_the_old_container_was_removed_is_finished(sandbox: Sandbox) -> None:
    sandbox.up()
    images = await runtime_on(sandbox).running_images()
    half = half_make(sandbox, "db")
    made = sandbox.docker("inspect", "--format", "{{.Id}}", half).stdout.strip()
    sandbox.docker("rm", "--force", f"{sandbox.project}-db-1")
    runtime = runtime_on(sandbox)
    for _again in range(2):
        await runtime.up(images, {}, ignore_line)
        assert names(sandbox) == {
            f"{sandbox.project}-backend-1": "running",
            f"{sandbox.project}-db-1": "running",
        }
    assert made not in {None, ""}


async def test_a_name_that_only_looks_half_made_is_left_alone(sandbox: Sandbox) -> None:
    name = f"0123456789ab_{sandbox.project}"
    image = "{registry}/koprogo/database:1"
    write_compose(sandbox, f"services: {{db: {{image: '{image}', container_name: {name}}}}}")
    runtime = runtime_on(sandbox)
    images = await runtime.pull({}, ignore_line)
    await runtime.up(images, {}, ignore_line)
    await runtime.up(images, {}, ignore_line, force_recreate=True)
    await runtime.up(images, {}, ignore_line)
    assert names(sandbox) == {name: "running"}


async def test_what_was_created_and_never_started_converges(sandbox: Sandbox) -> None:
    sandbox.compose("create")
    created = sandbox.container_ids()
    runtime = runtime_on(sandbox)
    assert [each.state for each in await runtime.containers()] == ["created", "created"]
    assert await runtime.running_images() == {}
    await runtime.up(await runtime.pull({}, ignore_line), {}, ignore_line)
    assert sandbox.container_ids() == created
    assert set(sandbox.running()) == {"backend", "db"}


async def test_containers_are_seen_as_they_are(new_sandbox: NewSandbox) -> None:
    sandbox = new_sandbox(("backend", "db", "migrate"))
    sandbox.up()
    sandbox.docker("wait", f"{sandbox.project}-migrate-1")
    sandbox.compose("run", "--detach", "db")
    seen = await runtime_on(sandbox).containers()
    by_service = {each.service: each for each in seen if not each.oneoff}
    assert [each.service for each in seen] == ["backend", "db", "db", "migrate"]
    assert sum(each.oneoff for each in seen) == 1
    backend, migrate = by_service["backend"], by_service["migrate"]
    assert backend.id == sandbox.container_ids()["backend"]
    assert backend.image_id == sandbox.first.image_id
    assert (backend.state, backend.exit_code, backend.restart_policy) == ("running", None, "unless-stopped")
    assert (migrate.state, migrate.exit_code, migrate.restart_policy) == ("exited", 0, "no")
    assert backend.ports == (f"127.0.0.1:{sandbox.front.app_port}->8080/tcp",)
    assert backend.created_at < backend.started_at  # type: ignore[operator]
    assert migrate.finished_at is not None
    images = await runtime_on(sandbox).running_images()
    assert set(images) == {"backend", "db", "migrate"}, "a one-shot belongs to what is deployed"


async def test_a_container_that_restarts_is_counted(new_sandbox: NewSandbox) -> None:
    sandbox = new_sandbox(("backend", "worker"))
    sandbox.publish("1.1", variants={"worker": "crash"})
    sandbox.up(wait=False)
    sandbox.compose("pull")
    sandbox.up(wait=False)
    runtime = runtime_on(sandbox)
    changes = runtime.changes()
    async for _ in changes:
        worker = next(each for each in await runtime.containers() if each.service == "worker")
        if worker.restarts >= 2:
            break
    await changes.aclose()
    assert worker.restarts >= 2


async def test_stopping_is_gentle_and_may_be_repeated(sandbox: Sandbox) -> None:
    write_compose(sandbox, SLOW_TO_STOP)
    push(sandbox, "slow", "1")
    runtime = runtime_on(sandbox)
    await runtime.up(await runtime.pull({}, ignore_line), {}, ignore_line)
    heard, on_command = lines()
    runtime.heard(on_command)
    running = await runtime.containers()
    for each in running:
        log = runtime.logs([each.id], LogWindow(lines=1, follow=True))
        assert [line.text for line in (await asyncio.wait_for(anext(log), 10)).lines] == ["ready"]
        await log.aclose()
    await runtime.stop(running)
    assert sorted(heard) == [f"docker stop {each.name}" for each in running]
    ended = await runtime.containers()
    assert [each.id for each in ended] == [each.id for each in running]
    assert {(each.state, each.exit_code) for each in ended} == {("exited", 7)}
    sandbox.docker("rm", running[0].id)
    await runtime.stop(running)
    assert len(heard) == len(running), "nothing was left to stop"


async def test_evidence_holds_the_end_of_the_log_and_no_secret(sandbox: Sandbox) -> None:
    write_compose(sandbox, LOUD)
    push(sandbox, "loud", "1")
    runtime = runtime_on(sandbox, redact=lambda text: text.replace(SECRET, "***"))
    await runtime.up(await runtime.pull({}, ignore_line), {}, ignore_line)
    eventually(lambda: "exited" in names(sandbox).values(), "it has ended")
    state, log = await runtime.evidence(await runtime.containers())
    assert state.title == f"{sandbox.project}-loud-1: state"
    assert "exit code: 3" in state.text
    assert log.text.splitlines()[-3:] == ["100", "password is ***", "␛]0;x␇"]
    assert len(log.text.splitlines()) == 40
    assert SECRET not in state.text + log.text


async def test_evidence_of_what_is_gone_or_cannot_be_read_says_so(sandbox: Sandbox) -> None:
    write_compose(
        sandbox,
        "services: {mute: {image: '{registry}/koprogo/database:1', logging: {driver: none}}}",
    )
    runtime = runtime_on(sandbox)
    await runtime.up(await runtime.pull({}, ignore_line), {}, ignore_line)
    seen = await runtime.containers()
    _, log = await runtime.evidence(seen)
    assert log.text.startswith("no log: ")
    sandbox.docker("rm", "--force", seen[0].id)
    state, _ = await runtime.evidence(seen)
    assert state.text == "the container is gone"
