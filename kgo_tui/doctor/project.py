"""The compose project: its files, its variables, its containers.

Owns what is asked of the project beside what Compose itself says of its files.
"""

from __future__ import annotations

from kgo_tui.config.sources import Sources
from kgo_tui.config.variables import expand
from kgo_tui.core.errors import ComposeMissing, KgoError
from kgo_tui.core.model import ContainerView
from kgo_tui.doctor.check import Check, Verdict, fault, warning, well
from kgo_tui.doctor.facts import NotExamined
from kgo_tui.doctor.measures import few
from kgo_tui.doctor.patient import Patient

MANY_RESTARTS = 5


async def files(patient: Patient) -> Verdict:
    """Whether Compose can read its files."""
    services = await patient.services()
    if isinstance(services, ComposeMissing):
        raise NotExamined("docker compose is not there")
    closed = await patient.closed_files()
    if isinstance(services, KgoError) and closed:
        raise NotExamined(f"{closed[0]} may not be read by this user", needs_root=True)
    if isinstance(services, KgoError):
        command = await patient.compose_words("config", "--quiet")
        return fault(
            services.message, "Nothing can be deployed until it is mended in the repository.", command
        )
    return well(f"{len(services)} services: {few([service.name for service in services], 6)}")


async def variables(patient: Patient) -> Verdict:
    """Whether every variable of the compose files has a value."""
    await patient.declared()
    empty = await unset(patient)
    if not empty:
        return well("all variables of the compose file have a value")
    _loaded, effective = await patient.configured()
    place = effective.env_files[-1] if effective.env_files else f"{effective.directory}/.env"
    return warning(
        f"without a value: {few(sorted(empty), 6)}",
        f"Compose puts nothing in their place. Set them in {place}, or give them a default (${{NAME:-}}).",
        await patient.compose_words("config", "--quiet"),
    )


async def unset(patient: Patient) -> set[str]:
    """The variables of the compose files that have neither value nor default."""
    raw = await (await patient.runtime()).uninterpolated()
    sources = await patient.sources()
    exported = await patient.variables()
    loaded, _effective = await patient.configured()
    if loaded.config.compose.image_tag:
        exported.setdefault("IMAGE_TAG", "set at each deployment")
    return {name for text in texts(raw) for name in _missing(text, sources, exported)}


def _missing(text: str, sources: Sources, exported: dict[str, str]) -> tuple[str, ...]:
    return expand(text, lambda name: exported.get(name) or sources.get(name))[1]


def texts(value: object) -> list[str]:
    """Every text in a JSON document."""
    if isinstance(value, str):
        return [value]
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [text for one in inner for text in texts(one)]


async def containers(patient: Patient) -> Verdict:
    """Whether the services run, and stay."""
    await patient.docker()
    services = {service.name for service in await patient.declared()}
    found = [one for one in await (await patient.runtime()).containers() if not one.oneoff]
    bad = [f"{one.name}: {wrong}" for one in found if (wrong := _trouble(one))]
    if bad:
        name = bad[0].partition(":")[0]
        return fault(
            "; ".join(bad), "The application does not run as it should.", f"docker logs --tail 50 {name}"
        )
    if not found:
        return warning("no container yet", "Nothing was deployed here.", f"{patient.words()} deploy")
    absent = sorted(services - {one.service for one in found})
    if absent:
        return warning(
            f"no container of {few(absent)}", "A deployment makes them.", f"{patient.words()} deploy"
        )
    return well(f"{len(found)} of {len(services)} services")


def _trouble(one: ContainerView) -> str | None:
    if one.health == "unhealthy":
        return "unhealthy"
    if one.state in ("restarting", "dead", "paused"):
        return one.state
    if one.state == "exited" and one.exit_code != 0:
        return f"ended with exit code {one.exit_code}"
    return f"restarted {one.restarts} times" if one.restarts >= MANY_RESTARTS else None


CHECKS = (
    Check("compose.files", "compose file", files),
    Check("compose.variables", "variables", variables),
    Check("compose.containers", "containers", containers),
)
