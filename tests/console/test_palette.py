"""The palette: every command by its name, what is off says why, and the worker's service."""

from __future__ import annotations

from kgo_tui.console import palette, unit
from kgo_tui.console.app import Console
from kgo_tui.console.program import Program
from kgo_tui.console.screens.confirm import Confirm
from kgo_tui.console.screens.search import Search
from kgo_tui.console.session import Session
from tests.console.conftest import MEDIUM, OpenConsole

ALL = tuple(palette.commands(Session(), {}, read_only=False))
PROGRAM = Program("staging")


def names(text: str) -> list[str]:
    return [command.key for command in palette.matching(ALL, text)]


def test_all_words_must_be_there_and_the_name_counts_most() -> None:
    assert names("service stop")[0] == "service stop"
    assert names("ROLLB")[0] == "rollback"
    assert names("thm") == []
    assert set(names("theme")) >= {"theme auto", "theme dark", "theme light", "theme ansi"}
    assert len(names("")) == len(ALL)


def test_what_cannot_be_done_says_why() -> None:
    off = {command.key: command.off for command in palette.commands(Session(), {}, read_only=True)}
    assert "--read-only" in off["service stop"]
    assert "--read-only" in off["deploy"]
    assert off["help"] == ""


def test_each_command_is_an_action_of_the_console() -> None:
    missing = [c.action for c in ALL if not hasattr(Console, f"action_{c.action}")]
    assert missing == []


async def test_a_command_is_found_by_its_name_and_done(console: OpenConsole) -> None:
    async with console("calm") as seen:
        await seen.press("colon", *"theme light", "enter")
        await seen.until(lambda: seen.app.theme == "kgo-light")
        await seen.press("ctrl+p", *"log: backend", "enter")
        await seen.until(lambda: seen.app.screen_stack[-1] is seen.app._main)
        await seen.until(lambda: any("backend" in str(r.source) for r in seen.scenario.requests))


async def test_foreign_names_are_drawn_as_they_are_and_opened(console: OpenConsole) -> None:
    async with console("hostile", size=MEDIUM) as seen:
        await seen.press("colon", *"log:")
        await seen.until(lambda: isinstance(seen.app.screen, Search))
        await seen.until(lambda: "log: all services" in seen.text())
        assert not [c for c in seen.text() if c != "\n" and (ord(c) < 0x20 or 0x7F <= ord(c) < 0xA0)]


async def test_a_read_only_console_leaves_the_service_alone(console: OpenConsole) -> None:
    async with console("calm", size=MEDIUM, read_only=True) as seen:
        await seen.press("colon", *"service: restart", "enter")
        await seen.shows("started with --read-only")
        assert not isinstance(seen.app.screen, Confirm)


def test_the_systems_unit_is_changed_by_root_or_through_sudo() -> None:
    call = unit.call("restart", PROGRAM, user=False, root=True)
    assert call.argv[-4:] == ("--instance", "staging", "service", "restart")
    assert (call.shown, call.sudo) == ("kgo-tui --instance staging service restart", False)
    call = unit.call("restart", PROGRAM, user=False, root=False)
    assert call.argv[0] == "sudo"
    assert (call.shown, call.sudo) == ("sudo kgo-tui --instance staging service restart", True)


def test_ones_own_unit_needs_no_sudo() -> None:
    call = unit.call("stop", Program(), user=True, root=False)
    assert call.argv[-3:] == ("service", "stop", "--user")
    assert not call.sudo
