"""What every key does, by the place where it works: the rows of the help, and the ids of the keymap.

Owns the order and the words of these places, and what is wrong with a keymap. Pure. Must not know how
a key is done.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from difflib import get_close_matches

from kgo_tui.console import keys
from kgo_tui.console.keys import Key
from kgo_tui.console.pieces import Tone, plain
from kgo_tui.console.speech import later, say
from kgo_tui.console.widgets.columns import Column
from kgo_tui.console.widgets.rows import Row
from kgo_tui.console.widgets.shown import all_shown

PLACES: tuple[tuple[str, tuple[Key, ...]], ...] = (
    (later("Everywhere"), keys.GLOBAL),
    (later("In every list"), keys.LIST),
    (later("Git"), keys.GIT),
    (later("Services"), keys.SERVICES),
    (later("Health"), keys.HEALTH),
    (later("Health"), keys.HEALTH),
    (later("Deployments"), keys.DEPLOYMENTS),
    (later("A deployment in full"), keys.DETAILS),
    (later("Logs"), (*keys.LOGS, *keys.LOG_MOVES)),
    (later("A deployment in full"), keys.DETAILS),
    (later("The plan"), keys.PLAN),
    (later("Choosing a release"), keys.ROLLBACK),
    (later("Suspending"), keys.SUSPEND),
    (later("A thing in full"), keys.FACTS),
    (later("Without a worker"), keys.ABSENT),
    (later("Help and palette"), keys.SEARCH),
    (later("Questions"), keys.CONFIRM),
)
COLUMNS = (Column("", 14), Column("", 30, grow=1), Column("", 24, spare=1))
"""The keys, what they do, their name in the keymap."""

HEADING = "# "
"""What the key of a place's own row begins with; see screens/search.py."""


def known() -> dict[str, Key]:
    """Every key by its id."""
    return {key.id: key for _, table in PLACES for key in table}


def rows(keymap: Mapping[str, str], text: str = "") -> Iterator[Row]:
    """Each place and its keys; with `text`, what has all of its words."""
    for place, table in PLACES:
        wanted = [key for key in table if _has(key, say(place), keymap, text)]
        if wanted:
            yield Row(f"{HEADING}{place}", (plain(say(place), Tone.STRONG), (), ()))
        for key in wanted:
            pressed = all_shown(keymap.get(key.id, key.keys))
            cells = (plain(pressed, Tone.BUSY), plain(say(key.text)), plain(key.id, Tone.DIM))
            yield Row(f"{place}/{key.id}", cells)


def _has(key: Key, place: str, keymap: Mapping[str, str], text: str) -> bool:
    if len(text) == 1:
        return text in all_shown(keymap.get(key.id, key.keys)).split()
    said = f"{place} {say(key.text)} {key.id} {all_shown(keymap.get(key.id, key.keys))}".casefold()
    return all(word in said for word in text.casefold().split())


def faults(keymap: Mapping[str, str]) -> list[str]:
    """What of a keymap cannot be followed, as sentences."""
    return [*_unknown(keymap), *_taken(keymap)]


def usable(keymap: Mapping[str, str]) -> dict[str, str]:
    """What of it can."""
    return {name: pressed for name, pressed in keymap.items() if name in known() and pressed.strip()}


def _unknown(keymap: Mapping[str, str]) -> Iterator[str]:
    for name in keymap:
        if name not in known():
            near = get_close_matches(name, known(), n=1)
            meant = " " + say("(did you mean “{name}”?)").format(name=near[0]) if near else ""
            yield say("[console] keymap: “{name}” is no key of the console{meant}").format(
                name=name, meant=meant
            )


def _taken(keymap: Mapping[str, str]) -> Iterator[str]:
    """Keys that two things have at the same place since the keymap: one of the two has none now."""
    changed = usable(keymap)
    for _, table in PLACES:
        owner = {one: key.id for key in table if key.id not in changed for one in _split(key.keys)}
        for key in table:
            for one in _split(changed.get(key.id, "")):
                other = owner.setdefault(one, key.id)
                if other != key.id:
                    yield say("[console] keymap: “{name}” has the key {key} now, which “{other}” had").format(
                        name=key.id, key=one, other=other
                    )


def _split(pressed: str) -> list[str]:
    return [one.strip() for one in pressed.split(",") if one.strip()]
