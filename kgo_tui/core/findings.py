"""What the doctor found, as values: for its own command line, the journal and the console.

Owns the shape of a finding and of `kgo-tui doctor --json` (schema 1). Must not know how anything is
looked at.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import Any

import msgspec

from kgo_tui.core.struct import Struct

SCHEMA = 1


class Standing(StrEnum):
    """How a matter stands. `not_applicable`: there is no such thing here, or it cannot be looked at."""

    OK = "ok"
    WARNING = "warning"
    FAULT = "fault"
    NOT_APPLICABLE = "not_applicable"


class Finding(Struct, frozen=True, kw_only=True):
    """One matter that was looked at.

    `id` is THEME.NAME and stays the same between versions; `found` is what is, `means` what follows
    from it, `mend` the command that mends it, to be run as it stands ("" where no command can).
    `fixable` says that `doctor --fix` does it; `needs_root`, that only root could have looked.
    """

    id: str
    title: str
    status: Standing
    found: str
    means: str = ""
    mend: str = ""
    fixable: bool = False
    needs_root: bool = False

    @property
    def theme(self) -> str:
        """What it belongs to: git, docker, service …"""
        return self.id.partition(".")[0]

    @property
    def is_problem(self) -> bool:
        """Whether there is something to mend."""
        return self.status in (Standing.WARNING, Standing.FAULT)


class Treatment(Struct, frozen=True, kw_only=True):
    """What `--fix` did about the finding of that id, in words; `ok` is False when it could not."""

    id: str
    said: str
    ok: bool = True


class Diagnosis(Struct, frozen=True, kw_only=True):
    """All findings of one examination in the order of the themes, what was treated, seconds taken."""

    instance: str
    version: str
    findings: tuple[Finding, ...]
    treatments: tuple[Treatment, ...] = ()
    took_s: float

    def count(self, status: Standing) -> int:
        """How many findings stand like that."""
        return sum(finding.status is status for finding in self.findings)

    @property
    def is_healthy(self) -> bool:
        """Whether there is no fault; warnings are allowed."""
        return not self.count(Standing.FAULT)


def as_json(diagnosis: Diagnosis) -> dict[str, Any]:
    """`kgo-tui doctor --json`."""
    shown: dict[str, Any] = msgspec.to_builtins(diagnosis)
    return {
        "schema": SCHEMA,
        "instance": shown["instance"],
        "version": shown["version"],
        "summary": {**_summary(diagnosis), "checks": len(diagnosis.findings), "took_s": shown["took_s"]},
        "findings": [
            {**one, "theme": finding.theme}
            for one, finding in zip(shown["findings"], diagnosis.findings, strict=True)
        ],
        "treatments": shown["treatments"],
    }


class _Summary(Struct, frozen=True, kw_only=True):
    took_s: float


class _Document(Struct, frozen=True, kw_only=True):
    instance: str
    version: str
    summary: _Summary
    findings: tuple[Finding, ...]
    treatments: tuple[Treatment, ...]


def from_json(text: bytes | str) -> Diagnosis:
    """What `as_json` made, as a value again. Raises msgspec.DecodeError for anything else."""
    read = msgspec.json.decode(text, type=_Document)
    return Diagnosis(
        instance=read.instance,
        version=read.version,
        findings=read.findings,
        treatments=read.treatments,
        took_s=read.summary.took_s,
    )


def _summary(diagnosis: Diagnosis) -> dict[str, int]:
    return {str(status): diagnosis.count(status) for status in Standing}


def replaced(findings: Iterable[Finding], newer: Iterable[Finding]) -> tuple[Finding, ...]:
    """The findings, those that were looked at again as they are now."""
    by_id = {finding.id: finding for finding in newer}
    return tuple(by_id.get(finding.id, finding) for finding in findings)
