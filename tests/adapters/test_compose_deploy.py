"""Deploy and roll back on a real engine: the very images, offline, and nothing recreated in vain."""

from __future__ import annotations

import pytest

from kgo_tui.core.errors import CommandFailed, ComposeInvalid, ImagesGone
from kgo_tui.demo.daemon import eventually
from kgo_tui.demo.host import COMPOSE_FILE, ENV_FILE
from kgo_tui.demo.images import Image as Published
from kgo_tui.demo.sandbox import Sandbox
from kgo_tui.engine.ports import ignore_line
from tests.adapters.compose_host import ids, image_id, lines, push, runtime_on, write_compose
from tests.lab.fixtures import NewSandbox

pytestmark = pytest.mark.lab

HEALTHY = """
services:
  gate:
    image: {registry}/koprogo/gate:1
    healthcheck: {test: ["CMD", "false"], interval: 100ms, timeout: 1s, retries: 2, start_period: 0s}
  after:
    image: {registry}/koprogo/gate:1
    depends_on: {gate: {condition: service_healthy}}
"""


async def test_an_unchanged_service_keeps_its_container_through_deploy_and_rollback(sandbox: Sandbox) -> None:
    runtime = runtime_on(sandbox)
    sandbox.up()
    by_hand = sandbox.container_ids()
    baseline = await runtime.running_images()
    await runtime.keep(baseline)
    await runtime.up(baseline, {}, ignore_line)
    assert sandbox.container_ids() == by_hand, "the first up after plain compose recreates nothing"

    bad = sandbox.bad_release()
    target = await runtime.pull({}, ignore_line)
    assert ids(target)["backend"] == bad.image_id
    await runtime.keep(target)
    await runtime.up(target, {}, ignore_line)
    deployed = sandbox.container_ids()
    assert sandbox.running()["backend"] == bad.image_id
    assert deployed["db"] == by_hand["db"]
    assert deployed["backend"] != by_hand["backend"]

    sandbox.registry.stop()
    heard, on_command = lines()
    runtime.heard(on_command)
    await runtime.up(baseline, {}, ignore_line)
    eventually(lambda: sandbox.version() == "1.0", "1.0 answers again, with the registry gone")
    rolled_back = sandbox.container_ids()
    assert sandbox.running()["backend"] == sandbox.first.image_id
    assert rolled_back["db"] == by_hand["db"]
    assert f"docker tag {sandbox.first.image_id[7:19]} {baseline['backend'].ref}" in heard
    assert heard[-1].endswith("up -d --pull never --no-build")

    sandbox.up()
    assert sandbox.container_ids() == rolled_back, "an admin's own up afterwards keeps the good image"


async def test_images_move_while_nothing_else_does(sandbox: Sandbox) -> None:
    """What is brought up are the recorded images, even if the names moved between pull and up."""
    runtime = runtime_on(sandbox)
    target = await runtime.pull({}, ignore_line)
    await runtime.keep(target)
    sandbox.bad_release()
    sandbox.compose("pull")
    assert image_id(sandbox, target["backend"].ref) != target["backend"].image_id
    await runtime.up(target, {}, ignore_line)
    assert sandbox.running() == ids(target)


async def test_pull_policy_always_does_not_defeat_the_pin(sandbox: Sandbox) -> None:
    write_compose(sandbox, "services: {app: {image: '{registry}/koprogo/app', pull_policy: always}}")
    good = push(sandbox, "app", "1")
    runtime = runtime_on(sandbox)
    target = await runtime.pull({}, ignore_line)
    push(sandbox, "app", "2")
    await runtime.up(target, {}, ignore_line)
    assert sandbox.running() == {"app": good.id}
    assert image_id(sandbox, target["app"].ref) == good.id, "up asked no registry"


async def test_force_recreate_makes_every_container_anew(sandbox: Sandbox) -> None:
    runtime = runtime_on(sandbox)
    sandbox.up()
    before = sandbox.container_ids()
    await runtime.up(await runtime.running_images(), {}, ignore_line, force_recreate=True)
    after = sandbox.container_ids()
    assert all(after[service] != before[service] for service in before)


