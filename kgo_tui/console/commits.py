"""The commits in rows and in full: the branch's tip, what is deployed, what waits, what is in the way.

Owns columns, order and cells of the Git pane, and the facts of one commit. Pure: session in, rows out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

from kgo_tui.console import glyphs
from kgo_tui.console.deployments.words import begun_by
from kgo_tui.console.pieces import Piece, Pieces, Tone, plain
from kgo_tui.console.retold import retold
from kgo_tui.console.screens.facts import Fact
from kgo_tui.console.speech import later, say
from kgo_tui.console.times import age, stamp
from kgo_tui.console.widgets.columns import Column
from kgo_tui.console.widgets.rows import Row
from kgo_tui.core.model import Commit, Deployment, Quarantine, SourceView
from kgo_tui.core.state import EngineState

COLUMNS = (
    Column("", 9),
    Column(later("COMMIT"), 7),
    Column(later("AGE"), 4, right=True, spare=1),
    Column(later("SUBJECT"), 12, grow=4),
    Column(later("AUTHOR"), 10, grow=1, spare=2),
)
PATH = "path "


class Line(NamedTuple):
    """A commit and what it is here: `at` is the time that counts for it."""

    what: str
    tone: Tone
    commit: Commit
    at: datetime | None


def rows(state: EngineState, now: datetime) -> Iterator[Row]:
    """What keeps anything from going on, then commits: the tip, what waits below it, what is deployed,
    the work tree where it differs, what is quarantined elsewhere, files changed by hand."""
    held = {q.commit: q for q in state.quarantined}
    yield from _rewritten(state.source)
    shown = list(_lines(state))
    for line in shown:
        yield _row(line, now, held.get(line.commit.sha))
    known = {line.commit.sha for line in shown}
    yield from (_held(q, now) for q in state.quarantined if q.commit not in known)
    yield from _changes(state.source)


def waiting(state: EngineState) -> Sequence[Commit]:
    """What is still to be deployed, newest first: a check told it, and a deployment may have come since."""
    told = state.source.waiting if state.source else ()
    deployed = state.deployed.commit if state.deployed else None
    at = next((i for i, commit in enumerate(told) if commit.sha == deployed), len(told))
    return told[:at]


def sha_of(key: str | None) -> str | None:
    """The commit that a row is of."""
    found = (key or "").rpartition(" ")[2]
    return found if key and not key.startswith((PATH, "!")) else None


def commit_of(state: EngineState, sha: str) -> Commit:
    """All that is known of a commit."""
    return next((line.commit for line in _lines(state) if line.commit.sha == sha), Commit(sha=sha))


def _lines(state: EngineState) -> Iterator[Line]:
    view = state.source
    deployed = state.deployed.commit if state.deployed else None
    remote, local = (view.remote, view.local) if view else (None, None)
    if remote is not None:
        yield Line(say("remote"), Tone.DIM, remote, remote.committed_at)
    for commit in waiting(state):
        if remote is None or commit.sha != remote.sha:
            yield Line(say("waits"), Tone.DIM, commit, commit.committed_at)
    if state.deployed is not None and deployed is not None:
        yield Line(say("deployed"), Tone.OK, _known(state, deployed), state.deployed.at)
    if local is not None and local.sha != deployed:
        yield Line(say("work tree"), Tone.DIM, local, local.committed_at)


def _known(state: EngineState, sha: str) -> Commit:
    """The commit with its subject, wherever that is told."""
    view = state.source
    told = (view.remote, view.local, *view.waiting) if view else ()
    found = next((c for c in told if c is not None and c.sha == sha), None)
    if found is None and state.last is not None and state.last.to_commit == sha:
        return Commit(sha=sha, subject=state.last.subject)
    return found or Commit(sha=sha)


def _row(line: Line, now: datetime, held: Quarantine | None) -> Row:
    commit = line.commit
    subject: Pieces = plain(commit.subject)
    if held is not None:
        subject = (Piece(f"✗ {say('quarantined')} ", Tone.BAD), *subject)
    cells = (
        plain(line.what, line.tone),
        plain(commit.short, Tone.BAD if held else Tone.STRONG if line.tone is Tone.OK else Tone.PLAIN),
        plain(age(line.at, now), Tone.DIM),
        subject,
        plain(commit.author, Tone.DIM),
    )
    return Row(f"{line.what} {commit.sha}", cells)


def _held(q: Quarantine, now: datetime) -> Row:
    why = plain(say("✗ quarantined: {reason}").format(reason=retold(q.reason)), Tone.BAD)
    when = plain(age(q.at, now), Tone.DIM)
    return Row(f"held {q.commit}", (plain("✗", Tone.BAD), plain(q.commit[:7], Tone.BAD), when, why, ()))


def _rewritten(view: SourceView | None) -> Iterator[Row]:
    if view is not None and view.deployed_descends is False:
        text = say("the branch was rewritten: what is deployed is not on it any more")
        yield Row("! rewritten", (plain(f"! {say('branch')}", Tone.BAD), (), (), plain(text, Tone.BAD), ()))
    elif view is not None and view.descends is False:
        text = say("the work tree has commits that the branch has not")
        yield Row("! rewritten", (plain(f"! {say('branch')}", Tone.WARN), (), (), plain(text, Tone.WARN), ()))


def _changes(view: SourceView | None) -> Iterator[Row]:
    for path in view.local_changes if view else ():
        what = plain(f"! {say('changed')}", Tone.WARN)
        yield Row(f"{PATH}{path}", (what, (), (), plain(path, Tone.WARN), plain(say("by hand"), Tone.DIM)))


def facts(state: EngineState, commit: Commit, deployments: Iterable[Deployment] | None) -> tuple[Fact, ...]:
    """One commit in full; `deployments` of it, newest first, None while they are being asked for."""
    held = next((q for q in state.quarantined if q.commit == commit.sha), None)
    told = [
        Fact(say("commit"), commit.sha),
        Fact(say("author"), commit.author),
        Fact(say("date"), "" if commit.committed_at is None else stamp(commit.committed_at)),
        Fact(say("subject"), commit.subject),
        Fact(say("quarantined"), "" if held is None else retold(held.reason), "$text-error"),
    ]
    return (*(fact for fact in told if fact.value), *_history(deployments))


def _history(deployments: Iterable[Deployment] | None) -> Iterator[Fact]:
    if deployments is None:
        yield Fact(say("deployments"), say("asking…"), "$text-muted")
        return
    found = list(deployments)
    if not found:
        yield Fact(say("deployments"), say("none of it in the history"), "$text-muted")
    for number, d in enumerate(found):
        ended = glyphs.of_deployment(d).text
        name = say("deployments") if number == 0 else " "
        yield Fact(name, f"{d.id}  {stamp(d.started_at)}  {ended}  {begun_by(d)}")
