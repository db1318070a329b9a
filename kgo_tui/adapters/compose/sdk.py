"""The Docker Engine through the docker SDK: connections, deadlines, and what their failures mean.

Owns the clients and the translation of their errors. Must not know what is asked. The SDK is
imported by the first question: that takes 0.2 s and 25 MB, and some commands ask none.
"""

from __future__ import annotations

import socket
import threading
import weakref
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

from kgo_tui.adapters.compose import failures
from kgo_tui.adapters.process import in_thread
from kgo_tui.core.errors import CommandFailed
from kgo_tui.core.text import clean

if TYPE_CHECKING:
    from docker import APIClient

T = TypeVar("T")

_LOADING = threading.Lock()

ANSWER_S = 10.0
"""Seconds for the engine to answer a question."""

PING_S = 3.0
"""Seconds for it to show that it is there."""


KNOCK_S = 3.0
"""Seconds to get in at the engine's own socket."""

DEFAULT_SOCKET = "unix:///var/run/docker.sock"
"""Where the SDK looks when nothing tells it where."""


class Engine:
    """The engine that the docker command line would use too, given the same environment."""

    def __init__(self, environment: Mapping[str, str], docker_host: str | None) -> None:
        self._environment = environment
        self._docker_host = docker_host
        self._clients: dict[float, APIClient] = {}
        self._place: dict[str, Any] | None = None
        self._lock = threading.Lock()
        self.close = weakref.finalize(self, _close_all, self._clients)
        """Lets go of all connections; happens by itself when the engine is no longer used."""

    async def ask(self, question: Callable[[APIClient], T], *, answer_s: float = ANSWER_S) -> T:
        """Ask in a thread, with a client whose every request has `answer_s` seconds. Raises
        RuntimeUnreachable, or CommandFailed for a refusal that the question itself did not expect.
        """

        def work(_stop: threading.Event) -> T:
            with translated():
                _knock(self._where())
                return question(self._client(answer_s))

        return await in_thread(work)

    def connect(self, answer_s: float = ANSWER_S) -> APIClient:
        """A new connection; blocks. Raises what the SDK does: use it within `translated`."""
        _load()
        from docker import APIClient  # noqa: PLC0415

        where = self._where()
        _knock(where)
        return APIClient(version="auto", timeout=int(answer_s), use_ssh_client=True, **where)

    def _where(self) -> dict[str, Any]:
        if self._place is None:
            self._place = _where(self._environment, self._docker_host)
        return self._place

    def _client(self, answer_s: float) -> APIClient:
        with self._lock:
            if answer_s not in self._clients:
                self._clients[answer_s] = self.connect(answer_s)
            return self._clients[answer_s]


def _close_all(clients: dict[float, APIClient]) -> None:
    for client in clients.values():
        client.close()
    clients.clear()


def _where(environment: Mapping[str, str], docker_host: str | None) -> dict[str, Any]:
    """Where the command line would go: the host given, DOCKER_HOST, or the current context."""
    _load()
    from docker.context import ContextAPI  # noqa: PLC0415
    from docker.utils import kwargs_from_env  # noqa: PLC0415

    given = {"DOCKER_HOST": docker_host} if docker_host else {}
    where: dict[str, Any] = {**kwargs_from_env(environment={**environment, **given})}
    if "base_url" in where:
        return where
    context = ContextAPI.get_context(environment.get("DOCKER_CONTEXT"))
    if context is None or not context.Host:
        return where
    return {"base_url": context.Host, **({"tls": context.TLSConfig} if context.TLSConfig else {}), **where}


def _knock(where: Mapping[str, Any]) -> None:
    """Raise OSError at once when nobody answers at the engine's socket, or we may not ask: the SDK
    says so less clearly, and leaves a socket open each time.
    """
    path = str(where.get("base_url") or DEFAULT_SOCKET).removeprefix("unix://")
    if path.startswith("/"):
        with socket.socket(socket.AF_UNIX) as door:
            door.settimeout(KNOCK_S)
            door.connect(path)


@contextmanager
def translated() -> Iterator[None]:
    """Raise the SDK's errors as ours."""
    _load()
    from docker.errors import APIError, DockerException  # noqa: PLC0415
    from requests.exceptions import RequestException  # noqa: PLC0415

    try:
        yield
    except APIError as error:
        said = clean(str(error.explanation or error))
        raise CommandFailed(f"Docker refused: {said}", exit_code=error.status_code) from error
    except (DockerException, RequestException, OSError) as error:
        raise _unreachable(error) from error


def _load() -> None:
    """Import the SDK in one thread at a time. Two that begin together would each wait for a module
    of the other's, and the interpreter then hands out half-made ones (importlib's `_DeadlockError`)."""
    with _LOADING:
        import docker  # noqa: F401, PLC0415


def _unreachable(error: BaseException) -> Exception:
    causes = list(_causes(error))
    if any(isinstance(cause, PermissionError) for cause in causes):
        return failures.forbidden()
    reasons = [cause for cause in causes if isinstance(cause, OSError) and cause.strerror]
    return failures.down(str(reasons[-1].strerror) if reasons else type(error).__name__)


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """The error and all that it wraps: urllib3 keeps its causes among the arguments."""
    seen: set[int] = set()
    waiting = [error]
    while waiting:
        cause = waiting.pop()
        if isinstance(cause, BaseException) and id(cause) not in seen:
            seen.add(id(cause))
            yield cause
            waiting += [cause.__cause__, cause.__context__, *_inner(cause)]


def _inner(cause: BaseException) -> list[BaseException]:
    return [inner for inner in cause.args if isinstance(inner, BaseException)]
