"""`kgo-tui` without a command: opens the console.

Owns what is read before the first paint: where the worker's socket may be, the language, the looks.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import sys
from typing import TYPE_CHECKING

from kgo_tui.config.client import ClientSettings, client_settings
from kgo_tui.console.curtain import curtain
from kgo_tui.console.speech import speak
from kgo_tui.core.errors import UsageError

if TYPE_CHECKING:
    from kgo_tui.console.app import Console


async def console(arguments: argparse.Namespace) -> int:
    """Run the console until it is left. 0; what the worker does goes on. Raises UsageError where there
    is no terminal."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise UsageError(
            "the console needs a terminal, and this is none",
            hint="Without one: kgo-tui status (and --json for programs), kgo-tui --help for all commands.",
        )
    settings = client_settings(instance=arguments.instance, file=arguments.config)
    speak(settings.language)
    with curtain():
        app = _made(arguments, settings)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, app.exit)  # in good order: the terminal as it was
    await app.run_async()
    return app.return_code or 0


def _made(arguments: argparse.Namespace, settings: ClientSettings) -> Console:
    """Textual is imported here."""
    from kgo_tui.console.app import Console  # noqa: PLC0415
    from kgo_tui.console.program import Program  # noqa: PLC0415
    from kgo_tui.console.themes import suited  # noqa: PLC0415

    return Console(
        settings.sockets,
        read_only=settings.read_only or getattr(arguments, "read_only", False),
        program=Program(arguments.instance, arguments.config),
        theme=suited(settings.theme, os.environ),
        keymap=settings.keymap,
    )
