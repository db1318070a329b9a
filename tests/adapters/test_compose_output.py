"""What Compose says and what it means: `compose_sayings.txt` has the sentences."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kgo_tui.adapters.compose import failures
from kgo_tui.adapters.compose.output import Fault, classify, is_progress, last_words, named_in, pull_failures
from kgo_tui.adapters.watch import Finished
from kgo_tui.core.errors import (
    CommandFailed,
    ComposeInvalid,
    ComposeMissing,
    KgoError,
    NotPublished,
    RegistryUnreachable,
    RuntimeUnreachable,
)


def sayings() -> dict[Fault, list[str]]:
    """The corpus, by fault."""
    corpus: dict[Fault, list[str]] = {}
    text = (Path(__file__).parent / "compose_sayings.txt").read_text()
    for line in filter(None, text.splitlines()):
        if line.startswith("["):
            corpus[Fault[line.strip("[]")]] = here = []
        elif not line.startswith(("# ", "---")):
            here.append(line)
    return corpus


CORPUS = sayings()

IMAGES = {
    "api": "r.test:5000/api:1",
    "db": "r.test:5000/db:1",
    "api-2": "r.test:5000/api:2",
    "cache": "redis",
}

GOING_ON = """\
 db Pulling
 api Pulling
 api-2 Pulling
 db Pulled
 api Error manifest for r.test:5000/api:1 not found: manifest unknown: manifest unknown
 api-2 Error received unexpected HTTP status: 503 Service Unavailable
"""

GOING_ON_NEWER = """\
 Image r.test:5000/db:1 Pulling
 Image r.test:5000/api:1 Pulling
 Image r.test:5000/db:1 Pulled
 Image r.test:5000/api:1 failed to resolve reference "r.test:5000/api:1": r.test:5000/api:1: not found
 Image r.test:5000/api:2 Error received unexpected HTTP status: 503 Service Unavailable
"""


@pytest.mark.parametrize(
    ("sentence", "fault"),
    [(sentence, fault) for fault, sentences in CORPUS.items() for sentence in sentences],
)
def test_each_sentence_of_the_corpus_means_its_fault(sentence: str, fault: Fault) -> None:
    assert classify(sentence) is fault
    assert classify(f"Error response from daemon: {sentence}") is fault


def test_the_last_words_are_the_reason_without_warnings_and_prefix() -> None:
    output = """\
time="2026-01-01T00:00:00Z" level=warning msg="The \\"X\\" variable is not set. Defaulting to a blank string."
 Container a Starting
Error response from daemon: port is already allocated
time="2026-01-01T00:00:00Z" level=warning msg="again"

