"""Records for the tests of the store, each with as little as its test has to say."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from kgo_tui.core.messages import DeploymentEnded, DeploymentQueued
from kgo_tui.core.model import Deployment, Image, Release, Sample, State, Step, Trigger
from kgo_tui.engine.ports import Change

START = datetime(2025, 3, 1, 12, 0, tzinfo=UTC)


def sha(number: int) -> str:
    return f"{number:040x}"


def image(name: str = "web") -> Image:
    return Image(ref=f"{name}:latest", image_id=f"sha256:{name}", digest=None)


def deployment(number: int, state: State = State.QUEUED, **more: Any) -> Deployment:
    given = {
        "id": number,
        "trigger": Trigger.POLL,
        "by": "worker",
        "from_commit": None,
        "to_commit": sha(number),
        "state": state,
        "started_at": START + timedelta(minutes=number),
    }
    return Deployment(**{**given, **more})


def ended(number: int, state: State = State.SUCCEEDED) -> Deployment:
    return deployment(number, state, ended_at=START + timedelta(minutes=number + 1))


def step(state: State = State.PULLING, entry: int = 1, **more: Any) -> Step:
    return Step(**{"state": state, "entry": entry, "started_at": START, **more})


def release(number: int, commit: int | None = None, images: dict[str, Image] | None = None) -> Release:
    return Release(
        id=number,
        commit=sha(number if commit is None else commit),
        at=START + timedelta(minutes=number),
        images={"web": image()} if images is None else images,
    )


def queued(number: int) -> Change:
    """A change that begins a deployment."""
    one = deployment(number)
    return Change(deployment=one, events=(DeploymentQueued(deployment=one),))


def succeeded(number: int) -> Change:
    """A change that ends one well: its release is what is deployed now."""
    one, verified = ended(number), release(number)
    event = DeploymentEnded(deployment=one, deployed=verified)
    return Change(deployment=one, release=verified, deployed=number, events=(event,))


def sample(seconds: float = 0, *, ok: bool = True, at: datetime = START, **more: Any) -> Sample:
    return Sample(at=at + timedelta(seconds=seconds), ok=ok, **more)
