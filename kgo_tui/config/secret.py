"""A value that no log, screen or traceback may show.

Owns the wrapping; must not know where secrets come from. Only who needs the value calls `reveal`.
"""

from __future__ import annotations

from typing import NoReturn

from kgo_tui.core.text import MASK


class Secret:
    """Text that shows itself as `***`, compares by value, and cannot be pickled or formatted out."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The value itself, for the one call that needs it."""
        return self._value

    def __str__(self) -> str:
        return MASK

    __repr__ = __str__

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._value == self._value

    def __hash__(self) -> int:
        return hash((Secret, self._value))

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret is not to be stored")