"""
    assert last_words(output) == "port is already allocated"
    assert last_words("1 error occurred:\n\t* Error response from daemon: denied\n\n\n") == "denied"
    assert last_words("") == ""


@pytest.mark.parametrize(
    "said",
    [
        "unknown shorthand flag: 'f' in -f\n\nUsage:  docker [OPTIONS]\n\nRun 'docker --help' for more\n",
        "unknown flag: --project-directory\nSee 'docker --help'.\n\nUsage:  docker [OPTIONS] COMMAND\n",
        "docker: 'compose' is not a docker command.\nSee 'docker --help'\n",
        "docker: 'compose' is not a docker command.\n\nFor more help on how to use Docker, head to it\n",
    ],
)
def test_a_docker_without_compose_is_known_through_its_advice(said: str) -> None:
    assert isinstance(failures.invalid(finished(said, 125), "a.yml", same), ComposeMissing)
    assert isinstance(failures.failed("docker compose up", finished(said, 125), same), ComposeMissing)


@pytest.mark.parametrize("output", [GOING_ON, GOING_ON_NEWER])
def test_a_pull_that_goes_on_names_every_image_that_failed(output: str) -> None:
    found = {ref: classify(sentence) for ref, sentence in pull_failures(output, IMAGES).items()}
    assert found == {IMAGES["api"]: Fault.NOT_PUBLISHED, IMAGES["api-2"]: Fault.REGISTRY_DOWN}


def test_a_service_whose_name_begins_like_another_is_not_mistaken_for_it() -> None:
    assert pull_failures(" api-2 Error denied\n", IMAGES) == {IMAGES["api-2"]: "denied"}


def test_a_buildable_services_failure_comes_as_a_warning() -> None:
    assert pull_failures(" api Warning manifest unknown\n", IMAGES) == {IMAGES["api"]: "manifest unknown"}


def test_an_image_is_named_by_the_sentence_or_all_are_meant() -> None:
    assert named_in("manifest for redis not found", IMAGES.values()) == ["redis"]
    assert named_in("denied", IMAGES.values()) == sorted(IMAGES.values())


@pytest.mark.parametrize(
    ("line", "progress"),
    [
        (" 8ed430c92b52 Extracting [=================>  ]    1.1MB/1.1MB", True),
        (" 8ed430c92b52 Pull complete", True),
        ("#5 sha256:abc 1.05MB / 3.40MB 0.2s", True),
        (" api Pulled", False),
        ("Step 3/5 : RUN make", False),
        (" Container shop-api-1  Started", False),
    ],
)
def test_progress_is_told_from_news(line: str, progress: bool) -> None:  # noqa: FBT001 - a case's expectation
    assert is_progress(line) is progress


def finished(stderr: str, exit_code: int = 1) -> Finished:
    return Finished(exit_code, b"", stderr.encode(), truncated=False, duration_s=0.1)


def same(text: str) -> str:
    return text


@pytest.mark.parametrize(
    ("sentences", "kind"),
    [
        (["manifest unknown", "denied"], NotPublished),
        (["manifest unknown", "connection refused"], RegistryUnreachable),
        (["connection refused", "unauthorized"], CommandFailed),
        (["manifest unknown", "no space left on device"], CommandFailed),
    ],
)
def test_a_pull_is_worth_waiting_for_only_if_nothing_else_is_wrong(
    sentences: list[str], kind: type[KgoError]
) -> None:
    told = {f"r.example/app:{number}": sentence for number, sentence in enumerate(sentences)}
    error = failures.not_pulled(told, finished(f"Error response from daemon: {sentences[-1]}"), same)
    assert type(error) is kind
    if isinstance(error, NotPublished):
        assert error.images == ("r.example/app:0", "r.example/app:1")
    if isinstance(error, RegistryUnreachable):
        assert error.registries == ("r.example",)


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (Fault.RUNTIME_DOWN, RuntimeUnreachable),
        (Fault.RUNTIME_FORBIDDEN, RuntimeUnreachable),
        (Fault.NO_COMPOSE, ComposeMissing),
        (Fault.NO_SPACE, CommandFailed),
        (Fault.OTHER, CommandFailed),
    ],
)
def test_a_failed_command_becomes_the_error_of_its_fault(fault: Fault, kind: type[KgoError]) -> None:
    for sentence in CORPUS[fault]:
        error = failures.failed("docker compose up", finished(sentence), same)
        assert type(error) is kind
        assert error.hint or fault is Fault.OTHER, "who reads it needs the way out"


def test_an_invalid_file_is_named_with_composes_own_reason() -> None:
    error = failures.invalid(finished("yaml: line 2: did not find expected node content", 15), "a.yml", same)
    assert isinstance(error, ComposeInvalid)
    assert "a.yml" in error.message
    assert "line 2" in error.message
    assert error.exit_code == 15


def test_what_a_command_said_is_inert_and_redacted() -> None:
    said = finished("Error response from daemon: bad \x1b]52;c;hunter2\x07 value")
    error = failures.failed("docker compose up", said, lambda text: text.replace("hunter2", "***"))
    assert isinstance(error, CommandFailed)
    for text in (error.message, error.output):
        assert "hunter2" not in text
        assert text.isprintable()


@given(st.text(), st.dictionaries(st.text(min_size=1), st.text(min_size=1), max_size=3))
def test_no_output_breaks_the_readers(output: str, images: dict[str, str]) -> None:
    assert classify(output) in Fault
    assert isinstance(last_words(output), str)
    assert set(pull_failures(output, images)) <= set(images.values())
