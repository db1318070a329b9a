"""The lab proves itself: each part behaves as its name says, on real programs."""

from __future__ import annotations

import ssl
import threading
from itertools import islice
from pathlib import Path

import httpx
import pytest

from kgo_tui.demo.certificates import Certificate
from kgo_tui.demo.daemon import eventually
from kgo_tui.demo.engine import DockerEngine
from kgo_tui.demo.front import TlsFront
from kgo_tui.demo.host import ENV_FILE, HEALTH_PATH
from kgo_tui.demo.images import Variant, publish
from kgo_tui.demo.parts import LabError, Parts
from kgo_tui.demo.registry import Registry
from kgo_tui.demo.remote import GitRemote, git
from kgo_tui.demo.sandbox import Sandbox
from kgo_tui.demo.slots import Ports, claim
from kgo_tui.demo.story import DAY, pushes
from tests.lab.fixtures import NewSandbox

pytestmark = pytest.mark.lab

VERDICTS: dict[Certificate, str | None] = {
    "valid": None,
    "expired": "certificate has expired",
    "not_yet_valid": "certificate is not yet valid",
    "self_signed": "self-signed certificate",
    "wrong_host": "Hostname mismatch",
    "unknown_issuer": "unable to get local issuer certificate",
}


def deploy_by_hand(sandbox: Sandbox) -> None:
    """As the admin would: git pull, docker compose pull, docker compose up -d."""
    git(sandbox.tree, "pull", "--quiet")
    assert sandbox.compose("pull").returncode == 0
    sandbox.up(wait=False)


def statuses(sandbox: Sandbox, count: int) -> list[int | None]:
    return [sandbox.http() for _ in range(count)]


def test_a_fresh_sandbox_comes_up_and_answers_with_its_version(sandbox: Sandbox) -> None:
    assert sandbox.http() == httpx.codes.BAD_GATEWAY, "nothing runs before the admin starts it"
    sandbox.up()
    assert sandbox.version() == "1.0"
    assert sandbox.running()["backend"] == sandbox.first.image_id
    assert sandbox.head() == sandbox.remote.tip == sandbox.first.commit


def test_a_release_reaches_the_host_only_when_it_is_pulled(sandbox: Sandbox) -> None:
    sandbox.up()
    released = sandbox.release("1.1", message="Show the charges", files={"README": "hello\n"})
    sandbox.up()
    assert sandbox.version() == "1.0", "publishing must not move the host's own tag"
    deploy_by_hand(sandbox)
    eventually(lambda: sandbox.version() == "1.1", "1.1 answers")
    assert sandbox.running()["backend"] == released.image_id
    assert (sandbox.tree / "README").read_text() == "hello\n"


def test_the_database_keeps_its_container_through_a_release(sandbox: Sandbox) -> None:
    sandbox.up()
    before = sandbox.container_ids()
    sandbox.release("1.1")
    deploy_by_hand(sandbox)
    after = sandbox.container_ids()
    assert after["db"] == before["db"]
    assert after["backend"] != before["backend"]


def test_git_reset_brings_a_broken_image_back_and_a_kept_image_does_not(sandbox: Sandbox) -> None:
    sandbox.up()
    sandbox.docker("tag", sandbox.first.image_id, "kept/backend:1.0")
    bad = sandbox.bad_release()
    deploy_by_hand(sandbox)
    eventually(lambda: sandbox.http() == httpx.codes.NOT_FOUND, "the bad release answers 404")
    sandbox.registry.stop()

    git(sandbox.tree, "reset", "--hard", "--quiet", sandbox.first.commit)
    sandbox.compose("up", "-d", "--force-recreate")
    assert sandbox.running()["backend"] == bad.image_id, "code alone does not bring an image back"

    override = sandbox.root / "rollback.yml"
    override.write_text("services:\n  backend:\n    image: kept/backend:1.0\n")
    files = ("-f", "docker-compose.yml", "-f", str(override))
    assert sandbox.compose(*files, "up", "-d", "--pull", "never").returncode == 0
    eventually(lambda: sandbox.version() == "1.0", "1.0 answers again, with the registry gone")
    assert sandbox.running()["backend"] == sandbox.first.image_id


