"""The commands' answers as plain text for people.

Owns the layout of status, history, plan, health and events on a terminal. Pure: values in, lines
out; every foreign text was made inert where it came in. Always a word beside a glyph.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from kgo_tui.core import report
from kgo_tui.core.messages import Recorded
from kgo_tui.core.model import Deployment, Drift, Evidence, Plan, Sample, Step
from kgo_tui.core.state import EngineState
from kgo_tui.phrases import line

GLYPHS = {report.OK: "✓", report.WARNING: "!", report.CRITICAL: "✗"}


def status(state: EngineState, now: datetime) -> Iterator[str]:
    """What is, worst news first."""
    word, reason = report.verdict(state)
    yield f"{GLYPHS[word]} {word}: {reason}"
    yield from _repository(state)
    if state.deployed is not None:
        adopted = " (adopted as found)" if state.deployed.adopted else ""
        yield f"deployed   {state.deployed.commit[:7]} {ago(state.deployed.at, now)}{adopted}"
    if state.deployment is not None:
        d = state.deployment
        yield f"running    deployment {d.id} to {d.to_commit[:7]}: {d.state}, by {d.by}"
    worker = f"running, pid {state.worker.pid}" if state.worker.running else "not running"
    counted = f"{state.worker.checks_today} checks, {state.worker.deployments_today} deployments today"
    yield f"worker     {worker}; {counted}"
    if state.next_check_at is not None:
        yield f"next check {max((state.next_check_at - now).total_seconds(), 0):.0f} s"
    if state.sample is not None:
        yield f"health     {sample(state.sample)}, {ago(state.sample.at, now)}"
    yield from (f"quarantine {q.commit[:7]}: {q.reason}" for q in state.quarantined)
    yield from _containers(state)


def _repository(state: EngineState) -> Iterator[str]:
    view = state.source
    if view is None:
        return
    remote = f"{view.remote.short} {view.remote.subject}" if view.remote else "unknown"
    yield f"remote     {view.branch} {remote}"
    if view.local is not None:
        counts = "" if view.ahead is None else f" ↓{view.behind} ↑{view.ahead}"
        yield f"work tree  {view.local.short} {view.local.subject}{counts}"


def _containers(state: EngineState) -> Iterator[str]:
    rows = [
        (c.service, c.name, c.state, c.health or "", c.image, c.image_id.removeprefix("sha256:")[:12])
        for c in state.containers
    ]
    if rows:
        yield ""
        yield from table(("SERVICE", "CONTAINER", "STATE", "HEALTH", "IMAGE", "IMAGE ID"), rows)


def history(deployments: Sequence[Deployment], now: datetime) -> Iterator[str]:
    """The deployments, newest first."""
    rows = [
        (
            str(d.id),
            "✓" if report.succeeded(d) else ("…" if d.ended_at is None else "✗"),
            str(d.state),
            f"{(d.from_commit or '-')[:7]} → {d.to_commit[:7]}",
            str(d.trigger),
            d.by,
            ago(d.started_at, now),
            "" if d.duration_s is None else f"{d.duration_s:.1f} s",
            "" if d.downtime_ms is None else f"{d.downtime_ms / 1000:.1f} s",
            "" if report.succeeded(d) else (d.failure or ""),
        )
        for d in deployments
    ]
    heads = ("ID", "", "STATE", "COMMITS", "TRIGGER", "BY", "WHEN", "TOOK", "DOWN", "WHY")
    yield from table(heads, rows) if rows else ("no deployment yet",)


def deployment(
    d: Deployment, steps: Sequence[Step], evidence: Sequence[Evidence], now: datetime
) -> Iterator[str]:
    """One deployment in full: its row, its steps with their commands, the evidence of a failure."""
    yield from history([d], now)
    yield ""
    for step in steps:
        took = "" if step.ended_at is None else f"{(step.ended_at - step.started_at).total_seconds():.1f} s"
        yield f"{step.state:<18} {step.outcome or '…':<13} {took:>8}  {step.told}".rstrip()
        yield from (f"    $ {command}" for command in step.commands)
    for one in evidence:
        yield f"\n── {one.title}"
        yield from one.text.splitlines()


def plan(p: Plan) -> Iterator[str]:
    """What a deployment would do."""
    yield f"{(p.from_commit or 'nothing')[:7]} → {p.to_commit[:7]}"
    yield f"\ncommits ({len(p.commits)})"
    yield from (f"  {c.short} {c.subject} ({c.author})" for c in p.commits)
    yield f"\nservices ({len(p.services)})"
    for s in p.services:
        moves = (
            f"{s.image_before} → {s.image_after}" if s.image_before != s.image_after else s.image_after or ""
        )
        note = "  (unless its image moved)" if s.change is Drift.KEPT else ""
        yield f"  {s.change:<10} {s.name}  {moves}{note}"
    if p.irreversible:
        yield "\nirreversible (rollback.irreversible_paths)"
        yield from (f"  {path}" for path in p.irreversible)
    if p.expected_downtime_ms is not None:
        yield f"\nexpected downtime {p.expected_downtime_ms / 1000:.1f} s (median of past deployments)"


def sample(s: Sample) -> str:
    """One health sample in words."""
    word = "✓ ok" if s.ok else f"✗ {s.error or f'status {s.status_code}'}"
    latency = "" if s.latency_ms is None else f", {s.latency_ms:.0f} ms"
    tls = "" if s.tls is None else f", tls {str(s.tls).replace('_', ' ')}"
    days = "" if s.tls_days_left is None else f" ({s.tls_days_left} days left)"
    return f"{word}{latency}{tls}{days}"


def health(samples: Iterable[Sample]) -> Iterator[str]:
    """Samples, oldest first."""
    for s in samples:
        yield f"{s.at.astimezone():%Y-%m-%d %H:%M:%S} {sample(s)}"


def events(recorded: Iterable[Recorded], language: str) -> Iterator[str]:
    """Events as the log tells them, oldest first."""
    for one in recorded:
        said = line(one.event, language)
        if said is not None:
            yield f"{one.at.astimezone():%Y-%m-%d %H:%M:%S} {said.text}"


def ago(at: datetime, now: datetime) -> str:
    """How long ago, in the largest unit that fits."""
    seconds = max((now - at).total_seconds(), 0)
    for size, unit in ((86400, "d"), (3600, "h"), (60, "m")):
        if seconds >= size:
            return f"{seconds // size:.0f}{unit} ago"
    return f"{seconds:.0f}s ago"


def table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Columns as wide as their widest cell, no boxes."""
    widths = [max(len(row[i]) for row in (heads, *rows)) for i in range(len(heads))]
    for row in (heads, *rows):
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
