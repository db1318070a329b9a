"""What a container's facts are called: its image in short, its ports, in what it has drifted.

Owns these words. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from kgo_tui.console.pieces import Piece, Pieces, Tone
from kgo_tui.console.speech import later, say
from kgo_tui.core.drift import Oddity
from kgo_tui.core.model import ContainerUsage, ContainerView

ID_CELLS = 12
"""As docker shortens ids."""

_SHORT: Mapping[Oddity, tuple[str, Tone]] = {
    Oddity.ORPHAN: (later("! orphan"), Tone.WARN),
    Oddity.IMAGE: (later("! drift"), Tone.WARN),
    Oddity.CONFIG: (later("! drift"), Tone.WARN),
    Oddity.STOPPED: (later("‖ stopped"), Tone.WARN),
    Oddity.ONE_OFF: (later("· one-off"), Tone.DIM),
}
_LONG: Mapping[Oddity, str] = {
    Oddity.ORPHAN: later("orphan: what is deployed has no such service"),
    Oddity.IMAGE: later("drift: image is not the recorded one"),
    Oddity.CONFIG: later("drift: configuration is not the recorded one"),
    Oddity.STOPPED: later("stopped by hand: it stays so until somebody starts it"),
    Oddity.ONE_OFF: later("started by hand with docker compose run"),
}
_ANY = ("0.0.0.0:", ":::", "[::]:")
_UNITS = ("B", "KiB", "MiB", "GiB", "TiB")
_STEP = 1024


def short(oddities: Iterable[Oddity]) -> Pieces:
    """The weightiest in a word."""
    return next(((Piece(say(text), tone),) for text, tone in map(_SHORT.__getitem__, oddities)), ())


def explained(oddities: Iterable[Oddity]) -> str:
    """All of them in full."""
    return "; ".join(say(_LONG[oddity]) for oddity in oddities)


def image(c: ContainerView) -> str:
    """The image without what repeats: its tag where it is called as its service, never the registry."""
    name, _, digest = c.image.partition("@")
    name = name.rpartition("/")[2]
    repository, colon, tag = name.partition(":")
    if digest:
        return f"{repository}@{identifier(digest)}"
    return tag if colon and repository == c.service else name


def identifier(image_id: str) -> str:
    """An id as short as docker shows it."""
    return image_id.removeprefix("sha256:")[:ID_CELLS]


def ports(c: ContainerView) -> str:
    """What it publishes: 443→443, and an address where it is not every one."""
    return ", ".join(dict.fromkeys(map(port, c.ports)))


def port(said: str) -> str:
    """One port in short."""
    for everywhere in _ANY:
        said = said.removeprefix(everywhere)
    return said.removesuffix("/tcp").replace("->", "→")


def since(c: ContainerView) -> datetime | None:
    """Since when it is as it is."""
    return c.started_at if c.state == "running" else c.finished_at or c.created_at


def usage(found: ContainerUsage) -> str:
    """What it takes, in one line."""
    parts = [
        None if found.cpu_percent is None else f"CPU {found.cpu_percent:.1f} %",
        _memory(found),
        None if found.processes is None else say("processes {count}").format(count=found.processes),
    ]
    return "   ".join(part for part in parts if part) or say("the engine does not say what it takes")


def _memory(found: ContainerUsage) -> str | None:
    if found.memory_bytes is None:
        return None
    used, limit = found.memory_bytes, found.memory_limit_bytes
    if not limit:
        return say("memory {used}").format(used=size(used))
    share = f"{100 * used / limit:.0f} %"
    return say("memory {used} of {limit} ({share})").format(used=size(used), limit=size(limit), share=share)


def size(count: float) -> str:
    """Bytes in the largest unit that fits."""
    for unit in _UNITS:
        if count < _STEP or unit == _UNITS[-1]:
            break
        count /= _STEP
    return f"{count:.0f} {unit}" if unit in _UNITS[:2] else f"{count:.1f} {unit}"
