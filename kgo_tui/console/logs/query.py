"""What a reader looks for in a log: a text, how urgent, and what to do with the rest.

Owns what matches. Pure. A text is taken as it is, never as a pattern: lines of a log are foreign, and a
pattern can take for ever on one that was made for it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Self

from msgspec.structs import replace

from kgo_tui.core.struct import Struct
from kgo_tui.phrases import ERROR, NOTICE, WARNING

CONTEXTS = (2, 5, 20, 0)
"""Lines kept around each hit; the key goes from one to the next."""

LEVELS = (None, ERROR, WARNING, NOTICE)
"""The least urgent that is shown; likewise."""


class Query(Struct, frozen=True, kw_only=True):
    """`hides`: a filter, which hides what does not match but for `context` lines around what does;
    otherwise a search, which only shows where hits are. Text in small letters matches in any case;
    one that begins with ! is what a line must not have. `level` hides what is less urgent."""

    text: str = ""
    level: int | None = None
    hides: bool = True
    context: int = CONTEXTS[0]

    @property
    def active(self) -> bool:
        """Whether anything is looked for."""
        return bool(self._needle) or self.level is not None

    @property
    def narrows(self) -> bool:
        """Whether it hides anything."""
        return self.level is not None or (bool(self._needle) and self.hides)

    @property
    def highlight(self) -> str:
        """The text to be shown where it stands."""
        return "" if self._inverse else self._needle

    @property
    def any_case(self) -> bool:
        """Whether capitals make no difference."""
        return self._needle == self._needle.lower()

    def with_next_context(self) -> Self:
        """More lines around hits, at last none."""
        return replace(self, context=CONTEXTS[(CONTEXTS.index(self.context) + 1) % len(CONTEXTS)])

    def with_next_level(self) -> Self:
        """Errors; warnings too; notices too; all."""
        return replace(self, level=LEVELS[(LEVELS.index(self.level) + 1) % len(LEVELS)])

    def fits(self) -> Callable[[str], bool]:
        """Whether a text matches."""
        needle = self._needle
        if not needle:
            return lambda _text: True
        if self.any_case:
            return (lambda t: needle not in t.lower()) if self._inverse else (lambda t: needle in t.lower())
        return (lambda t: needle not in t) if self._inverse else (lambda t: needle in t)

    @property
    def _inverse(self) -> bool:
        return self.text.startswith("!") and len(self.text) > 1

    @property
    def _needle(self) -> str:
        return self.text[1:] if self._inverse else self.text