def test_a_registry_outage_and_an_unpublished_tag_look_different(sandbox: Sandbox) -> None:
    assert sandbox.compose("pull").returncode == 0
    with sandbox.registry.outage():
        refused = sandbox.compose("pull")
    assert refused.returncode != 0
    assert "connection refused" in refused.stderr
    settings = sandbox.tree / ENV_FILE
    settings.write_text(settings.read_text() + "IMAGE_TAG=main-0000000\n")
    unknown = sandbox.compose("pull")
    assert unknown.returncode != 0
    assert "manifest unknown" in unknown.stderr
    assert sandbox.registry.tags("koprogo/backend") == ["latest"], "the storage outlives the outage"


def test_an_image_tag_is_published_for_each_commit(new_sandbox: NewSandbox) -> None:
    sandbox = new_sandbox(("backend", "worker"), image_tag="{branch}-{sha7}")
    waiting = sandbox.release("1.1", publish=False)
    tag = f"main-{waiting.commit[:7]}"
    assert waiting.images == {}
    assert sandbox.registry.digest("koprogo/backend", tag) is None
    images = sandbox.publish("1.1", waiting.commit)
    assert sandbox.registry.digest("koprogo/worker", tag) == images["worker"].digest
    sandbox.registry.unpublish("koprogo/worker", tag)
    assert sandbox.registry.digest("koprogo/worker", tag) is None


@pytest.mark.parametrize(("variant", "status"), [("unhealthy", 404), ("error500", 500), ("redirect", 302)])
def test_a_variant_answers_as_it_is_named(sandbox: Sandbox, variant: Variant, status: int) -> None:
    sandbox.publish("1.1", variants={"backend": variant})
    sandbox.up(wait=False)
    eventually(lambda: sandbox.http() == status, f"{variant} answers {status}")
    assert sandbox.http("/maintenance") == httpx.codes.OK


def test_slow_becomes_healthy_and_flapping_does_not_stay_so(sandbox: Sandbox) -> None:
    sandbox.publish("1.1", variants={"backend": "slow"})
    sandbox.up(wait=False)
    eventually(lambda: sandbox.http() == httpx.codes.SERVICE_UNAVAILABLE, "slow says not yet")
    eventually(lambda: sandbox.version() == "1.1", "slow gets there")
    sandbox.publish("1.2", variants={"backend": "flapping"})
    sandbox.compose("pull")
    sandbox.up()
    assert set(statuses(sandbox, 4)) == {200, 500}


def test_slowbody_says_200_and_never_ends(sandbox: Sandbox) -> None:
    sandbox.publish("1.1", variants={"backend": "slowbody"})
    sandbox.up(wait=False)
    eventually(lambda: _first_drops(sandbox) == [200, b".", b"."], "slowbody drips")


def _first_drops(sandbox: Sandbox) -> list[int | bytes]:
    with httpx.stream("GET", sandbox.front.url + HEALTH_PATH, verify=sandbox.trust, timeout=5) as answer:
        return [answer.status_code, *islice(answer.iter_bytes(1), 2)]


@pytest.mark.parametrize(("variant", "last_words"), [("crash", "panicked"), ("fragile", "lost the database")])
def test_a_crashing_backend_restarts_over_and_over(
    sandbox: Sandbox, variant: Variant, last_words: str
) -> None:
    sandbox.publish("1.1", variants={"backend": variant})
    sandbox.up(wait=False)
    container = sandbox.container_ids()["backend"]
    restarts = ("inspect", "--format", "{{.RestartCount}}", container)
    eventually(lambda: int(sandbox.docker(*restarts).stdout) >= 2, f"{variant} restarts twice")
    assert last_words in sandbox.docker("logs", container).stderr


