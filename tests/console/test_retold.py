"""The worker's own sentences are understood, each form of them is still said, and nothing is lost."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

import kgo_tui
from kgo_tui.console import speech
from kgo_tui.console.retold import FORMS, LONGEST, retold, understood
from kgo_tui.core import report
from kgo_tui.core.errors import RegistryUnreachable
from kgo_tui.core.model import Image, Service, State, Tls
from kgo_tui.core.policy import decide
from kgo_tui.core.state import EngineState
from kgo_tui.engine.gate import inspect
from tests.core.test_policy import AUTOMATIC, BY_HAND, FACTS, RULES
from tests.core.values import CONTAINER, DEPLOYMENT, RELEASE, SAMPLE, SUSPENSION

CODE = Path(kgo_tui.__file__).parent
WORKER = ("adapters", "console/link.py", "control", "core", "engine", "service.py")
APP = Service(name="app", image="reg/app:latest")
IMAGES = {"app": Image(ref="reg/app:latest", image_id="sha256:1")}
EXITED = replace(CONTAINER, state="exited", health=None, exit_code=2)

COMPOSED = frozenset(
    {
        *(
            f"the worker did not {what} within {{seconds}} s"
            for what in ("greet", "answer", "send its state")
        ),
        "halted, not rolled back: it brought {paths} (rollback.when_irreversible)",
    }
)
"""Put together of two sentences in the code; their halves are looked for."""


@pytest.fixture
def french(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(speech, "_spoken", speech._spoken)
    speech.speak("fr")


def decisions() -> Iterator[str]:
    for _, facts, rules, _, _ in AUTOMATIC:
        yield decide(replace(FACTS, **facts), replace(RULES, **rules), automatic=True).reason
    for _, facts, named, _, _ in BY_HAND:
        yield decide(replace(FACTS, **facts), RULES, automatic=False, named=named).reason


def verdicts() -> Iterator[str]:
    calm = EngineState(instance="demo", version="1", deployed=RELEASE, sample=SAMPLE)
    sick = replace(SAMPLE, ok=False, status_code=500)
    lost = replace(DEPLOYMENT, state=State.ROLLBACK_FAILED, failure="no route")
    states = [
        calm,
        replace(calm, deployed=None),
        replace(calm, faults={"git": "no route"}),
        replace(calm, last=lost),
        replace(calm, sample=sick),
        replace(calm, suspended=SUSPENSION),
        replace(calm, suspended=replace(SUSPENSION, reason="")),
        replace(calm, sample=replace(SAMPLE, tls_days_left=3)),
        *(replace(calm, sample=replace(SAMPLE, tls=tls)) for tls in Tls if tls not in {Tls.NONE, Tls.VALID}),
        *(replace(calm, containers=(replace(CONTAINER, state=s),)) for s in ("restarting", "dead")),
        replace(calm, containers=(replace(CONTAINER, health="unhealthy"),)),
        replace(calm, containers=(EXITED,)),
    ]
    yield from (report.verdict(state)[1] for state in states)


def problems() -> Iterator[str]:
    found = [
        replace(CONTAINER, image_id="sha256:2"),
        replace(CONTAINER, restarts=3),
        replace(CONTAINER, restarts=3, exit_code=101),
        replace(CONTAINER, state="paused"),
        replace(CONTAINER, health="starting"),
        EXITED,
    ]
    seen = [inspect((c,), (APP,), IMAGES, {}) for c in found]
    seen.append(inspect((), (APP,), IMAGES, {}))
    seen.append(inspect((CONTAINER, CONTAINER), (APP,), IMAGES, {}))
    yield from (problem.reason for problem in seen if problem is not None)


def refusals() -> Iterator[str]:
    yield RegistryUnreachable(["one"]).message
    yield RegistryUnreachable(["one", "two"], said="timeout").message
    yield from ("Docker does not answer", "Docker does not answer: no socket")


SAID = sorted({*decisions(), *verdicts(), *problems(), *refusals()})


@pytest.mark.parametrize("sentence", SAID)
def test_what_the_worker_says_is_understood_word_for_word(sentence: str) -> None:
    heard = understood(sentence)
    assert heard is not None
    assert heard.form.format(**heard.parts) == sentence


def shape(form: str) -> str:
    return re.sub(r"\{\w+\}", "{}", form)


def shapes() -> set[str]:
    """Every text of the worker's code, with its places."""
    files = [file for part in WORKER for file in (CODE / part).glob("**/*.py")]
    files += [CODE / part for part in WORKER if part.endswith(".py")]
    found = set()
    for node in (node for file in files for node in ast.walk(ast.parse(file.read_text("utf-8")))):
        if isinstance(node, ast.JoinedStr):
            found.add("".join(str(v.value) if isinstance(v, ast.Constant) else "{}" for v in node.values))
        elif isinstance(node, ast.Constant):
            found.add(str(node.value))
    return found


def test_no_form_is_of_a_sentence_that_nobody_says_any_more() -> None:
    here = {heard.form for sentence in SAID if (heard := understood(sentence))}
    known = shapes()
    assert [form for form in FORMS if form not in here | COMPOSED and shape(form) not in known] == []


def test_english_stays_as_it_came() -> None:
    assert [retold(sentence) for sentence in SAID] == SAID


@pytest.mark.usefixtures("french")
def test_french_has_the_same_names_in_it() -> None:
    assert retold("bbbbbbb follows aaaaaaa") == "bbbbbbb suit aaaaaaa"
    told = retold("tried 2 times (demo-app-1: health check says unhealthy); again 12:00")
    assert told == "essayé 2 fois (demo-app-1 : health check : malade) ; à nouveau 12:00"
    told = retold("deployment 3 could not be rolled back: http://a/ status 404; then: demo-app-1: dead")
    assert told == "rollback du déploiement 3 impossible : http://a/ status 404 ; puis : demo-app-1 : mort"


@pytest.mark.usefixtures("french")
@pytest.mark.parametrize(
    "foreign",
    ["", "fatal: {0.__class__} {} {reason}", "[b]in sync at[/b]", "x" * (LONGEST + 1), "in sync\nat noon"],
)
def test_what_is_not_the_workers_own_stays_as_it_came(foreign: str) -> None:
    assert retold(foreign) == foreign


@pytest.mark.usefixtures("french")
def test_braces_and_markup_in_a_name_stay_what_they_are() -> None:
    assert retold("suspended by {by}: [b]{x}[/b]") == "suspendu par {by} : [b]{x}[/b]"


@pytest.mark.usefixtures("french")
def test_a_sentence_made_of_thousands_ends() -> None:
    told = retold("a; then: " * 200 + "b")
    assert told.startswith("a ; puis : a ; puis : a")
    assert told.endswith("a; then: b")
