"""The screen as text and as SVG, without what must not leave this host.

Owns both forms. A line in which something was masked is drawn plainly, without its colours: what was
masked may lie across several of them.
"""

from __future__ import annotations

import io
from collections.abc import Callable

from rich.console import Console
from rich.text import Text
from textual.screen import Screen
from textual.strip import Strip

Redact = Callable[[str], str]


class Picture:
    """What a screen shows now."""

    def __init__(self, screen: Screen[object], redact: Redact) -> None:
        drawn = screen._compositor.render_full_update(simplify=True)  # noqa: SLF001 - as export_screenshot
        self._strips = tuple(Strip.join(line) for line in drawn.strips)
        self._redact = redact
        self._width, self._height = screen.size

    @property
    def text(self) -> str:
        """Line by line."""
        return "\n".join(self._redact(strip.text).rstrip() for strip in self._strips)

    def svg(self, title: str) -> str:
        """With its colours; nothing in it is fetched from anywhere else but the font."""
        console = Console(
            width=max(self._width, 1),
            height=max(self._height, 1),
            file=io.StringIO(),
            force_terminal=True,
            color_system="truecolor",
            record=True,
            legacy_windows=False,
            safe_box=False,
        )
        for strip in self._strips:
            console.print(self._line(strip), soft_wrap=True, highlight=False)
        return console.export_svg(title=title)

    def _line(self, strip: Strip) -> Text:
        said = self._redact(strip.text)
        if said != strip.text:
            return Text(said)
        line = Text()
        for text, style, _ in strip:
            line.append(Text(text, style or ""))
        return line
