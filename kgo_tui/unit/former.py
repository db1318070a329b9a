"""The unit that was there before ours: where its script lies and what it was set to.

Owns reading such a unit and the script that it starts. Must not judge whether it is replaced.
"""

from __future__ import annotations

import re
from pathlib import Path

from kgo_tui.config import names
from kgo_tui.config.sources import read_text
from kgo_tui.core.model import Struct
from kgo_tui.unit import script, unitfile

_SPAN = re.compile(r"(\d+(?:\.\d+)?)\s*([a-z]*)")
_SECONDS = {"": 1.0, "s": 1.0, "sec": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0, "hr": 3600.0, "ms": 0.001}

SHORTEST_S = 5.0
"""Seconds between checks that make sense: a small RestartSec= is only a pause."""


class Former(Struct, frozen=True, kw_only=True):
    """What another unit of our name says. `user` is whom it runs as, `places` are paths that lead to
    its repository, the likeliest first."""

    user: str = "root"
    places: tuple[Path, ...] = ()
    interval_s: float | None = None
    branch: str | None = None
    webhook: str | None = None
    domain: str | None = None
    script: script.Script = script.Script()


def read(text: str) -> Former:
    """Read a unit's text (with its drop-ins behind it), and the script that ExecStart names."""
    words = unitfile.command(unitfile.value(text, "Service", "ExecStart") or "")
    scripts = [Path(word) for word in words if word.startswith("/") and Path(word).suffix in {".sh", ".bash"}]
    variables = unitfile.environment(text)
    working = (unitfile.value(text, "Service", "WorkingDirectory") or "").lstrip("-")
    given = (variables.get("REPO_DIR", ""), working, *map(str, scripts))
    branch = variables.get("BRANCH")
    return Former(
        user=unitfile.value(text, "Service", "User") or "root",
        places=tuple(Path(place) for place in given if place.startswith("/")),
        interval_s=_interval(text, variables),
        branch=branch if branch and not names.branch(branch) else None,
        webhook=variables.get("DISCORD_WEBHOOK_URL"),
        domain=variables.get("DOMAIN"),
        script=script.read(read_text(scripts[0])[0]) if scripts else script.Script(),
    )


def _interval(text: str, variables: dict[str, str]) -> float | None:
    """CHECK_INTERVAL; else RestartSec=, which is what the time between checks was written as."""
    given = variables.get("CHECK_INTERVAL") or unitfile.value(text, "Service", "RestartSec") or ""
    seconds = span(given)
    return seconds if seconds is not None and seconds >= SHORTEST_S else None


def span(text: str) -> float | None:
    """Seconds of a time span such as 180, "3min" or "1h 30min" (systemd.time(7)); None if it is none."""
    pieces = _SPAN.findall(text.strip().lower())
    if not pieces or _SPAN.sub("", text.strip().lower()).strip():
        return None
    if any(unit not in _SECONDS for _, unit in pieces):
        return None
    return sum(float(number) * _SECONDS[unit] for number, unit in pieces)
