"""The application's URLs: their name, their answer, their certificate.

Owns what each answer means for the next health gate, and what a person would type to see it.
"""

from __future__ import annotations

import asyncio
from urllib.parse import urlsplit

from kgo_tui.adapters.probe.names import Names
from kgo_tui.config.variables import expand, references
from kgo_tui.core.model import Sample, Tls
from kgo_tui.core.report import TLS_SOON_DAYS
from kgo_tui.core.text import redact_url
from kgo_tui.doctor.advice import as_root
from kgo_tui.doctor.check import Check, Verdict, fault, warning, well
from kgo_tui.doctor.facts import NotExamined
from kgo_tui.doctor.measures import few
from kgo_tui.doctor.patient import Patient

LOOK_UP_S = 5.0


async def domain(patient: Patient) -> Verdict:
    """Whether the variables of the URLs have values: the runbook's DOMAIN, most often."""
    loaded, effective = await patient.configured()
    templates = loaded.config.health.urls
    if not templates:
        raise NotExamined("health.urls is empty: nothing is asked")
    sources = await patient.sources()
    missing = [name for url in templates for name in expand(url, sources.get)[1]]
    if missing:
        file = (effective.env_files or (f"{effective.directory}/.env",))[-1]
        return fault(
            f"{few(missing)} has no value; looked for in {sources.places}",
            "No deployment starts, since its health could not be asked.",
            f"echo '{missing[0]}=your.domain' | {as_root(f'tee -a {file}')}",
        )
    names = dict.fromkeys(name for url in templates for name in references(url))
    return well(", ".join(f"{name}={sources.get(name)}" for name in names) or "no variable in health.urls")


async def name(patient: Patient) -> Verdict:
    """Whether the names in the URLs can be looked up."""
    hosts = dict.fromkeys(urlsplit(url).hostname or "" for url in await patient.urls())
    found = {host: await _addresses(host) for host in hosts}
    unknown = [host for host, addresses in found.items() if not addresses]
    if unknown:
        return fault(
            f"{unknown[0]} cannot be looked up",
            "The health probe fails. Is there a DNS record, and is DOMAIN right?",
            f"getent hosts {unknown[0]}",
        )
    return well("; ".join(f"{host}: {few(addresses)}" for host, addresses in found.items()))


async def _addresses(host: str) -> tuple[str, ...]:
    try:
        async with asyncio.timeout(LOOK_UP_S):
            return await Names().addresses(host)
    except (OSError, TimeoutError):
        return ()


async def answer(patient: Patient) -> Verdict:
    """Whether each URL answers as a health gate wants it."""
    samples = await patient.samples()
    bad = [sample for sample in samples if not sample.ok]
    if not bad:
        slowest = max(sample.latency_ms or 0 for sample in samples)
        return well(f"{few([_shown(sample) for sample in samples])} answered within {slowest:.0f} ms")
    sample = bad[0]
    if sample.status_code is None and sample.tls not in (None, Tls.NONE, Tls.VALID):
        raise NotExamined("not asked: its certificate is refused")
    return fault(
        f"{_shown(sample)}: {sample.error}",
        f"{_meaning(sample)} A deployment now would be rolled back.",
        f"curl -kv {_shown(sample)}",
    )


def _meaning(sample: Sample) -> str:
    if sample.status_code is None:
        return "Nothing answers there: is the proxy up, and the port open?"
    if 300 <= sample.status_code < 400:  # noqa: PLR2004 - RFC 9110, section 15.4
        return "A redirect proves nothing: put the URL that it leads to into health.urls."
    if sample.status_code in (502, 503, 504):
        return "The proxy answers, and the application behind it does not."
    return "The application answers, and not as health.expect_status says."


async def certificate(patient: Patient) -> Verdict:
    """Whether the certificates are valid, and for how long."""
    loaded, _effective = await patient.configured()
    strict = loaded.config.health.tls == "strict"
    samples = [sample for sample in await patient.samples() if sample.tls not in (None, Tls.NONE)]
    if not samples:
        raise NotExamined("no URL answered over https")
    worst = min(samples, key=lambda sample: (sample.tls is Tls.VALID, sample.tls_days_left or 0))
    days = "" if worst.tls_days_left is None else f", {worst.tls_days_left} days left"
    said = f"{str(worst.tls).replace('_', ' ')}{days}"
    look = f"curl -v {_shown(worst)}"
    if worst.tls is not Tls.VALID:
        means = "Browsers refuse it."
        if strict:
            return fault(said, f'{means} So does the health gate (health.tls = "strict").', look)
        return warning(said, f"{means} The health gate lets it pass; look at the proxy's log for why.", look)
    if worst.tls_days_left is not None and worst.tls_days_left < TLS_SOON_DAYS:
        return warning(said, "It should have been renewed by now; look at the proxy's log.", look)
    return well(said)


def _shown(sample: Sample) -> str:
    return redact_url(sample.url)


CHECKS = (
    Check("health.domain", "domain", domain),
    Check("health.name", "name", name),
    Check("health.answer", "answer", answer),
    Check("health.certificate", "certificate", certificate),
)
