"""`kgo-tui demo --offline`: the console on a played host, in real time, with nothing else installed.

Owns what runs meanwhile, and that nothing is left. Textual is imported only when it is shown.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from kgo_tui.config.client import client_settings
from kgo_tui.demo.scenario import cast
from kgo_tui.demo.scenario.day import day
from kgo_tui.demo.scenario.stage import Stage
from kgo_tui.demo.scenario.theatre import Theatre


async def show() -> int:
    """Until the console is left."""
    stage, language = Stage(datetime.now(UTC)), client_settings().language
    with tempfile.TemporaryDirectory(prefix="kgo-") as folder:
        path = Path(folder) / "control.sock"
        async with Theatre(path, "calm", stage=stage, instance="demo", language=language) as theatre:
            theatre.begin(day(theatre.host))
            playing = asyncio.create_task(stage.perform())
            try:
                return await _watched(theatre, language)
            finally:
                playing.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await playing


async def _watched(theatre: Theatre, language: str) -> int:
    from kgo_tui.console.app import Console  # noqa: PLC0415 - lazy, see above
    from kgo_tui.console.speech import speak  # noqa: PLC0415

    speak(language)
    app = Console((theatre.path,), clock=theatre.stage.now, host=cast.HOST)
    for number in (signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, app.exit)
    await app.run_async()
    return app.return_code or 0
