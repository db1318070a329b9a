"""The played worker behind the control socket: answers, obeys, streams.

Owns what each command and query means on the played host. Fulfils `control.service.Service`. Must not
know sockets, nor the console.
"""

from __future__ import annotations

import inspect
from collections.abc import AsyncGenerator, Callable
from typing import Any

from kgo_tui.control import queries as q
from kgo_tui.core import messages as m
from kgo_tui.core.errors import Busy, ImagesGone, NoBaseline, Refused, UnknownCommit, UsageError
from kgo_tui.core.logs import LogBatch
from kgo_tui.core.machine import can_cancel
from kgo_tui.core.model import Commit, Deployment, Plan, Release, Suspension, Trigger
from kgo_tui.core.policy import Decision, Kind, moved_on
from kgo_tui.core.state import EngineState
from kgo_tui.demo.scenario import containers, reading
from kgo_tui.demo.scenario.deploying import played, queued
from kgo_tui.demo.scenario.host import Host
from kgo_tui.demo.scenario.stories import BACK, STORIES

Answer = Callable[[Any], Any]


class ScenarioService:
    """A worker that plays. `asked`, `queries` and `requests` remember what it was asked; `answers`
    replaces the answer to a class of command or query, by a value that a callable returns or raises."""

    def __init__(self, host: Host, *, name: str | None = None) -> None:
        self.host = host
        self.name = name
        self.asked: list[tuple[m.Command, str]] = []
        self.queries: list[q.Query] = []
        self.requests: list[q.LogRequest] = []
        self.answers: dict[type, Answer] = {}

    def snapshot(self) -> tuple[int, EngineState]:
        """The cursor of the last durable event, and the state that shows it."""
        return self.host.feed.cursor, self.host.feed.state

    def subscribe(self, listener: Callable[[m.Recorded], None], /) -> Callable[[], None]:
        """Call `listener` with every event from now on; returns what ends that."""
        return self.host.feed.subscribe(listener)

    async def command(self, command: m.Command, by: str) -> object:
        """Obey."""
        by = self.name or by
        self.asked.append((command, by))
        if (answer := self.answers.get(type(command))) is not None:
            return await _value(answer(command))
        return self._obey(command, by)

    async def query(self, query: q.Query) -> object:
        """Answer."""
        self.queries.append(query)
        if (answer := self.answers.get(type(query))) is not None:
            return await _value(answer(query))
        match query:
            case q.Status():
                return self.host.state
            case q.Usage(container=container):
                return containers.usage(self.host, container)
            case _:
                return self.host.record.answer(query)

    async def stream(self, request: q.LogRequest) -> AsyncGenerator[LogBatch, None]:
        """The lines of a log."""
        self.requests.append(request)
        async for batch in reading.lines(self.host, request):
            yield batch

    def _obey(self, command: m.Command, by: str) -> object:
        match command:
            case m.Deploy(commit=commit, expect=expect):
                return self._deploy(commit, by, expect)
            case m.Rollback(to=to):
                return self._rollback(to, by)
            case m.MakePlan(commit=commit):
                return self._plan(commit)
            case m.Check():
                return self._check()
            case m.Suspend(reason=reason):
                suspension = Suspension(reason=reason, by=by, since=self.host.stage.now())
                self.host.happen(m.Suspended(suspension=suspension))
            case m.Resume():
                self._resume(by)
            case m.Cancel(deployment=number):
                self._cancel(by, number)
            case m.ActOnContainer(container=container, action=action):
                containers.act(self.host, container, action, by)
            case _:
                raise UsageError("the played host does not do that")
        return None

    def _deploy(self, commit: str | None, by: str, expect: str | None) -> Deployment:
        self._free()
        named = self._named(commit) if commit else None
        self.host.look()
        decision = moved_on(self.host.view(), expect) or self.host.decide(automatic=False, named=named)
        if decision.kind is not Kind.DEPLOY or decision.target is None:
            raise Refused(decision.reason)
        deployment = queued(self.host, decision.target, Trigger.MANUAL, by)
        self.host.stage.begin(played(self.host, deployment, STORIES[self.host.next_story]))
        return deployment

    def _rollback(self, to: str | None, by: str) -> Deployment:
        self._free()
        release = self._release(to)
        if gone := self.host.record.missing(release.id):
            raise ImagesGone(gone)
        target = Commit(sha=release.commit)
        deployment = queued(self.host, target, Trigger.ROLLBACK, by, release.id)
        self.host.stage.begin(played(self.host, deployment, BACK))
        return deployment

    def _plan(self, commit: str | None) -> Plan:
        self._free()
        self.host.look()
        decision = self.host.decide(automatic=False, named=self._named(commit) if commit else None)
        if decision.target is None:
            raise Refused(decision.reason)
        return self.host.plan(decision.target.sha)

    def _check(self) -> Decision:
        self._free()
        self.host.happen(m.CheckStarted())
        decision = self.host.look()
        self.host.next_check()
        return decision

    def _resume(self, by: str) -> None:
        if self.host.state.suspended is None:
            raise UsageError("automatic deployment is not suspended")
        self.host.happen(m.Resumed(by=by))

    def _cancel(self, by: str, number: int | None) -> None:
        running = self.host.state.deployment
        if running is None or number not in {None, running.id}:
            raise Refused(f"deployment {number} is over" if number else "no deployment is running")
        if not can_cancel(running.state):
            raise Refused(f"{running.state} cannot be cancelled; roll back when it has ended")
        self.host.cancelled_by = by

    def _free(self) -> None:
        running = self.host.state.deployment
        if running is not None:
            raise Busy(f"deployment {running.id} is running, by {running.by}")

    def _named(self, name: str) -> Commit:
        found = next((c for c in self.host.branch if c.sha.startswith(name)), None)
        if found is None:
            raise UnknownCommit(name)
        return found

    def _release(self, to: str | None) -> Release:
        deployed = self.host.state.deployed
        for release in self.host.record.releases:
            wanted = release.commit.startswith(to) or to == str(release.id) if to else release != deployed
            if wanted:
                return release
        raise NoBaseline("there is no release to go back to", hint="Nothing was deployed and verified yet.")


async def _value(answer: Any) -> Any:
    return await answer if inspect.isawaitable(answer) else answer