@pytest.mark.parametrize(("variant", "code"), [("done", 0), ("failed", 1)])
def test_a_one_shot_ends_with_its_code(new_sandbox: NewSandbox, variant: Variant, code: int) -> None:
    sandbox = new_sandbox(("backend", "migrate"))
    sandbox.publish("1.1", variants={"migrate": variant})
    sandbox.up()
    ended = sandbox.docker("wait", sandbox.container_ids()["migrate"])
    assert int(ended.stdout) == code
    assert "migrate" not in sandbox.running()


def test_a_service_with_build_is_built_from_its_context(new_sandbox: NewSandbox) -> None:
    sandbox = new_sandbox(("backend", "page"))
    sandbox.up()
    built = sandbox.docker("exec", sandbox.container_ids()["page"], "cat", "/version")
    assert built.stdout == "1.0\n"


def test_a_stop_does_not_run_out_the_grace_period(new_sandbox: NewSandbox) -> None:
    sandbox = new_sandbox(("backend", "db", "worker", "page"))
    sandbox.up()
    stopping = sandbox.docker("stop", "--time", "60", *sandbox.container_ids().values())
    assert stopping.returncode == 0
    codes = sandbox.docker("inspect", "--format", "{{.State.ExitCode}}", *sandbox.container_ids().values())
    assert set(codes.stdout.split()) == {"0"}, "ended by the trap, not by KILL"


@pytest.mark.parametrize("kind", VERDICTS)
def test_a_certificate_is_wrong_in_its_own_way_only(tls_front: TlsFront, kind: Certificate) -> None:
    trust = ssl.create_default_context(cafile=str(tls_front.certificates.authority))
    tls_front.show("expired" if kind == "valid" else "valid")
    tls_front.show(kind)
    verdict = _verdict(tls_front.url, trust)
    expected = VERDICTS[kind]
    assert verdict is None if expected is None else expected in str(verdict)


def _verdict(url: str, trust: ssl.SSLContext) -> str | None:
    try:
        httpx.get(url, verify=trust, timeout=5)
    except httpx.ConnectError as error:
        return str(error)
    return None


def test_the_front_answers_502_by_itself_and_nothing_once_stopped(sandbox: Sandbox) -> None:
    assert sandbox.http() == httpx.codes.BAD_GATEWAY
    sandbox.up()
    sandbox.down()
    assert sandbox.http() == httpx.codes.BAD_GATEWAY
    sandbox.front.stop()
    assert sandbox.http() is None
    sandbox.front.start()
    assert sandbox.http() == httpx.codes.BAD_GATEWAY


def test_a_remote_breaks_and_comes_back_with_its_history(git_remote: GitRemote) -> None:
    first = git_remote.commit({"a": "1\n", "b": b"2\n"}, "One")
    git_remote.push()
    git_remote.commit({"b": None}, "Two", author="Noor Haddad <noor@example.org>")
    git_remote.break_()
    with pytest.raises(LabError, match="does not appear to be a git repository"):
        git_remote.push()
    git_remote.restore()
    assert git_remote.tip == first
    second = git_remote.push()
    assert (
        git(git_remote.path, "show", "--format=%an %s", "--name-status", second) == "Noor Haddad Two\n\nD\tb"
    )
    assert git_remote.rewrite() != second
    assert git_remote.reset_to(first) == git_remote.tip == first


def test_two_sandboxes_live_side_by_side(new_sandbox: NewSandbox) -> None:
    one, two = new_sandbox(), new_sandbox()
    one.up()
    two.up()
    two.release("2.0")
    deploy_by_hand(two)
    eventually(lambda: two.version() == "2.0", "the other sandbox moves on")
    assert one.version() == "1.0"
    two.close()
    assert one.version() == "1.0"


def test_a_closed_sandbox_leaves_nothing_in_the_engine(docker_engine: DockerEngine) -> None:
    with Sandbox(docker_engine, ("backend", "db", "page")) as sandbox:
        sandbox.up()
        sandbox.docker("tag", sandbox.first.image_id, "kept/backend:1.0")
    left = [*docker_engine.get("/containers/json"), *docker_engine.get("/images/json")]
    left += docker_engine.get("/networks", type=["custom"]) + (docker_engine.get("/volumes")["Volumes"] or [])
    assert left == []
    assert not sandbox.root.exists()


