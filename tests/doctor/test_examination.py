"""Checks that hang, fail or are slow: each is a finding, and nobody waits."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from pathlib import Path

from kgo_tui.core.errors import StoreError
from kgo_tui.core.findings import Diagnosis, Finding, Standing, as_json, from_json
from kgo_tui.doctor.check import Check, Verdict, fault, warning, well
from kgo_tui.doctor.checks import CHECKS, THEMES
from kgo_tui.doctor.examination import Examination
from kgo_tui.doctor.facts import NotExamined, aside
from kgo_tui.doctor.patient import Patient
from kgo_tui.doctor.text import lines


async def _well(_patient: Patient) -> Verdict:
    return well("fine")


async def _hangs(_patient: Patient) -> Verdict:
    await asyncio.Event().wait()
    return well("never")


async def _crashes(_patient: Patient) -> Verdict:
    raise ZeroDivisionError("on purpose \x1b[31m")


async def _refused(_patient: Patient) -> Verdict:
    raise StoreError("cannot be read", hint="Look there.")


async def _nothing(_patient: Patient) -> Verdict:
    raise NotExamined("not here", needs_root=True)


def _examination(*checks: Check, deadline_s: float = 0.3) -> Examination:
    return Examination(lambda: Patient(environ={}), checks, deadline_s=deadline_s)


async def test_one_that_hangs_and_one_that_crashes_hide_nothing_of_the_others() -> None:
    began = time.monotonic()
    ways = {"a": _well, "b": _hangs, "c": _crashes, "d": _refused, "e": _nothing}
    diagnosis = await _examination(
        *(Check(f"git.{name}", name, way) for name, way in ways.items())
    ).diagnose()
    assert time.monotonic() - began < 2
    well_, late, crashed, refused, nothing = diagnosis.findings
    assert well_.status is Standing.OK
    assert (late.status, late.found) == (Standing.WARNING, "no answer within 0 s")
    assert crashed.status is Standing.WARNING
    assert "ZeroDivisionError: on purpose" in crashed.found
    assert "\x1b" not in crashed.found
    assert (refused.found, refused.means) == ("cannot be read", "Look there.")
    assert (nothing.status, nothing.needs_root) == (Standing.NOT_APPLICABLE, True)


async def test_a_thread_that_cannot_be_ended_is_left_behind() -> None:
    """As on a network file system that is gone: the kernel never returns."""
    let_go = threading.Event()

    async def stuck(_patient: Patient) -> Verdict:
        await aside(lambda: let_go.wait(60))
        return well("at last")

    examination = _examination(Check("disk.state", "stuck", stuck))
    try:
        async with asyncio.timeout(10):
            diagnosis = await examination.diagnose()
        assert diagnosis.count(Standing.WARNING) == 1
        assert examination.stuck
    finally:
        let_go.set()


async def test_treatments_are_done_one_by_one_and_looked_at_again() -> None:
    sick, order = {"a", "b", "c"}, []

    def check(name: str, *, ok: bool = True) -> Check:
        async def look(_patient: Patient) -> Verdict:
            return fault("ill", "bad", fixable=True) if name in sick else well("fine")

        async def treat(_patient: Patient) -> str:
            order.append(name)
            if not ok:
                raise StoreError("it is read-only")
            sick.discard(name)
            return f"treated {name}"

        return Check(f"git.{name}", name, look, treat)

    examination = _examination(check("a"), check("b", ok=False), check("c"), deadline_s=5)
    diagnosis = await examination.treat(await examination.diagnose())
    assert order == ["a", "b", "c"]
    assert [finding.status for finding in diagnosis.findings] == ["ok", "fault", "ok"]
    assert [treatment.said for treatment in diagnosis.treatments] == [
        "treated a",
        "it is read-only",
        "treated c",
    ]
    assert [treatment.ok for treatment in diagnosis.treatments] == [True, False, True]


async def test_what_has_no_treatment_is_not_called_fixable() -> None:
    async def ill(_patient: Patient) -> Verdict:
        return warning("ill", "bad", "mend it", fixable=True)

    diagnosis = await _examination(Check("git.a", "a", ill)).diagnose()
    assert not diagnosis.findings[0].fixable


async def test_a_fact_is_found_out_once_and_outlives_who_gives_up_on_it(tmp_path: Path) -> None:
    patient = Patient(file=str(tmp_path / "none.toml"), environ={})
    impatient = asyncio.ensure_future(patient.settings())
    await asyncio.sleep(0)
    impatient.cancel()
    first, second = await asyncio.gather(patient.settings(), patient.settings())
    assert first is second


async def test_no_secret_of_the_configuration_leaves_whatever_a_check_says(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("DOMAIN=koprogo.test\nDB_PASSWORD=correct-horse\n")
    file = tmp_path / "config.toml"
    file.write_text(f'[repository]\npath = "{tmp_path}"\n')

    async def tells(patient: Patient) -> Verdict:
        await patient.settings()
        return fault("correct-horse of koprogo.test", "correct-horse", "echo correct-horse")

    examination = Examination(
        lambda: Patient(file=str(file), environ={}), [Check("git.a", "a", tells)], deadline_s=5
    )
    [finding] = (await examination.diagnose()).findings
    assert (finding.found, finding.means, finding.mend) == ("*** of koprogo.test", "***", "echo ***")


def test_every_check_has_an_id_of_a_known_theme_and_of_its_own() -> None:
    ids = [check.id for check in CHECKS]
    assert len(set(ids)) == len(ids) > 45
    assert {check.id.partition(".")[0] for check in CHECKS} == THEMES.keys()


def _diagnosis(*findings: Finding) -> Diagnosis:
    return Diagnosis(instance="default", version="1", findings=findings, took_s=1.84)


def test_problems_stand_out_and_what_is_well_is_one_line() -> None:
    finding = Finding(
        id="git.locks", title="locks", status=Standing.FAULT, found="index.lock", means="git waits.",
        mend="rm index.lock", fixable=True,
    )  # fmt: skip
    none = Finding(
        id="git.trust", title="trust", status=Standing.NOT_APPLICABLE, found="closed", needs_root=True
    )
    good = Finding(id="git.present", title="git", status=Standing.OK, found="git 2.39")
    assert list(lines(_diagnosis(good, finding, none))) == [
        "Git",
        "  ✓ git                     git 2.39",
        "  ✗ locks                   index.lock",
        "      git waits.",
        "      $ rm index.lock   (or: --fix)",
        "  – trust                   closed",
        "",
        "1 check needs root: sudo kgo-tui doctor",
        "1 fault, 0 warnings; 2 checks in 1.8 s",
    ]


def test_a_diagnosis_comes_back_from_its_json() -> None:
    """As the console reads it, which may not import the doctor."""
    ill = Finding(id="git.locks", title="locks", status=Standing.FAULT, found="x", mend="rm x", fixable=True)
    diagnosis = _diagnosis(ill)
    assert from_json(json.dumps(as_json(diagnosis))) == diagnosis


def test_the_json_has_all_of_it() -> None:
    good = Finding(id="git.present", title="git", status=Standing.OK, found="git 2.39")
    said = as_json(_diagnosis(good))
    assert said["schema"] == 1
    assert said["summary"] == {
        "ok": 1, "warning": 0, "fault": 0, "not_applicable": 0, "checks": 1, "took_s": 1.84,
    }  # fmt: skip
    assert said["findings"] == [
        {"id": "git.present", "theme": "git", "title": "git", "status": "ok", "found": "git 2.39",
         "means": "", "mend": "", "fixable": False, "needs_root": False}
    ]  # fmt: skip
