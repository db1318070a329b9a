"""Whether a rollback would work: every image of every release that is kept for one is on the host.

Owns that promise of `history.keep`, and finding what might break it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from kgo_tui.adapters.compose import refs
from kgo_tui.core.model import Image, Release
from kgo_tui.doctor.advice import as_root
from kgo_tui.doctor.check import Check, Verdict, fault, warning, well
from kgo_tui.doctor.facts import aside
from kgo_tui.doctor.measures import few
from kgo_tui.doctor.patient import Patient

LARGEST = 1 << 18
"""Bytes that are read of a file that may hold a command."""

_PRUNE = re.compile(
    r"docker\s+(?:system|image)\s+prune\b[^\n;|&]*?(?:\s--all\b|\s-[a-z]*a[a-z]*\b)", re.IGNORECASE
)
_PLACES = (
    "etc/crontab", "etc/cron.d/*", "etc/cron.daily/*", "etc/cron.hourly/*", "etc/cron.weekly/*",
    "etc/cron.monthly/*", "var/spool/cron/crontabs/*", "var/spool/cron/*", "etc/systemd/system/*.service",
    "usr/local/lib/systemd/system/*.service",
)  # fmt: skip


async def kept(patient: Patient) -> Verdict:
    """Whether every promised release has its images."""
    await patient.docker()
    releases = await patient.releases()
    runtime = await patient.runtime()
    looked = [(release, await runtime.missing(release.images)) for release in releases]
    gone = [(release, names) for release, names in looked if names]
    if not releases:
        return well("no release yet")
    if not gone:
        return well(f"{len(releases)} release(s) can be gone back to")
    release, names = gone[0]
    said = f"release {release.id} ({release.commit[:7]}) lacks {few(names)}"
    more = f"; {len(gone) - 1} older one(s) too" if len(gone) > 1 else ""
    mend = await _bring_back(patient, release, names)
    if release == releases[0]:
        return fault(said + more, "What runs now could not be restored after a bad commit.", mend)
    return warning(said + more, "There is no way back to it; the others are whole.", mend)


async def _bring_back(patient: Patient, release: Release, names: tuple[str, ...]) -> str:
    """Pull the very images by their digest and keep them; "" for one that no registry knows."""
    project = await (await patient.runtime()).project_name()
    wanted = [
        _pull(project, service, image)
        for service, image in release.images.items()
        if f"{service} ({image.ref})" in names
    ]
    return " && ".join(wanted) if all(wanted) else ""


def _pull(project: str, service: str, image: Image) -> str:
    if image.digest is None:
        return ""
    source = f"{refs.parse(image.ref).repository}@{image.digest}"
    name, tag = refs.kept_tag(project, service, image.image_id)
    return f"docker pull {source} && docker tag {source} {name}:{tag}"


async def pruned(_patient: Patient) -> Verdict:
    """Whether something removes unused images regularly: that takes those kept for a rollback."""
    found = await aside(lambda: tuple(pruners(Path("/"))))
    if not found:
        return well("nothing removes all unused images")
    path, line = found[0]
    return warning(
        f"{path}: {line}",
        "It removes the images that a rollback needs (-a). Without -a it would leave them.",
        as_root(calmed(path)),
    )


def calmed(path: str) -> str:
    """What takes -a and --all out of the prune commands of a file."""
    flag = r"s/(docker\s+(system|image)\s+prune\b[^;|&]*)\s--all\b/\1/; "
    short = r"s/(docker\s+(system|image)\s+prune\b[^;|&]*\s-[b-z]*)a/\1/; s/\s-(\s|$)/\1/"
    return f"sed -Ei '{flag}{short}' {path}"


def pruners(root: Path) -> Iterator[tuple[str, str]]:
    """Files below `root` with a command that removes all unused images, and that command."""
    for pattern in _PLACES:
        for path in sorted(root.glob(pattern)):
            if "/cron." in pattern and "." in path.name:
                continue  # cron passes over such names (cron(8), run-parts(8)): what a package left
            for line in _lines(path):
                if _PRUNE.search(line):
                    yield str(path), line


def _lines(path: Path) -> Iterator[str]:
    try:
        with path.open("rb") as file:
            text = file.read(LARGEST).decode("utf-8", "replace")
    except OSError:
        return  # a directory, or another user's crontab
    yield from (line.strip() for line in text.splitlines() if not line.lstrip().startswith(("#", ";")))


CHECKS = (
    Check("rollback.images", "kept images", kept),
    Check("rollback.pruning", "pruning", pruned),
)
