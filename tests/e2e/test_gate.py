"""The health gate is honest: only new containers that run, stay up and answer 200 make a success."""

from __future__ import annotations

import pytest

from kgo_tui.demo.images import Variant
from kgo_tui.demo.sandbox import Sandbox
from tests.e2e.host import (
    FAILED,
    NEEDS_PERSON,
    compose_with,
    configure,
    history,
    kgo,
    last,
    outcomes,
    status,
)
from tests.lab.fixtures import NewSandbox

pytestmark = pytest.mark.lab

PORTS = "    ports: ["
CHECKED = """\
    healthcheck:
      test: ["CMD", "%s"]
      interval: 0.3s
      timeout: 2s
      retries: 2
    ports: ["""
WAITS = """\
    depends_on: {db: {condition: service_healthy}}
    ports: ["""
UNHEALTHY_DB = """\
    healthcheck: {test: ["CMD", "false"], interval: 0.3s, timeout: 2s, retries: 1}
    volumes: ["""


def deployed_host(sandbox: Sandbox, *, attempts: int = 4) -> Sandbox:
    """Version 1.0 was brought up by hand, and the gate is impatient."""
    configure(sandbox, health__attempts=attempts, health__timeout=1)
    sandbox.up()
    return sandbox


def renamed_and_quiet(sandbox: Sandbox) -> dict[str, str | bytes | None]:
    """The backend is called api now, and publishes no port: if something answers, it is not this."""
    files = compose_with(sandbox, "  backend:\n", "  api:\n")
    lines = str(next(iter(files.values()))).splitlines(keepends=True)
    return dict.fromkeys(files, "".join(line for line in lines if "ports:" not in line))


def assert_rolled_back(sandbox: Sandbox) -> None:
    assert sandbox.version() == "1.0"
    assert sandbox.running()["backend"] == sandbox.first.image_id
    assert sandbox.head() == sandbox.first.commit
    assert history(sandbox)[0]["state"] == "rolled_back"


@pytest.mark.parametrize(
    ("variant", "why"),
    [
        ("redirect", "redirect to /maintenance"),
        ("error500", "status 500"),
        ("slowbody", "timed out after 1 s"),
        ("flapping", "status 500"),
        ("crash", "restarted"),
        ("fragile", "restarted"),
    ],
)
def test_a_release_that_is_not_well_is_never_a_success(sandbox: Sandbox, variant: Variant, why: str) -> None:
    deployed_host(sandbox)
    configure(sandbox, health__stable_for=2)
    sandbox.release("1.1", variant)
    assert why in kgo(sandbox, "deploy", code=FAILED)
    assert_rolled_back(sandbox)


def test_the_old_containers_answer_proves_nothing(sandbox: Sandbox) -> None:
    """A commit renames the service: what answers meanwhile is the old one, which the commit dropped."""
    deployed_host(sandbox)
    old = sandbox.container_ids()["backend"]
    sandbox.release("1.1", "idle", files=renamed_and_quiet(sandbox))

    said = kgo(sandbox, "deploy", code=FAILED)

    assert "Health check failed after 4 attempts" in said
    assert_rolled_back(sandbox)
    assert sandbox.container_ids()["backend"] == old, "stopped for the test, and started again"
    assert "api" not in sandbox.running()


def test_the_old_containers_answer_proves_nothing_without_a_baseline_either(new_sandbox: NewSandbox) -> None:
    sandbox = new_sandbox(("backend", "migrate"))
    sandbox.publish("1.0", variants={"migrate": "failed"})
    deployed_host(sandbox)  # it answers, but is not adopted: its one-shot has failed
    sandbox.release("1.1", "idle", files=renamed_and_quiet(sandbox))
    said = kgo(sandbox, "deploy", code=NEEDS_PERSON)
    assert "first deployment" in said
    assert "Health check failed after 4 attempts" in said


def test_what_else_runs_in_the_project_is_left_alone(sandbox: Sandbox) -> None:
    """A second compose file in the same folder shares the project's name; its services are not ours."""
    deployed_host(sandbox)
    other = sandbox.root / "monitoring.yml"
    other.write_text(f"services: {{graphs: {{image: {sandbox.registry.address}/koprogo/database:1}}}}\n")
    sandbox.compose("-p", sandbox.project, "-f", str(other), "up", "-d")
    graphs = sandbox.container_ids()["graphs"]
    sandbox.release("1.1")
    kgo(sandbox, "deploy")
    kgo(sandbox, "rollback")
    assert sandbox.version() == "1.0"
    assert "graphs" in sandbox.running()
    assert sandbox.container_ids()["graphs"] == graphs


