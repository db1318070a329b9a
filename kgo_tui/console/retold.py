"""What the worker says in English sentences (reasons, refusals, failures), in the admin's language.

Owns the forms of these sentences. Pure. Nothing is decided by them: a sentence that no form fits, of
git or of a newer worker, is shown as it came. `tests/console/test_retold.py` has the worker's own code
say them.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from kgo_tui.console.speech import later, say

LONGEST = 2_000
"""Characters of a sentence that is looked at; the worker's own are shorter."""

DEEPEST = 4
"""Sentences within each other that are looked at."""

_NESTED = frozenset({"first", "reason", "state"})
"""Names of parts that are sentences or words of the worker themselves."""

_TAKES = {
    **dict.fromkeys(("branch", "code", "container", "count", "id", "service", "sha"), r"\S+?"),
    "version": ".*?",
}
"""What stands in the other places may have blanks in it."""

_DECISIONS = (
    later("the remote has no branch {branch}"),
    later("in sync at {sha}"),
    later("{branch} has moved on to {sha}; look at the plan again"),
    later("first deployment, of {sha}"),
    later("{sha} is deployed already; converging"),
    later("{sha} of {branch}, which is followed instead of {other}"),
    later("{sha} follows {other}"),
    later(
        "{sha} is quarantined: {reason}. A newer commit is deployed when it arrives; to deploy this one "
        "anyway: kgo-tui deploy {name}"
    ),
    later(
        "history rewritten: the deployed commit is not on {branch} any more. Look at the remote; to follow "
        'it: repository.on_rewrite = "follow"'
    ),
    later(
        "the work tree has commits that {branch} has not ({count}). Push them or drop them; to follow the "
        'remote all the same: repository.on_rewrite = "follow"'
    ),
    later(
        "files changed by hand: {paths}. Undo them (git diff, git checkout -- FILE) or set "
        'repository.on_local_changes = "stash"'
    ),
    later("suspended by {by}: {reason} (kgo-tui resume)"),
    later("suspended by {by} (kgo-tui resume)"),
    later("outside the deployment windows; the next opens {at}"),
    later("tried once ({reason}); again {at}"),
    later("tried {count} times ({reason}); again {at}"),
    later("too soon after the last deployment; from {at}"),
)
_VERDICTS = (
    later("healthy"),
    later("deployment {id} could not be rolled back: {reason}"),
    later("deployment {id} could not be rolled back"),
    later("health probe fails: {reason}"),
    later("no release is recorded yet"),
    later("certificate: not yet valid"),
    later("certificate: expired"),
    later("certificate: self signed"),
    later("certificate: wrong host"),
    later("certificate: untrusted"),
    later("certificate: {days} days left"),
)
_FAILURES = (
    later("{first}; then: {reason}"),
    later("Docker does not answer: {reason}"),
    later("Docker does not answer"),
    later("Docker may not be used by this user: permission denied"),
    later("git: {reason}"),
    later("the git remote {remote} cannot be read: {reason}"),
    later("{container}: does not run the image of this release"),
    later("{container}: restarted {count} times (last exit code {code})"),
    later("{container}: restarted {count} times"),
    later("{container}: ended with exit code {code}"),
    later("{container}: health check says {state}"),
    later("{container}: is {state}"),
    later("{container}: unhealthy"),
    later("{container}: restarting"),
    later("{container}: dead"),
    later("{service}: {count} of {wanted} containers"),
    later("{service}: an old container is still there"),
    later("not published yet: {images}"),
    later("images were not published in time"),
    later("suspended by {by} while waiting"),
    later("superseded by {sha}"),
    later("cancelled by {by}"),
    later("there is no verified release to go back to"),
    later("halted, not rolled back: it brought {paths} (rollback.when_irreversible)"),
    later("{by} rolled back from it"),
    later("held back: {by} deployed {sha} instead"),
    later("images of the release are no longer on this host: {images}"),
    later("files changed by hand in the work tree: {paths}"),
    later("untracked files are where the commit puts its own: {paths}"),
    later("the registry does not answer ({names}): {reason}"),
    later("the registry does not answer ({names})"),
    later("suspended by {by}: {reason}"),
    later("suspended by {by}"),
)
_REFUSALS = (
    later("deployment {id} is over"),
    later("no deployment is running"),
    later("{state} cannot be cancelled; roll back when it has ended"),
    later("automatic deployment is not suspended"),
    later("deployment {id} ({sha}, by {by}) is running"),
    later("deployment {id} ({sha}, by {by}) is touching containers"),
    later("this container is being started or stopped already"),
    later("there is no release to go back to"),
    later("there is no release before {sha}"),
    later("no release {name} in the history"),
    later("there is no release {id}"),
    later("there is no deployment {id}"),
)
_HINTS = (
    later("Ask again when it has ended."),
    later("Wait for its end."),
    later("Nothing was deployed and verified yet."),
    later("kgo-tui history lists what was deployed; name one to go to it."),
    later("kgo-tui history lists deployments; those that succeeded can be gone back to."),
    later("Choose another release (kgo-tui history), or deploy a newer commit."),
    later("Move or remove them; untracked files are never overwritten."),
    later(
        "Commit them elsewhere or undo them (git diff, git checkout -- FILE), or set "
        'repository.on_local_changes = "stash".'
    ),
    later("Nothing was changed; it is tried again at the next check."),
    later("Ask again when it is back: kgo-tui status tells."),
    later("It is tried again by itself."),
    later("Start it: kgo-tui service start"),
    later("Ask its owner, or use sudo."),
    later("Use sudo, or have the worker give its socket to a group."),
    later("You are a member: log in again for that to count."),
    later("Have an administrator run: usermod -aG {group} {user} - then log in again."),
    later("Bring both to the same kgo-tui version, and restart the worker."),
    later("Bring both to the same kgo-tui version."),
)
_CONNECTION = (
    later("no worker serves at {path}"),
    later("no worker runs here"),
    later("not connected to the worker"),
    later("the worker sent no state"),
    later("the connection to the worker was lost"),
    later("the worker ended the connection: {reason}"),
    later("the worker's socket {path} is for members of the group {group}"),
    later("only root may use the worker's socket {path}"),
    later("this user may not use the worker's socket {path}"),
    later("the worker's socket {path} cannot be used: {reason}"),
    later(
        "the worker{version} speaks version {theirs} of the control protocol, this program speaks version "
        "{ours}"
    ),
    later("the worker did not greet within {seconds} s"),
    later("the worker did not answer within {seconds} s"),
    later("the worker did not send its state within {seconds} s"),
)
FORMS = (*_DECISIONS, *_VERDICTS, *_REFUSALS, *_HINTS, *_CONNECTION, *_FAILURES)
"""The first that fits counts: the loosest ones stand last."""


