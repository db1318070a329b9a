"""What had happened before the curtain rose: deployments over weeks, releases, samples.

Owns how a past is made up, the same for the same moment. Pure but for the record that it fills.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import cache
from math import sin

from msgspec.structs import replace

from kgo_tui.core import messages as m
from kgo_tui.core.machine import follow
from kgo_tui.core.model import (
    Deployment,
    Outcome,
    Release,
    Sample,
    SampleRollup,
    State,
    Step,
    Tls,
    Trigger,
)
from kgo_tui.demo.scenario import cast
from kgo_tui.demo.scenario.record import Record
from kgo_tui.demo.scenario.stories import (
    ATTEMPT_S,
    BACK,
    BAD,
    GOOD,
    PREPARING,
    QUEUED,
    Part,
    Story,
    evidence_of,
)

SAMPLE_S, MINUTE_S, HOUR_S = 30, 60, 3600
FINE, MINUTES = timedelta(days=2), timedelta(days=30)
DIP_FROM, DIP_TO = timedelta(hours=4, minutes=53), timedelta(hours=4, minutes=46)
"""How long ago the health probe failed."""

DETAILED = 500
"""Deployments of which steps and evidence are still kept."""

UNREADABLE = "docker-compose.yml: services.backend.image must be a string"
GAVE_UP: Story = (
    QUEUED,
    Part(State.PREPARING, 0.6, outcome=Outcome.FAILED, message=UNREADABLE, commands=PREPARING.commands),
    Part(State.REVERTING, 0.4),
)


def deployments(record: Record, until: datetime, count: int, apart: timedelta) -> Release:
    """That many deployments, the last one about `apart` ago; returns the release that the host is on."""
    deployed: Release | None = None
    for number in range(1, count + 1):
        uneven = timedelta(minutes=number * 379 % 400)
        at = until - apart * (count - number + 1) - uneven
        deployed = _deployment(record, number, at, deployed, detailed=count - number < DETAILED)
    if deployed is None:
        raise ValueError("a past has at least one deployment")
    record.releases.reverse()
    return deployed


def _deployment(
    record: Record, number: int, at: datetime, before: Release | None, *, detailed: bool
) -> Release:
    trigger, story = _kind(number, before)
    deployment = Deployment(
        id=number,
        trigger=trigger,
        by=cast.BY_ITSELF if trigger is Trigger.POLL else ("noor", "ada")[number % 2],
        from_commit=before.commit if before else None,
        to_commit=cast.sha(number - 3 if trigger is Trigger.ROLLBACK else number),
        subject="" if trigger is Trigger.ROLLBACK else cast.SUBJECTS[number % len(cast.SUBJECTS)],
        baseline=before.id if before else None,
        started_at=at,
    )
    steps = tuple(_steps(deployment, story))
    ended = steps[-1].ended_at or at
    failed = next((s for s in steps if s.outcome is Outcome.FAILED), None)
    state = follow_all(deployment, story)
    deployment = _ended(deployment, state, ended, failed)
    begun = (step.started_at for step in steps)
    evidence = tuple(e for part, at in zip(story, begun, strict=True) for e in evidence_of(part, at))
    record.past(deployment, steps if detailed else (), evidence if detailed else ())
    after = _released(record, deployment, before)
    for event, when in (
        (m.DeploymentQueued(deployment=deployment), at),
        (m.DeploymentEnded(deployment=deployment, deployed=after), ended),
    ):
        record.events.append(m.Recorded(cursor=len(record.events) + 1, at=when, event=event))
    return after


def _kind(number: int, before: Release | None) -> tuple[Trigger, Story]:
    by_hand = Trigger.MANUAL if number % 6 == 2 else Trigger.POLL  # noqa: PLR2004 - now and then
    if before is None:
        return by_hand, GOOD
    if number % 29 == 11:  # noqa: PLR2004 - once in a while
        return Trigger.ROLLBACK, BACK
    return by_hand, {7: BAD, 5: GAVE_UP}.get(number % 13, GOOD)


def _ended(d: Deployment, state: State, at: datetime, failed: Step | None) -> Deployment:
    untouched = state is State.ABANDONED
    return replace(
        d,
        state=state,
        images={} if untouched else cast.images(d.to_commit),
        ended_at=at,
        duration_s=(at - d.started_at).total_seconds(),
        downtime_ms=None if untouched else 900 + int(cast.digest("downtime", d.id)[:3], 16) % 2400,
        failure=failed.message if failed else None,
    )


def _released(record: Record, d: Deployment, before: Release | None) -> Release:
    if d.state is not State.SUCCEEDED and before is not None and d.trigger is not Trigger.ROLLBACK:
        return before
    release = cast.release(d.id, d.to_commit, d.ended_at or d.started_at, d.images)
    record.releases.append(release)
    return release


def follow_all(deployment: Deployment, story: Story) -> State:
    """The state in which a story ends, by the transition table."""
    for part in story:
        deployment = replace(deployment, state=follow(deployment, part.outcome))
    return deployment.state


def _steps(d: Deployment, story: Story) -> Iterator[Step]:
    at = d.started_at
    for number, part in enumerate(story):
        slower = 1 + (d.id * 31 + number) % 10 / 10
        end = at + timedelta(seconds=seconds(part) * slower)
        yield Step(
            state=part.state,
            entry=1,
            started_at=at,
            ended_at=end,
            outcome=part.outcome,
            message=part.message,
            attempts=part.attempts,
            commands=tuple(c.replace("{sha}", d.to_commit[:7]) for c in part.commands),
        )
        at = end


def seconds(part: Part) -> float:
    """How long a part lasts."""
    return sum(said.after_s for said in part.says) + ATTEMPT_S * len(part.missed) + part.lasts_s


@cache
def samples(until: datetime) -> tuple[Sample, ...]:
    """Two days of samples, with a dip."""
    begin = until - FINE
    return tuple(
        sample(begin + timedelta(seconds=s), well=not (DIP_TO < FINE - timedelta(seconds=s) <= DIP_FROM))
        for s in range(0, int(FINE.total_seconds()), SAMPLE_S)
    )


def sample(at: datetime, *, well: bool = True) -> Sample:
    """One answer of the probe."""
    latency = _latency(int(at.timestamp()) // SAMPLE_S)
    if well:
        return Sample(
            at=at, ok=True, url=cast.URL, status_code=200, latency_ms=latency, tls=Tls.VALID, tls_days_left=64
        )
    return Sample(
        at=at,
        ok=False,
        url=cast.URL,
        status_code=502,
        latency_ms=latency * 4,
        tls=Tls.VALID,
        tls_days_left=64,
    )


@cache
def rollups(until: datetime, days: int) -> tuple[SampleRollup, ...]:
    """Older samples as the store keeps them: minutes for a month, hours before that."""
    oldest, month, fine = until - timedelta(days=days), until - MINUTES, until - FINE
    hours = _rolled(oldest, min(month, fine), HOUR_S) if oldest < month else ()
    return (*hours, *_rolled(max(oldest, month), fine, MINUTE_S))


def _rolled(begin: datetime, end: datetime, span_s: int) -> Iterator[SampleRollup]:
    count = span_s // SAMPLE_S
    for s in range(0, int((end - begin).total_seconds()), span_s):
        at = begin + timedelta(seconds=s)
        number = int(at.timestamp()) // span_s
        bad = count if number % 4001 == 0 else 1 if number % 977 == 0 else 0
        latency = _latency(number)
        yield SampleRollup(
            at=at,
            span_s=span_s,
            count=count,
            ok=count - bad,
            latency_avg_ms=latency,
            latency_max_ms=latency * 2.5,
        )


def _latency(number: int) -> float:
    return round(38 + 9 * sin(number / 47) + number * 7919 % 13, 1)
