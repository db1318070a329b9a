"""Image references as text: their parts, and the names of the tags that we keep images under.

Owns the grammar of references, as far as it is needed. Must not know which images exist.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

KEPT = "kgo-tui"
"""The first component of every tag of ours."""

SHORT_ID = 12
"""Characters of an abbreviated image ID, as `docker images` shows it."""

_HUB = "docker.io"
_COMPONENT = re.compile(r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*")
"""A path component of a repository, from the grammar of the OCI distribution specification."""


@dataclass(frozen=True, slots=True)
class Ref:
    """`repository:tag@digest`; without tag and digest the tag is `latest`."""

    repository: str
    tag: str | None
    digest: str | None

    @property
    def registry(self) -> str:
        """The registry's name as a person would say it."""
        return _split_registry(self.repository)[0]

    @property
    def full_repository(self) -> str:
        """With what Docker leaves out when it shows a name: the registry, and `library/`."""
        registry, path = _split_registry(self.repository)
        return f"{registry}/library/{path}" if registry == _HUB and "/" not in path else f"{registry}/{path}"


def parse(text: str) -> Ref:
    """The parts of a reference. Never raises: what is no reference becomes a repository's name."""
    name, _, digest = text.partition("@")
    head, colon, tag = name.rpartition(":")
    if not colon or "/" in tag:  # that colon stands before a registry's port
        head, tag = name, ""
    return Ref(head, tag or (None if digest else "latest"), digest or None)


def registry_of(text: str) -> str:
    """The registry that a reference is pulled from."""
    return parse(text).registry


def _split_registry(repository: str) -> tuple[str, str]:
    first, slash, rest = repository.partition("/")
    if slash and ("." in first or ":" in first or first == "localhost"):
        return ("docker.io" if first == "index.docker.io" else first), rest
    return _HUB, repository


def digest_for(ref: str, repo_digests: list[str]) -> str | None:
    """The digest by which the reference's own registry knows an image, None if it does not."""
    wanted = parse(ref)
    found = [parse(text) for text in repo_digests]
    digests = [each.digest for each in found if each.full_repository == wanted.full_repository]
    return wanted.digest if wanted.digest in digests else next(iter(digests), None)


def kept_repositories(project: str) -> str:
    """A pattern (as `docker images` understands it) for all repositories of a project's kept tags."""
    return f"{KEPT}/{_component(project)}/*"


def kept_prefix(project: str) -> str:
    """What every kept tag of a project begins with."""
    return f"{KEPT}/{_component(project)}/"


def kept_tag(project: str, service: str, image_id: str) -> tuple[str, str]:
    """Repository and tag under which we keep the image of a service."""
    return f"{kept_prefix(project)}{_component(service)}", image_id.removeprefix("sha256:")[:SHORT_ID]


def _component(name: str) -> str:
    """A name as a path component. One that is none, such as `My_App`, becomes one that is like it,
    with a mark of its own so that no two names become the same.
    """
    if _COMPONENT.fullmatch(name):
        return name
    like = "-".join(re.findall(r"[a-z0-9]+", name.lower())) or "x"
    return f"{like}-{hashlib.sha256(name.encode()).hexdigest()[:8]}"
