"""The engine's view of the world: one protocol per role, and nothing about any technology.

Owns the contracts that adapters fulfil and tests fake. Must not know git, Docker, HTTP or SQLite.
Every method that touches the world is a coroutine; adapters run what blocks in threads, give each
call a deadline and a cap on output, and raise the errors of `core.errors`.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from kgo_tui.core.logs import LogBatch, LogWindow
from kgo_tui.core.messages import Recorded
from kgo_tui.core.model import (
    Commit,
    ContainerAction,
    ContainerUsage,
    ContainerView,
    Evidence,
    Image,
    PathChange,
    Sample,
    Service,
    SourceView,
)
from kgo_tui.core.records import Change, Loaded
from kgo_tui.engine.store_port import Store

__all__ = [
    "Change",
    "Clock",
    "Journal",
    "Loaded",
    "OnCommand",
    "OnLine",
    "Prober",
    "Recorded",
    "Runtime",
    "Source",
    "Store",
    "ignore_line",
]

OnLine = Callable[[str], None]
"""Takes one line of a running command's output, sanitised, at the moment it appears."""

OnCommand = Callable[[str], None]
"""Takes each command as it is about to run, as a person would type it, without secrets."""


def ignore_line(_line: str) -> None:
    """The `OnLine` and `OnCommand` of a caller that wants none."""


class Clock(Protocol):
    """Wall time for records, monotonic time for measuring, and sleep."""

    def now(self) -> datetime:
        """The time of day, aware, UTC."""
        ...

    def monotonic(self) -> float:
        """Seconds that never jump."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Return after that many seconds."""
        ...


class Source(Protocol):
    """Where releases come from: a work tree and the branch that it follows."""

    async def fetch(self) -> None:
        """Bring in the remote branch. Raises SourceUnreachable, RepositoryInvalid, SourceError."""
        ...

    async def view(self, deployed: str | None) -> SourceView:
        """Read the work tree against the last fetched remote branch, offline."""
        ...

    async def resolve(self, name: str) -> Commit:
        """The commit of a SHA (full or abbreviated), branch or tag. Raises UnknownCommit."""
        ...

    async def commits(self, base: str | None, target: str, limit: int = 50) -> tuple[Commit, ...]:
        """What `target` has and `base` has not, newest first; only `target` when base is None."""
        ...

    async def changes(self, base: str, target: str) -> tuple[PathChange, ...]:
        """The paths that differ between two commits."""
        ...

    async def on_branch(self, commit: str) -> bool:
        """Whether the commit is on the followed remote branch."""
        ...

    async def file_at(self, commit: str, path: str) -> bytes | None:
        """A tracked file's content at a commit, None when it is not there. For plans."""
        ...

    async def check_out(self, commit: str, *, label: str, save: bool) -> tuple[str, ...]:
        """Bring work tree and local branch to `commit`; untracked files stay as they are.

        With `save`, files changed by hand or in the way are first put aside under `label` (and what
        was saved is returned, in words); a half-done checkout of a crashed predecessor converges.
        Without, they raise LocalChanges or UntrackedInTheWay and nothing is touched.
        """
        ...

    async def repair_ownership(self) -> int:
        """Give what others left in the repository back to its owner; how many paths were mended."""
        ...


class Runtime(Protocol):
    """What runs the services of one project."""

    async def ready(self) -> None:
        """Return when it can be used. Raises RuntimeUnreachable or ComposeMissing."""
        ...

    async def services(
        self, variables: Mapping[str, str], files: Mapping[str, bytes] | None = None
    ) -> tuple[Service, ...]:
        """The services that the compose files at hand declare, or that `files` do: the same files
        by name, as they are in another commit. Raises ComposeInvalid."""
        ...

    async def pull(self, variables: Mapping[str, str], on_line: OnLine) -> dict[str, Image]:
        """Bring the images of every service here (build what is only built), resolve each once.

        Raises NotPublished for images the registry has not, Unreachable or CommandFailed otherwise.
        """
        ...

    async def running_images(self) -> dict[str, Image]:
        """The images of the containers that run now, by service."""
        ...

    async def keep(self, images: Mapping[str, Image]) -> None:
        """Keep these images on the host under tags of our own, whatever moves later."""
        ...

    async def keep_only(self, releases: Sequence[Mapping[str, Image]]) -> None:
        """Let go of kept images that none of these releases needs. Never fails a caller: what is
        in use stays."""
        ...

    async def missing(self, images: Mapping[str, Image]) -> tuple[str, ...]:
        """Which of these images are not on the host, named as service (ref)."""
        ...

    async def restore(self, images: Mapping[str, Image]) -> None:
        """Point the names that the compose file uses at exactly these images. Raises ImagesGone."""
        ...

    async def up(
        self,
        images: Mapping[str, Image],
        variables: Mapping[str, str],
        on_line: OnLine,
        *,
        force_recreate: bool = False,
    ) -> None:
        """Bring the services up with exactly these images, never asking a registry, recreating only
        what differs. Cleans half-made containers first. Raises ImagesGone, CommandFailed."""
        ...

    async def containers(self) -> tuple[ContainerView, ...]:
        """Every container of the project, running or not."""
        ...

    async def stop(self, containers: Sequence[ContainerView]) -> None:
        """Stop these containers and leave them there; those already gone or stopped are fine."""
        ...

    async def act(self, container: str, action: ContainerAction) -> ContainerView:
        """Start, stop or restart one container of the project, by its id, gently; which one it was.
        Raises UsageError when the project has none such, CommandFailed, RuntimeUnreachable."""
        ...

    async def usage(self, container: str) -> ContainerUsage:
        """What a running container of the project takes now. Raises as `act`."""
        ...

    async def evidence(self, containers: Sequence[ContainerView]) -> tuple[Evidence, ...]:
        """Last log lines and the inspected state of these containers, redacted and capped."""
        ...

    def changes(self) -> AsyncIterator[None]:
        """Yields whenever a container of the project changed; ends only when closed."""
        ...

    def logs(self, names: Sequence[str], window: LogWindow) -> AsyncGenerator[LogBatch, None]:
        """What services say (all, when none is named), merged by time and made inert. A name may
        also be one container's, or its id; then a log that is followed ends with that container,
        while a service's goes on with the next one. Raises UsageError for a name that is neither,
        or a position of another log."""
        ...

    def heard(self, on_command: OnCommand) -> None:
        """Tell `on_command` of every command run from now on."""
        ...


class Journal(Protocol):
    """Where the worker's unit keeps what it said."""

    def lines(self, window: LogWindow) -> AsyncGenerator[LogBatch, None]:
        """What the unit said and what was said about it, oldest first, made inert. Raises
        JournalUnreadable, UsageError for a position of another log."""
        ...


class Prober(Protocol):
    """Asks the application whether it is well."""

    async def probe(self) -> Sample:
        """Ask every URL once, with the certificate's state. Never raises: a failure is a sample."""
        ...

    async def answers(self) -> bool | None:
        """The same as cheaply as possible, for measuring downtime; None when there is no URL."""
        ...
