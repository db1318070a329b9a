"""The commands of the command line, without a screen.

Owns which coroutine each command runs. Must never import Textual.
"""

from __future__ import annotations

import argparse
import asyncio
import importlib

_MODULES = {
    "monitor": "kgo_tui.worker",
    "deploy": "kgo_tui.headless.acting",
    "rollback": "kgo_tui.headless.acting",
    "suspend": "kgo_tui.headless.acting",
    "resume": "kgo_tui.headless.acting",
    "cancel": "kgo_tui.headless.acting",
    "check": "kgo_tui.headless.showing",
    "plan": "kgo_tui.headless.showing",
    "status": "kgo_tui.headless.showing",
    "history": "kgo_tui.headless.showing",
    "health": "kgo_tui.headless.showing",
    "events": "kgo_tui.headless.showing",
    "logs": "kgo_tui.headless.logs",
    "config": "kgo_tui.headless.configuring",
    "doctor": "kgo_tui.doctor.command",
    "service": "kgo_tui.unit.command",
    "demo": "kgo_tui.demo.command",
    "console": "kgo_tui.console.command",
}


def run(arguments: argparse.Namespace) -> int:
    """Run the command of these arguments and return its exit code. Raises errors of `core.errors`."""
    module = importlib.import_module(_MODULES[arguments.command])
    code: int = asyncio.run(getattr(module, arguments.command)(arguments))
    return code
