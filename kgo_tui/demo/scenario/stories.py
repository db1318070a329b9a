"""How a deployment can go, as data: its steps, what they print and how long each takes.

Owns these tables. Pure. The states between the steps are the machine's business.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import NamedTuple

from kgo_tui.core.model import Evidence, Outcome, State

PROBE_404 = "https://api.example.org/api/v1/health status 404"
MISSING = "backend: {tag} is not published (manifest unknown)"


ATTEMPT_S = 4.0
"""Between two attempts of the health gate."""


class Said(NamedTuple):
    """A line that a command printed, that long after the one before."""

    after_s: float
    text: str


class Part(NamedTuple):
    """One entry into a state. `{tag}`, `{sha}` and `{base}` in a text are those of the deployment.
    `lasts_s` counts from the last line; `missed` are the probe's answers to attempts that failed."""

    state: State
    lasts_s: float
    says: tuple[Said, ...] = ()
    outcome: Outcome = Outcome.OK
    message: str = ""
    commands: tuple[str, ...] = ()
    missed: tuple[str, ...] = ()
    attempts: int | None = None
    evidence: tuple[Evidence, ...] = ()


QUEUED = Part(State.QUEUED, 0.2)
PREPARING = Part(
    State.PREPARING,
    0.5,
    (Said(0.4, "HEAD is now at {sha}"), Said(0.3, "compose configuration is valid: 6 services")),
    commands=("git checkout --force -B main {sha}", "docker compose config --quiet"),
)
PULLING = Part(
    State.PULLING,
    1.2,
    (
        Said(0.3, " backend Pulling"),
        Said(0.1, " frontend Pulling"),
        Said(1.4, " 4f4fb700ef54 Already exists"),
        Said(2.0, " 9b1de2a07c11 Pull complete"),
        Said(1.6, " frontend Pulled"),
        Said(2.5, " backend Pulled"),
    ),
    commands=("docker compose pull",),
)
APPLYING = Part(
    State.APPLYING,
    0.8,
    (
        Said(0.6, " Container koprogo-postgres-1  Running"),
        Said(0.1, " Container koprogo-backend-1  Recreate"),
        Said(1.2, " Container koprogo-backend-1  Recreated"),
        Said(0.3, " Container koprogo-frontend-1  Recreated"),
        Said(0.2, " Container koprogo-worker-1  Recreated"),
        Said(0.9, " Container koprogo-backend-1  Started"),
    ),
    commands=("docker compose -f docker-compose.yml -f pinned.yml up --detach --pull never",),
)
VERIFYING = Part(
    State.VERIFYING,
    5.0,
    message="healthy",
    missed=("koprogo-backend-1: health check says starting",),
    attempts=2,
)
NOT_THERE = Part(
    State.PULLING, 0.8, (Said(0.9, " backend Error manifest unknown"),), Outcome.NOT_PUBLISHED, MISSING
)

EVIDENCE = (
    Evidence(
        title="probe",
        text="{at 4} https://api.example.org/api/v1/health status 503\n"
        f"{{at 8}} {PROBE_404}\n{{at 32}} {PROBE_404}",
    ),
    Evidence(
        title="koprogo-backend-1: state",
        text="status: running\nexit code: 0\nrestarts: 0\nstarted: {at -3}\n"
        "health: unhealthy, 6 failures in a row\nhealth check, exit code 22: curl: (22) 404",
    ),
    Evidence(
        title="koprogo-backend-1: last 40 log lines",
        text="INFO  starting on 0.0.0.0:8080\nINFO  connected to postgres:5432\n"
        "INFO  42 routes mounted below /api/v2\nWARN  no handler for GET /api/v1/health\n"
        "WARN  no handler for GET /api/v1/health",
    ),
)
FAILS = Part(
    State.VERIFYING,
    10.0,
    outcome=Outcome.FAILED,
    message=PROBE_404,
    missed=("https://api.example.org/api/v1/health status 503", *(PROBE_404,) * 7),
    attempts=8,
    evidence=EVIDENCE,
)
ROLLING_BACK = Part(
    State.ROLLING_BACK,
    0.7,
    (
        Said(0.4, "HEAD is now at {base}"),
        Said(0.8, " Container koprogo-backend-1  Recreated"),
        Said(0.3, " Container koprogo-frontend-1  Recreated"),
        Said(0.9, " Container koprogo-backend-1  Started"),
    ),
    commands=("git checkout --force -B main {base}", "docker compose up --detach --pull never"),
)
VERIFYING_BACK = Part(State.VERIFYING_ROLLBACK, 4.0, message="healthy", attempts=1)
FAILS_BACK = Part(
    State.VERIFYING_ROLLBACK,
    6.0,
    outcome=Outcome.FAILED,
    message="koprogo-backend-1: restarted 3 times (last exit code 101)",
    missed=("koprogo-backend-1: is restarting",),
    attempts=2,
    evidence=(
        Evidence(
            title="koprogo-backend-1: last 40 log lines",
            text="INFO  starting on 0.0.0.0:8080\nERROR database has migration 0042, this binary knows 0041\n"
            "thread 'main' panicked at 'database is newer than this binary'",
        ),
    ),
)

_AT = re.compile(r"\{at (-?\d+)\}")


def evidence_of(part: Part, began: datetime) -> tuple[Evidence, ...]:
    """The part's evidence, its times counted in seconds from when the part began."""

    def time_of(match: re.Match[str]) -> str:
        return f"{began + timedelta(seconds=int(match[1])):%H:%M:%S}"

    return tuple(Evidence(title=e.title, text=_AT.sub(time_of, e.text)) for e in part.evidence)


Story = tuple[Part, ...]
GOOD: Story = (QUEUED, PREPARING, PULLING, APPLYING, VERIFYING)
BAD: Story = (QUEUED, PREPARING, PULLING, APPLYING, FAILS, ROLLING_BACK, VERIFYING_BACK)
HALTED: Story = (QUEUED, PREPARING, PULLING, APPLYING, FAILS, ROLLING_BACK, FAILS_BACK)
WAITING: Story = (
    *(QUEUED, PREPARING, NOT_THERE, Part(State.WAITING_IMAGES, 20.0)),
    *(NOT_THERE, Part(State.WAITING_IMAGES, 30.0), PULLING, APPLYING, VERIFYING),
)
BACK: Story = (QUEUED, ROLLING_BACK, VERIFYING_BACK)
"""A rollback that a person asked for."""

STORIES: Mapping[str, Story] = {"good": GOOD, "bad": BAD, "halted": HALTED, "waiting": WAITING}
