"""The transition table, row by row, and what no sequence of outcomes and crashes can do."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from kgo_tui.core import machine
from kgo_tui.core.machine import AFTER_CRASH, MAX_ENTRIES, TABLE, TERMINAL, exhausted, follow
from kgo_tui.core.model import Deployment, Outcome, State, Trigger
from tests.core.values import AT

ROWS = """
queued              ok             preparing
queued              superseded     abandoned
queued              cancelled      abandoned
queued              failed         abandoned
preparing           ok             pulling
preparing           failed         reverting
preparing           cancelled      reverting
pulling             ok             applying
pulling             not_published  waiting_images
pulling             failed         reverting
pulling             cancelled      reverting
waiting_images      ok             pulling
waiting_images      given_up       reverting
waiting_images      superseded     reverting
waiting_images      cancelled      reverting
waiting_images      failed         reverting
reverting           ok             abandoned
reverting           failed         rollback_failed
applying            ok             verifying
applying            failed         rolling_back
verifying           ok             succeeded
verifying           failed         rolling_back
rolling_back        ok             verifying_rollback
rolling_back        failed         rollback_failed
rolling_back        no_baseline    rollback_failed
verifying_rollback  ok             rolled_back
verifying_rollback  failed         rollback_failed
"""
EXPECTED = {(row[0], row[1]): row[2] for line in ROWS.split("\n") if (row := line.split())}
WORKING = [s for s in State if s not in TERMINAL]
TRIGGERS = [Trigger.POLL, Trigger.MANUAL, Trigger.PUSH, Trigger.ROLLBACK]


def deployment(state: State = State.QUEUED, trigger: Trigger = Trigger.POLL) -> Deployment:
    return Deployment(
        id=1, trigger=trigger, by="ann", from_commit=None, to_commit="a" * 40, state=state, started_at=AT
    )


def test_the_table_is_this_one() -> None:
    assert {(str(s), str(o)): str(to) for (s, o), to in TABLE.items()} == EXPECTED


@pytest.mark.parametrize("state", list(State))
@pytest.mark.parametrize("outcome", list(Outcome))
def test_every_pair_leads_where_its_row_says_or_nowhere(state: State, outcome: Outcome) -> None:
    wanted = EXPECTED.get((str(state), str(outcome)))
    if wanted is None:
        with pytest.raises(ValueError, match=f"no transition from {state} on {outcome}"):
            follow(deployment(state), outcome)
    else:
        assert follow(deployment(state), outcome) == wanted


def test_a_rollback_that_was_asked_for_goes_back_at_once() -> None:
    assert follow(deployment(trigger=Trigger.ROLLBACK), Outcome.OK) is State.ROLLING_BACK
    assert follow(deployment(trigger=Trigger.ROLLBACK), Outcome.CANCELLED) is State.ABANDONED


def test_what_is_terminal_is_left_by_nothing() -> None:
    assert {str(s) for s in TERMINAL} == {"succeeded", "abandoned", "rolled_back", "rollback_failed"}
    assert not [s for s, _ in TABLE if s in TERMINAL]
    assert [machine.is_terminal(s) for s in WORKING] == [False] * 9


@pytest.mark.parametrize("state", WORKING)
def test_every_working_state_has_its_answer_to_a_crash_bounds_and_a_way_out(state: State) -> None:
    assert AFTER_CRASH[state] is state
    assert MAX_ENTRIES[state] >= 3
    gives_up = Outcome.GIVEN_UP if state is State.WAITING_IMAGES else Outcome.FAILED
    assert (state, gives_up) in TABLE, "what the bound leads to"
    entered = replace(deployment(state), entries={state: MAX_ENTRIES[state] - 1})
    assert not exhausted(entered)
    assert exhausted(replace(entered, entries={state: MAX_ENTRIES[state]}))


def test_the_answers_speak_of_no_other_state() -> None:
    assert set(AFTER_CRASH) == set(MAX_ENTRIES) == set(WORKING)


def test_what_touches_containers_is_not_cancelled_and_ends_on_one_of_two_releases() -> None:
    touching = {s for s in State if machine.touches_containers(s)}
    assert {str(s) for s in touching} == {"applying", "verifying", "rolling_back", "verifying_rollback"}
    assert not [s for s in touching if machine.can_cancel(s)]
    ends = {to for (s, _), to in TABLE.items() if s in touching and to in TERMINAL}
    assert State.ABANDONED not in ends, "abandoned says that containers were never touched"


def test_what_can_be_cancelled_is_all_before_that() -> None:
    assert {str(s) for s in State if machine.can_cancel(s)} == {
        "queued",
        "preparing",
        "pulling",
        "waiting_images",
    }


def test_what_must_not_be_left_half_way_is_what_replaces_containers() -> None:
    assert {str(s) for s in State if machine.replaces_containers(s)} == {"applying", "rolling_back"}


@given(st.data())
def test_any_outcomes_and_crashes_end_in_a_terminal_state_within_the_bounds(data: st.DataObject) -> None:
    """The runner's own rule: count the entry, act, follow the outcome; a crash enters again."""
    now = deployment(trigger=data.draw(st.sampled_from(TRIGGERS)))
    crash = st.booleans()
    walked, entered = [now.state], 0
    while now.state not in TERMINAL:
        if exhausted(now):
            gives_up = Outcome.GIVEN_UP if now.state is State.WAITING_IMAGES else Outcome.FAILED
            now = replace(now, state=follow(now, gives_up))
        else:
            entries = {**now.entries, now.state: now.entries.get(now.state, 0) + 1}
            now, entered = replace(now, entries=entries), entered + 1
            if data.draw(crash):
                now = replace(now, state=AFTER_CRASH[now.state])
            else:
                known = [o for s, o in TABLE if s is now.state]
                now = replace(now, state=follow(now, data.draw(st.sampled_from(known))))
        walked.append(now.state)
        assert entered <= sum(MAX_ENTRIES.values())
    assert all(n <= MAX_ENTRIES[s] for s, n in now.entries.items())
    _never_forward_again(walked)


def _never_forward_again(walked: list[State]) -> None:
    back = {State.ROLLING_BACK, State.VERIFYING_ROLLBACK, State.ROLLED_BACK, State.ROLLBACK_FAILED}
    if State.ROLLING_BACK in walked:
        assert set(walked[walked.index(State.ROLLING_BACK) :]) <= back
    if State.REVERTING in walked:
        rest = set(walked[walked.index(State.REVERTING) :])
        assert rest <= {State.REVERTING, State.ABANDONED, State.ROLLBACK_FAILED}
    if State.APPLYING in walked:
        assert not {State.PREPARING, State.PULLING} & set(walked[walked.index(State.APPLYING) :])


@pytest.mark.parametrize("trigger", TRIGGERS)
def test_every_terminal_state_is_within_reach_of_what_may_end_there(trigger: Trigger) -> None:
    reached = {State.QUEUED}
    while True:
        more = {
            follow(deployment(s, trigger), o) for s in reached - TERMINAL for o in Outcome if (s, o) in TABLE
        }
        if more <= reached:
            break
        reached |= more
    ends = reached & TERMINAL
    assert ends == (TERMINAL - {State.SUCCEEDED} if trigger is Trigger.ROLLBACK else TERMINAL)
