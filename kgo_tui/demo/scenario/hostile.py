"""Texts that mean harm, or only mischief: everything that a screen must survive.

Owns these texts. They are given out as they are, uncleaned: an older worker might do so.
"""

from __future__ import annotations

from datetime import datetime

from msgspec.structs import replace

from kgo_tui.core.model import Commit, ContainerView, Evidence
from kgo_tui.demo.scenario import cast

LONG = 10_000

ESCAPES = (
    "\x1b]0;a title of mine\x07\x1b[2J\x1b[31mred",  # OSC and CSI: title, clear, colour
    "\x1b]52;c;ZXZpbA==\x1b\\the clipboard",
    "\x1bP+q544e\x1b\\\x9b31m eight-bit \x90 \x9d",  # DCS, C1
    "back\b\b\b\rspace \x00 bell\x07 tab\tend\x7f",
)
MARKUP = (
    "fix [/] parser",
    "[link=javascript:x]press[/link]",
    "[bold red]loud[/] [@click=app.quit]q[/]",
    "\\[b]",
)
REORDERED = (
    "rm \u202egpj.exe\u202c end",
    "\u2066isolated\u2069 \u200fmark\u200e",
    "שלום עולם, 12 ‎מרץ",
)
WIDE = (
    "漢字かな交じり文の件名です",
    "한국어 제목",
    "👩‍👩‍👧‍👦 family, 🇫🇷 flag, 👍🏽 hand",
    "ｆｕｌｌ ｗｉｄｔｈ",
)
COMBINING = ("Z͑ͫ̓a̴̵l͇g̨o" + "\u0301" * 40, "e\u0301te\u0301 a\u0308", "\u0301starts with an accent")
LONG_ONES = ("x" * LONG, "漢" * LONG, "word " * (LONG // 5), "\x1b[1m" * (LONG // 4))
BROKEN = ("two\nlines", "carriage\rreturn", "form\ffeed and \v tab", "\u2028line separator", "")

TEXTS = (*ESCAPES, *MARKUP, *REORDERED, *WIDE, *COMBINING, *LONG_ONES, *BROKEN)


def commits(at: datetime, first: int) -> tuple[Commit, ...]:
    """A commit for each text, its author no better than its subject."""
    return tuple(
        replace(cast.commit(first + i, at, text), author=TEXTS[(i + 5) % len(TEXTS)])
        for i, text in enumerate(TEXTS)
    )


def containers(of: str, at: datetime) -> tuple[ContainerView, ...]:
    """A container for each text, in its name, service, image, ports and state."""
    model = cast.container(cast.SERVICES[1], of, at)
    return tuple(
        replace(
            model,
            id=cast.digest("hostile", i),
            name=text,
            service=f"s{i}{text}",
            image=f"{text}:{TEXTS[(i + 3) % len(TEXTS)]}",
            ports=(text,),
            state="running" if i % 3 else text,
        )
        for i, text in enumerate(TEXTS)
    )


EVIDENCE = tuple(Evidence(title=text, text="\n".join(TEXTS)) for text in TEXTS[:6])
