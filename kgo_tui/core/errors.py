"""Everything that can go wrong, as one tree; decisions match these types, never their text.

Owns the classes and their messages: each names the thing and the way out. Must not know exit
codes, logs or screens; those map from the class.
"""

from __future__ import annotations

from collections.abc import Iterable

SHOWN_PATHS = 5
"""Paths named in a message before it says that there are more."""


class KgoError(Exception):
    """Base of every error that a user may see. `hint` is the way out, in one sentence."""

    hint: str = ""

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint or self.hint

    def __str__(self) -> str:
        return f"{self.message}\n{self.hint}" if self.hint else self.message


class ConfigError(KgoError):
    """The configuration is not usable: names the file and the key, line or value."""


class UsageError(KgoError):
    """The command was used wrongly, or names something that does not exist."""


class Refused(KgoError):
    """The worker or the policy will not do it, and says why. Nothing was touched."""


class Busy(KgoError):
    """Another process deploys on this instance."""


class Unreachable(KgoError):
    """Something outside that the work needs does not answer; worth trying again later."""


class SourceUnreachable(Unreachable):
    """The git remote does not answer, or wants credentials that are not there."""


class RuntimeUnreachable(Unreachable):
    """Docker does not answer, or may not be asked by this user."""


class RegistryUnreachable(Unreachable):
    """Registries that images come from do not answer, or do not want to now."""

    hint = "Nothing was changed; it is tried again at the next check."

    def __init__(self, registries: Iterable[str], *, said: str = "") -> None:
        self.registries = tuple(registries)
        reason = f": {said}" if said else ""
        super().__init__(f"the registry does not answer ({', '.join(self.registries)}){reason}")


class ComposeMissing(Unreachable):
    """There is no usable `docker compose` (v2)."""

    hint = "Install the Compose v2 plugin (package docker-compose-plugin or docker-compose-v2)."


class GitMissing(Unreachable):
    """There is no git."""

    hint = "Install git."


class JournalUnreadable(Unreachable):
    """systemd's journal cannot be read: no journalctl, no journal, or no right to it."""


class SourceError(KgoError):
    """git answered, and what it said makes the work impossible."""


class RepositoryInvalid(SourceError):
    """The configured path is not a usable repository."""


class UnknownCommit(SourceError):
    """No such commit, or more than one, under that name."""


class LocalChanges(SourceError):
    """Tracked files were changed by hand; bringing in another commit would lose that."""

    def __init__(self, paths: Iterable[str]) -> None:
        self.paths = tuple(paths)
        shown = ", ".join(self.paths[:SHOWN_PATHS]) + (" …" if len(self.paths) > SHOWN_PATHS else "")
        super().__init__(
            f"files changed by hand in the work tree: {shown}",
            hint="Commit them elsewhere or undo them (git diff, git checkout -- FILE), "
            'or set repository.on_local_changes = "stash".',
        )


class UntrackedInTheWay(SourceError):
    """The commit brings files whose places are taken by untracked ones."""

    def __init__(self, paths: Iterable[str]) -> None:
        self.paths = tuple(paths)
        super().__init__(
            f"untracked files are where the commit puts its own: {', '.join(self.paths[:SHOWN_PATHS])}",
            hint="Move or remove them; untracked files are never overwritten.",
        )


class CommandFailed(KgoError):
    """A command that was run ended badly. `output` holds its last lines, without control bytes."""

    def __init__(self, what: str, *, output: str = "", exit_code: int | None = None, hint: str = "") -> None:
        self.output = output
        self.exit_code = exit_code
        super().__init__(what, hint=hint)


class DeadlineExceeded(CommandFailed):
    """A command did not end in its time and was ended."""


class ComposeInvalid(CommandFailed):
    """The compose file at that commit does not parse or refers to something missing."""


class NotPublished(KgoError):
    """Images that the registry does not have (yet)."""

    def __init__(self, images: Iterable[str]) -> None:
        self.images = tuple(images)
        super().__init__(f"not published yet: {', '.join(self.images)}")


class ImagesGone(KgoError):
    """Images of a release that are no longer on this host."""

    def __init__(self, images: Iterable[str]) -> None:
        self.images = tuple(images)
        super().__init__(
            f"images of the release are no longer on this host: {', '.join(self.images)}",
            hint="Choose another release (kgo-tui history), or deploy a newer commit.",
        )


class NoBaseline(KgoError):
    """There is no verified release to go back to."""


class StoreError(KgoError):
    """The state store cannot be read or written."""


class StoreTooNew(StoreError):
    """The store was written by a newer version of this program."""


class StoreFull(StoreError):
    """No space is left where the store is."""


class NoWorker(Unreachable):
    """No worker answers on the control socket."""


class NotAllowed(Unreachable):
    """There is a worker, and this user may not talk to it."""


class ConnectionLost(Unreachable):
    """The connection to the worker ended while it was in use; work that it accepted goes on."""


class VersionMismatch(KgoError):
    """The worker and this program speak different versions of the control protocol."""
