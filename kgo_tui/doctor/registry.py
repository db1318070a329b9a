"""The registries that images come from: reachable, open to the worker, in possession of every image.

Owns what an answer of a registry means for the next deployment. The engine asks, as it would for a
pull, with the logins of the worker's user.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

from kgo_tui.adapters.compose.refs import registry_of
from kgo_tui.adapters.compose.survey import LoginNeeded
from kgo_tui.core.errors import KgoError, NotPublished, RegistryUnreachable
from kgo_tui.core.model import Service
from kgo_tui.doctor.advice import as_user
from kgo_tui.doctor.check import Check, Verdict, fault, warning, well
from kgo_tui.doctor.facts import NotExamined, aside
from kgo_tui.doctor.measures import few
from kgo_tui.doctor.patient import Patient
from kgo_tui.doctor.surroundings import may_read


async def images(patient: Patient) -> Verdict:
    """Whether each image could be pulled now; nothing is pulled."""
    engine = await patient.docker()
    refs = await pulled(patient)
    if not refs:
        raise NotExamined("every image is built here")
    place = await docker_config(patient)
    if not await aside(lambda: may_read(place)):
        raise NotExamined("the worker's logins may not be read by this user", needs_root=True)
    asked = [engine.published(ref, place) for ref in refs]
    answers = await asyncio.gather(*asked, return_exceptions=True)
    for answer in answers:
        if isinstance(answer, BaseException) and not isinstance(answer, KgoError):
            raise answer
    wrong = {ref: answer for ref, answer in zip(refs, answers, strict=True) if isinstance(answer, KgoError)}
    return await _judged(patient, refs, wrong)


async def _judged(patient: Patient, refs: list[str], wrong: dict[str, KgoError]) -> Verdict:
    if not wrong:
        return well(f"{len(refs)} images at {few(sorted(set(map(registry_of, refs))))}")
    ref, error = next(iter(wrong.items()))
    more = f" (and {len(wrong) - 1} more)" if len(wrong) > 1 else ""
    if isinstance(error, LoginNeeded):
        return await _login(patient, ref, error, more)
    if isinstance(error, RegistryUnreachable):
        means = "No new image can be pulled; what runs, and a rollback, need no registry."
        return fault(error.message + more, means, f"docker pull {ref}")
    if isinstance(error, NotPublished):
        return await _unpublished(patient, ref, more)
    return fault(error.message + more, "This image cannot be pulled.", f"docker pull {ref}")


async def _login(patient: Patient, ref: str, error: KgoError, more: str) -> Verdict:
    worker = await patient.worker()
    place = f"{await docker_config(patient)}"
    means = (
        f"The image is private, or not there at all. The login of {worker.name}, who runs the worker, "
        f"counts ({place})."
    )
    return fault(error.message + more, means, as_user(worker, "docker", "login", registry_of(ref)))


async def _unpublished(patient: Patient, ref: str, more: str) -> Verdict:
    loaded, _effective = await patient.configured()
    said = f"the registry has no {ref}{more}"
    if loaded.config.compose.image_tag:
        return warning(said, "The build of that commit has not ended, or failed.", f"docker pull {ref}")
    return fault(said, "No deployment gets past pulling. Publish it, or mend its name.", f"docker pull {ref}")


async def pulled(patient: Patient) -> list[str]:
    """The references of images that only a registry has."""
    services: tuple[Service, ...] = await patient.declared()
    return sorted({service.image for service in services if not service.builds})


async def docker_config(patient: Patient) -> str:
    """The docker client's configuration of the worker's user, where its logins are."""
    environ, worker = await patient.environ(), await patient.worker()
    own = environ.get("HOME") if await patient.is_me() else worker.home
    folder = environ.get("DOCKER_CONFIG") or f"{own or worker.home}/.docker"
    return str(Path(folder, "config.json"))


CHECKS = (Check("registry.images", "images published", images),)
