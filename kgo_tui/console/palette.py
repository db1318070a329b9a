"""Every command by its name: what the keys do, the panes, the logs, the worker's service, the themes.

Owns the list of commands and finding one. Pure. Must not know how a command is done: each is an action
of the console with its arguments.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from kgo_tui.console import keys
from kgo_tui.console.acting import READ_ONLY, reason_against
from kgo_tui.console.pieces import Tone, plain
from kgo_tui.console.session import Session
from kgo_tui.console.speech import later, say
from kgo_tui.console.widgets.columns import Column
from kgo_tui.console.widgets.rows import Row
from kgo_tui.console.widgets.shown import all_shown

COLUMNS = (Column("", 28, grow=2), Column("", 20, grow=3, spare=1), Column("", 8, spare=2))
"""The name, what it does or why it is off, its keys."""

HERE = frozenset({"palette", "copy", "pane.next", "pane.previous"})
"""Of the keys, what is of no use in a list of commands."""

SERVICE = (
    (later("start"), later("Start the worker's service")),
    (later("stop"), later("Stop the worker's service: nothing is deployed any more")),
    (later("restart"), later("Restart the worker's service")),
    (later("enable"), later("Start the worker's service at boot")),
    (later("disable"), later("Do not start the worker's service at boot")),
)
THEMES = (
    (later("auto"), later("Colours that suit this terminal")),
    (later("dark"), later("Light text on a dark ground")),
    (later("light"), later("Dark text on a light ground")),
    (later("ansi"), later("The terminal's own 16 colours")),
)


class Command(NamedTuple):
    """`action` and `arguments` are what the console is to do. `off` says why it cannot be done now."""

    key: str
    name: str
    about: str
    action: str
    arguments: tuple[object, ...] = ()
    pressed: str = ""
    off: str = ""


def commands(session: Session, keymap: Mapping[str, str], *, read_only: bool) -> Iterator[Command]:
    """All there are, in the order in which they are listed."""
    for key in keys.GLOBAL:
        if key.id not in HERE:
            yield _of_key(key, session, keymap, read_only=read_only)
    for service in (
        dict.fromkeys(c.service for c in session.state.containers if c.service) if session.state else ()
    ):
        yield Command(
            f"log {service}",
            say("log: {name}").format(name=service),
            say("What it says, in pane 5"),
            "log",
            (service,),
        )
    yield Command(
        "log all", say("log: {name}").format(name=say("all services")), say("In order of time"), "log", ("",)
    )
    yield Command(
        "log unit",
        say("log: {name}").format(name=say("the worker")),
        say("The worker's unit"),
        "log",
        (None,),
    )
    for word, about in SERVICE:
        off = say(READ_ONLY) if read_only else ""
        yield Command(
            f"service {word}",
            say("service: {action}").format(action=say(word)),
            say(about),
            "service",
            (word,),
            off=off,
        )
    yield Command("doctor", say("doctor"), say("Look for faults on this host"), "doctor")
    for theme, about in THEMES:
        yield Command(
            f"theme {theme}", say("theme: {name}").format(name=say(theme)), say(about), "colours", (theme,)
        )


def _of_key(key: keys.Key, session: Session, keymap: Mapping[str, str], *, read_only: bool) -> Command:
    action, arguments = _parsed(key.action)
    off = reason_against(action, session, read_only=read_only) or ""
    name, about = (key.hint, key.text) if key.hint else (key.text, "")
    pressed = all_shown(keymap.get(key.id, key.keys))
    return Command(key.id, say(name), say(about), action, arguments, pressed, off)


def _parsed(action: str) -> tuple[str, tuple[object, ...]]:
    from textual.actions import parse  # noqa: PLC0415 - only when the palette opens

    _, name, arguments = parse(action)
    return name, arguments


def matching(all_: Sequence[Command], text: str) -> list[Command]:
    """What has all words of the text; those first whose name begins with it, then those that have it
    in their name."""
    words = text.casefold().split()
    found = [c for c in all_ if all(word in f"{c.name} {c.about} {c.key}".casefold() for word in words)]
    whole = " ".join(words)

    def distance(command: Command) -> tuple[bool, bool]:
        name = command.name.casefold()
        return not name.startswith(whole), not all(word in name for word in words)

    return sorted(found, key=distance)


def rows(found: Sequence[Command]) -> list[Row]:
    """How they are listed."""
    return [
        Row(
            c.key,
            (
                plain(c.name, Tone.DIM if c.off else Tone.STRONG),
                plain(f"({say('off')}) {c.off}" if c.off else c.about, Tone.DIM if c.off else Tone.PLAIN),
                plain(c.pressed, Tone.DIM),
            ),
        )
        for c in found
    ]
