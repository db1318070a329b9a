"""The console's own themes: dark, light, and the terminal's own 16 colours.

Owns the colours, and which theme suits a terminal when nobody said. Must not know any widget.
"""

from __future__ import annotations

from collections.abc import Mapping

from textual.theme import Theme

DARK = Theme(
    name="kgo-dark",
    primary="#7aa2f7",
    secondary="#7dcfff",
    accent="#7dcfff",
    success="#8fd46a",
    warning="#e6b450",
    error="#ff7a85",
    foreground="#dfe3ec",
    background="#11141a",
    surface="#1b2029",
    panel="#242b37",
    dark=True,
    variables={
        "border": "#7aa2f7",
        "border-blurred": "#4b566b",
        "scrollbar": "#4b566b",
        "scrollbar-background": "#161a22",
    },
)
LIGHT = Theme(
    name="kgo-light",
    primary="#1f5fbf",
    secondary="#0b6e86",
    accent="#0b6e86",
    success="#2b7a0b",
    warning="#8a5a00",
    error="#b3202c",
    foreground="#1c2230",
    background="#fbfbf9",
    surface="#eceef1",
    panel="#dde1e7",
    dark=False,
    variables={
        "border": "#1f5fbf",
        "border-blurred": "#98a1af",
        "scrollbar": "#98a1af",
        "scrollbar-background": "#eceef1",
    },
)
ANSI = Theme(
    name="kgo-ansi",
    ansi=True,
    primary="ansi_blue",
    secondary="ansi_cyan",
    accent="ansi_cyan",
    success="ansi_green",
    warning="ansi_yellow",
    error="ansi_red",
    foreground="ansi_default",
    background="ansi_default",
    surface="ansi_default",
    panel="ansi_default",
    boost="ansi_default",
    variables={
        "border": "ansi_cyan",
        "border-blurred": "ansi_default",
        "scrollbar": "ansi_cyan",
        "scrollbar-background": "ansi_default",
        "scrollbar-background-hover": "ansi_default",
        "scrollbar-background-active": "ansi_default",
        "ansi-background": "ansi_default",
        "ansi-foreground": "ansi_default",
        "block-cursor-foreground": "ansi_black",
        "block-cursor-background": "ansi_cyan",
    },
)
THEMES: Mapping[str, Theme] = {"dark": DARK, "light": LIGHT, "ansi": ANSI}
"""By their names in the configuration."""

LIGHT_BACKGROUNDS = frozenset({"7", "15"})
"""What COLORFGBG ends in, in terminals of dark text on white (rxvt, Konsole)."""


def suited(wanted: str, environ: Mapping[str, str]) -> str:
    """The name of the theme: the one that is wanted, else what suits this terminal."""
    if wanted in THEMES:
        return wanted
    if environ.get("NO_COLOR") or not _many_colours(environ):
        return "ansi"
    return "light" if environ.get("COLORFGBG", "").rpartition(";")[2] in LIGHT_BACKGROUNDS else "dark"


def _many_colours(environ: Mapping[str, str]) -> bool:
    """More than 16, as far as a terminal tells."""
    if environ.get("COLORTERM", "").lower() in {"truecolor", "24bit"}:
        return True
    return "256color" in environ.get("TERM", "") or environ.get("TERM", "") in {"xterm-kitty", "alacritty"}
