"""Runs checks side by side, each within its deadline, and treatments one by one.

Owns time and accidents: a check that hangs or fails is a finding, never a traceback and never a
reason to wait. Must not know what any check looks at.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence

from kgo_tui import __version__
from kgo_tui.core.errors import KgoError
from kgo_tui.core.findings import Diagnosis, Finding, Treatment, replaced
from kgo_tui.core.text import Redactor, clean
from kgo_tui.doctor.check import Check, Verdict, warning
from kgo_tui.doctor.facts import NotExamined
from kgo_tui.doctor.measures import span
from kgo_tui.doctor.patient import Patient

DEADLINE_S = 10.0
"""For one check; all run at the same time."""

LEAVE_S = 2.0
"""For checks that are told to stop, so that what they started ends with them."""

TREATMENT_S = 600.0
"""For one treatment: tidying a large repository takes its time."""

NewPatient = Callable[[], Patient]


class Examination:
    """Checks on a host. `new_patient` opens one: what was treated is looked at anew.

    `stuck` says that something could not be made to end (a dead network file system, say).
    """

    def __init__(
        self, new_patient: NewPatient, checks: Sequence[Check], *, deadline_s: float = DEADLINE_S
    ) -> None:
        self._new_patient, self._checks, self._deadline_s = new_patient, checks, deadline_s
        self.stuck = False

    async def diagnose(self) -> Diagnosis:
        """Look at everything; never raises for what is found on the host."""
        began = time.monotonic()
        patient = self._new_patient()
        findings = await self._run(patient, self._checks)
        return Diagnosis(
            instance=patient.instance or "default",
            version=__version__,
            findings=findings,
            took_s=round(time.monotonic() - began, 2),
        )

    async def treat(self, diagnosis: Diagnosis) -> Diagnosis:
        """Do what `fixable` findings promise, one after the other, and look at those again."""
        began = time.monotonic()
        wanted = {finding.id for finding in diagnosis.findings if finding.is_problem and finding.fixable}
        chosen = [check for check in self._checks if check.id in wanted]
        treatments = [await self._treat(check) for check in chosen]
        again = await self._run(self._new_patient(), chosen) if chosen else ()
        return Diagnosis(
            instance=diagnosis.instance,
            version=diagnosis.version,
            findings=replaced(diagnosis.findings, again),
            treatments=tuple(treatments),
            took_s=round(diagnosis.took_s + time.monotonic() - began, 2),
        )

    async def _run(self, patient: Patient, checks: Sequence[Check]) -> tuple[Finding, ...]:
        tasks = [asyncio.create_task(_examined(check, patient), name=check.id) for check in checks]
        await asyncio.wait(tasks, timeout=self._deadline_s)
        findings = [
            task.result() if task.done() else _late(check, self._deadline_s)
            for task, check in zip(tasks, checks, strict=True)
        ]
        redact = Redactor(patient.secrets())
        await self._leave(patient, tasks)
        return tuple(_inert(finding, redact) for finding in findings)

    async def _treat(self, check: Check) -> Treatment:
        patient = self._new_patient()
        task = asyncio.create_task(_treated(check, patient), name=check.id)
        await asyncio.wait([task], timeout=TREATMENT_S)
        treatment = (
            task.result() if task.done() else Treatment(id=check.id, said="did not end in time", ok=False)
        )
        redact = Redactor(patient.secrets())
        await self._leave(patient, [task])
        return Treatment(id=treatment.id, said=redact(clean(treatment.said)), ok=treatment.ok)

    async def _leave(self, patient: Patient, tasks: Iterable[asyncio.Task[object]]) -> None:
        """Stop what still runs, the search for facts included, but wait for none of it for ever."""
        late = [task for task in (*tasks, *patient.facts.values()) if not task.done()]
        for task in late:
            task.cancel()
        closing = asyncio.create_task(patient.close())
        _done, left = await asyncio.wait([closing, *late], timeout=LEAVE_S)
        self.stuck = self.stuck or bool(left)


async def _examined(check: Check, patient: Patient) -> Finding:
    try:
        return check.finding(await check.examine(patient))
    except NotExamined as why:
        return check.unexamined(why)
    except KgoError as error:
        return check.finding(warning(error.message, error.hint or "The doctor could not look at it."))
    except Exception as error:  # noqa: BLE001 - one check's defect must not hide what the others found
        return check.finding(_crashed(error))


def _crashed(error: Exception) -> Verdict:
    said = f"{type(error).__name__}: {error}"
    return warning(f"this check failed: {said}", "A defect of kgo-tui's doctor, not of this host: report it.")


def _late(check: Check, deadline_s: float) -> Finding:
    return check.finding(
        warning(
            f"no answer within {span(deadline_s)}", "Something that this needs hangs, or the host is busy."
        )
    )


async def _treated(check: Check, patient: Patient) -> Treatment:
    if check.treat is None:
        return Treatment(id=check.id, said="there is nothing to be done", ok=False)
    return await _told(check.id, check.treat(patient))


async def _told(id_: str, work: Awaitable[str]) -> Treatment:
    try:
        return Treatment(id=id_, said=await work)
    except NotExamined as why:
        return Treatment(id=id_, said=why.reason, ok=False)
    except KgoError as error:
        return Treatment(id=id_, said=error.message, ok=False)
    except Exception as error:  # noqa: BLE001 - as above: the others are to be treated
        return Treatment(id=id_, said=f"{type(error).__name__}: {error}", ok=False)


def _inert(finding: Finding, redact: Redactor) -> Finding:
    """Fit to be shown: what came from outside is harmless, and no secret of the configuration is in it."""
    found, means, mend = (redact(clean(text)) for text in (finding.found, finding.means, finding.mend))
    return Finding(
        id=finding.id,
        title=finding.title,
        status=finding.status,
        found=found,
        means=means,
        mend=mend,
        fixable=finding.fixable,
        needs_root=finding.needs_root,
    )
