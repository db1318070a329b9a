"""The line of `systemctl status`: what is worth it in each state, in both languages."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from kgo_tui import statusline
from kgo_tui.core.model import State, Step, Trigger
from kgo_tui.core.state import DecisionView, EngineState, WorkerView
from kgo_tui.statusline import service_in, standing
from tests.core.values import AT, CONTAINER, DEPLOYMENT, RELEASE, SAMPLE, SUSPENSION, A

AT_NOON = datetime(2025, 3, 3, 12, 0, 0, tzinfo=UTC)
CALM = EngineState(
    instance="default",
    version="1",
    worker=WorkerView(running=True, pid=7, started_at=AT),
    deployed=RELEASE,
    decision=DecisionView(kind="nothing", reason="in sync"),
    next_check_at=AT_NOON,
    sample=replace(SAMPLE, ok=True, error=None),
    containers=(replace(CONTAINER, service="backend", name="demo-backend-1"),),
)
LOCAL = f"{AT_NOON.astimezone():%H:%M:%S}"
COMMIT = RELEASE.commit[:7]


def deploying(state: State, **changes: object) -> EngineState:
    running = replace(DEPLOYMENT, state=state, from_commit=A, trigger=Trigger.POLL, **changes)
    return replace(CALM, deployment=running, steps=(Step(state=state, entry=1, started_at=AT_NOON),))


def test_all_is_well() -> None:
    assert standing(CALM) == f"Up to date at {COMMIT}; next check {LOCAL}; healthy"
    assert standing(CALM, "fr") == f"À jour à {COMMIT}; prochaine vérification {LOCAL}; en bonne santé"


def test_while_a_check_runs_there_is_no_next_one() -> None:
    assert standing(replace(CALM, checking=True)) == f"Up to date at {COMMIT}; checking now; healthy"


def test_before_anything_is_known() -> None:
    state = EngineState(instance="default", version="1")
    assert standing(state) == "Starting"
    assert standing(replace(state, worker=WorkerView(running=True))) == "Nothing is deployed yet"
    assert standing(replace(state, worker=WorkerView(running=False, started_at=AT))) == "Stopping"


def test_an_application_that_is_not_well_is_shouted() -> None:
    state = replace(CALM, sample=replace(SAMPLE, ok=False, error="status 503"))
    assert standing(state).endswith("; NOT HEALTHY: status 503")
    assert standing(state, "fr").endswith("; EN PANNE : status 503")


def test_a_deployment_tells_commit_step_service_and_since_when() -> None:
    target = DEPLOYMENT.to_commit[:7]
    state = deploying(State.PULLING)
    assert standing(state) == f"Deploying {target}: pulling since {LOCAL}"
    assert standing(state, about="backend") == f"Deploying {target}: pulling (backend) since {LOCAL}"
    assert standing(state, "fr") == f"Déploiement de {target} : pulling depuis {LOCAL}"


def test_a_rollback_tells_where_to() -> None:
    assert standing(deploying(State.ROLLING_BACK)).startswith(f"Rolling back to {A[:7]}: rolling_back since")
    asked = replace(DEPLOYMENT, trigger=Trigger.ROLLBACK, state=State.QUEUED)
    assert standing(replace(CALM, deployment=asked)) == f"Rolling back to {asked.to_commit[:7]}: queued"


def test_images_that_are_waited_for_are_named() -> None:
    state = deploying(State.WAITING_IMAGES, failure="not published yet: reg/app:1", retry_at=AT_NOON)
    assert standing(state) == f"Waiting: not published yet: reg/app:1; looking again at {LOCAL}"


def test_a_worker_that_finishes_a_step_says_which() -> None:
    state = replace(deploying(State.APPLYING), worker=WorkerView(running=True, stopping=True))
    assert standing(state) == f"Stopping, after applying since {LOCAL}"


FAILED = replace(DEPLOYMENT, state=State.ROLLBACK_FAILED, failure="no space", ended_at=AT)
REFUSED = DecisionView(kind="refuse", reason="history rewritten")


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"last": FAILED}, "A PERSON IS NEEDED: no space"),
        ({"suspended": replace(SUSPENSION, by="anna", reason="audit")}, "Suspended by anna: audit"),
        ({"suspended": replace(SUSPENSION, by="anna", reason="")}, "Suspended by anna"),
        ({"faults": {"docker": "Docker does not answer"}}, "docker: Docker does not answer"),
        ({"decision": REFUSED}, "Refused: history rewritten"),
        ({"decision": DecisionView(kind="wait", reason="night")}, "Waiting: night"),
    ],
)
def test_trouble_comes_first(changes: dict[str, object], line: str) -> None:
    assert standing(replace(CALM, **changes)) == line


def test_the_worst_trouble_comes_first_of_all() -> None:
    state = replace(CALM, last=FAILED, suspended=SUSPENSION, faults={"git": "down"}, decision=REFUSED)
    assert standing(state).startswith("A PERSON IS NEEDED")
    assert standing(replace(state, last=None)).startswith("Suspended by")
    assert standing(replace(state, last=None, suspended=None)).startswith("git:")


def test_the_same_state_is_the_same_line_however_much_later() -> None:
    later = replace(CALM, sample=replace(CALM.sample or SAMPLE, at=AT + timedelta(hours=1), latency_ms=99.0))
    assert standing(later) == standing(CALM)


def test_what_others_wrote_cannot_act_on_the_terminal() -> None:
    assert "\x1b" not in standing(replace(CALM, decision=DecisionView(kind="wait", reason="\x1b]52;c;x\x07")))
    assert "\n" not in standing(replace(CALM, faults={"configuration": "a\nREADY=1"}))


@pytest.mark.parametrize(
    ("line", "service"),
    [
        ("backend Pulling", "backend"),
        ("Container demo-backend-1  Recreated", "backend"),
        ("1f2e3d Downloading backend-layer", None),
        ("", None),
    ],
)
def test_the_service_that_a_line_of_output_speaks_of(line: str, service: str | None) -> None:
    assert service_in(line, CALM) == service


def test_both_languages_have_every_phrase_with_the_same_values() -> None:
    def values(text: str) -> set[str]:
        return {part.partition("}")[0] for part in text.split("{")[1:]}

    assert {k: values(v) for k, v in statusline.ENGLISH.items()} == {
        k: values(v) for k, v in statusline.FRENCH.items()
    }
