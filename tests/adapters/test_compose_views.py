"""From the engine's inspection of a container to what the worker shows."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from kgo_tui.adapters.compose.containers import LABEL, moment, view, views
from kgo_tui.adapters.compose.evidence import state_lines
from kgo_tui.core.model import ContainerView

RUNNING: dict[str, Any] = {
    "Id": "abc",
    "Name": "/shop-api-1",
    "Image": "sha256:1",
    "Created": "2026-01-02T03:04:05.123456789Z",
    "RestartCount": 2,
    "State": {
        "Status": "running",
        "Running": True,
        "ExitCode": 0,
        "StartedAt": "2026-01-02T03:04:06Z",
        "FinishedAt": "0001-01-01T00:00:00Z",
        "Health": {"Status": "healthy", "FailingStreak": 0, "Log": []},
    },
    "Config": {
        "Image": "r.example/api:latest",
        "Env": ["PASSWORD=hunter2"],
        "Labels": {f"{LABEL}service": "api", f"{LABEL}config-hash": "h", f"{LABEL}oneoff": "False"},
    },
    "HostConfig": {"RestartPolicy": {"Name": "on-failure", "MaximumRetryCount": 3}},
    "NetworkSettings": {"Ports": {"80/tcp": [{"HostIp": "127.0.0.1", "HostPort": "8080"}], "81/tcp": None}},
}


def test_a_running_container_is_mapped_in_full() -> None:
    assert view(RUNNING) == ContainerView(
        id="abc",
        name="shop-api-1",
        service="api",
        image="r.example/api:latest",
        image_id="sha256:1",
        state="running",
        health="healthy",
        exit_code=None,
        restarts=2,
        restart_policy="on-failure:3",
        created_at=datetime(2026, 1, 2, 3, 4, 5, 123456, UTC),
        started_at=datetime(2026, 1, 2, 3, 4, 6, tzinfo=UTC),
        finished_at=None,
        config_hash="h",
        ports=("127.0.0.1:8080->80/tcp",),
        oneoff=False,
    )


def test_an_ended_container_has_an_exit_code_and_no_health() -> None:
    ended = {**RUNNING, "State": {"Status": "exited", "ExitCode": 137, "Health": {"Status": "none"}}}
    seen = view(ended)
    assert (seen.state, seen.exit_code, seen.health) == ("exited", 137, None)


def test_what_the_engine_leaves_out_is_unknown() -> None:
    bare = view({"Id": "abc", "Name": "/x", "State": {}, "Config": {}})
    assert (bare.state, bare.started_at, bare.ports, bare.restart_policy) == ("unknown", None, (), "no")


def test_containers_come_by_service_and_name_and_hostile_names_are_inert() -> None:
    other = {**RUNNING, "Name": "/a\x1b[31m", "Config": {"Labels": {f"{LABEL}service": "\u202eaaa"}}}
    first, second = views([RUNNING, other])
    assert (first.service, second.service) == ("api", "‹202e›aaa")
    assert second.name.isprintable()


def test_times_that_are_none_are_none() -> None:
    assert moment(None) is moment("") is moment("0001-01-01T00:00:00Z") is moment("nonsense") is None


def test_evidence_tells_the_end_and_the_checks_and_no_environment() -> None:
    health = {
        "Status": "unhealthy",
        "FailingStreak": 3,
        "Log": [{"ExitCode": number, "Output": f"answer {number}\n"} for number in range(5)],
    }
    state = {**RUNNING["State"], "Status": "exited", "ExitCode": 137, "OOMKilled": True, "Health": health}
    text = "\n".join(state_lines({**RUNNING, "State": state}))
    assert "exit code: 137" in text
    assert "memory" in text
    assert "answer 4" in text
    assert "answer 1" not in text, "only the last three checks"
    assert "hunter2" not in text
