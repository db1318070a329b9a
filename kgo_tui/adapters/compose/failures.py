"""Failed commands as errors of `core.errors`: which class, in which words, with which way out.

Owns the sentences that a user reads when Docker or Compose refuse. Must not run anything.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from kgo_tui.adapters.compose import refs
from kgo_tui.adapters.compose.output import Fault, classify, last_words
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
from kgo_tui.core.text import clean

Redact = Callable[[str], str]

FORBIDDEN_HINT = "Add the user to the group docker (sudo usermod -aG docker USER), or run it with sudo."
DOWN_HINT = "Start it (sudo systemctl start docker) and look at its log (journalctl -u docker)."
NO_SPACE_HINT = "Free some space (docker system df, docker image prune) and deploy again."


def forbidden() -> RuntimeUnreachable:
    """Docker is there, and not for this user."""
    return RuntimeUnreachable("Docker may not be used by this user: permission denied", hint=FORBIDDEN_HINT)


def down(said: str = "") -> RuntimeUnreachable:
    """Docker does not answer."""
    reason = f": {clean(said)}" if said else ""
    return RuntimeUnreachable(f"Docker does not answer{reason}", hint=DOWN_HINT)


def no_compose(said: str = "") -> ComposeMissing:
    """There is no usable Compose; `said` is how that showed."""
    return ComposeMissing(f"docker compose (v2) is not there{f': {clean(said)}' if said else ''}")


def invalid(finished: Finished, files: str, redact: Redact) -> KgoError:
    """The error of a `config` that failed. `files` names what was read."""
    sentence, tail = _said(finished, redact)
    if classify(sentence) is Fault.NO_COMPOSE:
        return no_compose(sentence)
    return ComposeInvalid(
        f"the compose file is not usable ({files}): {sentence}", output=tail, exit_code=finished.exit_code
    )


def failed(what: str, finished: Finished, redact: Redact) -> KgoError:
    """The error of any other command that failed; `what` is the command as a user knows it."""
    sentence, tail = _said(finished, redact)
    general = _general(classify(sentence), sentence)
    hint = NO_SPACE_HINT if classify(sentence) is Fault.NO_SPACE else ""
    return general or CommandFailed(
        f"{what} failed: {sentence}", output=tail, exit_code=finished.exit_code, hint=hint
    )


def _general(fault: Fault, sentence: str) -> KgoError | None:
    """The faults that have the same meaning whatever was run."""
    if fault is Fault.RUNTIME_FORBIDDEN:
        return forbidden()
    if fault is Fault.RUNTIME_DOWN:
        return down()
    return no_compose(sentence) if fault is Fault.NO_COMPOSE else None


def not_pulled(sentence_of: dict[str, str], finished: Finished, redact: Redact) -> KgoError:
    """The error of a pull: `sentence_of` says for each image that failed why it did.

    Images that are not published are worth waiting for only if nothing else is wrong.
    """
    faults = {ref: classify(sentence) for ref, sentence in sentence_of.items()}
    for ref, fault in faults.items():
        said = redact(clean(sentence_of[ref]))
        if fault is Fault.LOGIN_NEEDED:
            return _login_needed(ref, said, finished)
        if fault not in (Fault.NOT_PUBLISHED, Fault.REGISTRY_DOWN):
            return failed("docker compose pull", finished, redact)
    down_refs = [ref for ref, fault in faults.items() if fault is Fault.REGISTRY_DOWN]
    if down_refs:
        said = redact(clean(sentence_of[down_refs[0]]))
        return RegistryUnreachable(_registries(down_refs), said=said)
    return NotPublished(sorted(faults))


def _login_needed(ref: str, said: str, finished: Finished) -> CommandFailed:
    registry = refs.registry_of(ref)
    return CommandFailed(
        f"the registry {registry} wants credentials for {ref}: {said}",
        exit_code=finished.exit_code,
        hint=f"Log in as the user that runs this: docker login {registry}",
    )


def _registries(images: Iterable[str]) -> list[str]:
    return sorted({refs.registry_of(ref) for ref in images})


def _said(finished: Finished, redact: Redact) -> tuple[str, str]:
    text = finished.stderr.decode("utf-8", "replace")
    return redact(clean(last_words(text))) or f"exit code {finished.exit_code}", redact(finished.tail())
