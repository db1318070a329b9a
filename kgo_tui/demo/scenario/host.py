"""The played host: what happens on it reaches the feed, the record and the journal at once.

Owns the branch, the containers and the log as they are now. Must not know in which order things happen.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from msgspec.structs import replace

from kgo_tui.core import messages as m
from kgo_tui.core.logs import LogLine
from kgo_tui.core.model import Commit, ContainerView, Plan, PlannedService, SourceView
from kgo_tui.core.policy import Decision, Facts, Rules, decide
from kgo_tui.core.state import EngineState
from kgo_tui.core.views import Drift
from kgo_tui.demo.scenario import cast
from kgo_tui.demo.scenario.record import Record
from kgo_tui.demo.scenario.stage import Stage
from kgo_tui.engine.feed import Feed
from kgo_tui.phrases import line
from kgo_tui.records import IDENTIFIER, fields_of

CHECK_S = 180.0
MOST_WAITING = 50
REMOTE = "https://git.example.org/koprogo/koprogo.git"


def _stay(_seconds: float) -> None:
    """Without a theatre nobody leaves."""


class Host:
    """What is true on the host. `branch` is the remote's, oldest commit first, `language` the worker's."""

    def __init__(self, stage: Stage, instance: str = cast.INSTANCE, *, language: str = "en") -> None:
        self.stage, self.language = stage, language
        self.record = Record()
        self.feed = Feed(EngineState(instance=instance, version=cast.VERSION))
        self.branch: list[Commit] = []
        self.local: Commit | None = None
        self.cancelled_by: str | None = None
        self.reader_calls: set[Callable[[], None]] = set()
        self.next_story = "good"
        """How the next deployment goes (`stories.STORIES`)."""
        self.be_gone: Callable[[float], None] = _stay
        """Have the worker vanish for some seconds."""

    @property
    def state(self) -> EngineState:
        """What everyone sees."""
        return self.feed.state

    @property
    def deployed(self) -> str | None:
        """The commit that the host is on."""
        return self.state.deployed.commit if self.state.deployed else None

    def happen(self, event: m.Event) -> m.Recorded:
        """An event, at this moment."""
        cursor = len(self.record.events) + 1 if event.durable else None
        recorded = m.Recorded(cursor=cursor, at=self.stage.now(), event=event)
        self.record.take(recorded)
        self.feed.publish(recorded)
        self.journal(recorded)
        return recorded

    def journal(self, recorded: m.Recorded) -> None:
        """The line that the worker logs of it, if it logs one."""
        said = line(recorded.event, self.language)
        if said is None:
            return
        fields = fields_of(recorded.event, self.state.instance)
        self.note(
            LogLine(
                text=said.text,
                at=recorded.at,
                priority=said.priority,
                identifier=IDENTIFIER,
                event=fields["KGO_EVENT"],
                deployment=int(fields["KGO_DEPLOYMENT"]) if "KGO_DEPLOYMENT" in fields else None,
            )
        )

    def say(self, service: str | None, *texts: str, priority: int = 6) -> None:
        """Lines of a service, or of the journal."""
        for text in texts:
            own = LogLine(text=text, at=self.stage.now(), priority=priority, identifier=IDENTIFIER)
            theirs = LogLine(text=text, at=self.stage.now(), service=service, stream="stdout")
            self.note(own if service is None else theirs)

    def note(self, said: LogLine) -> None:
        """A line of some log; whoever follows it hears."""
        self.record.note(said)
        for call in tuple(self.reader_calls):
            call()

    def push(self, commit: Commit) -> None:
        """A developer's commit is on the remote; the next check sees it."""
        self.branch.append(commit)

    def look(self) -> Decision:
        """A check: what it finds is told."""
        decision = self.decide(automatic=True)
        today = self.state.worker.checks_today + 1
        before = self.state.decision
        finished = m.CheckFinished(
            kind=decision.kind, reason=decision.reason, source=self.view(), checks_today=today
        )
        self.happen(finished)
        if before is None or (before.kind, before.reason) != (decision.kind, decision.reason):
            self.happen(m.DecisionChanged(kind=decision.kind, reason=decision.reason))
        return decision

    def decide(self, *, automatic: bool, named: Commit | None = None) -> Decision:
        """What follows from what is known now, by the worker's own rules."""
        facts = Facts(
            source=self.view(),
            deployed=self.state.deployed,
            now=self.stage.now(),
            local_now=self.stage.now(),
            quarantined=self.state.quarantined,
            suspended=self.state.suspended,
            last=self.state.last,
            last_touching=self.state.last,
        )
        return decide(facts, Rules(), automatic=automatic, named=named)

    def next_check(self, after_s: float = CHECK_S) -> None:
        """The worker goes to rest until then."""
        self.happen(m.NextCheckSet(at=self.stage.now() + timedelta(seconds=after_s)))

    def view(self) -> SourceView:
        """The repository after a fetch."""
        waiting = self.ahead_of(self.deployed)
        return SourceView(
            path=cast.TREE,
            branch=cast.BRANCH,
            remote_url=REMOTE,
            local=self.local,
            remote=self.branch[-1] if self.branch else None,
            ahead=0,
            behind=len(waiting),
            descends=True,
            deployed_descends=True if self.deployed else None,
            waiting=waiting[:MOST_WAITING],
            fetched_at=self.stage.now(),
        )

    def ahead_of(self, sha: str | None) -> tuple[Commit, ...]:
        """What the branch has and this commit has not, newest first."""
        at = next((i for i, c in enumerate(self.branch) if c.sha == sha), -1)
        return tuple(reversed(self.branch[at + 1 :]))

    def show(self, *containers: ContainerView) -> None:
        """These containers are another way now; those that were not there before come last."""
        new = {c.service: c for c in containers}
        kept = [new.pop(c.service, c) for c in self.state.containers]
        self.happen(m.ContainersChanged(containers=(*kept, *new.values())))

    def plan(self, target: str) -> Plan:
        """What deploying would do."""
        parts = [p for p in cast.SERVICES if self.deployed is not None]
        changed = {p.name for p in parts if p.ours and self.deployed != target}
        before = cast.images(self.deployed or "")
        after = cast.images(target)
        return Plan(
            from_commit=self.deployed,
            to_commit=target,
            commits=self.ahead_of(self.deployed),
            services=tuple(
                PlannedService(
                    name=p.name,
                    change=Drift.RECREATED if p.name in changed else Drift.KEPT,
                    image_before=before[p.name].ref,
                    image_after=after[p.name].ref,
                )
                for p in parts
            ),
            expected_downtime_ms=1800,
        )

    def well(self, of: str) -> tuple[ContainerView, ...]:
        """Every service at a commit, started just now and healthy."""
        return tuple(replace(cast.container(p, of, self.stage.now())) for p in cast.SERVICES)
