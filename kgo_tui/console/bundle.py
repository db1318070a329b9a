"""The incident bundle: one file with all that somebody who helps wants to see, and no secret.

Owns what is in it, in which order, and asking for it; what cannot be had is said in its place. Must not
know where the file goes.
"""

from __future__ import annotations

import json
import platform
import re
from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple, TypeVar

import msgspec

from kgo_tui import __version__
from kgo_tui.console.link import Link
from kgo_tui.console.session import Session
from kgo_tui.console.times import stamp
from kgo_tui.control.queries import DeploymentDetails, Details, Health, History
from kgo_tui.core import report
from kgo_tui.core.errors import KgoError
from kgo_tui.core.messages import MakePlan
from kgo_tui.core.model import Deployment, Plan
from kgo_tui.core.text import MASK, Redactor, clean_block

DEPLOYMENTS = 10
SAMPLES = 120
HEALTH_OF = timedelta(hours=6)

# What stands before the telling word is kept anyway, so it is not looked at; all else is bounded: text of
# others must not make this slow.
_ASSIGNED = re.compile(
    r"(?i)((?:passw(?:or)?d|secret|token|api_?key|credential|private_?key)[\w.\-]{0,64}"
    r"[\"']?\s{0,8}[=:]\s{0,8}[\"']?)[^\s\"',;&]+"
)
_AUTHORIZATION = re.compile(r"(?i)\b(authorization:?\s*(?:basic|bearer|token)\s+|bearer\s+)[\w.~+/=\-]{6,}")

T = TypeVar("T")


class Part(NamedTuple):
    """A section of the file."""

    title: str
    text: str


class Asked(NamedTuple):
    """Whom to ask, and what is known already."""

    link: Link
    session: Session
    now: datetime
    host: str


def redacted(text: str) -> str:
    """Without credentials of URLs, and without what is assigned to a name that says that it is a secret.
    The worker has masked the secrets of the configuration before."""
    return _AUTHORIZATION.sub(rf"\1{MASK}", _ASSIGNED.sub(rf"\1{MASK}", Redactor()(text)))


def written(parts: Iterable[Part]) -> str:
    """The file."""
    made = (f"==== {part.title} ====\n\n{redacted(clean_block(part.text)).rstrip()}\n" for part in parts)
    return "\n".join(made)


async def gathered(asked: Asked) -> list[Part]:
    """All but what is on the screen."""
    history = await _said(asked.link.query(History(limit=DEPLOYMENTS)), _history)
    return [
        Part("About", _about(asked)),
        Part("Status", _status(asked.session)),
        Part("Plan", await _plan(asked)),
        Part("Deployments, newest first", history),
        *await _deployments(asked),
        Part("Health of the last hours", await _health(asked)),
    ]


def _about(asked: Asked) -> str:
    session = asked.session
    facts = {
        "made at": f"{report.rfc3339(asked.now)} ({stamp(asked.now)} here)",
        "host": asked.host,
        "instance": session.state.instance if session.state else "unknown",
        "console": __version__,
        "worker": session.worker_version or "unknown",
        "Python": platform.python_version(),
        "system": platform.platform(),
        "connection": f"{session.link} {session.why}".strip(),
        "asked by": session.you or "unknown",
    }
    return "\n".join(f"{name:<12}{value}" for name, value in facts.items())


def _status(session: Session) -> str:
    if session.state is None:
        return "nothing was ever known of the worker"
    shown = {**report.status(session.state), "faults": session.state.faults}
    old = "" if session.up else "The connection is lost: this is how it was last known.\n"
    return old + json.dumps(shown, indent=2, ensure_ascii=False)


async def _plan(asked: Asked) -> str:
    """Only where something waits: making one asks the git remote."""
    state = asked.session.state
    if state is None or state.source is None or not state.source.behind:
        return "nothing waits"
    return await _said(asked.link.command(MakePlan(), Plan), _formatted)


async def _deployments(asked: Asked) -> list[Part]:
    """The steps of the last one, and of the last that failed with its evidence."""
    try:
        history = await asked.link.query(History(limit=DEPLOYMENTS))
    except KgoError:
        return []
    failed = next((d for d in history if d.ended_at and not report.succeeded(d)), None)
    wanted = dict.fromkeys(d.id for d in (*history[:1], failed) if d is not None)
    return [
        Part(f"Deployment {number}", await _said(asked.link.query(Details(id=number)), _details))
        for number in wanted
    ]


async def _health(asked: Asked) -> str:
    query = Health(since=asked.now - HEALTH_OF, limit=SAMPLES)
    return await _said(
        asked.link.query(query),
        lambda view: "\n".join(json.dumps(report.health(s), ensure_ascii=False) for s in view.samples),
    )


async def _said(answer: Awaitable[T], form: Callable[[T], str]) -> str:
    try:
        return form(await answer)
    except KgoError as error:
        return f"not to be had: {error}"


def _history(deployments: Sequence[Deployment]) -> str:
    return "\n".join(json.dumps(report.deployment(d), ensure_ascii=False) for d in deployments) or "none yet"


def _details(details: DeploymentDetails) -> str:
    steps = _formatted({"deployment": details.deployment, "steps": details.steps})
    evidence = (f"---- {one.title}\n{one.text.rstrip()}" for one in details.evidence)
    return "\n\n".join((steps, *evidence))


def _formatted(value: object) -> str:
    return msgspec.json.format(msgspec.json.encode(value), indent=2).decode()
