"""The git adapter: `GitSource` is all that the outside needs."""

from kgo_tui.adapters.git.source import GitSource

__all__ = ["GitSource"]
