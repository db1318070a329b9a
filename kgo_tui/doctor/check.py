"""What a check is, and what it may say.

Owns the verdict of one check and the ways to word it. Must not know any particular check.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from kgo_tui.core.findings import Finding, Standing
from kgo_tui.doctor.facts import NotExamined
from kgo_tui.doctor.patient import Patient


@dataclass(frozen=True, slots=True)
class Verdict:
    """How the matter of one check stands; fields as in `core.findings.Finding`."""

    status: Standing
    found: str
    means: str = ""
    mend: str = ""
    fixable: bool = False


def well(found: str) -> Verdict:
    """All is as it should be."""
    return Verdict(Standing.OK, found)


def warning(found: str, means: str, mend: str = "", *, fixable: bool = False) -> Verdict:
    """It works, and somebody should look at it."""
    return Verdict(Standing.WARNING, found, means, mend, fixable)


def fault(found: str, means: str, mend: str = "", *, fixable: bool = False) -> Verdict:
    """It does not work."""
    return Verdict(Standing.FAULT, found, means, mend, fixable)


Examine = Callable[[Patient], Awaitable[Verdict]]
"""Looks, and changes nothing. Raises NotExamined where there is nothing to look at."""

Treat = Callable[[Patient], Awaitable[str]]
"""Mends what its check found, and says what it did. Raises errors of `core.errors`."""


@dataclass(frozen=True, slots=True)
class Check:
    """One line of the table of checks; `id` is THEME.NAME."""

    id: str
    title: str
    examine: Examine
    treat: Treat | None = None

    def finding(self, verdict: Verdict) -> Finding:
        """The verdict as a finding of this check."""
        return Finding(
            id=self.id,
            title=self.title,
            status=verdict.status,
            found=verdict.found,
            means=verdict.means,
            mend=verdict.mend,
            fixable=verdict.fixable and self.treat is not None,
        )

    def unexamined(self, why: NotExamined) -> Finding:
        """The finding that there is nothing to be found."""
        return Finding(
            id=self.id,
            title=self.title,
            status=Standing.NOT_APPLICABLE,
            found=why.reason,
            needs_root=why.needs_root,
        )
