"""Keeping images and letting go of them, on a real engine."""

from __future__ import annotations

import pytest

from kgo_tui.adapters.compose.refs import kept_tag
from kgo_tui.core.errors import ImagesGone
from kgo_tui.core.model import Image
from kgo_tui.demo.sandbox import Sandbox
from kgo_tui.engine.ports import ignore_line
from tests.adapters.compose_host import image_id, push, runtime_on, write_compose

pytestmark = pytest.mark.lab

APP = "services: {app: {image: '{registry}/koprogo/app'}}"


async def releases(sandbox: Sandbox, count: int) -> list[dict[str, Image]]:
    """So many images of one name pulled and kept in turn; only the last has its name still."""
    write_compose(sandbox, APP)
    runtime = runtime_on(sandbox)
    pulled = []
    for number in range(count):
        push(sandbox, "app", str(number))
        pulled.append(await runtime.pull({}, ignore_line))
        await runtime.keep(pulled[-1])
    return pulled


def kept(sandbox: Sandbox) -> set[str]:
    """Our tags of this project."""
    listed = sandbox.docker("images", "--format", "{{.Repository}}:{{.Tag}}", f"kgo-tui/{sandbox.project}/*")
    return set(listed.stdout.split())


def tag_of(sandbox: Sandbox, release: dict[str, Image]) -> str:
    return ":".join(kept_tag(sandbox.project, "app", release["app"].image_id))


async def test_a_kept_image_survives_a_moved_name_and_dockers_prune(sandbox: Sandbox) -> None:
    first, second = await releases(sandbox, 2)
    sandbox.docker("image", "prune", "--force")
    assert await runtime_on(sandbox).missing(first) == ()
    await runtime_on(sandbox).restore(first)
    assert image_id(sandbox, first["app"].ref) == first["app"].image_id
    await runtime_on(sandbox).restore(second)
    assert image_id(sandbox, first["app"].ref) == second["app"].image_id


async def test_keeping_twice_is_keeping_once_and_what_is_gone_cannot_be_kept(sandbox: Sandbox) -> None:
    (first,) = await releases(sandbox, 1)
    await runtime_on(sandbox).keep(first)
    assert kept(sandbox) == {tag_of(sandbox, first)}
    ghost = {"app": Image(ref="x:1", image_id=f"sha256:{'0' * 64}")}
    with pytest.raises(ImagesGone, match=r"app \(x:1\)"):
        await runtime_on(sandbox).keep(ghost)


async def test_only_what_a_release_needs_is_kept_and_the_rest_leaves_the_disk(sandbox: Sandbox) -> None:
    one, two, three = await releases(sandbox, 3)
    await runtime_on(sandbox).keep_only([one, three])
    assert kept(sandbox) == {tag_of(sandbox, one), tag_of(sandbox, three)}
    assert image_id(sandbox, two["app"].image_id) is None
    assert image_id(sandbox, one["app"].image_id) is not None


@pytest.mark.parametrize("name", ["someone/else:1", "kgo-tui/other-project/app:1"])
async def test_a_name_that_others_gave_is_theirs(sandbox: Sandbox, name: str) -> None:
    one, _two = await releases(sandbox, 2)
    sandbox.docker("tag", one["app"].image_id, name)
    # Known by a digest too, Docker itself would refuse to remove it; an image that was built is not.
    sandbox.docker("image", "rm", f"{sandbox.registry.address}/koprogo/app@{one['app'].digest}")
    await runtime_on(sandbox).keep_only([])
    assert kept(sandbox) == set()
    assert image_id(sandbox, name) == one["app"].image_id


async def test_an_image_in_use_stays_whatever_is_needed(sandbox: Sandbox) -> None:
    (one,) = await releases(sandbox, 1)
    runtime = runtime_on(sandbox)
    await runtime.up(one, {}, ignore_line)
    push(sandbox, "app", "new")
    two = await runtime.pull({}, ignore_line)
    await runtime.keep_only([two])
    assert image_id(sandbox, one["app"].image_id) == one["app"].image_id
    assert sandbox.running() == {"app": one["app"].image_id}


async def test_restore_moves_every_name_or_none(sandbox: Sandbox) -> None:
    one, two = await releases(sandbox, 2)
    ghost = Image(ref="r.test/app:1", image_id=f"sha256:{'0' * 64}")
    with pytest.raises(ImagesGone) as caught:
        await runtime_on(sandbox).restore({"app": one["app"], "ghost": ghost})
    assert caught.value.images == ("ghost (r.test/app:1)",)
    assert image_id(sandbox, one["app"].ref) == two["app"].image_id


async def test_a_name_without_tag_or_gone_altogether_comes_back(sandbox: Sandbox) -> None:
    (one,) = await releases(sandbox, 1)
    sandbox.docker("image", "rm", one["app"].ref)
    assert image_id(sandbox, one["app"].ref) is None
    await runtime_on(sandbox).restore(one)
    assert image_id(sandbox, f"{one['app'].ref}:latest") == one["app"].image_id


async def test_a_digest_that_the_engine_forgot_cannot_be_set_again(sandbox: Sandbox) -> None:
    published = push(sandbox, "app", "1")
    ref = f"{sandbox.registry.address}/koprogo/app@{published.digest}"
    write_compose(sandbox, f"services: {{app: {{image: '{ref}'}}}}")
    runtime = runtime_on(sandbox)
    release = await runtime.pull({}, ignore_line)
    await runtime.keep(release)
    assert sandbox.docker("image", "rm", ref).returncode == 0
    assert image_id(sandbox, release["app"].image_id) is not None, "its kept tag holds it"
    assert await runtime.missing(release) == (f"app ({ref})",)


async def test_the_images_of_what_runs_are_those_of_the_containers_not_of_the_names(sandbox: Sandbox) -> None:
    sandbox.up()
    sandbox.bad_release()
    sandbox.compose("pull")
    running = await runtime_on(sandbox).running_images()
    assert running["backend"].image_id == sandbox.first.image_id
    assert running["backend"].ref == f"{sandbox.registry.address}/koprogo/backend:latest"
    assert running["backend"].digest == sandbox.first.images["backend"].digest
    assert running["db"].ref.endswith("/koprogo/database:1")
