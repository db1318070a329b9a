"""A day on the played host, over and over: what `demo --offline` shows to whoever leans back.

Owns the order of its scenes. A deployment that the person at the console begins comes first: the day waits.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from kgo_tui.core import messages as m
from kgo_tui.core.model import Suspension, Trigger
from kgo_tui.core.policy import Kind
from kgo_tui.demo.scenario import cast, voices
from kgo_tui.demo.scenario.deploying import played, queued
from kgo_tui.demo.scenario.host import Host
from kgo_tui.demo.scenario.stage import Script
from kgo_tui.demo.scenario.stories import STORIES

PAUSE_S = 18.0
GONE_S = 6.0


class Scene(NamedTuple):
    """Somebody pushes `subject`, and it goes as `story` tells; other scenes are named by their story."""

    story: str
    subject: str = ""


DAY = (
    Scene("good", "Show the charges of each flat"),
    Scene("bad", "Move the health page to /health"),
    Scene("good", "Put the health page back where the host looks for it"),
    Scene("suspend"),
    Scene("waiting", "Export the general assembly's minutes as PDF"),
    Scene("flood"),
    Scene("gone"),
)


def day(host: Host) -> Script:
    """Scene after scene, without end."""
    while True:
        for scene in DAY:
            yield from _rest(host)
            yield from _played(host, scene)


def _played(host: Host, scene: Scene) -> Iterator[float]:
    match scene.story:
        case "suspend":
            yield from _suspended(host)
        case "flood":
            yield from voices.flood(host, 8)
        case "gone":
            host.be_gone(GONE_S)
            yield GONE_S
        case story:
            yield from _pushed(host, story, scene.subject)


def _pushed(host: Host, story: str, subject: str) -> Iterator[float]:
    number = host.record.next_id
    host.push(cast.commit(number, host.stage.now(), subject))
    host.happen(m.CheckStarted())
    yield 1.5
    decision = host.look()
    target = decision.target
    if decision.kind is not Kind.DEPLOY or target is None or host.state.deployment is not None:
        host.next_check()
        return
    host.happen(m.CommitDetected(sha=target.sha, subject=target.subject))
    yield 1.0
    if host.state.deployment is None:
        yield from played(host, queued(host, target, Trigger.POLL, cast.BY_ITSELF), STORIES[story])


def _suspended(host: Host) -> Iterator[float]:
    suspension = Suspension(reason="assembly until 18:00", by="noor", since=host.stage.now())
    host.happen(m.Suspended(suspension=suspension))
    host.look()
    yield PAUSE_S
    if host.state.suspended == suspension:
        host.happen(m.Resumed(by="noor"))
        host.look()


def _rest(host: Host) -> Iterator[float]:
    host.next_check(PAUSE_S)
    yield PAUSE_S
    while host.state.deployment is not None:
        yield 1.0
