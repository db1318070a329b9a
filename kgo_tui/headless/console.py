"""What `kgo-tui` without a command says until the console is there.

Owns that one message.
"""

from __future__ import annotations

import argparse

from kgo_tui.core.errors import UsageError


async def console(_arguments: argparse.Namespace) -> int:
    """Say plainly that there is no console yet. Raises UsageError."""
    raise UsageError(
        "the full-screen console is not part of this version",
        hint="kgo-tui status shows what is; kgo-tui --help lists the commands.",
    )
