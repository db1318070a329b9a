"""What is seen of the world now: the repository, containers, the probe's answers, a plan.

Owns these nouns as frozen values; the other half of the model is what was done. Must not know how
any of them is read or shown; import from `core.model`.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from kgo_tui.core.struct import Commit, Struct


class Tls(StrEnum):
    """What a client that verifies would say of the server's certificate."""

    NONE = "none"
    VALID = "valid"
    NOT_YET_VALID = "not_yet_valid"
    EXPIRED = "expired"
    SELF_SIGNED = "self_signed"
    WRONG_HOST = "wrong_host"
    UNTRUSTED = "untrusted"


class Sample(Struct, frozen=True, kw_only=True):
    """One answer of the health probe over all its URLs (the first bad answer, else the last good)."""

    at: datetime
    ok: bool
    url: str = ""
    status_code: int | None = None
    latency_ms: float | None = None
    tls: Tls | None = None
    tls_days_left: int | None = None
    error: str | None = None


class SampleRollup(Struct, frozen=True, kw_only=True):
    """Many samples as one: `span_s` seconds from `at`, how many, how many good, latency in ms."""

    at: datetime
    span_s: int
    count: int
    ok: int
    latency_avg_ms: float | None = None
    latency_max_ms: float | None = None


class Service(Struct, frozen=True, kw_only=True):
    """One service as the compose file at hand declares it. `config_hash` is Compose's own; a
    container that carries another one is recreated by `up`."""

    name: str
    image: str
    builds: bool = False
    config_hash: str = ""
    replicas: int = 1
    healthcheck: bool = False
    fixed_name: bool = False
    host_ports: bool = False


class ContainerView(Struct, frozen=True, kw_only=True):
    """One container of the project as the engine shows it now."""

    id: str
    name: str
    service: str
    image: str
    image_id: str
    state: str
    health: str | None = None
    exit_code: int | None = None
    restarts: int = 0
    restart_policy: str = ""
    created_at: datetime | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None
    config_hash: str = ""
    ports: tuple[str, ...] = ()
    oneoff: bool = False


class ContainerAction(StrEnum):
    """What a person can have done with one container."""

    START = "start"
    STOP = "stop"
    RESTART = "restart"


class ContainerUsage(Struct, frozen=True, kw_only=True):
    """What a running container takes at one moment. `cpu_percent` counts 100 for each whole core;
    memory is what cannot be given back at once. None: the engine does not say."""

    at: datetime
    cpu_percent: float | None = None
    memory_bytes: int | None = None
    memory_limit_bytes: int | None = None
    processes: int | None = None


class PathChange(Struct, frozen=True, kw_only=True):
    """A path that differs between two commits: A added, M modified, D deleted (git's letters)."""

    status: str
    path: str


class SourceView(Struct, frozen=True, kw_only=True):
    """The repository as seen after a fetch, or offline: where it stands against its remote.

    `descends` is False when HEAD is not an ancestor of the remote branch; `deployed_descends`
    says the same of the deployed commit. None: not known. `waiting` is what the remote branch has
    and the deployed commit has not, newest first, as far as it is told.
    """

    path: str
    branch: str
    remote_url: str | None = None
    local: Commit | None = None
    remote: Commit | None = None
    ahead: int | None = None
    behind: int | None = None
    descends: bool | None = None
    deployed_descends: bool | None = None
    local_changes: tuple[str, ...] = ()
    waiting: tuple[Commit, ...] = ()
    fetched_at: datetime | None = None


class Drift(StrEnum):
    """What a plan says of one service."""

    KEPT = "kept"
    RECREATED = "recreated"
    NEW = "new"
    REMOVED = "removed"
    ORPHANED = "orphaned"


class PlannedService(Struct, frozen=True, kw_only=True):
    """One service in a plan: what happens to it, and its image before and after (refs)."""

    name: str
    change: Drift
    image_before: str | None = None
    image_after: str | None = None


class Plan(Struct, frozen=True, kw_only=True):
    """What a deployment would do, without doing it."""

    from_commit: str | None
    to_commit: str
    commits: tuple[Commit, ...] = ()
    services: tuple[PlannedService, ...] = ()
    irreversible: tuple[str, ...] = ()
    expected_downtime_ms: int | None = None
