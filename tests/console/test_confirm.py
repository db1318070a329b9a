"""The dialog that asks for a yes: nothing but a yes is one."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from textual.app import App
from textual.pilot import Pilot
from textual.widgets import Button

from kgo_tui.console.screens.confirm import Confirm
from tests.console.conftest import lines_of

QUESTION = "Restart [/] \x1b]0;x\x07 (app-1)?"


class Asking(App[None]):
    """Nothing but the question."""

    answers: list[bool | None]

    def on_mount(self) -> None:
        self.answers = []
        dialog = Confirm(QUESTION, "It does not answer meanwhile.", about="c1", yes="restart")
        self.push_screen(dialog, self.answers.append)


@asynccontextmanager
async def asked(size: tuple[int, int] = (80, 24)) -> AsyncIterator[tuple[Asking, Pilot[Any]]]:
    app = Asking()
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        yield app, pilot


@pytest.mark.parametrize(
    ("keys", "answer"),
    [
        (("y",), True),
        (("enter",), False),
        (("n",), False),
        (("q",), False),
        (("escape",), False),
        (("tab", "enter"), True),
        (("right", "enter"), True),
        (("right", "left", "enter"), False),
    ],
)
async def test_only_a_yes_is_one(keys: tuple[str, ...], answer: bool) -> None:  # noqa: FBT001
    async with asked() as (app, pilot):
        await pilot.press(*keys)
        await pilot.pause()
        assert app.answers == [answer]


@pytest.mark.parametrize(("button", "answer"), [("#yes", True), ("#no", False)])
async def test_the_mouse_answers_too(button: str, answer: bool) -> None:  # noqa: FBT001
    async with asked() as (app, pilot):
        await pilot.click(button)
        await pilot.pause()
        assert app.answers == [answer]


@pytest.mark.parametrize("size", [(80, 24), (40, 10)])
async def test_it_says_what_it_is_about_and_foreign_text_is_inert(size: tuple[int, int]) -> None:
    async with asked(size) as (app, pilot):
        text = "\n".join(lines_of(pilot))
        assert "Restart [/] ␛]0;x␇ (app-1)?" in text
        assert "It does not answer" in text
        assert ("Esc Cancel" in text, "y restart" in text) == (True, True)
        assert isinstance(app.screen, Confirm)
        assert app.screen.about == "c1"
        assert isinstance(app.focused, Button)
        assert app.focused.id == "no"
