"""How a key is written for people.

Owns the short names: those that keyboards of the console's languages bear. Pure.
"""

from __future__ import annotations

from kgo_tui.console.speech import later, say

_NAMES = {
    "colon": ":",
    "question_mark": "?",
    "slash": "/",
    "plus": "+",
    "underscore": "_",
    "left_square_bracket": "[",
    "right_square_bracket": "]",
    "left_curly_bracket": "{",
    "right_curly_bracket": "}",
    "escape": later("Esc"),
    "enter": later("Enter"),
    "tab": later("Tab"),
    "space": later("Space"),
    "up": "↑",
    "down": "↓",
    "left": "←",
    "right": "→",
    "home": later("Home"),
    "end": later("End"),
    "pageup": later("PgUp"),
    "pagedown": later("PgDn"),
}


def shown(keys: str) -> str:
    """The first of the keys of a binding."""
    first = keys.partition(",")[0]
    name = first.removeprefix("ctrl+").removeprefix("shift+")
    lead = "^" if first.startswith("ctrl+") else "⇧" if first.startswith("shift+") else ""
    return lead + (say(_NAMES[name]) if name in _NAMES else name)


def all_shown(keys: str) -> str:
    """All keys of a binding."""
    return " ".join(shown(key.strip()) for key in keys.split(","))
