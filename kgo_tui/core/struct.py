"""The base of every value, and the commit, which all of them speak of.

Owns what the two halves of the model share. Must not know either half; import from `core.model`.
"""

from __future__ import annotations

from datetime import datetime

import msgspec

SHORT_SHA = 7
"""Characters of an abbreviated commit, always 7: image tags are made of it."""


class Struct(msgspec.Struct, frozen=True, kw_only=True):
    """Base of every value in the model."""


class Commit(Struct, frozen=True, kw_only=True):
    """One commit as far as a person or the policy needs it. `sha` is the full 40 characters."""

    sha: str
    subject: str = ""
    author: str = ""
    committed_at: datetime | None = None

    @property
    def short(self) -> str:
        """The first 7 characters."""
        return self.sha[:SHORT_SHA]
