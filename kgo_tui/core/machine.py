"""The deployment's state machine, as data: states, outcomes, transitions, bounds.

Owns which state follows which outcome and how often a state may be entered. Must not know what a
state does. A process killed in any working state enters that same state again at the next start
(`AFTER_CRASH`); only the bound on entries leads elsewhere, so no loop is endless.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from kgo_tui.core.model import Deployment, Outcome, State, Trigger

S, O = State, Outcome  # noqa: E741 - the table reads better with one letter

TERMINAL = frozenset({S.SUCCEEDED, S.ABANDONED, S.ROLLED_BACK, S.ROLLBACK_FAILED})
"""Each says one thing about the host: on target, never touched, on the baseline, needs a person."""

TABLE: Mapping[tuple[State, Outcome], State] = MappingProxyType(
    {
        (S.QUEUED, O.OK): S.PREPARING,
        (S.QUEUED, O.SUPERSEDED): S.ABANDONED,
        (S.QUEUED, O.CANCELLED): S.ABANDONED,
        (S.QUEUED, O.FAILED): S.ABANDONED,
        (S.PREPARING, O.OK): S.PULLING,
        (S.PREPARING, O.FAILED): S.REVERTING,
        (S.PREPARING, O.CANCELLED): S.REVERTING,
        (S.PULLING, O.OK): S.APPLYING,
        (S.PULLING, O.NOT_PUBLISHED): S.WAITING_IMAGES,
        (S.PULLING, O.FAILED): S.REVERTING,
        (S.PULLING, O.CANCELLED): S.REVERTING,
        (S.WAITING_IMAGES, O.OK): S.PULLING,
        (S.WAITING_IMAGES, O.GIVEN_UP): S.REVERTING,
        (S.WAITING_IMAGES, O.SUPERSEDED): S.REVERTING,
        (S.WAITING_IMAGES, O.CANCELLED): S.REVERTING,
        (S.WAITING_IMAGES, O.FAILED): S.REVERTING,
        (S.REVERTING, O.OK): S.ABANDONED,
        (S.REVERTING, O.FAILED): S.ROLLBACK_FAILED,
        (S.APPLYING, O.OK): S.VERIFYING,
        (S.APPLYING, O.FAILED): S.ROLLING_BACK,
        (S.VERIFYING, O.OK): S.SUCCEEDED,
        (S.VERIFYING, O.FAILED): S.ROLLING_BACK,
        (S.ROLLING_BACK, O.OK): S.VERIFYING_ROLLBACK,
        (S.ROLLING_BACK, O.FAILED): S.ROLLBACK_FAILED,
        (S.ROLLING_BACK, O.NO_BASELINE): S.ROLLBACK_FAILED,
        (S.VERIFYING_ROLLBACK, O.OK): S.ROLLED_BACK,
        (S.VERIFYING_ROLLBACK, O.FAILED): S.ROLLBACK_FAILED,
    }
)

ROLLBACK_ENTRY = S.ROLLING_BACK
"""Where a rollback that an operator asked for goes from `queued` when the work begins."""

AFTER_CRASH: Mapping[State, State] = MappingProxyType({s: s for s in S if s not in TERMINAL})
"""The written answer to a crash in each working state: enter it again, never forward past it."""

MAX_ENTRIES: Mapping[State, int] = MappingProxyType(
    {
        S.QUEUED: 20,
        S.PREPARING: 5,
        S.PULLING: 500,
        S.WAITING_IMAGES: 500,
        S.REVERTING: 5,
        S.APPLYING: 3,
        S.VERIFYING: 5,
        S.ROLLING_BACK: 5,
        S.VERIFYING_ROLLBACK: 5,
    }
)
"""Entries into a state beyond which it counts as failed without being tried. Pulling and waiting
take turns, bounded by time as well (`compose.wait_for_images`)."""

_TOUCHES_CONTAINERS = frozenset({S.APPLYING, S.VERIFYING, S.ROLLING_BACK, S.VERIFYING_ROLLBACK})

_REPLACES_CONTAINERS = frozenset({S.APPLYING, S.ROLLING_BACK})


def follow(deployment: Deployment, outcome: Outcome) -> State:
    """The state after `outcome`. Raises ValueError for a pair that the table does not have."""
    if deployment.state is S.QUEUED and outcome is O.OK and deployment.trigger is Trigger.ROLLBACK:
        return ROLLBACK_ENTRY
    try:
        return TABLE[deployment.state, outcome]
    except KeyError:
        raise ValueError(f"no transition from {deployment.state} on {outcome}") from None


def exhausted(deployment: Deployment) -> bool:
    """Whether the deployment's state has been entered as often as it may be."""
    return deployment.entries.get(deployment.state, 0) >= MAX_ENTRIES[deployment.state]


def is_terminal(state: State) -> bool:
    """Whether a deployment in that state is over."""
    return state in TERMINAL


def touches_containers(state: State) -> bool:
    """Whether the host may already differ from the baseline in that state."""
    return state in _TOUCHES_CONTAINERS


def replaces_containers(state: State) -> bool:
    """Whether to stop half-way in that state leaves services down until somebody goes on."""
    return state in _REPLACES_CONTAINERS


def can_cancel(state: State) -> bool:
    """Whether the deployment can still be given up without a rollback."""
    return (state, O.CANCELLED) in TABLE
