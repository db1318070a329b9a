"""Which containers of a project a list of names means.

Owns what a name may be. Pure: descriptions in, descriptions out. Must not know what is done with them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from kgo_tui.adapters.compose.containers import LABEL, moment
from kgo_tui.adapters.compose.places import SHORT_ID
from kgo_tui.core.errors import UsageError
from kgo_tui.core.text import clean


class Source(NamedTuple):
    """A container as far as its log is concerned. `started_at` is None before its first start;
    `oneoff`: it was made by `docker compose run`."""

    id: str
    name: str
    service: str
    started_at: datetime | None
    running: bool
    tty: bool
    oneoff: bool


def sources(described: Iterable[Mapping[str, Any]]) -> list[Source]:
    """The containers that the engine's inspection describes."""
    return [_source(found) for found in described]


def _source(found: Mapping[str, Any]) -> Source:
    labels = found["Config"].get("Labels") or {}
    return Source(
        id=found["Id"][:SHORT_ID],
        name=clean(found["Name"].removeprefix("/")),
        service=clean(labels.get(f"{LABEL}service", "")),
        started_at=moment(found["State"].get("StartedAt")),
        running=bool(found["State"].get("Running")),
        tty=bool(found["Config"].get("Tty")),
        oneoff=labels.get(f"{LABEL}oneoff", "").lower() == "true",
    )


def chosen(found: Sequence[Source], names: Sequence[str]) -> list[Source]:
    """The containers of the services named (all, when none is), and those named themselves."""
    lasting = [each for each in found if not each.oneoff]
    if not names:
        return lasting
    services = {each.service for each in lasting}.intersection(names)
    others = [name for name in names if name not in services]
    return [
        each
        for each in found
        if (each.service in services and not each.oneoff) or any(_is_called(each, name) for name in others)
    ]


def is_lasting(found: Sequence[Source], names: Sequence[str]) -> bool:
    """Whether the names mean more than the containers that there are now: services live on."""
    return not names or not {each.service for each in found}.isdisjoint(names)


def must_be_known(found: Sequence[Source], names: Sequence[str], project: str) -> None:
    """Raise UsageError for a name that is no service with a container, nor a container."""
    for name in names:
        if not any(each.service == name or _is_called(each, name) for each in found):
            services = ", ".join(sorted({each.service for each in found})) or "none"
            raise UsageError(
                f"no service or container {clean(name)} in the project {project}",
                hint=f"Services with a container: {services}.",
            )


def _is_called(source: Source, name: str) -> bool:
    return name == source.name or (len(name) >= SHORT_ID and name.startswith(source.id))