async def test_images_that_are_gone_are_named_before_anything_is_touched(sandbox: Sandbox) -> None:
    runtime = runtime_on(sandbox)
    first = await runtime.pull({}, ignore_line)
    await runtime.up(first, {}, ignore_line)
    push(sandbox, "backend", "2", "good")
    second = await runtime.pull({}, ignore_line)
    await runtime.up(second, {}, ignore_line)
    before, tag = sandbox.container_ids(), image_id(sandbox, first["backend"].ref)
    sandbox.docker("image", "rm", "--force", first["backend"].image_id)

    assert await runtime.missing(first) == (f"backend ({first['backend'].ref})",)
    with pytest.raises(ImagesGone) as caught:
        await runtime.up(first, {}, ignore_line)
    assert caught.value.images == (f"backend ({first['backend'].ref})",)
    assert sandbox.container_ids() == before
    assert image_id(sandbox, first["backend"].ref) == tag


async def test_a_dependency_that_is_not_healthy_fails_the_up_in_composes_words(sandbox: Sandbox) -> None:
    write_compose(sandbox, HEALTHY)
    push(sandbox, "gate", "1", "idle", "1")
    runtime = runtime_on(sandbox)
    target = await runtime.pull({}, ignore_line)
    heard, on_line = lines()
    with pytest.raises(CommandFailed, match=r"docker compose up failed: .*is unhealthy") as caught:
        await runtime.up(target, {}, on_line)
    assert caught.value.exit_code
    assert any("Started" in line for line in heard)


async def test_a_file_that_does_not_parse_touches_nothing(sandbox: Sandbox) -> None:
    sandbox.up()
    runtime = runtime_on(sandbox)
    images, before = await runtime.running_images(), sandbox.container_ids()
    (sandbox.tree / COMPOSE_FILE).write_text("services:\n  backend: [\n")
    for attempt in (runtime.services({}), runtime.pull({}, ignore_line), runtime.up(images, {}, ignore_line)):
        with pytest.raises(ComposeInvalid, match=r"docker-compose\.yml.*line 2"):
            await attempt
    assert sandbox.container_ids() == before


async def test_variables_reach_compose_and_are_told(new_sandbox: NewSandbox) -> None:
    sandbox = new_sandbox(("backend",), image_tag="{branch}-{sha7}")
    tag = f"main-{sandbox.first.commit[:7]}"
    runtime = runtime_on(sandbox)
    heard, on_command = lines()
    runtime.heard(on_command)
    target = await runtime.pull({"IMAGE_TAG": tag}, ignore_line)
    assert target["backend"].ref.endswith(f":{tag}")
    assert heard[-1].startswith(f"IMAGE_TAG={tag} docker compose --env-file .env -f docker-compose.yml -p ")


async def test_a_missing_variable_is_no_error_and_a_missing_env_file_is(sandbox: Sandbox) -> None:
    write_compose(sandbox, "services: {app: {image: '{registry}/koprogo/app:${NOWHERE}1'}}")
    assert (await runtime_on(sandbox).services({}))[0].image.endswith("/app:1")
    with pytest.raises(ComposeInvalid, match=r"none\.env"):
        await runtime_on(sandbox, env_files=["none.env"]).services({})


async def test_orphans_are_removed_only_when_asked(sandbox: Sandbox) -> None:
    sandbox.up()
    images = await runtime_on(sandbox).running_images()
    write_compose(sandbox, "services: {db: {image: '{registry}/koprogo/database:1'}}")
    kept = {"db": images["db"]}
    await runtime_on(sandbox).up(kept, {}, ignore_line)
    assert set(sandbox.running()) == {"backend", "db"}
    await runtime_on(sandbox, remove_orphans=True).up(kept, {}, ignore_line)
    assert set(sandbox.running()) == {"db"}


async def test_composes_own_lookup_finds_files_project_and_profiles(sandbox: Sandbox) -> None:
    write_compose(
        sandbox,
        "services:\n  app: {image: '{registry}/koprogo/app'}\n"
        "  extra: {image: '{registry}/koprogo/app', profiles: [more]}\n",
    )
    (sandbox.deploy_dir / "docker-compose.override.yml").write_text(
        "services: {app: {container_name: fixed}}\n"
    )
    plain = runtime_on(sandbox, files=[], env_files=[], project=None)
    found = await plain.services({})
    assert [(service.name, service.fixed_name) for service in found] == [("app", True)]
    more = runtime_on(sandbox, files=[], env_files=[], project=None, profiles=["more"])
    assert [service.name for service in await more.services({})] == ["app", "extra"]
    assert ENV_FILE.endswith(".env"), "the project's name comes from there"


