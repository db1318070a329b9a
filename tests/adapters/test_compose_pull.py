"""Pull and build against a real registry, and one that misbehaves as told."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from kgo_tui.core.errors import (
    CommandFailed,
    ComposeMissing,
    DeadlineExceeded,
    ImagesGone,
    KgoError,
    NotPublished,
    RegistryUnreachable,
    RuntimeUnreachable,
)
from kgo_tui.demo.daemon import eventually
from kgo_tui.demo.sandbox import Sandbox
from kgo_tui.engine.ports import ignore_line
from tests.adapters.compose_host import ids, image_id, lines, push, runtime_on, write_compose
from tests.lab.fixtures import NewSandbox

pytestmark = pytest.mark.lab

THREE = """
services:
  one: {image: "{registry}/koprogo/one:1"}
  two: {image: "{registry}/koprogo/two:1"}
  three: {image: "{registry}/koprogo/three:1"}
"""


async def test_every_image_that_is_missing_is_named_and_the_rest_is_here_already(sandbox: Sandbox) -> None:
    write_compose(sandbox, THREE)
    push(sandbox, "two", "1", "idle", "1")
    runtime = runtime_on(sandbox)
    with pytest.raises(NotPublished) as caught:
        await runtime.pull({}, ignore_line)
    registry = sandbox.registry.address
    assert caught.value.images == (f"{registry}/koprogo/one:1", f"{registry}/koprogo/three:1")
    assert image_id(sandbox, f"{registry}/koprogo/two:1") is not None

    published = {name: push(sandbox, name, "1", "idle", "1").id for name in ("one", "three")}
    target = await runtime.pull({}, ignore_line)
    assert {name: ids(target)[name] for name in published} == published


async def test_a_stale_image_of_that_name_does_not_pass_for_the_missing_one(sandbox: Sandbox) -> None:
    runtime = runtime_on(sandbox)
    await runtime.pull({}, ignore_line)
    sandbox.registry.unpublish("koprogo/backend", "latest")
    with pytest.raises(NotPublished, match="koprogo/backend:latest"):
        await runtime.pull({}, ignore_line)


async def test_a_registry_that_is_down_is_named(sandbox: Sandbox) -> None:
    with sandbox.registry.outage(), pytest.raises(RegistryUnreachable) as caught:
        await runtime_on(sandbox).pull({}, ignore_line)
    assert caught.value.registries == (sandbox.registry.address,)
    assert "connection refused" in caught.value.message


ANSWERS = {
    "denied": (
        403,
        b'{"errors": [{"code": "DENIED", "message": "requested access to the resource is denied"}]}',
    ),
    "unauthorized": (401, b'{"errors": [{"code": "UNAUTHORIZED", "message": "authentication required"}]}'),
    "unknown": (
        404,
        b'{"errors": [{"code": "NAME_UNKNOWN", "message": "repository name not known to registry"}]}',
    ),
    "bare": (404, b"{}"),
    "many": (
        429,
        b'{"errors": [{"code": "TOOMANYREQUESTS", "message": "You have reached your pull rate limit."}]}',
    ),
    "broken": (500, b"{}"),
    "gateway": (502, b"<html>bad gateway</html>"),
    "busy": (503, b'{"errors": [{"code": "UNAVAILABLE", "message": "service unavailable"}]}'),
}
MEANING: dict[str, type[KgoError]] = {
    "denied": NotPublished,
    "unauthorized": CommandFailed,
    "unknown": NotPublished,
    "bare": NotPublished,
    "many": RegistryUnreachable,
    "broken": RegistryUnreachable,
    "gateway": RegistryUnreachable,
    "busy": RegistryUnreachable,
    "reset": RegistryUnreachable,
}


class Misbehaving(BaseHTTPRequestHandler):
    """A registry that answers by the name of the repository."""

    stalled = threading.Event()
    released = threading.Event()

    def do_GET(self) -> None:
        repository = self.path.split("/")[2] if self.path != "/v2/" else ""
        if repository == "reset":
            self.connection.close()
            return
        if repository == "stall":
            self.stalled.set()
            self.released.wait(60)
        status, body = ANSWERS.get(repository, (200, b"{}"))
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_HEAD = do_GET  # noqa: N815 - the name that http.server looks for

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def misbehaving() -> Iterator[str]:
    """The address of a registry that misbehaves."""
    Misbehaving.stalled.clear()
    Misbehaving.released.clear()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Misbehaving)
    serving = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    serving.start()
    yield f"127.0.0.1:{server.server_port}"
    Misbehaving.released.set()
    server.shutdown()
    serving.join()
    server.server_close()


@pytest.mark.parametrize("repository", MEANING)
async def test_each_misbehaviour_of_a_registry_has_its_meaning(
    sandbox: Sandbox, misbehaving: str, repository: str
) -> None:
    write_compose(sandbox, f"services: {{app: {{image: '{misbehaving}/{repository}:1'}}}}")
    with pytest.raises(MEANING[repository]) as caught:
        await runtime_on(sandbox).pull({}, ignore_line)
    assert type(caught.value) is MEANING[repository]
    assert misbehaving in caught.value.message
    assert f"docker login {misbehaving}" in caught.value.hint or repository != "unauthorized"


async def test_a_pull_that_hangs_meets_its_deadline(sandbox: Sandbox, misbehaving: str) -> None:
    write_compose(sandbox, f"services: {{app: {{image: '{misbehaving}/stall:1'}}}}")
    with pytest.raises(DeadlineExceeded):
        await runtime_on(sandbox, pull_timeout_s=1).pull({}, ignore_line)


async def test_a_pull_that_is_cancelled_leaves_no_process(sandbox: Sandbox, misbehaving: str) -> None:
    write_compose(sandbox, f"services: {{app: {{image: '{misbehaving}/stall:1'}}}}")
    task = asyncio.create_task(runtime_on(sandbox).pull({}, ignore_line))
    await asyncio.to_thread(Misbehaving.stalled.wait, 20)
    assert processes_of(sandbox), "compose waits for the registry"
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    eventually(lambda: not processes_of(sandbox), "compose and its plugin have ended", 5)


def processes_of(sandbox: Sandbox) -> list[str]:
    """The docker commands that run for a sandbox now."""
    found = []
    for process in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = process.read_bytes().decode("utf-8", "replace").split("\0")
        except OSError:
            continue
        if "pull" in words and sandbox.project in words:
            found.append(" ".join(words))
    return found


async def test_progress_is_a_sign_of_life_not_a_flood(sandbox: Sandbox, tmp_path: Path) -> None:
    real = sandbox.env()["PATH"]
    layer = "8ed430c92b52 Extracting [=>   ]"
    loop = f'for i in $(seq 300); do echo " {layer} $i.1MB/300MB" >&2; done; echo " db Pulled" >&2'
    loud = fake_docker(tmp_path, f'case "$*" in *" pull") {loop};; esac\nPATH="{real}" exec docker "$@"')
    heard, on_line = lines()
    await runtime_on(sandbox, environment={**sandbox.env(), "PATH": f"{loud}:{real}"}).pull({}, on_line)
    layers = [line for line in heard if "Extracting" in line]
    assert layers[0] == f"{layer} 1.1MB/300MB"
    assert len(layers) <= 3
    assert heard.count("db Pulled") == 2


@pytest.mark.parametrize("policy", ["never", "missing", "if_not_present"])
async def test_an_image_that_is_only_here_is_not_pulled_where_its_policy_says_so(
    sandbox: Sandbox, policy: str
) -> None:
    local = "only/here:1"
    sandbox.compose("pull", "db")
    sandbox.docker("tag", f"{sandbox.registry.address}/koprogo/database:1", local)
    write_compose(sandbox, f"services: {{app: {{image: '{local}', pull_policy: {policy}}}}}")
    runtime = runtime_on(sandbox)
    target = await runtime.pull({}, ignore_line)
    assert target["app"].image_id == image_id(sandbox, local)
    await runtime.up(target, {}, ignore_line)
    assert set(sandbox.running()) == {"app"}


async def test_an_image_that_may_not_be_pulled_and_is_not_here_is_named(sandbox: Sandbox) -> None:
    write_compose(sandbox, "services: {app: {image: 'only/there:1', pull_policy: never}}")
    with pytest.raises(ImagesGone, match=r"app \(only/there:1\)"):
        await runtime_on(sandbox).pull({}, ignore_line)


async def test_what_is_only_built_is_built_and_pinned_by_id(new_sandbox: NewSandbox) -> None:
    sandbox = new_sandbox(("backend", "page"))
    runtime = runtime_on(sandbox)
    await runtime.services({})
    first = await runtime.pull({}, ignore_line)
    assert first["page"].ref == f"{sandbox.project}-page"
    assert first["page"].digest is None
    await runtime.keep(first)
    await runtime.up(first, {}, ignore_line)
    before = sandbox.container_ids()

    (sandbox.deploy_dir / "page" / "version").write_text("2\n")
    second = await runtime.pull({}, ignore_line)
    assert ids(second)["page"] != ids(first)["page"]
    await runtime.up(second, {}, ignore_line)
    assert sandbox.running() == ids(second)
    assert sandbox.container_ids()["backend"] == before["backend"]

    sandbox.registry.stop()
    await runtime.up(first, {}, ignore_line)
    assert sandbox.running() == ids(first), "the tree still holds version 2: nothing was built"


async def test_an_image_that_can_be_built_is_pulled_if_it_is_published(new_sandbox: NewSandbox) -> None:
    sandbox = new_sandbox(("backend", "page"))
    both = "page: {build: ./page, image: '{registry}/koprogo/both:1'}"
    write_compose(sandbox, f"services: {{db: {{image: '{{registry}}/koprogo/database:1'}}, {both}}}")
    runtime = runtime_on(sandbox)
    built = await runtime.pull({}, ignore_line)
    assert built["page"].digest is None
    assert built["db"].digest is not None
    published = push(sandbox, "both", "1", "idle", "1")
    pulled = await runtime.pull({}, ignore_line)
    assert (pulled["page"].image_id, pulled["page"].digest) == (published.id, published.digest)


async def test_a_build_that_fails_says_why(new_sandbox: NewSandbox) -> None:
    sandbox = new_sandbox(("backend", "page"))
    (sandbox.deploy_dir / "page" / "Dockerfile").write_text("FROM scratch\nCOPY nothing /\n")
    with pytest.raises(CommandFailed, match=r"docker compose build failed: .*nothing.*not found"):
        await runtime_on(sandbox).pull({}, ignore_line)


async def test_without_docker_compose_or_engine_it_says_which(sandbox: Sandbox, tmp_path: Path) -> None:
    await runtime_on(sandbox).ready()
    env = sandbox.env()
    with pytest.raises(RuntimeUnreachable, match="No such file"):
        await runtime_on(sandbox, docker_host=f"unix://{tmp_path}/none.sock").ready()
    with pytest.raises(RuntimeUnreachable):
        await runtime_on(sandbox, docker_host=f"unix://{tmp_path}/none.sock").pull({}, ignore_line)
    without = "echo \"docker: 'compose' is not a docker command.\nSee 'docker --help'\" >&2; exit 1"
    for path in (fake_docker(tmp_path, without),
                 fake_docker(tmp_path, "echo 1.29.2"), str(tmp_path / "empty")):  # fmt: skip
        with pytest.raises(ComposeMissing) as caught:
            await runtime_on(sandbox, environment={**env, "PATH": path}).ready()
        assert "docker-compose-plugin" in caught.value.hint
        assert "--help" not in caught.value.message


AS_NOBODY = """
import asyncio, os, sys
import docker.context
from kgo_tui.adapters.compose import ComposeRuntime
from kgo_tui.core.errors import KgoError
async def main():
    environment = {"PATH": os.environ["PATH"], "HOME": "/"}
    runtime = ComposeRuntime("/", docker_host=sys.argv[1], environment=environment)
    os.setgroups([])
    os.setegid(65534)
    os.seteuid(65534)
    try:
        await runtime.ready()
    except KgoError as error:
        print(type(error).__name__, error)
