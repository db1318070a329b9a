"""What the played worker remembers: deployments, steps, evidence, releases, samples, events, log lines.

Owns these lists, how an event changes them, and the answers that queries get from them. Must not know
sockets or time.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable

from kgo_tui.control import queries as q
from kgo_tui.core import messages as m
from kgo_tui.core.errors import UsageError
from kgo_tui.core.logs import LogLine
from kgo_tui.core.model import Deployment, Evidence, Release, Sample, SampleRollup, Step
from kgo_tui.core.rollup import as_row, rolled

MOST_LINES = 200_000
KEPT = 5
"""Releases whose images are on the host (`history.keep`)."""
KEPT = 5
"""Releases whose images are still there."""


class Record:
    """Grows with what happens. Deployments are by id, in order."""

    def __init__(self) -> None:
        self.deployments: dict[int, Deployment] = {}
        self.steps: dict[int, tuple[Step, ...]] = {}
        self.evidence: dict[int, tuple[Evidence, ...]] = {}
        self.releases: list[Release] = []
        self.samples: list[Sample] = []
        self.rollups: list[SampleRollup] = []
        self.events: list[m.Recorded] = []
        self.lines: list[LogLine] = []
        self.forgotten = 0
        """Lines that were dropped from the front of `lines`."""

    @property
    def next_id(self) -> int:
        """Of the next deployment."""
        return max(self.deployments, default=0) + 1

    def past(self, deployment: Deployment, steps: Iterable[Step], evidence: Iterable[Evidence] = ()) -> None:
        """A deployment of long ago, with all that is known of it."""
        self.deployments[deployment.id] = deployment
        self.steps[deployment.id] = tuple(steps)
        if kept := tuple(evidence):
            self.evidence[deployment.id] = kept

    def take(self, recorded: m.Recorded) -> None:
        """Remember what happened."""
        if recorded.cursor is not None:
            self.events.append(recorded)
        match recorded.event:
            case m.DeploymentQueued(deployment=deployment):
                self.deployments[deployment.id] = deployment
            case m.StepStarted(deployment=d, step=step) | m.StepFinished(deployment=d, step=step):
                self.deployments[d.id] = d
                others = (
                    s for s in self.steps.get(d.id, ()) if (s.state, s.entry) != (step.state, step.entry)
                )
                self.steps[d.id] = (*others, step)
            case m.DeploymentEnded(deployment=deployment, deployed=deployed):
                self.deployments[deployment.id] = deployment
                self._verified(deployed)
            case m.SampleTaken(sample=sample) | m.HealthLost(sample=sample) | m.HealthBack(sample=sample):
                self.samples.append(sample)
            case _:
                pass

    def _verified(self, release: Release | None) -> None:
        if release is not None:
            self.releases = [release, *(r for r in self.releases if r.id != release.id)]

    def note(self, line: LogLine) -> None:
        """A line of some log."""
        self.lines.append(line)
        if len(self.lines) > MOST_LINES:
            self.forgotten += MOST_LINES // 2
            del self.lines[: MOST_LINES // 2]

    def answer(self, query: q.Query) -> object:  # noqa: PLR0911 - flat, one line for each query
        """What a query other than the status asks for. Raises UsageError."""
        match query:
            case q.History(limit=limit, before=before):
                return self._history(limit, before)
            case q.Details(id=number):
                return self._details(number)
            case q.Events(after=None, limit=limit):
                return tuple(self.events[-limit:])
            case q.Events(after=after, limit=limit):
                begin = bisect_left(self.events, (after or 0) + 1, key=lambda r: r.cursor or 0)
                return tuple(self.events[begin : begin + limit])
            case q.Health():
                return self._health(query)
            case q.Releases(limit=limit):
                return tuple(self.releases[:limit])
            case q.Missing(release=number):
                return self.missing(number)
            case q.Missing(release=number):
                return self._missing(number)
        raise UsageError("that cannot be asked here")

    def _health(self, asked: q.Health) -> q.HealthView:
        samples = self.samples[bisect_left(self.samples, asked.since, key=lambda s: s.at) :]
        rollups = self.rollups[bisect_left(self.rollups, asked.since, key=lambda r: r.at) :]
        if asked.span_s is not None:
            rows = (*rollups, *map(as_row, samples))
            before = [row for row in rows if asked.until is None or row.at < asked.until]
            return q.HealthView(rollups=rolled(before, asked.span_s)[-asked.limit :])
        return q.HealthView(samples=tuple(samples[-asked.limit :]), rollups=tuple(rollups[-asked.limit :]))

    def missing(self, number: int) -> tuple[str, ...]:
        """Which images of a release are gone: those of the last few are kept. Raises UsageError."""
        at = next((i for i, release in enumerate(self.releases) if release.id == number), None)
        if at is None:
            raise UsageError(f"there is no release {number}")
        here = {image.image_id for release in self.releases[:KEPT] for image in release.images.values()}
        images = self.releases[at].images.items()
        return tuple(f"{name} ({image.ref})" for name, image in images if image.image_id not in here)

    def _history(self, limit: int, before: int | None) -> tuple[Deployment, ...]:
        newest = self.next_id - 1 if before is None else min(before, self.next_id) - 1
        found: list[Deployment] = []
        while newest > 0 and len(found) < limit:
            if newest in self.deployments:
                found.append(self.deployments[newest])
            newest -= 1
        return tuple(found)

    def _missing(self, number: int) -> tuple[str, ...]:
        """The images of the newest releases are kept, those of older ones are gone."""
        for place, release in enumerate(self.releases):
            if release.id == number:
                gone = sorted(release.images.items()) if place >= KEPT else ()
                return tuple(f"{service} ({image.ref})" for service, image in gone)
        raise UsageError(f"there is no release {number}")

    def _details(self, number: int) -> q.DeploymentDetails:
        if number not in self.deployments:
            raise UsageError(f"there is no deployment {number}")
        return q.DeploymentDetails(
            deployment=self.deployments[number],
            steps=self.steps.get(number, ()),
            evidence=self.evidence.get(number, ()),
        )
