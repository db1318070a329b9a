"""Image references and the names of kept tags."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kgo_tui.adapters.compose import refs
from kgo_tui.adapters.compose.refs import Ref

DIGEST = "sha256:" + "0" * 64
REPOSITORY = re.compile(r"(?:[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*/?)+")


@pytest.mark.parametrize(
    ("text", "ref", "registry"),
    [
        ("nginx", Ref("nginx", "latest", None), "docker.io"),
        ("nginx:1.27", Ref("nginx", "1.27", None), "docker.io"),
        ("org/app:x", Ref("org/app", "x", None), "docker.io"),
        ("r.example/org/app", Ref("r.example/org/app", "latest", None), "r.example"),
        ("127.0.0.1:5000/app", Ref("127.0.0.1:5000/app", "latest", None), "127.0.0.1:5000"),
        ("127.0.0.1:5000/app:1", Ref("127.0.0.1:5000/app", "1", None), "127.0.0.1:5000"),
        ("localhost/app:1", Ref("localhost/app", "1", None), "localhost"),
        (f"app@{DIGEST}", Ref("app", None, DIGEST), "docker.io"),
        (f"host:1/app:2@{DIGEST}", Ref("host:1/app", "2", DIGEST), "host:1"),
    ],
)
def test_a_reference_has_parts(text: str, ref: Ref, registry: str) -> None:
    assert refs.parse(text) == ref
    assert refs.registry_of(text) == registry


def test_the_digest_is_that_of_the_references_own_repository() -> None:
    known = ["other.example/app@sha256:1", "alpine@sha256:2"]
    assert refs.digest_for("docker.io/library/alpine:3", known) == "sha256:2"
    assert refs.digest_for("other.example/app", known) == "sha256:1"
    assert refs.digest_for("elsewhere.example/app", known) is None
    assert refs.digest_for("alpine@sha256:3", ["alpine@sha256:2", "alpine@sha256:3"]) == "sha256:3"


def test_a_kept_tag_names_project_service_and_image() -> None:
    tag = refs.kept_tag("shop", "api", "sha256:0123456789abcdef")
    assert tag == ("kgo-tui/shop/api", "0123456789ab")
    assert refs.kept_repositories("shop") == "kgo-tui/shop/*"


@given(
    st.from_regex(r"[a-z0-9][a-z0-9_-]*", fullmatch=True), st.from_regex(r"[a-zA-Z0-9._-]+", fullmatch=True)
)
def test_every_name_that_compose_allows_makes_a_tag_that_docker_takes(project: str, service: str) -> None:
    repository, _ = refs.kept_tag(project, service, DIGEST)
    assert REPOSITORY.fullmatch(repository)
    assert repository.startswith(refs.kept_prefix(project))


def test_no_two_names_become_the_same() -> None:
    names = ["api", "Api", "API", "api-", "-api", "a__pi", "a___pi", "a-pi", "a.pi", "..", "_"]
    assert len({refs.kept_tag("p", name, DIGEST) for name in names}) == len(names)