asyncio.run(main())
"""


async def test_a_user_who_may_not_ask_docker_is_told_what_to_do(sandbox: Sandbox) -> None:
    argv = [sys.executable, "-c", AS_NOBODY, sandbox.engine.host]
    done = await asyncio.to_thread(
        subprocess.run, argv, env=sandbox.env(), capture_output=True, text=True, timeout=30, check=False
    )
    assert done.stdout.startswith("RuntimeUnreachable Docker may not be used by this user"), done.stderr
    assert "usermod -aG docker" in done.stdout


def fake_docker(folder: Path, script: str) -> str:
    """A PATH on which `docker` is that script."""
    place = folder / f"bin{len(list(folder.iterdir()))}"
    place.mkdir()
    (place / "docker").write_text(f"#!/bin/sh\n{script}\n")
    (place / "docker").chmod(0o755)
    return str(place)


async def test_a_newer_compose_without_buildx_builds_with_the_engines_own_builder(
    new_sandbox: NewSandbox, tmp_path: Path
) -> None:
    sandbox = new_sandbox(("backend", "page"))
    real = sandbox.env()["PATH"]
    refusing = fake_docker(
        tmp_path,
        'case "$* $DOCKER_BUILDKIT" in *" build page ") echo "compose build requires buildx 0.17.0" >&2; '
        f'exit 1;; esac\nPATH="{real}" exec docker "$@"',
    )
    runtime = runtime_on(sandbox, environment={**sandbox.env(), "PATH": f"{refusing}:{real}"})
    heard, on_command = lines()
    runtime.heard(on_command)
    target = await runtime.pull({}, ignore_line)
    assert target["page"].image_id == image_id(sandbox, target["page"].ref)
    assert heard[-1].startswith("DOCKER_BUILDKIT=0 docker compose ")
