"""How long everything may take at most, out of the deadlines of what it is made of.

Owns these sums: beyond one, it is not slow any more but hangs. Pure. Must not know what then
follows. They are generous: within them each command, request and question has a deadline of its
own, which ends it much earlier and is told with its name.
"""

from __future__ import annotations

from kgo_tui.core.model import State
from kgo_tui.engine.world import Settings

SLACK_S = 60.0
"""For what is not counted here: writes to the store, a few questions, a machine under load."""

QUESTIONS_S = 120.0
"""For a dozen questions to the engine, each with its own deadline of 10 s."""

LAST_PAUSE_S = 30.0
"""The longest pause between two tries of the same."""

READS = 20
"""Commands of git that only look, in one check or plan."""


def longest(state: State, s: Settings) -> float:
    """Seconds that one entry into a working state can take and still be in order."""
    return SLACK_S + {
        State.QUEUED: 0.0,
        State.PREPARING: _check_out(s) + s.deadlines.config_s,
        State.PULLING: _pull(s),
        State.WAITING_IMAGES: LAST_PAUSE_S + s.deadlines.fetch_s + READS * s.deadlines.read_s,
        State.REVERTING: _patience(s) + 2 * _check_out(s) + QUESTIONS_S,
        State.APPLYING: _patience(s) + _up(s) + QUESTIONS_S,
        State.VERIFYING: _patience(s) + _judge(s),
        State.ROLLING_BACK: _patience(s) + _check_out(s) + 2 * _up(s) + QUESTIONS_S,
        State.VERIFYING_ROLLBACK: _patience(s) + _judge(s),
    }.get(state, 0.0)


def longest_check(s: Settings) -> float:
    """Seconds for a check or a plan, the look at what runs at the first start included."""
    asked = 4 * s.deadlines.config_s + QUESTIONS_S + s.deadlines.probe_s
    return SLACK_S + 2 * s.deadlines.fetch_s + READS * s.deadlines.read_s + asked


def longest_tidying() -> float:
    """Seconds for letting go of old images after a deployment."""
    return SLACK_S + 5 * QUESTIONS_S


def longest_sample(s: Settings) -> float:
    """Seconds for one health sample outside deployments."""
    return SLACK_S + s.deadlines.probe_s


def longest_look(s: Settings) -> float:
    """Seconds for one look at the containers."""
    return SLACK_S + s.deadlines.config_s + QUESTIONS_S


def _check_out(s: Settings) -> float:
    """Tried once more after ownership was mended."""
    return 2 * s.deadlines.check_out_s


def _pull(s: Settings) -> float:
    """A failed pull is asked again for all that is missing; a build may need the engine's own builder."""
    return s.deadlines.config_s + 2 * s.deadlines.pull_s + 2 * s.deadlines.build_s + QUESTIONS_S


def _up(s: Settings) -> float:
    return s.deadlines.up_s + 4 * s.deadlines.config_s


def _judge(s: Settings) -> float:
    look = s.deadlines.probe_s + QUESTIONS_S
    return s.attempts * s.attempt_interval_s + s.stable_for_s + 4 * s.deadlines.config_s + 2 * look


def _patience(s: Settings) -> float:
    """While Docker does not answer; a last try may begin just before its end."""
    return s.outage_patience_s + LAST_PAUSE_S
