"""The commands that only look: check, plan, status, history, health, events.

Owns their exit codes and the choice between text and JSON. Must not change anything on the host.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from kgo_tui.control import queries as q
from kgo_tui.core import messages as m
from kgo_tui.core import report
from kgo_tui.core.model import Plan
from kgo_tui.core.policy import Decision, Kind
from kgo_tui.headless import text
from kgo_tui.headless.connecting import acting_channel, looking_channel

CHECKED = {Kind.NOTHING: 0, Kind.DEPLOY: 10, Kind.WAIT: 11, Kind.REFUSE: 11}
"""Exit codes of `check`: in sync, update available, refused or waiting."""

STATUS = {report.OK: 0, report.WARNING: 1, report.CRITICAL: 2}
"""Exit codes of `status`, a monitoring plugin's."""

PAST = timedelta(days=3650)


async def check(arguments: argparse.Namespace) -> int:
    """One check: what would be done, and why."""
    async with acting_channel(arguments) as (channel, _language):
        decision = await channel.command(m.Check(), Decision)
    target = decision.target.sha if decision.target else None
    _put(
        arguments,
        {"decision": str(decision.kind), "reason": decision.reason, "target": target},
        [f"{decision.kind}: {decision.reason}"],
    )
    return CHECKED[decision.kind]


async def plan(arguments: argparse.Namespace) -> int:
    """What a deployment would do."""
    async with acting_channel(arguments) as (channel, _language):
        made = await channel.command(m.MakePlan(commit=arguments.commit), Plan)
    _put(arguments, msgspec.to_builtins(made), text.plan(made))
    return 0


async def status(arguments: argparse.Namespace) -> int:
    """What is."""
    async with looking_channel(arguments) as (channel, _language):
        state = channel.state
    _put(arguments, report.status(state), text.status(state, datetime.now(UTC)))
    return STATUS[report.verdict(state)[0]]


async def history(arguments: argparse.Namespace) -> int:
    """The deployments, newest first; or one in full, with its commands and the evidence."""
    if arguments.deployment is not None:
        return await _one(arguments)
    async with looking_channel(arguments) as (channel, _language):
        deployments = await channel.query(q.History(limit=arguments.limit))
        steps = (
            [(await channel.query(q.Details(id=d.id))).steps for d in deployments] if arguments.json else []
        )
    entries = [report.deployment(d, s) for d, s in zip(deployments, steps, strict=False)]
    _put(arguments, entries, text.history(deployments, datetime.now(UTC)))
    return 0


async def _one(arguments: argparse.Namespace) -> int:
    async with looking_channel(arguments) as (channel, _language):
        found = await channel.query(q.Details(id=arguments.deployment))
    entry = {
        **report.deployment(found.deployment, found.steps),
        "commands": [command for step in found.steps for command in step.commands],
        "evidence": msgspec.to_builtins(found.evidence),
    }
    lines = text.deployment(found.deployment, found.steps, found.evidence, datetime.now(UTC))
    _put(arguments, [entry], lines)
    return 0


async def health(arguments: argparse.Namespace) -> int:
    """The samples of the probe, oldest first."""
    async with looking_channel(arguments) as (channel, _language):
        view = await channel.query(q.Health(since=datetime.now(UTC) - PAST, limit=arguments.limit))
    _put(arguments, [report.health(s) for s in view.samples], text.health(view.samples))
    return 0


async def events(arguments: argparse.Namespace) -> int:
    """What happened, oldest first."""
    async with looking_channel(arguments) as (channel, language):
        recorded = await channel.query(q.Events(limit=arguments.limit))
    entries = [
        {"cursor": r.cursor, "at": report.rfc3339(r.at), **msgspec.to_builtins(r.event)} for r in recorded
    ]
    _put(arguments, entries, text.events(recorded, language))
    return 0


def _put(arguments: argparse.Namespace, value: Any, lines: Iterable[str]) -> None:
    if arguments.json:
        sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=2) + "\n")
    else:
        sys.stdout.writelines(f"{line}\n" for line in lines)
