"""What is kept of a container that failed: the end of its log, and how it ended.

Owns what is collected and how much of it. Environment and labels are never taken: they hold secrets.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from kgo_tui.adapters.compose.containers import described, moment
from kgo_tui.adapters.compose.failures import Redact
from kgo_tui.core.model import ContainerView, Evidence
from kgo_tui.core.text import clean

if TYPE_CHECKING:
    from docker import APIClient

LOG_LINES = 40
LOG_CHARS = 16_000
CHECK_CHARS = 1_000
"""Of one answer of a health check."""

CONTAINERS = 20
"""More than that failing at once fail for the same reason."""

BUDGET_S = 20.0
"""For all of it: evidence must not hold up a rollback."""


def collect(client: APIClient, containers: Sequence[ContainerView], redact: Redact) -> tuple[Evidence, ...]:
    """State and log of each container; what cannot be had says why."""
    until = time.monotonic() + BUDGET_S
    found: list[Evidence] = []
    for container in containers[:CONTAINERS]:
        if time.monotonic() > until:
            break
        found += [_state(client, container, redact), _log(client, container, redact)]
    if skipped := len(containers) - len(found) // 2:
        found.append(Evidence(title="Not collected", text=f"{skipped} more containers"))
    return tuple(found)


def _state(client: APIClient, container: ContainerView, redact: Redact) -> Evidence:
    inspected = described(client, container.id)
    lines = ["the container is gone"] if inspected is None else state_lines(inspected)
    return Evidence(title=f"{_name(container)}: state", text=_safe(lines, redact))


def state_lines(inspected: Mapping[str, Any]) -> list[str]:
    """How a container is, or how it ended, in lines of `name: value`."""
    state = inspected["State"]
    lines = [f"status: {state.get('Status')}", f"exit code: {state.get('ExitCode')}"]
    lines += [f"error: {state['Error']}"] if state.get("Error") else []
    lines += ["killed because memory ran out"] if state.get("OOMKilled") else []
    lines += [f"restarts: {inspected.get('RestartCount', 0)}"]
    times = (("started", moment(state.get("StartedAt"))), ("ended", moment(state.get("FinishedAt"))))
    lines += [f"{name}: {at.isoformat(timespec='milliseconds')}" for name, at in times if at is not None]
    return lines + list(_checks(state.get("Health") or {}))


def _checks(health: Mapping[str, Any]) -> Iterable[str]:
    if health.get("Status"):
        yield f"health: {health['Status']}, {health.get('FailingStreak', 0)} failures in a row"
    for check in (health.get("Log") or [])[-3:]:
        said = str(check.get("Output", "")).strip()[-CHECK_CHARS:]
        yield f"health check, exit code {check.get('ExitCode')}: {said}"


def _log(client: APIClient, container: ContainerView, redact: Redact) -> Evidence:
    title = f"{_name(container)}: last {LOG_LINES} log lines"
    return Evidence(title=title, text=_safe(_last_lines(client, container.id), redact))


def _last_lines(client: APIClient, container: str) -> list[str]:
    from docker.errors import APIError  # noqa: PLC0415

    try:
        raw = client.logs(container, stdout=True, stderr=True, tail=LOG_LINES)
    except APIError as error:  # gone, or a log driver that cannot be read
        return [f"no log: {error.explanation}"]
    return raw.decode("utf-8", "replace").splitlines() or ["(nothing)"]


def _name(container: ContainerView) -> str:
    same = container.service in container.name
    return container.name if same else f"{container.service} ({container.name})"


def _safe(lines: Iterable[str], redact: Redact) -> str:
    # Redacted before it is cut, so that no half of a secret is left at the cut.
    text = "\n".join(clean(redact(part)) for line in lines for part in line.splitlines() or [""])
    return text if len(text) <= LOG_CHARS else f"…\n{text[-LOG_CHARS:]}"
