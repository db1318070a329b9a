"""The journal's fields of each event: there is a row for each kind, and what stands in them."""

from __future__ import annotations

import re

import pytest
from msgspec.structs import replace

from kgo_tui.core import messages as m
from kgo_tui.core.model import Outcome, State
from kgo_tui.core.policy import Kind
from kgo_tui.message_ids import MESSAGE_IDS, kind_of
from kgo_tui.phrases import LANGUAGES, line
from kgo_tui.records import fields_of
from tests.core.test_messages import SAMPLES
from tests.core.values import AT, DEPLOYMENT, RELEASE, SAMPLE, STEP, A, B
from tests.records import LOGGED, LOST, end, step

NOT_EVENTS = {"defect", "watchdog_silent"}


@pytest.mark.parametrize("kind", LOGGED)
def test_each_kind_has_an_id_of_its_own_and_a_line(kind: str) -> None:
    assert kind_of(LOGGED[kind]) == kind
    assert fields_of(LOGGED[kind], "default")["MESSAGE_ID"] == MESSAGE_IDS[kind]
    assert all(line(LOGGED[kind], language) for language in LANGUAGES)


def test_the_table_has_these_kinds_and_no_others() -> None:
    assert set(MESSAGE_IDS) == set(LOGGED) | NOT_EVENTS


def test_every_event_that_is_logged_has_a_kind() -> None:
    logged = {type(event) for event in SAMPLES if line(event) is not None}
    assert logged == {type(event) for event in LOGGED.values()}


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("outcome", Outcome)
def test_no_state_and_outcome_is_without_an_id(state: State, outcome: Outcome) -> None:
    assert kind_of(step(state, outcome)) in MESSAGE_IDS


def test_no_decision_is_without_an_id() -> None:
    assert all(kind_of(m.DecisionChanged(kind=kind, reason="")) in MESSAGE_IDS for kind in Kind)


def test_the_ids_are_unique_and_in_the_form_that_the_journal_has() -> None:
    assert len(set(MESSAGE_IDS.values())) == len(MESSAGE_IDS)
    # Version 4 of RFC 9562, as uuid4 makes it, without dashes (sd_id128 in sd-id128(3)).
    assert all(re.fullmatch(r"[0-9a-f]{12}4[0-9a-f]{3}[89ab][0-9a-f]{15}", i) for i in MESSAGE_IDS.values())


@pytest.mark.parametrize("event", [*SAMPLES, *LOGGED.values()], ids=kind_of)
def test_every_field_has_a_name_that_journald_keeps_and_a_value(event: m.Event) -> None:
    fields = fields_of(event, "staging")
    assert all(re.fullmatch(r"[A-Z][A-Z0-9_]{0,63}", name) for name in fields)
    assert all(value and value != "None" for value in fields.values())
    assert fields["SYSLOG_IDENTIFIER"] == "kgo-tui"
    assert fields["KGO_INSTANCE"] == "staging"
    assert fields["KGO_EVENT"] == event.__struct_config__.tag


def test_the_end_of_a_deployment_in_full() -> None:
    failed = replace(DEPLOYMENT, state=State.ROLLED_BACK, ended_at=AT, duration_s=12.5)
    assert fields_of(m.DeploymentEnded(deployment=failed, deployed=RELEASE), "default") == {
        "MESSAGE_ID": MESSAGE_IDS["deployment_rolled_back"],
        "SYSLOG_IDENTIFIER": "kgo-tui",
        "KGO_EVENT": "deployment_ended",
        "KGO_INSTANCE": "default",
        "KGO_DEPLOYMENT": "8",
        "KGO_COMMIT": B,
        "KGO_FROM_COMMIT": A,
        "KGO_TRIGGER": "manual",
        "KGO_BY": "ann",
        "KGO_STATE": "rolled_back",
        "KGO_OUTCOME": "failed",
        "KGO_DURATION_S": "12.5",
        "KGO_DOWNTIME_MS": "120",
        "KGO_REASON": "it failed",
        "KGO_DEPLOYED": A,
    }


def test_a_failed_step_in_full() -> None:
    fields = fields_of(m.StepFinished(deployment=DEPLOYMENT, step=replace(STEP, hint="Look")), "default")
    about = {name: value for name, value in fields.items() if name not in fields_of(m.CheckStarted(), "x")}
    assert about == {
        "KGO_DEPLOYMENT": "8",
        "KGO_COMMIT": B,
        "KGO_FROM_COMMIT": A,
        "KGO_TRIGGER": "manual",
        "KGO_BY": "ann",
        "KGO_STATE": "verifying",
        "KGO_ENTRY": "2",
        "KGO_OUTCOME": "failed",
        "KGO_ATTEMPTS": "3",
        "KGO_ERROR": "CommandFailed",
        "KGO_REASON": "status 500",
        "KGO_HINT": "Look",
        "KGO_DURATION_S": "3.0",
    }


def test_what_a_person_wanted_counts_as_ok_and_has_no_reason() -> None:
    for kind in ("deployment_succeeded", "deployment_went_back"):
        fields = fields_of(LOGGED[kind], "default")
        assert fields["KGO_OUTCOME"] == "ok"
        assert "KGO_REASON" not in fields
    assert fields_of(end(State.ABANDONED), "default")["KGO_OUTCOME"] == "failed"


def test_lost_health_says_why_and_a_good_sample_does_not() -> None:
    assert fields_of(m.HealthLost(sample=LOST), "x")["KGO_REASON"] == "status 503"
    named = replace(LOST, status_code=None, error="refused")
    assert fields_of(m.HealthLost(sample=named), "x")["KGO_REASON"] == "refused"
    back = fields_of(m.HealthBack(sample=SAMPLE, lost_s=12.5), "x")
    assert back["KGO_LOST_S"] == "12.5"
    assert "KGO_REASON" not in back


def test_zero_is_known_and_stands_in_its_field() -> None:
    nothing = replace(DEPLOYMENT, state=State.SUCCEEDED, downtime_ms=0)
    ended = m.DeploymentEnded(deployment=nothing, deployed=None)
    assert fields_of(ended, "x")["KGO_DOWNTIME_MS"] == "0"


def test_foreign_text_is_inert_and_one_line() -> None:
    fields = fields_of(m.CommitDetected(sha=B, subject="a\nKGO_BY=root\x1b]52;c;eA==\x07"), "x")
    assert fields["KGO_SUBJECT"] == "a␊KGO_BY=root␛]52;c;eA==␇"