def test_a_renamed_service_that_is_well_takes_the_place_of_the_old_one(sandbox: Sandbox) -> None:
    deployed_host(sandbox)
    configure(sandbox, compose__remove_orphans=True)
    sandbox.release("1.1", files=compose_with(sandbox, "  backend:\n", "  api:\n"))
    kgo(sandbox, "deploy")
    assert sandbox.version() == "1.1"
    assert set(sandbox.running()) == {"api", "db"}
    kgo(sandbox, "rollback")
    assert sandbox.version() == "1.0"
    assert set(sandbox.running()) == {"backend", "db"}


def test_a_one_shot_that_fails_is_no_success_and_one_that_ends_well_is_fine(new_sandbox: NewSandbox) -> None:
    sandbox = deployed_host(new_sandbox(("backend", "migrate")))
    failing = sandbox.release("1.1", variants={"migrate": "failed"})
    said = kgo(sandbox, "deploy", code=FAILED)
    assert "ended with exit code 1" in said
    assert_rolled_back(sandbox)
    found = last(sandbox)
    assert any("migration failed: relation" in item["text"] for item in found["evidence"]), "its last words"
    assert found["to_commit"] == failing.commit
    sandbox.release("1.2")
    kgo(sandbox, "deploy")
    assert sandbox.version() == "1.2"
    ended = next(c for c in status(sandbox)["containers"] if c["service"] == "migrate")
    assert (ended["state"], ended["exit_code"]) == ("exited", 0)


def test_dockers_own_health_check_counts(sandbox: Sandbox) -> None:
    deployed_host(sandbox)
    sandbox.release("1.1", files=compose_with(sandbox, PORTS, CHECKED % "true"))
    kgo(sandbox, "deploy")
    assert next(c for c in status(sandbox)["containers"] if c["service"] == "backend")["health"] == "healthy"
    sandbox.release("1.2", files=compose_with(sandbox, '"CMD", "true"', '"CMD", "false"'))
    assert "health check says" in kgo(sandbox, "deploy", code=FAILED)
    assert sandbox.version() == "1.1", "it answers 200, and Docker says that it is not well"


def test_a_service_that_takes_its_time_succeeds(sandbox: Sandbox) -> None:
    deployed_host(sandbox, attempts=20)
    sandbox.release(
        "1.1", "slow", files=compose_with(sandbox, PORTS, f"    environment: {{SLOW_S: 4}}\n{PORTS}")
    )
    said = kgo(sandbox, "deploy")
    assert "status 503" in said
    assert sandbox.version() == "1.1"


def test_an_up_that_fails_for_an_unhealthy_dependency_is_rolled_back(sandbox: Sandbox) -> None:
    deployed_host(sandbox)
    files = compose_with(sandbox, PORTS, WAITS)
    files = {name: str(text).replace("    volumes: [", UNHEALTHY_DB) for name, text in files.items()}
    sandbox.release("1.1", files=files)
    said = kgo(sandbox, "deploy", code=FAILED)
    assert "applying failed" in said
    assert "unhealthy" in said
    assert_rolled_back(sandbox)
    assert ("applying", "failed") in outcomes(history(sandbox)[0])
    assert set(sandbox.running()) == {"backend", "db"}


def test_the_evidence_of_a_failure_is_kept(sandbox: Sandbox) -> None:
    deployed_host(sandbox)
    sandbox.release("1.1", "crash")
    kgo(sandbox, "deploy", code=FAILED)
    found = last(sandbox)
    shown = "\n".join(f"{item['title']}\n{item['text']}" for item in found["evidence"])
    assert "panicked: migration 42 is missing" in shown, "the last words of the container"
    assert f"{sandbox.project}-backend-1" in shown
    assert any("up -d" in command for command in found["commands"])
    said = kgo(sandbox, "history", str(found["id"]))
    assert "panicked: migration 42 is missing" in said


def test_an_invalid_certificate_is_told_and_fails_only_when_that_is_wanted(sandbox: Sandbox) -> None:
    deployed_host(sandbox)
    sandbox.front.show("expired")
    sandbox.release("1.1")
    kgo(sandbox, "deploy")
    assert history(sandbox)[0]["state"] == "succeeded"
    configure(sandbox, health__tls="strict")
    sandbox.release("1.2")
    assert "expired" in kgo(sandbox, "deploy", code=3), "the rollback is not well either: a person is needed"
