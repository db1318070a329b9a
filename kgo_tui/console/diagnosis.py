"""What the doctor finds, for the console: asked of `kgo-tui doctor`, told as rows and facts.

Owns that call and these forms. Must not know how anything is looked at.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import msgspec

from kgo_tui.console.inert import inert
from kgo_tui.console.pieces import Piece, Tone, plain
from kgo_tui.console.program import Program, ran
from kgo_tui.console.screens.facts import Fact
from kgo_tui.console.speech import later, say
from kgo_tui.console.widgets.columns import Column
from kgo_tui.console.widgets.rows import Row
from kgo_tui.core.findings import Diagnosis, Finding, Standing, from_json

LONGEST_S = 40.0
COLUMNS = (
    Column("", 9),
    Column(later("MATTER"), 18, grow=1),
    Column(later("FOUND"), 24, grow=3, spare=1),
)
GLYPHS: Mapping[Standing, tuple[str, Tone]] = {
    Standing.FAULT: ("✗", Tone.BAD),
    Standing.WARNING: ("!", Tone.WARN),
    Standing.OK: ("✓", Tone.OK),
    Standing.NOT_APPLICABLE: ("–", Tone.DIM),
}
_WORDS: Mapping[Standing, str] = {
    Standing.FAULT: later("fault"),
    Standing.WARNING: later("warning"),
    Standing.OK: later("ok"),
    Standing.NOT_APPLICABLE: later("n/a"),
}


async def examined(program: Program) -> Diagnosis | str:
    """The diagnosis, or why there is none."""
    said = await ran(program.argv("doctor", "--json"), LONGEST_S)
    try:
        return inert(from_json(said.out))
    except msgspec.DecodeError:
        return said.text or say("the doctor said nothing")


def rows(diagnosis: Diagnosis) -> Iterator[Row]:
    """What is wrong first, then what is well."""
    order = list(GLYPHS)
    for finding in sorted(diagnosis.findings, key=lambda f: order.index(f.status)):
        if finding.status is not Standing.NOT_APPLICABLE:
            glyph, tone = GLYPHS[finding.status]
            standing = Piece(f"{glyph} {say(_WORDS[finding.status])}", tone)
            yield Row(finding.id, ((standing,), plain(finding.title), plain(finding.found)))


def summary(diagnosis: Diagnosis) -> str:
    """How many of each."""
    counts = {status: diagnosis.count(status) for status in (Standing.FAULT, Standing.WARNING)}
    return say("the doctor: {faults} faults, {warnings} warnings, of {all} matters").format(
        faults=counts[Standing.FAULT], warnings=counts[Standing.WARNING], all=len(diagnosis.findings)
    )


def facts(finding: Finding) -> Iterator[Fact]:
    """One finding in full."""
    yield Fact(say("found"), finding.found)
    if finding.means:
        yield Fact(say("means"), finding.means)
    if finding.mend:
        yield Fact(say("mend"), finding.mend, "$text-success")
    if finding.fixable:
        yield Fact("", say("kgo-tui doctor --fix does this."))
    if finding.needs_root:
        yield Fact("", say("Only root could look at this."))
