"""A diagnosis as plain lines: one for what is well, more for what is not.

Owns the layout. Pure: every foreign text was made inert before. Always a glyph and a word's worth of
text beside it; colour only where the caller says that there is a terminal.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from kgo_tui.core.findings import Diagnosis, Finding, Standing
from kgo_tui.doctor.checks import THEMES

GLYPHS = {Standing.OK: "✓", Standing.WARNING: "!", Standing.FAULT: "✗", Standing.NOT_APPLICABLE: "–"}
_COLOURS = {Standing.OK: 32, Standing.WARNING: 33, Standing.FAULT: 31, Standing.NOT_APPLICABLE: 2}
_WIDTH = 23
MANY = 3
"""Findings of a theme that say the same nothing, from where on they are one line."""


def lines(diagnosis: Diagnosis, *, colour: bool = False) -> Iterator[str]:
    """The whole of it, by theme, and the sum at the end."""
    for theme, findings in groupby(diagnosis.findings, key=lambda finding: finding.theme):
        yield THEMES.get(theme, theme)
        yield from _theme(list(findings), colour=colour)
    yield ""
    for treatment in diagnosis.treatments:
        yield f"{'fixed' if treatment.ok else 'not fixed'} {treatment.id}: {treatment.said}"
    yield from _ending(diagnosis)


def _theme(findings: list[Finding], *, colour: bool) -> Iterator[str]:
    reasons = {finding.found for finding in findings if finding.status is Standing.NOT_APPLICABLE}
    nothing = all(finding.status is Standing.NOT_APPLICABLE for finding in findings)
    if nothing and len(reasons) == 1 and len(findings) > 1:
        yield f"  {_glyph(Standing.NOT_APPLICABLE, colour=colour)} {reasons.pop()}"
        return
    alike = {reason for reason in reasons if sum(one.found == reason for one in findings) >= MANY}
    for finding in findings:
        if finding.found not in alike:
            yield from _finding(finding, colour=colour)
    for reason in sorted(alike):
        titles = ", ".join(finding.title for finding in findings if finding.found == reason)
        yield f"  {_glyph(Standing.NOT_APPLICABLE, colour=colour)} {titles}: {reason}"


def _glyph(status: Standing, *, colour: bool) -> str:
    return f"\x1b[{_COLOURS[status]}m{GLYPHS[status]}\x1b[0m" if colour else GLYPHS[status]


def _finding(finding: Finding, *, colour: bool) -> Iterator[str]:
    glyph = _glyph(finding.status, colour=colour)
    yield f"  {glyph} {finding.title:<{_WIDTH}} {finding.found}".rstrip()
    if not finding.is_problem:
        return
    if finding.means:
        yield f"      {finding.means}"
    if finding.mend:
        yield f"      $ {finding.mend}{'   (or: --fix)' if finding.fixable else ''}"


def _ending(diagnosis: Diagnosis) -> Iterator[str]:
    closed = sum(finding.needs_root for finding in diagnosis.findings)
    if closed:
        instance = "" if diagnosis.instance == "default" else f" --instance {diagnosis.instance}"
        verb = "needs" if closed == 1 else "need"
        yield f"{_counted(closed, 'check')} {verb} root: sudo kgo-tui{instance} doctor"
    faults, warnings = diagnosis.count(Standing.FAULT), diagnosis.count(Standing.WARNING)
    looked = len(diagnosis.findings) - diagnosis.count(Standing.NOT_APPLICABLE)
    yield (
        f"{_counted(faults, 'fault')}, {_counted(warnings, 'warning')}; "
        f"{looked} checks in {diagnosis.took_s:.1f} s"
    )


def _counted(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"
