"""What is wrong with a configuration, all of it at once.

Owns how a fault is worded: where it stands, which key, what is wrong, what was probably meant.
Must not know the keys. Foreign text (values, keys, file names) is cleaned and redacted here.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from kgo_tui.core.errors import ConfigError
from kgo_tui.core.model import Struct
from kgo_tui.core.text import clean, redact_url

_LONGEST_VALUE = 60


class Unfit(ValueError):
    """A value that its key cannot take; the text completes "KEY: …"."""


class Problem(Struct, frozen=True, kw_only=True):
    """One fault: `where` is a file with its line, an environment variable or the command line."""

    where: str
    message: str
    key: str = ""
    hint: str = ""

    def __str__(self) -> str:
        place = ": ".join(clean(part) for part in (self.where, self.key) if part)
        return f"{place}: {self.message}"


class ConfigInvalid(ConfigError):
    """A configuration with at least one fault; `problems` has them all, in the order of the files."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        hints = list(dict.fromkeys(problem.hint for problem in self.problems if problem.hint))
        super().__init__(_sentence(self.problems), hint="\n".join(hints))


def _sentence(problems: Sequence[Problem]) -> str:
    if len(problems) == 1:
        return str(problems[0])
    return f"{len(problems)} problems in the configuration:\n" + "\n".join(f"  {p}" for p in problems)


def described(value: object) -> str:
    """A value of a TOML file in words: what it is, and the value itself where that is short."""
    if isinstance(value, bool):
        return f"the boolean {str(value).lower()}"
    if isinstance(value, int | float):
        return f"the number {shortened(str(value))}"
    if isinstance(value, str):
        return f'the text "{shortened(value)}"'
    if isinstance(value, list | tuple):
        return "a list"
    return "a table" if isinstance(value, dict) else "a date or time"


def shortened(text: str) -> str:
    """Foreign text fit for a message: inert, without credentials, not longer than a line."""
    shown = clean(redact_url(text[: 4 * _LONGEST_VALUE]))
    return shown if len(shown) <= _LONGEST_VALUE else shown[: _LONGEST_VALUE - 1] + "…"


def suggestion(name: str, known: Iterable[str]) -> str:
    """' (did you mean "x"?)' for the nearest known name, nothing when none is near."""
    from difflib import get_close_matches  # noqa: PLC0415 - only for a configuration with a fault

    by_lower = {one.lower(): one for one in known}
    near = get_close_matches(name.lower()[:_LONGEST_VALUE], list(by_lower), n=1)
    return f' (did you mean "{by_lower[near[0]]}"?)' if near else ""
