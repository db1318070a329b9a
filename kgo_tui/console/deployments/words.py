"""What is said of a deployment and of its steps, in words with a glyph.

Owns these words, shared by the list, the stage and the details. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from kgo_tui.console.pieces import Piece, Pieces, Tone, plain
from kgo_tui.console.retold import retold
from kgo_tui.console.speech import later, say
from kgo_tui.console.times import duration
from kgo_tui.core import report
from kgo_tui.core.model import SHORT_SHA, Deployment, Outcome, State, Step, Trigger

STATES: Mapping[State, str] = {
    State.QUEUED: later("queued"),
    State.PREPARING: later("preparing"),
    State.PULLING: later("pulling"),
    State.WAITING_IMAGES: later("waiting images"),
    State.REVERTING: later("reverting"),
    State.APPLYING: later("applying"),
    State.VERIFYING: later("verifying"),
    State.ROLLING_BACK: later("rolling back"),
    State.VERIFYING_ROLLBACK: later("verifying rollback"),
}

_TRIGGERS: Mapping[Trigger, str] = {
    Trigger.POLL: later("poll"),
    Trigger.PUSH: later("push"),
    Trigger.MANUAL: later("manual"),
    Trigger.ROLLBACK: later("rollback"),
}

OUTCOMES: Mapping[Outcome, tuple[str, str, Tone]] = {
    Outcome.OK: ("✓", later("ok"), Tone.OK),
    Outcome.FAILED: ("✗", later("failed"), Tone.BAD),
    Outcome.NOT_PUBLISHED: ("…", later("not published yet"), Tone.WARN),
    Outcome.GIVEN_UP: ("✗", later("given up"), Tone.BAD),
    Outcome.SUPERSEDED: ("–", later("superseded by a newer commit"), Tone.WARN),
    Outcome.CANCELLED: ("–", later("cancelled"), Tone.WARN),
    Outcome.NO_BASELINE: ("✗", later("nothing to go back to"), Tone.BAD),
    Outcome.INTERRUPTED: ("!", later("interrupted, entered again"), Tone.WARN),
}

_FATES: Mapping[State, str] = {
    State.SUCCEEDED: later("The host is on {to}."),
    State.ABANDONED: later("No container was touched."),
    State.ROLLED_BACK: later("The host is back on {from_}; {to} is not deployed again by itself."),
    State.ROLLBACK_FAILED: later("A person is needed. Automatic deployment is off."),
}


def short(sha: str | None) -> str:
    """A commit as it is named here."""
    return sha[:SHORT_SHA] if sha else "-"


def commits(d: Deployment) -> str:
    """From where to where."""
    return f"{short(d.from_commit)} → {short(d.to_commit)}"


def who(d: Deployment) -> Pieces:
    """Who or what began it, in a few cells."""
    if d.trigger is Trigger.MANUAL:
        return plain(d.by)
    if d.trigger is Trigger.ROLLBACK:
        return plain(f"↩ {d.by}")
    return plain(say(_TRIGGERS[d.trigger]), Tone.DIM)


def begun_by(d: Deployment) -> str:
    """The same as part of a sentence."""
    if d.trigger is Trigger.ROLLBACK:
        return say("rollback by {who}").format(who=d.by)
    if d.trigger is Trigger.MANUAL:
        return say("by {who}").format(who=d.by)
    return say("by itself ({trigger})").format(trigger=say(_TRIGGERS[d.trigger]))


def why(d: Deployment) -> str:
    """What went wrong; nothing where all went as it should."""
    return "" if report.succeeded(d) else retold(d.failure or "")


def fate(d: Deployment) -> str:
    """What its end means for the host; nothing before the end."""
    if d.state not in _FATES:
        return ""
    if d.trigger is Trigger.ROLLBACK and d.state is State.ROLLED_BACK:
        return say("The host is on {to} again; {from_} is not deployed again by itself.").format(
            to=short(d.to_commit), from_=short(d.from_commit)
        )
    return say(_FATES[d.state]).format(to=short(d.to_commit), from_=short(d.from_commit))


def is_good(d: Deployment) -> bool:
    """Whether it left a release that one can go back to."""
    return report.succeeded(d)


def release_of(d: Deployment) -> int | None:
    """The release that a good one left: its own, or the one that it went back to."""
    return d.baseline if d.trigger is Trigger.ROLLBACK else d.id


def step(s: Step) -> Piece:
    """Which state, how it went; the second time and later, the how manieth."""
    glyph, _, tone = OUTCOMES[s.outcome] if s.outcome else ("▶", "", Tone.BUSY)
    again = f" ({s.entry})" if s.entry > 1 else ""
    return Piece(f"{glyph} {say(STATES.get(s.state, str(s.state)))}{again}", tone)


def outcome(s: Step) -> str:
    """How a step went, where that is not plain success."""
    return "" if s.outcome in {None, Outcome.OK} else say(OUTCOMES[s.outcome or Outcome.OK][1])


def seconds(s: Step, now: datetime) -> float:
    """How long it took, or takes already."""
    return max(((s.ended_at or now) - s.started_at).total_seconds(), 0.0)


def downtime(d: Deployment) -> str:
    """For how long the service did not answer, in the form of the other durations."""
    return "" if d.downtime_ms is None else duration(d.downtime_ms / 1000)
