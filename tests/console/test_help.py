"""The help and the keymap: every key is told, found by its words, and can be another one."""

from __future__ import annotations

import importlib
import pkgutil
from typing import Any

import pytest
from textual.dom import DOMNode

import kgo_tui.console
from kgo_tui.console import keys, manual
from kgo_tui.console.keys import Key
from kgo_tui.console.pieces import Pieces
from kgo_tui.console.screens.help import Help, action_of
from tests.console.conftest import MEDIUM, NARROW, WIDE, OpenConsole

UNTOLD = {"find.other", "find.give_up", "picker.leave", "stage.away"}
"""Said where they work: in the line itself."""


def said(cells: tuple[Pieces, ...]) -> str:
    return " ".join(piece.text for cell in cells for piece in cell)


def all_classes(kind: type[Any]) -> set[type[Any]]:
    below: list[type[Any]] = kind.__subclasses__()
    return {kind}.union(*map(all_classes, below))


def bound_ids() -> set[str]:
    """The ids of every binding of every class of the console."""
    for module in pkgutil.walk_packages(kgo_tui.console.__path__, "kgo_tui.console."):
        importlib.import_module(module.name)
    ours = [kind for kind in all_classes(DOMNode) if kind.__module__.startswith("kgo_tui.console")]
    found = set()
    for kind in ours:
        for binding in kind.__dict__.get("BINDINGS", []):
            assert not isinstance(binding, tuple), f"{kind.__name__} has a key without an id"
            assert binding.id, f"{kind.__name__}: {binding.key} has no id"
            found.add(binding.id)
    return found


def test_every_key_of_the_console_is_in_the_help() -> None:
    assert bound_ids() - set(manual.known()) <= UNTOLD


def test_every_table_of_keys_is_in_the_help() -> None:
    tables = [t for t in vars(keys).values() if isinstance(t, tuple) and t and isinstance(t[0], Key)]
    assert {key.id for table in tables for key in table} == set(manual.known())


def test_what_is_typed_narrows_it_to_rows_with_all_words() -> None:
    found = [said(row.cells) for row in manual.rows({}, "POD error")]
    assert found == []
    found = [said(row.cells) for row in manual.rows({}, "next ERROR")]
    assert [line for line in found if "log.next_error" in line]
    assert all("error" in line.casefold() or line.strip() == "Logs" for line in found)


def test_a_single_character_is_a_key() -> None:
    assert {row.key.partition("/")[2] for row in manual.rows({}, "U")} - {""} == {"deploy", "plan.arm"}


def test_the_help_shows_the_keys_of_the_keymap() -> None:
    [line] = [said(row.cells) for row in manual.rows({"deploy": "ctrl+t,f5"}) if row.key.endswith("/deploy")]
    assert line.startswith("^t f5 ")


def test_enter_does_what_works_everywhere_and_nothing_else() -> None:
    assert action_of("Everywhere/pane.3") == "app.pane('health')"
    assert action_of("Everywhere/help") is None
    assert action_of("Services/container.stop") is None
    assert action_of("# Services") is None
    assert action_of(None) is None


@pytest.mark.parametrize("size", [NARROW, MEDIUM, WIDE])
async def test_it_opens_is_searched_and_does_what_is_chosen(
    console: OpenConsole, size: tuple[int, int]
) -> None:
    async with console("calm", size=size) as seen:
        await seen.press("question_mark")
        await seen.shows("Everywhere")
        assert max(map(len, seen.lines())) <= size[0]
        await seen.press("slash", *"only this pane")
        await seen.until(lambda: "Git: commits" not in seen.text())
        await seen.press("enter")
        await seen.until(lambda: not isinstance(seen.app.screen, Help))
        await seen.until(lambda: seen.app.screen.has_class("zoomed"))


@pytest.mark.parametrize("way", ["escape", "q"])
async def test_it_is_left(console: OpenConsole, way: str) -> None:
    async with console("calm") as seen:
        await seen.press("question_mark")
        await seen.shows("Everywhere")
        await seen.press(way)
        await seen.until(lambda: not isinstance(seen.app.screen, Help))
        assert seen.app.is_running


async def test_escape_first_forgets_what_was_typed(console: OpenConsole) -> None:
    async with console("calm") as seen:
        await seen.press("question_mark", "slash", *"zoom", "escape")
        await seen.shows("Git: commits")
        await seen.press("escape")
        await seen.until(lambda: not isinstance(seen.app.screen, Help))


async def test_control_c_leaves_the_console_from_a_dialog_too(console: OpenConsole) -> None:
    async with console("calm") as seen:
        await seen.press("colon", "ctrl+c")
        await seen.until(lambda: not seen.app.is_running)


async def test_a_keymap_replaces_the_keys_and_the_key_line_says_so(console: OpenConsole) -> None:
    async with console("calm", size=MEDIUM, keymap={"help": "f3", "pane.zoom": "Z"}) as seen:
        assert "f3 help" in seen.lines()[-1]
        await seen.press("question_mark")
        await seen.pilot.pause()
        assert not isinstance(seen.app.screen, Help)
        await seen.press("f3")
        await seen.until(lambda: isinstance(seen.app.screen, Help))


async def test_a_keymap_with_faults_names_them_and_the_rest_holds(console: OpenConsole) -> None:
    async with console("calm", size=MEDIUM, keymap={"deplyo": "D", "help": "f3"}) as seen:
        await seen.shows("“deplyo” is no key of the console")
        await seen.press("f3")
        await seen.until(lambda: isinstance(seen.app.screen, Help))


@pytest.mark.parametrize(
    ("keymap", "told"),
    [
        ({"deploy": "p"}, ["“deploy” has the key p now, which “plan” had"]),
        ({"deploy": "p", "plan": "i"}, []),
        ({"deploy": "i", "plan": "i"}, ["“plan” has the key i now, which “deploy” had"]),
        ({"log.wrap": "z"}, []),  # the pane's key goes before the one that works everywhere
        ({"nothing.like": "z"}, ["“nothing.like” is no key of the console"]),
        ({}, []),
    ],
)
def test_what_is_wrong_with_a_keymap(keymap: dict[str, str], told: list[str]) -> None:
    faults = manual.faults(keymap)
    assert len(faults) == len(told)
    for fault, part in zip(faults, told, strict=True):
        assert part in fault


def test_no_key_is_one_of_screen_or_tmux() -> None:
    pressed = {one for key in manual.known().values() for one in key.keys.split(",")}
    assert not pressed & {"ctrl+a", "ctrl+b"}