async def test_the_hash_is_the_one_that_containers_carry_also_for_another_commits_files(
    sandbox: Sandbox,
) -> None:
    file = sandbox.tree / COMPOSE_FILE
    file.write_text(
        file.read_text().replace('["data:/var/lib/data"]', '["data:/var/lib/data", "./conf:/conf"]')
    )
    runtime = runtime_on(sandbox)
    await runtime.up(await runtime.pull({}, ignore_line), {}, ignore_line)
    carried = {each.service: each.config_hash for each in await runtime.containers()}
    declared = await runtime.services({})
    assert {service.name: service.config_hash for service in declared} == carried

    text = file.read_bytes()
    assert await runtime.services({}, {"docker-compose.yml": text}) == declared
    changed = text.replace(b"unless-stopped", b"always", 1)
    other = {each.name: each for each in await runtime.services({}, {"docker-compose.yml": changed})}
    assert {name for name, each in other.items() if each.config_hash != carried[name]} == {"backend"}
    with pytest.raises(ComposeInvalid, match="not in that commit"):
        await runtime.services({}, {})


async def test_without_a_readable_file_the_project_is_known_by_what_runs(sandbox: Sandbox) -> None:
    sandbox.up()
    (sandbox.tree / COMPOSE_FILE).write_text("services: [")
    runtime = runtime_on(sandbox, project=None)
    assert {each.service for each in await runtime.containers()} == {"backend", "db"}


async def test_a_variable_that_only_a_deployment_sets_does_not_hide_the_project(sandbox: Sandbox) -> None:
    write_compose(sandbox, "services: {app: {image: '{registry}/koprogo/app:${IMAGE_TAG:?by the worker}'}}")
    push(sandbox, "app", "1", "idle", "main-1234567")
    runtime = runtime_on(sandbox, project=None)
    assert await runtime.containers() == ()
    assert await runtime._files.project_name() == sandbox.project
    variables = {"IMAGE_TAG": "main-1234567"}
    await runtime.up(await runtime.pull(variables, ignore_line), variables, ignore_line)
    for fresh in (runtime, runtime_on(sandbox, project=None)):
        assert [each.service for each in await fresh.containers()] == ["app"]


async def test_a_commit_that_renames_the_project_counts_once_it_is_brought_up(sandbox: Sandbox) -> None:
    app = "services: {app: {image: '{registry}/koprogo/database:1'}}"
    write_compose(sandbox, f"name: {sandbox.project}\n{app}")
    runtime = runtime_on(sandbox, project=None, env_files=[])
    (sandbox.deploy_dir / ".env").unlink()
    images = await runtime.pull({}, ignore_line)
    await runtime.up(images, {}, ignore_line)
    (old,) = await runtime.containers()
    write_compose(sandbox, f"name: {sandbox.project}-new\n{app}")
    await runtime.services({})
    assert await runtime.containers() == (old,), "a commit that is only looked at changes nothing"
    await runtime.up(images, {}, ignore_line)
    (new,) = await runtime.containers()
    assert new.name == f"{sandbox.project}-new-app-1"
    await runtime.stop([new])
    sandbox.docker("rm", new.id)
    sandbox.docker("network", "rm", f"{sandbox.project}-new_default")


def published(image: Published) -> str:
    """Its name with the digest."""
    return f"{image.repository}@{image.digest}"


async def test_a_service_pinned_by_digest_is_kept_and_never_moved(sandbox: Sandbox) -> None:
    one = push(sandbox, "app", "1")
    write_compose(sandbox, f"services: {{app: {{image: '{{registry}}/{published(one)}'}}}}")
    runtime = runtime_on(sandbox)
    first = await runtime.pull({}, ignore_line)
    assert (first["app"].image_id, first["app"].digest) == (one.id, one.digest)
    await runtime.keep(first)
    await runtime.up(first, {}, ignore_line)
    assert await runtime.missing(first) == ()

    two = push(sandbox, "app", "2")
    write_compose(sandbox, f"services: {{app: {{image: '{{registry}}/{published(two)}'}}}}")
    await runtime.up(await runtime.pull({}, ignore_line), {}, ignore_line)
    sandbox.registry.stop()
    write_compose(sandbox, f"services: {{app: {{image: '{{registry}}/{published(one)}'}}}}")
    await runtime.up(first, {}, ignore_line)
    assert sandbox.running() == {"app": one.id}
