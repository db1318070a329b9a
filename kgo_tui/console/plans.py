"""A plan on the screen: what deploying would do, what speaks against it, and where the asking stands.

Owns these lines and sentences. Pure: values in, pieces out. Must not know the dialog.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from kgo_tui.console.acting import reason_against
from kgo_tui.console.pieces import Piece, Pieces, Tone, fitted, plain, wrapped
from kgo_tui.console.retold import retold
from kgo_tui.console.session import Session
from kgo_tui.console.speech import later, say
from kgo_tui.console.times import age, duration
from kgo_tui.core.errors import KgoError
from kgo_tui.core.messages import Deploy
from kgo_tui.core.model import Commit, Drift, Plan, PlannedService, Quarantine
from kgo_tui.core.state import EngineState
from kgo_tui.core.struct import SHORT_SHA

MOST_COMMITS = 200
SHOWN_PATHS = 5

_CHANGES = {
    Drift.RECREATED: ("↻", later("recreated"), Tone.BUSY),
    Drift.NEW: ("+", later("new"), Tone.OK),
    Drift.REMOVED: ("-", later("removed"), Tone.WARN),
    Drift.ORPHANED: ("?", later("orphaned"), Tone.WARN),
    Drift.KEPT: ("=", later("kept"), Tone.DIM),
}


class Planning(NamedTuple):
    """How far it is: a plan, or why there is none; `sent` once somebody has said yes to it. `refused` is
    the worker's answer to that yes."""

    plan: Plan | None = None
    error: KgoError | None = None
    sent: bool = False
    refused: KgoError | None = None

    @property
    def waits(self) -> bool:
        """Whether the worker has been asked and has not answered."""
        return self.sent or (self.plan is None and self.error is None)


def asking(planning: Planning, waited: str) -> str:
    """What the worker has been asked, and for how long."""
    text = say("… asking the worker: it fetches the branch and reads its compose files, {time}")
    if planning.sent:
        text = say("… asking the worker to deploy it, {time}")
    return text.format(time=waited)


def verdict(planning: Planning, against: str | None, *, armed: bool) -> tuple[str, Tone]:
    """What a yes would do now, or why it does nothing."""
    if planning.error is not None:
        return say("✗ no plan. r asks again."), Tone.BAD
    if (refused := planning.refused) is not None:
        return f"✗ {refused.message}. {refused.hint or say('r makes the plan anew.')}", Tone.BAD
    if against is not None:
        return f"✗ {against}", Tone.WARN
    if armed:
        return say("y deploys this, Esc leaves everything as it is."), Tone.STRONG
    return say("Nothing has been changed. U goes on to deploy this."), Tone.DIM


def objection(planning: Planning, session: Session, *, read_only: bool) -> str | None:
    """Why what is shown cannot be deployed (any more), with the way out; None when it can."""
    plan = planning.plan
    if plan is None:
        return say("There is no plan yet.")
    if reason := reason_against("deploy", session, read_only=read_only):
        return reason
    return _overtaken(plan, session.state) or _refused(plan, session.state) if session.state else None


def _overtaken(plan: Plan, state: EngineState) -> str | None:
    """The world has moved on since the plan was made."""
    deployed = state.deployed.commit if state.deployed else None
    if deployed != plan.from_commit:
        return say("{sha} has been deployed meanwhile. r makes the plan anew.").format(sha=_short(deployed))
    tip = state.source.remote if state.source else None
    if tip is not None and tip.sha != plan.to_commit:
        return say("The branch has moved on to {sha} meanwhile. r makes the plan anew.").format(sha=tip.short)
    return None


def _refused(plan: Plan, state: EngineState) -> str | None:
    decision = state.decision
    if decision is None or decision.kind != "refuse" or _quarantine(plan, state):
        return None
    return say("The worker refuses it: {reason}. r looks again.").format(reason=retold(decision.reason))


def command(plan: Plan, state: EngineState) -> Deploy:
    """What is sent after a yes: this very tip or nothing; by name only where its quarantine was shown."""
    named = plan.to_commit if _quarantine(plan, state) else None
    return Deploy(commit=named, expect=plan.to_commit)


def lines(plan: Plan, state: EngineState, now: datetime, room: int) -> Iterator[Pieces]:
    """All of it, the warnings first."""
    yield _head(plan, state)
    for text, tone in warnings(plan, state):
        yield from wrapped(text, room, tone, indent=2)
    if plan.commits:
        yield ()
        yield plain(say("COMMITS {count}").format(count=len(plan.commits)), Tone.STRONG)
        yield from (_commit(c, now, room) for c in plan.commits[:MOST_COMMITS])
        if len(plan.commits) > MOST_COMMITS:
            yield plain(say("  … and {count} more").format(count=len(plan.commits) - MOST_COMMITS), Tone.DIM)
    yield ()
    yield _counts(plan.services)
    order = list(_CHANGES)
    yield from (_service(s, room) for s in sorted(plan.services, key=lambda s: order.index(s.change)))
    yield ()
    yield from _consequences(plan, state, room)


