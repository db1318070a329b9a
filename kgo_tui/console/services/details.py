"""One container in full, as far as its worker tells.

Owns which facts these are, and in which order. Pure. Environment and labels are not among them: they
hold secrets, and the worker never sends them.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from kgo_tui.console import glyphs
from kgo_tui.console.pieces import Tone
from kgo_tui.console.screens.facts import Fact
from kgo_tui.console.services import words
from kgo_tui.console.services.rows import odd
from kgo_tui.console.session import Session
from kgo_tui.console.speech import say
from kgo_tui.console.times import age, stamp
from kgo_tui.core.drift import Oddity
from kgo_tui.core.model import ContainerUsage, ContainerView

STYLE = {
    Tone.OK: "$text-success",
    Tone.WARN: "$text-warning",
    Tone.BAD: "$text-error",
    Tone.BUSY: "$text-accent",
    Tone.DIM: "$text-muted",
}


def facts(
    session: Session, c: ContainerView, now: datetime, usage: ContainerUsage | None = None
) -> tuple[Fact, ...]:
    """All that is known of it."""
    return tuple(fact for fact in _facts(session, c, now, usage) if fact.value)


def _facts(session: Session, c: ContainerView, now: datetime, usage: ContainerUsage | None) -> Iterator[Fact]:
    state, health = glyphs.of_container(c), glyphs.of_health(c)
    found = odd(session.state, c) if session.state else ()
    yield Fact("", words.explained(found), STYLE[Tone.WARN])
    yield Fact(say("state"), state.text, STYLE.get(state.tone, ""))
    yield Fact(
        say("health"), health.text if c.health else say("has no health check"), STYLE.get(health.tone, "")
    )
    yield Fact(say("last 12"), session.marks.get(c.name, ""))
    yield Fact(say("takes"), "" if usage is None else words.usage(usage))
    yield Fact(say("service"), c.service)
    yield Fact(say("container"), c.name)
    yield Fact(say("id"), c.id)
    yield from _image(session, c, found)
    yield from _life(c, now)
    for number, port in enumerate(c.ports):
        yield Fact(say("ports") if number == 0 else " ", words.port(port))
    yield Fact("", say("Environment and labels are not shown: they may hold secrets."), STYLE[Tone.DIM])


def _image(session: Session, c: ContainerView, found: tuple[Oddity, ...]) -> Iterator[Fact]:
    yield Fact(say("image"), c.image)
    yield Fact(say("image id"), c.image_id.removeprefix("sha256:"))
    deployed = session.state.deployed if session.state else None
    if deployed is not None and Oddity.IMAGE in found:
        recorded = deployed.images[c.service]
        told = f"{recorded.image_id.removeprefix('sha256:')} {recorded.ref}"
        yield Fact(say("recorded"), told, STYLE[Tone.WARN])


def _life(c: ContainerView, now: datetime) -> Iterator[Fact]:
    for name, at in (
        (say("created"), c.created_at),
        (say("started"), c.started_at),
        (say("ended"), None if c.state == "running" else c.finished_at),
    ):
        yield Fact(name, "" if at is None else f"{stamp(at)} ({age(at, now)})")
    yield Fact(say("exit code"), "" if c.exit_code is None else str(c.exit_code))
    policy = c.restart_policy or say("unknown")
    yield Fact(say("restarts"), say("{count} (policy: {policy})").format(count=c.restarts, policy=policy))