def test_a_killed_engine_comes_back_with_its_containers_stopped(sandbox: Sandbox) -> None:
    sandbox.up()
    before = sandbox.container_ids()
    sandbox.engine.kill()
    assert not sandbox.engine.answers()
    sandbox.engine.start_dockerd()
    assert sandbox.container_ids() == before
    assert sandbox.running() == {}, "the engine's own view: unless-stopped, and it stopped them"
    sandbox.up()
    assert sandbox.container_ids() == before


def test_with_live_restore_a_killed_engine_does_not_disturb_the_containers(
    lab: Parts, engine_home: Path
) -> None:
    with DockerEngine(engine_home, live_restore=True, parts=lab) as engine, Sandbox(engine) as sandbox:
        sandbox.up()
        started = ("inspect", "--format", "{{.State.StartedAt}}", *sandbox.container_ids().values())
        before = sandbox.docker(*started).stdout
        engine.kill()
        engine.start_dockerd()
        eventually(lambda: sandbox.version() == "1.0", "the port is forwarded again")
        assert sandbox.docker(*started).stdout == before


def test_what_a_killed_run_left_is_gone_at_the_next_start(sandbox: Sandbox, engine_home: Path) -> None:
    abandoned = DockerEngine(engine_home).start()
    _abandon(abandoned, sandbox.registry)
    with DockerEngine(engine_home) as again:
        assert again.folder == abandoned.folder
        assert again.get("/containers/json") == again.get("/images/json") == []
        assert abandoned.pid is None, "ended by the one that came after"
    for daemon in (abandoned._dockerd, abandoned._containerd):
        daemon.stop()  # they have ended; their parent still has to notice


def _abandon(engine: DockerEngine, registry: Registry) -> None:
    """Leave an engine running with a container in it, as a test run does that is killed."""
    image = {"fromImage": f"{registry.address}/koprogo/backend", "tag": "latest"}
    engine.api.request("POST", "/images/create", query=image).raise_for_status()
    assert len(engine.get("/images/json")) == 1
    assert engine._claim is not None
    engine._claim.release()


def test_a_home_that_is_too_deep_for_sockets_is_refused_in_words(lab: Parts, tmp_path: Path) -> None:
    with pytest.raises(LabError, match="KGO_LAB_HOME"):
        DockerEngine(tmp_path / ("deep" * 20), parts=lab).start()


def test_a_port_and_an_engine_folder_have_one_holder(tmp_path: Path) -> None:
    ports = Ports(tmp_path)
    taken = {ports.take() for _ in range(20)}
    assert len(taken) == 20
    lock = tmp_path / "ports" / str(min(taken))
    assert claim(lock) is None
    ports.release()
    held = claim(lock)
    assert held is not None
    held.release()


def test_the_same_content_of_two_owners_is_two_images(registry: Registry) -> None:
    one = publish(registry, "koprogo/backend", "1.0", owner="one")
    two = publish(registry, "koprogo/backend", "1.0", owner="two", tags=("1.0", "latest"))
    assert one.id != two.id
    assert registry.digest("koprogo/backend", "latest") == two.digest


def test_the_story_is_told_in_order_and_ends_when_asked(sandbox: Sandbox) -> None:
    stop = threading.Event()
    told = pushes(sandbox, stop, interval_s=0)
    releases = list(islice(told, len(DAY)))
    log = git(sandbox.remote.path, "log", "--reverse", "--format=%s", "main").splitlines()
    assert log == ["First release", *(chapter.message for chapter in DAY)]
    assert releases[-1].commit == sandbox.remote.tip
    stop.set()
    assert next(told, None) is None


def test_the_environment_carries_nothing_of_the_caller(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKER_CONTEXT", "elsewhere")
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    assert sandbox.env().keys().isdisjoint({"DOCKER_CONTEXT", "HTTPS_PROXY", "KGO_LAB_HOME"})
    assert sandbox.compose("version", "--short").stdout.startswith(("2.", "3.", "4.", "5."))
    assert sandbox.http() == httpx.codes.BAD_GATEWAY, "the observer asks without a proxy as well"
