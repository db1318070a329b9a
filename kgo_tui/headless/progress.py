"""Shows a deployment while it runs: a live line per step on a terminal, plain lines elsewhere.

Owns the live form and the choice between the two. Must not know where events come from.
"""

from __future__ import annotations

import os
import shutil
import sys
from typing import Protocol, TextIO

from kgo_tui.core.messages import OutputLine, ProbeAttempted, Recorded, StepFinished, StepStarted
from kgo_tui.core.model import Outcome, State
from kgo_tui.phrases import line
from kgo_tui.sink import PlainLines

CLEAR_LINE = "\r\x1b[K"
"""Back to the first column and erase to the end (ECMA-48 EL)."""


class Progress(Protocol):
    """Takes every event as it happens."""

    def show(self, recorded: Recorded) -> None:
        """Draw or print whatever the event means to a person."""
        ...


def choose(stream: TextIO, language: str) -> Progress:
    """Live on a terminal that can move its cursor, plain otherwise."""
    live = stream.isatty() and os.environ.get("TERM", "dumb") != "dumb"
    return LiveProgress(stream, language) if live else PlainLines(stream, language)


class LiveProgress:
    """The running step's line is redrawn with the newest output; a finished one stays."""

    def __init__(self, stream: TextIO, language: str) -> None:
        self._stream = stream
        self._language = language

    def show(self, recorded: Recorded) -> None:
        """Redraw the running line, or finish it."""
        match recorded.event:
            case StepStarted(step=step) if step.state is not State.QUEUED:
                self._draw(f"… {step.state}")
            case OutputLine(state=state, text=text):
                self._draw(f"… {state}: {text}")
            case ProbeAttempted(attempt=attempt, attempts=attempts, message=message):
                self._draw(f"… attempt {attempt} of {attempts}: {message}")
            case StepFinished(step=step) if step.state is not State.QUEUED:
                took = (step.ended_at - step.started_at).total_seconds() if step.ended_at else 0.0
                glyph = "✓" if step.outcome is Outcome.OK else "✗"
                said = "" if step.outcome is Outcome.OK else f": {step.told}"
                self._finish(f"{glyph} {step.state} {took:.1f} s{said}")
            case StepStarted() | StepFinished():
                return
            case other:
                if (logged := line(other, self._language)) is not None:
                    self._finish(logged.text)

    def _draw(self, text: str) -> None:
        width = shutil.get_terminal_size().columns - 1
        self._stream.write(f"{CLEAR_LINE}{text[:width]}")
        self._stream.flush()

    def _finish(self, text: str) -> None:
        self._stream.write(f"{CLEAR_LINE}{text}\n")
        self._stream.flush()


def stdout(language: str) -> Progress:
    """The progress of this process's standard output."""
    return choose(sys.stdout, language)
