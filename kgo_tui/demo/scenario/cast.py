"""Who and what takes part: people, commits, services and their images.

Owns these names and the values made of them. Pure; the same on every run.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from typing import NamedTuple

from kgo_tui.core.model import Commit, ContainerView, Image, Release

HOST, INSTANCE, VERSION = "vps-1", "production", "1.0.0"
BRANCH, TREE = "main", "/srv/koprogo"
REGISTRY = "registry.example.org/koprogo"
URL = "https://api.example.org/api/v1/health"
ADA, NOOR, LEO, MIRA = "Ada Martin", "Noor Haddad", "Léo Petit", "Mira Novák"
AUTHORS = (ADA, NOOR, LEO, MIRA)
BY_ITSELF = "kgo-tui"
"""Who deploys what a check found."""

SUBJECTS = (
    "Show the charges of each flat",
    "Export the general assembly's minutes as PDF",
    "Round shares to the cent, and say where the cent went",
    "Let owners choose the language of their mail",
    "Index payments by due date",
    "Keep the session when the backend restarts",
    "Send reminders on working days only",
    "Put the meter readings on one page",
    "Refuse a vote after the deadline",
    "Describe the quorum in words",
    "Store receipts beside the invoice they belong to",
    "Ask before a syndic's access is withdrawn",
)


class Part(NamedTuple):
    """A service: its image, whether a commit brings a new one, its ports, whether it has a check."""

    name: str
    image: str
    ours: bool = False
    ports: tuple[str, ...] = ()
    checked: bool = True


SERVICES = (
    Part("traefik", "traefik:v3.3", ports=("0.0.0.0:80->80/tcp", "0.0.0.0:443->443/tcp"), checked=False),
    Part("backend", "backend", ours=True, ports=("8080/tcp",)),
    Part("frontend", "frontend", ours=True, ports=("3000/tcp",)),
    Part("worker", "backend", ours=True, checked=False),
    Part("postgres", "postgres:16.4", ports=("127.0.0.1:5432->5432/tcp",)),
    Part("minio", "minio:2026-01", ports=("9000/tcp",)),
)


@lru_cache(maxsize=4096)
def digest(*words: object) -> str:
    """64 hexadecimal characters that look like any others."""
    return hashlib.sha256("/".join(map(str, words)).encode()).hexdigest()


def sha(number: int) -> str:
    """The commit that deployment `number` brings."""
    return digest("commit", number)[:40]


def commit(number: int, at: datetime | None = None, subject: str | None = None) -> Commit:
    """That commit in full."""
    said = SUBJECTS[number % len(SUBJECTS)] if subject is None else subject
    return Commit(sha=sha(number), subject=said, author=AUTHORS[number % len(AUTHORS)], committed_at=at)


def image(part: Part, of: str) -> Image:
    """What the service runs at a commit."""
    ref = f"{REGISTRY}/{part.image}:main-{of[:7]}" if part.ours else part.image
    return Image(ref=ref, image_id=f"sha256:{digest(ref)}", digest=f"sha256:{digest('registry', ref)}")


def images(of: str, parts: Sequence[Part] = SERVICES) -> dict[str, Image]:
    """What every service runs at a commit."""
    return {part.name: image(part, of) for part in parts}


def configuration(part: Part, of: str) -> str:
    """Compose's hash of the service's configuration at a commit."""
    return digest("configuration", part.name, of if part.ours else "")


def release(number: int, of: str, at: datetime, runs: dict[str, Image]) -> Release:
    """A commit that was deployed and verified."""
    configs = {part.name: configuration(part, of) for part in SERVICES}
    return Release(id=number, commit=of, at=at, images=runs, branch=BRANCH, configs=configs)


def container(part: Part, of: str, started_at: datetime) -> ContainerView:
    """The service's container, running and well."""
    runs = image(part, of)
    return ContainerView(
        id=digest("container", part.name, of)[:64],
        name=f"koprogo-{part.name}-1",
        service=part.name,
        image=runs.ref,
        image_id=runs.image_id,
        state="running",
        health="healthy" if part.checked else None,
        restart_policy="unless-stopped",
        created_at=started_at - timedelta(seconds=1),
        started_at=started_at,
        config_hash=configuration(part, of),
        ports=part.ports,
    )