class Heard(NamedTuple):
    """The form of a sentence, and what stands in its places."""

    form: str
    parts: dict[str, str]


def retold(text: str, levels: int = DEEPEST) -> str:
    """The sentence as it is said here, with those in it."""
    heard = understood(text)
    if heard is None or not levels or say(heard.form) == heard.form:
        return text
    parts = {name: _part(name, value, levels - 1) for name, value in heard.parts.items()}
    return say(heard.form).format(**parts)


@lru_cache(maxsize=512)
def understood(text: str) -> Heard | None:
    """The form that fits. Headers are drawn every second: remembered."""
    if not text or len(text) > LONGEST:
        return None
    found = ((form, pattern.fullmatch(text)) for form, pattern in _patterns())
    return next((Heard(form, match.groupdict()) for form, match in found if match), None)


def _part(name: str, value: str, levels: int) -> str:
    if name not in _NESTED:
        return value
    return say(value.replace("_", " ")) if name == "state" else retold(value, levels)


@lru_cache(maxsize=1)
def _patterns() -> tuple[tuple[str, re.Pattern[str]], ...]:
    """Made when the first sentence comes, after the first paint."""
    return tuple((form, re.compile(_pattern(form), re.DOTALL)) for form in FORMS)


def _pattern(form: str) -> str:
    places = re.split(r"\{(\w+)\}", form)
    names = (f"(?P<{name}>{_TAKES.get(name, '.+?')})" for name in places[1::2])
    return "".join(f"{re.escape(text)}{next(names, '')}" for text in places[::2])
