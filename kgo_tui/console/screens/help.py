"""The help: every key, by the place where it works.

Owns how the help opens and what Enter does in it. Its rows are `console.manual`'s.
"""

from __future__ import annotations

from collections.abc import Mapping

from kgo_tui.console import manual
from kgo_tui.console.keys import GLOBAL
from kgo_tui.console.screens.search import Search
from kgo_tui.console.speech import say


class Help(Search):
    """Ends with the key whose action is wanted, or None."""

    def __init__(self, keymap: Mapping[str, str]) -> None:
        super().__init__(
            say("Keys"), manual.COLUMNS, lambda text: tuple(manual.rows(keymap, text)), typing=False
        )


def action_of(row: str | None) -> str | None:
    """What Enter on a row of the help does: keys that work everywhere work from here, too."""
    found = next((key for key in GLOBAL if row is not None and row.endswith(f"/{key.id}")), None)
    return None if found is None or found.id == "help" else f"app.{found.action}"
