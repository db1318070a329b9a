"""Colours: readable in each theme, the terminal's own where it has few, none where nobody wants them."""

from __future__ import annotations

import pytest
from textual.color import Color
from textual.theme import Theme

from kgo_tui.console.themes import ANSI, DARK, LIGHT, THEMES, suited
from tests.console.conftest import MEDIUM, OpenConsole

XTERM = {"TERM": "xterm-256color"}
READABLE, SEEN = 4.5, 3.0
"""WCAG 2.2, 1.4.3 and 1.4.11."""


@pytest.mark.parametrize(
    ("environ", "theme"),
    [
        (XTERM, "dark"),
        ({"TERM": "xterm", "COLORTERM": "truecolor"}, "dark"),
        ({"TERM": "xterm"}, "ansi"),
        ({"TERM": "linux"}, "ansi"),
        ({"TERM": "screen.xterm-256color"}, "dark"),
        ({}, "ansi"),
        (XTERM | {"COLORFGBG": "0;15"}, "light"),
        (XTERM | {"COLORFGBG": "15;0"}, "dark"),
        (XTERM | {"NO_COLOR": "1"}, "ansi"),
        (XTERM | {"NO_COLOR": ""}, "dark"),
    ],
)
def test_the_theme_suits_the_terminal(environ: dict[str, str], theme: str) -> None:
    assert suited("auto", environ) == theme
    assert suited("light", environ) == "light"
    assert suited("no such", environ) == theme


@pytest.mark.parametrize("theme", [DARK, LIGHT], ids=lambda theme: theme.name)
@pytest.mark.parametrize("tone", ["text-success", "text-warning", "text-error", "text-accent", "foreground"])
@pytest.mark.parametrize("ground", ["background", "surface"])
def test_every_tone_is_readable(theme: Theme, tone: str, ground: str) -> None:
    colours = theme.to_color_system().generate()
    assert ratio(Color.parse(colours[tone]), Color.parse(colours[ground])) >= READABLE


@pytest.mark.parametrize("theme", [DARK, LIGHT], ids=lambda theme: theme.name)
def test_the_border_of_what_has_the_keys_is_seen(theme: Theme) -> None:
    colours = theme.to_color_system().generate()
    assert ratio(Color.parse(colours["border"]), Color.parse(colours["background"])) >= SEEN


@pytest.mark.parametrize("theme", ["dark", "light"])
async def test_nothing_on_the_screen_is_too_pale_to_read(console: OpenConsole, theme: str) -> None:
    """What is drawn, not what was meant: 3 at least, dimmed texts included."""
    async with console("rolled_back", size=MEDIUM, theme=theme) as seen:
        drawn = seen.app.screen._compositor.render_full_update(simplify=True)
        pale = set()
        for [strip] in drawn.strips:
            for text, style, _ in strip:
                if text.strip(" ─│╭╮╰╯▁▂▃▄▅▆▇█░") and style and style.color and style.bgcolor:
                    colours = [Color.from_rich_color(c) for c in (style.color, style.bgcolor)]
                    if ratio(*colours) < SEEN:
                        pale.add(text)
        assert pale == set()


def luminance(colour: Color) -> float:
    """WCAG 2.2, relative luminance."""
    parts = [c / 255 for c in colour.rgb]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def ratio(one: Color, other: Color) -> float:
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_the_terminals_own_theme_has_only_the_terminals_own_colours() -> None:
    named = [ANSI.primary, ANSI.success, ANSI.warning, ANSI.error, ANSI.background, *ANSI.variables.values()]
    assert all(str(colour).startswith("ansi_") for colour in named)


@pytest.mark.parametrize("theme", THEMES)
async def test_each_state_has_its_glyph_and_its_word_in_each_theme(console: OpenConsole, theme: str) -> None:
    async with console("rolled_back", size=MEDIUM, theme=theme) as seen:
        assert "↩ rolled back" in seen.text()
        assert "✓ up" in seen.text()
