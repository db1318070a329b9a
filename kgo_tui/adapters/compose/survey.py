"""Looks the Docker Engine over for what keeps deployments from working.

Owns the questions that only the doctor asks; the engine's are `runtime`'s. Changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kgo_tui.adapters.compose import refs
from kgo_tui.adapters.compose.output import Fault, classify
from kgo_tui.adapters.compose.sdk import DEFAULT_SOCKET, PING_S, Engine
from kgo_tui.core.errors import CommandFailed, NotPublished, RegistryUnreachable
from kgo_tui.core.text import clean

if TYPE_CHECKING:
    from docker import APIClient

ANSWER_S = 6.0
"""Seconds for the engine to answer one of these questions, a registry's answer included."""

_UNAUTHORIZED = (401, 403)


class LoginNeeded(CommandFailed):
    """The registry shows this image only to whoever logged in (rightly)."""


@dataclass(frozen=True, slots=True)
class About:
    """The engine: its version, its API's version, and where it keeps images and containers."""

    version: str
    api: tuple[int, int]
    root: str


@dataclass(frozen=True, slots=True)
class Running:
    """A container that runs: its name and the image's, as given."""

    name: str
    image: str


class EngineSurvey:
    """The engine that `docker` would use in this environment. Every method raises
    RuntimeUnreachable, or CommandFailed for a refusal."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._engine = Engine(environment, None)

    async def ping(self) -> None:
        """Return when it answers."""
        await self._engine.ask(lambda client: client.ping(), answer_s=PING_S)

    async def about(self) -> About:
        """Which engine that is."""
        return await self._engine.ask(_about, answer_s=ANSWER_S)

    async def running(self) -> tuple[Running, ...]:
        """Every container that runs, of whatever project."""
        return await self._engine.ask(_running, answer_s=ANSWER_S)

    async def published(self, ref: str, docker_config: str) -> None:
        """Return when the registry has the image, asked by the engine with the logins of that
        client configuration (a path of config.json). Nothing is pulled.
        Raises NotPublished, RegistryUnreachable, LoginNeeded, CommandFailed.
        """
        await self._engine.ask(lambda client: _published(client, ref, docker_config), answer_s=ANSWER_S)

    def close(self) -> None:
        """Let go of the connections."""
        self._engine.close()


def socket_of(environment: Mapping[str, str]) -> str | None:
    """The path of the engine's socket in this environment, None where it is reached otherwise."""
    place = environment.get("DOCKER_HOST") or DEFAULT_SOCKET
    return place.removeprefix("unix://") if place.startswith("unix://") else None


def _about(client: APIClient) -> About:
    version, info = client.version(), client.info()
    return About(clean(str(version.get("Version"))), _api(version["ApiVersion"]), str(info["DockerRootDir"]))


def _api(text: str) -> tuple[int, int]:
    major, _, minor = text.partition(".")
    return int(major), int(minor or 0)


def _running(client: APIClient) -> tuple[Running, ...]:
    listed = client.containers()
    return tuple(Running(clean(row["Names"][0].lstrip("/")), clean(row["Image"])) for row in listed)


def _published(client: APIClient, ref: str, docker_config: str) -> None:
    from docker.errors import APIError, NotFound  # noqa: PLC0415 - loaded by now

    with suppress(ValueError):  # a damaged configuration holds no login, and `docker` says so itself
        client.reload_config(docker_config)
    try:
        client.inspect_distribution(ref)  # type: ignore[no-untyped-call]
    except NotFound:
        raise NotPublished([ref]) from None
    except APIError as error:
        raise _refusal(ref, clean(str(error.explanation or error)), error.status_code) from error


def _refusal(ref: str, said: str, status: int | None) -> Exception:
    fault = classify(said)
    registry = refs.registry_of(ref)
    if status in _UNAUTHORIZED or fault is Fault.LOGIN_NEEDED:
        return LoginNeeded(f"{registry} does not show {ref}: {said}")
    if fault is Fault.NOT_PUBLISHED:
        return NotPublished([ref])
    if fault is Fault.REGISTRY_DOWN:
        return RegistryUnreachable([registry], said=said)
    return CommandFailed(f"{ref}: {said}")
