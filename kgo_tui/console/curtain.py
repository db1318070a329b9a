"""What is on the screen while the console itself is still being loaded: which host, and that it connects.

Owns these few bytes, which a terminal takes before anything big is imported. Textual then draws over them,
and leaves the terminal as it was before.
"""

from __future__ import annotations

import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

from kgo_tui.console.speech import say
from kgo_tui.core.text import clean

RAISED = "\x1b[?1049h\x1b[2J\x1b[H"
"""The alternate screen, empty (xterm, "Control Sequences"): as Textual itself begins."""

LOWERED = "\x1b[?1049l"


@contextmanager
def curtain(terminal: TextIO = sys.stdout) -> Iterator[None]:
    """Hangs while the body loads. An error there is told on the screen that was there before."""
    terminal.write(f"{RAISED}kgo {clean(socket.gethostname())}   … {say('connecting')}")
    terminal.flush()
    try:
        yield
    except BaseException:
        terminal.write(LOWERED)
        terminal.flush()
        raise
