"""What the compose files declare, read from Compose's own JSON.

Owns the mapping from `docker compose config` to services. Must not run Compose, nor read YAML.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kgo_tui.core.model import Service

_SEPARATORS = ("-", "_")
"""Between project and service in the name of a built image: v2's, and v1's in compatibility mode."""


@dataclass(frozen=True, slots=True)
class Definition:
    """A project as its files declare it. `built` have a build section; of these `unnamed` have no
    image of their own, so that there is nothing to pull; `forced` say `pull_policy: build`.
    """

    project: str
    services: tuple[Service, ...]
    built: frozenset[str]
    unnamed: frozenset[str]
    forced: frozenset[str]

    @property
    def images(self) -> dict[str, str]:
        """The image reference of every service."""
        return {service.name: service.image for service in self.services}

    def only_pulled(self) -> list[str]:
        """The services whose image can come from a registry only."""
        return [service.name for service in self.services if service.name not in self.built]

    def pulled_or_built(self) -> list[str]:
        """The services whose image is built here if the registry has none."""
        either = self.built - self.unnamed - self.forced
        return [service.name for service in self.services if service.name in either]

    def only_built(self) -> list[str]:
        """The services whose image is always built here."""
        always = self.built & (self.unnamed | self.forced)
        return [service.name for service in self.services if service.name in always]


def unnamed_services(document: Mapping[str, Any]) -> list[str]:
    """The services that have a build section and no image's name."""
    return [name for name, body in _services(document).items() if not body.get("image")]


def define(document: Mapping[str, Any], hashes: str, listed_images: str = "") -> Definition:
    """The definition, from `config --format json`, `config --hash '*'` and, where a service has no
    image's name, `config --images`.
    """
    project = str(document.get("name") or "")
    hash_of = dict(line.split(maxsplit=1) for line in hashes.splitlines() if " " in line.strip())
    built_names = set(listed_images.split())
    bodies = _services(document)
    return Definition(
        project=project,
        services=tuple(
            _service(name, body, hash_of.get(name, ""), _built_name(project, name, built_names))
            for name, body in sorted(bodies.items())
        ),
        built=frozenset(name for name, body in bodies.items() if body.get("build")),
        unnamed=frozenset(unnamed_services(document)),
        forced=frozenset(name for name, body in bodies.items() if body.get("pull_policy") == "build"),
    )


def decode(text: bytes) -> dict[str, Any]:
    """The JSON document. Raises ValueError when it is none."""
    document = json.loads(text)
    if not isinstance(document, dict):
        raise TypeError("the compose configuration is not an object")
    return document


def _services(document: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    return {name: body or {} for name, body in (document.get("services") or {}).items()}


def _service(name: str, body: Mapping[str, Any], config_hash: str, built_name: str) -> Service:
    return Service(
        name=name,
        image=body.get("image") or built_name,
        builds=bool(body.get("build")),
        config_hash=config_hash.strip(),
        replicas=_replicas(body),
        healthcheck=_has_healthcheck(body.get("healthcheck")),
        fixed_name=bool(body.get("container_name")),
        host_ports=_takes_host_ports(body),
    )


def _built_name(project: str, service: str, listed: set[str]) -> str:
    candidates = [f"{project}{separator}{service}" for separator in _SEPARATORS]
    return next((name for name in candidates if name in listed), candidates[0])


def _replicas(body: Mapping[str, Any]) -> int:
    scale = body.get("scale")
    wanted = (body.get("deploy") or {}).get("replicas") if scale is None else scale
    return 1 if wanted is None else int(wanted)


def _has_healthcheck(check: Mapping[str, Any] | None) -> bool:
    return check is not None and not check.get("disable") and check.get("test") not in (None, ["NONE"])


def _takes_host_ports(body: Mapping[str, Any]) -> bool:
    published = any(str(port.get("published") or "0") != "0" for port in body.get("ports") or [])
    return published or body.get("network_mode") == "host"
