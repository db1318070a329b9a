"""The Compose adapter: `ComposeRuntime` is all that the outside needs."""

from kgo_tui.adapters.compose.runtime import ComposeRuntime

__all__ = ["ComposeRuntime"]