def warnings(plan: Plan, state: EngineState) -> Iterator[tuple[str, Tone]]:
    """What a person should know before saying yes, the worst first."""
    if held := _quarantine(plan, state):
        text = say("✗ quarantined: {reason}. It is deployed all the same if you say yes.")
        yield text.format(reason=retold(held.reason)), Tone.BAD
    if plan.irreversible:
        shown = ", ".join(plan.irreversible[:SHOWN_PATHS])
        more = " …" if len(plan.irreversible) > SHOWN_PATHS else ""
        text = say("! irreversible: it adds {paths}; a rollback does not undo what these do.")
        yield text.format(paths=shown + more), Tone.WARN
    if state.source is not None and state.source.local_changes:
        shown = ", ".join(state.source.local_changes[:SHOWN_PATHS])
        yield say("! files were changed by hand: {paths}").format(paths=shown), Tone.WARN
    if state.deployed is None:
        yield say("! first deployment: if it fails, there is no release to go back to."), Tone.WARN
    if state.suspended is not None:
        text = say("! suspended by {by}: {reason}. This does not end that; P does.")
        yield text.format(by=state.suspended.by, reason=state.suspended.reason or "-"), Tone.WARN
    elif state.decision is not None and state.decision.kind == "wait":
        yield (
            say("! by itself it would wait: {reason}").format(reason=retold(state.decision.reason)),
            Tone.WARN,
        )


def _quarantine(plan: Plan, state: EngineState) -> Quarantine | None:
    return next((q for q in state.quarantined if q.commit == plan.to_commit), None)


def _head(plan: Plan, state: EngineState) -> Pieces:
    """All of it in one line: the rest may have to be scrolled to."""
    branch = Piece(f"{state.source.branch}  " if state.source else "", Tone.DIM)
    if plan.from_commit == plan.to_commit:
        same = say("{sha} is deployed already: what differs from it is put right")
        return branch, Piece(same.format(sha=_short(plan.to_commit)), Tone.STRONG)
    move = Piece(f"{_short(plan.from_commit)} → {_short(plan.to_commit)}", Tone.STRONG)
    commits = say("commits: {count}").format(count=len(plan.commits)) if plan.commits else ""
    down = say("about {time} down").format(time=_down(plan)) if _costs(plan) else ""
    return branch, move, *(Piece(f"  {fact}") for fact in (commits, _tally(plan.services), down) if fact)


def _down(plan: Plan) -> str:
    return duration((plan.expected_downtime_ms or 0) / 1000)


def _is_calm(plan: Plan) -> bool:
    """Whether nothing is recreated, as far as names tell."""
    return bool(plan.services) and all(s.change is Drift.KEPT for s in plan.services)


def _costs(plan: Plan) -> bool:
    return bool(plan.expected_downtime_ms) and not _is_calm(plan)


def _expected(plan: Plan) -> str:
    if plan.expected_downtime_ms is None:
        return say("Expected downtime: not known yet")
    text = say("Expected downtime: {time} (median of past deployments)")
    if _is_calm(plan):
        text = say("Expected downtime: none; if an image has moved, {time} (median of past deployments)")
    return text.format(time=_down(plan))


def _short(sha: str | None) -> str:
    return sha[:SHORT_SHA] if sha else say("nothing")


def _commit(commit: Commit, now: datetime, room: int) -> Pieces:
    who = min(20, room // 4)
    subject = fitted(plain(commit.subject), max(room - SHORT_SHA - who - 10, 8))
    when = fitted(plain(age(commit.committed_at, now), Tone.DIM), 4, right=True)
    author = fitted(plain(commit.author, Tone.DIM), who)
    return (Piece(f"  {commit.short} "), *when, Piece(" "), *subject, Piece(" "), *author)


def _counts(services: tuple[PlannedService, ...]) -> Pieces:
    return Piece(f"{say('SERVICES')}  ", Tone.STRONG), Piece(_tally(services) or say("none"), Tone.DIM)


def _tally(services: tuple[PlannedService, ...]) -> str:
    """2 recreated, 4 kept."""
    tally = [(sum(s.change is change for s in services), say(_CHANGES[change][1])) for change in _CHANGES]
    return ", ".join(f"{count} {word}" for count, word in tally if count)


def _service(service: PlannedService, room: int) -> Pieces:
    glyph, word, tone = _CHANGES[service.change]
    name = fitted(plain(service.name), min(16, room // 4))
    images = plain(moved(service.image_before, service.image_after), Tone.DIM)
    return (*fitted((Piece(f"  {glyph} {say(word)}", tone),), 14), *name, Piece(" "), *images)


def moved(before: str | None, after: str | None) -> str:
    """Images old → new, without what both have in common and no line has room for."""
    if before is None or after is None or before == after:
        return _last(after or before or "")
    old, new = _last(before), _last(after)
    if old == new:  # the same name in another registry
        return f"{before} → {after}"
    name, _, tag = new.partition(":")
    return f"{old} → {tag}" if tag and old.partition(":")[0] == name else f"{old} → {new}"


def _last(ref: str) -> str:
    return ref.rpartition("/")[2]


def _consequences(plan: Plan, state: EngineState, room: int) -> Iterator[Pieces]:
    if any(s.change is Drift.KEPT for s in plan.services):
        note = say("= kept, unless its image has moved under the same name: only the pull tells.")
        yield from wrapped(note, room, Tone.DIM, indent=2)
    yield from wrapped(_expected(plan), room)
    if state.deployed is not None and not plan.irreversible:
        home = say("If it fails, the host goes back to {sha} by itself.").format(
            sha=state.deployed.commit[:SHORT_SHA]
        )
        yield from wrapped(home, room)
