"""A widget that draws pieces: what each tone looks like on it.

Owns looking styles up. A widget's own style is put together from all its ancestors, which takes longer
than drawing a line: it is asked for once for each time that something is drawn.
"""

from __future__ import annotations

from rich.style import Style
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget


class Toned(Widget):
    """Base of widgets with the line API; `toned` holds while lines are rendered."""

    _base = Style()

    def render_lines(self, crop: Region) -> list[Strip]:
        """See Widget: the lines of a region."""
        self._base = self.rich_style
        return super().render_lines(crop)

    def toned(self, *components: str) -> Style:
        """The widget's style with these component classes over it, the last one on top."""
        style = self._base
        for component in components:
            style += self.get_component_rich_style(component, partial=True)
        return style
