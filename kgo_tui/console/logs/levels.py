"""How urgent a line is: what its log says of it, or else what the line says of itself.

Owns the letters, the tones and the words that programs use. Pure. A level that was only read off the
text is shown as a small letter: it is a guess.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from kgo_tui.console.pieces import Tone
from kgo_tui.core.logs import LogLine
from kgo_tui.phrases import DEBUG, ERROR, INFO, NOTICE, WARNING

UNSAID = 8
"""Less urgent than everything: nothing is known."""

LETTER_OF: Mapping[int, str] = {ERROR: "E", WARNING: "W", NOTICE: "N", INFO: "I", DEBUG: "D"}
_TONES: Mapping[int, Tone] = {ERROR: Tone.BAD, WARNING: Tone.WARN, DEBUG: Tone.DIM}

_WORDS: Mapping[str, int] = {
    **dict.fromkeys(("emerg", "panic", "alert", "fatal", "critical", "crit", "error", "err"), ERROR),
    **dict.fromkeys(("warning", "warn"), WARNING),
    "notice": NOTICE,
    **dict.fromkeys(("info", "information"), INFO),
    **dict.fromkeys(("debug", "trace"), DEBUG),
}
_NEAR = 200
"""Characters at the start of a line in which a program says how urgent it is."""

_NAMED = re.compile(r"(?i)\b(?:level|lvl|severity)[\"']?\s?[=:]\s?[\"']?([a-z]{3,11})\b")
_ALONE = re.compile(
    r"(?:^|[\s\[(|])(EMERG|PANIC|ALERT|FATAL|CRITICAL|CRIT|ERROR|ERR|WARNING|WARN|NOTICE|INFO|DEBUG|TRACE"
    r"|emerg|alert|crit|error|warn|notice|info|debug)(?=[\]:)|]|(?<=[A-Z])(?:\s|$))"
)
"""In capitals, or in small letters between brackets and the like."""


def level_of(line: LogLine) -> int:
    """The priority, `UNSAID` where there is none to be seen."""
    priority = line.priority
    if priority is not None:
        return priority if 0 <= priority <= DEBUG else DEBUG
    return UNSAID if line.marker else _read(line.text[:_NEAR])


def letter(line: LogLine) -> str:
    """One cell: E W N I D, small when it was only read off the text."""
    sign = LETTER_OF.get(max(level_of(line), ERROR), " ")
    return sign if line.priority is not None else sign.lower()


def tone(line: LogLine) -> Tone:
    """The colour that goes with it."""
    return _TONES.get(max(level_of(line), ERROR), Tone.PLAIN)


def _read(start: str) -> int:
    found = _NAMED.search(start) or _ALONE.search(start)
    return UNSAID if found is None else _WORDS.get(found[1].lower(), UNSAID)
