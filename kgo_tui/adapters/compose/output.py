"""What Compose's output means: the one place that reads its sentences.

Owns the classification of failures, in pure functions. Must not run anything. The sentences come
from Compose, the engine and registries, old and new; `tests/adapters` has a corpus of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from enum import Enum, auto


class Fault(Enum):
    """Why a command failed, as far as it makes a difference."""

    RUNTIME_FORBIDDEN = auto()
    RUNTIME_DOWN = auto()
    NO_COMPOSE = auto()
    NO_SPACE = auto()
    NO_BUILDX = auto()
    NOT_PUBLISHED = auto()
    LOGIN_NEEDED = auto()
    REGISTRY_DOWN = auto()
    OTHER = auto()


_SENTENCES: dict[Fault, tuple[str, ...]] = {
    Fault.RUNTIME_FORBIDDEN: (r"permission denied while trying to connect to the docker",),
    Fault.RUNTIME_DOWN: (
        r"cannot connect to the docker daemon",
        r"failed to connect to the docker api",
        r"is the docker daemon running",
        r"error during connect",
    ),
    Fault.NO_COMPOSE: (
        r"'compose' is not a docker command",
        r"unknown command: docker compose",
        r"unknown shorthand flag: 'f' in -f",
        r"unknown flag: --(?:env-file|format|hash|project-directory|profile)",
    ),
    Fault.NO_SPACE: (r"no space left on device", r"disk quota exceeded"),
    Fault.NO_BUILDX: (r"requires buildx", r"buildx component is missing"),
    Fault.NOT_PUBLISHED: (
        r"manifest unknown",
        r"manifest for \S+ not found",
        r"name unknown",
        r"repository name not known",
        r"repository (?:\S+ )?(?:does not exist|not found)",
        r"pull access denied",
        r"(?<!permission )\bdenied\b",
        r"\S+[:@]\S+: not found\s*$",
        r"error parsing http 404 response",
        r"unexpected status .*: 40[34]\b",
    ),
    Fault.LOGIN_NEEDED: (
        r"unauthorized",
        r"unexpected status .*: 401\b",
        r"authentication required",
        r"no basic auth credentials",
        r"insufficient_scope",
        r"incorrect username or password",
        r"error getting credentials",
    ),
    Fault.REGISTRY_DOWN: (
        r"connection refused",
        r"connection reset",
        r"broken pipe",
        r"\beof\s*$",
        r"no such host",
        r"no route to host",
        r"network is unreachable",
        r"server misbehaving",
        r"temporary failure in name resolution",
        r"i/o timeout",
        r"tls handshake timeout",
        r"deadline exceeded",
        r"client\.timeout",
        r"request canceled",
        r"toomanyrequests",
        r"too many requests",
        r"status(?: code)?:? (?:5\d\d|429)\b",
        r"unexpected status .*: (?:5\d\d|429)\b",
        r"x509:",
    ),
}
_COMPILED = {fault: re.compile("|".join(all_), re.IGNORECASE) for fault, all_ in _SENTENCES.items()}

_NOTE = re.compile(
    r'^time="[^"]*" level=(?:warning|info|debug)|^WARN\[|^\s*(?:#\d+ |-{3,}|>)'
    r"|^(?:Usage:|(?:See|Run) 'docker|(?:For|To get) more help)"
)
"""Lines beside the matter: Compose's warnings, what the builder repeats, the advice after a refusal."""

_LAYER = re.compile(r"^\s*[0-9a-f]{12} |\[=*>? *\]|\d ?[kMG]?B */ *[\d.]+ ?[kMG]?B")
"""Lines of progress that redraw themselves many times a second on a terminal."""

_SUBJECT = r"^\s*(?:Image )?{} (?:Error |Warning )?(.*)$"


def classify(sentence: str) -> Fault:
    """What one error sentence says. The first fault that matches counts: the nearest cause first."""
    return next((fault for fault, pattern in _COMPILED.items() if pattern.search(sentence)), Fault.OTHER)


def last_words(output: str) -> str:
    """The sentence that a failed command ended with: its reason, without warnings and prefixes."""
    lines = [line.strip() for line in output.splitlines() if line.strip() and not _NOTE.match(line)]
    last = lines[-1] if lines else ""
    return re.sub(r"^(?:\* )?(?:Error response from daemon: )?", "", last)


def is_progress(line: str) -> bool:
    """Whether a line only says how far a layer is."""
    return _LAYER.search(line) is not None


def pull_failures(output: str, images: Mapping[str, str]) -> dict[str, str]:
    """Which images could not be pulled and the sentence for each, from the output of a pull that
    ignores failures. `images` are references by service: older versions of Compose name the
    service, newer ones the image.
    """
    found: dict[str, str] = {}
    for service, ref in images.items():
        for subject in (service, ref):
            if sentence := _failure_of(subject, output):
                found[ref] = sentence
    return found


def _failure_of(subject: str, output: str) -> str | None:
    line = re.compile(_SUBJECT.format(re.escape(subject)), re.MULTILINE)
    for match in line.finditer(output):
        said_so = re.search(r" (?:Error|Warning) ", match[0]) is not None
        if said_so or classify(match[1]) is not Fault.OTHER:
            return match[1].strip()
    return None


def named_in(sentence: str, images: Iterable[str]) -> list[str]:
    """The image references that a sentence names; all of them when it names none."""
    known = sorted(set(images))
    return [ref for ref in known if ref in sentence] or known
