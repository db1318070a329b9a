"""`kgo-tui doctor`, and `examine` for whoever wants the diagnosis as a value.

Owns the command's output and exit code: 0 without a fault, 1 with one.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Mapping

from kgo_tui.config.files import checked_instance
from kgo_tui.core.findings import Diagnosis, as_json
from kgo_tui.doctor.checks import CHECKS
from kgo_tui.doctor.examination import Examination
from kgo_tui.doctor.patient import Patient
from kgo_tui.doctor.text import lines


async def doctor(arguments: argparse.Namespace) -> int:
    """Look at the host, mend what is safe with `--fix`, say what was found."""
    examination = _examination(arguments.instance, arguments.config, os.environ)
    diagnosis = await examination.diagnose()
    if arguments.fix:
        diagnosis = await examination.treat(diagnosis)
    _put(diagnosis, as_text=not arguments.json)
    code = 0 if diagnosis.is_healthy else 1
    if examination.stuck:
        # A thread that hangs in the kernel would keep this process for as long as it likes.
        sys.stdout.flush()
        os._exit(code)
    return code


async def examine(
    *, instance: str | None = None, file: str | None = None, environ: Mapping[str, str] = os.environ
) -> Diagnosis:
    """The diagnosis of this host, changing nothing, in at most 15 s. Raises UsageError for an
    instance's name that cannot be one."""
    return await _examination(instance, file, environ).diagnose()


def _examination(instance: str | None, file: str | None, environ: Mapping[str, str]) -> Examination:
    name = checked_instance(instance)
    return Examination(lambda: Patient(instance=name, file=file, environ=environ), CHECKS)


def _put(diagnosis: Diagnosis, *, as_text: bool) -> None:
    if not as_text:
        sys.stdout.write(json.dumps(as_json(diagnosis), ensure_ascii=False, indent=2) + "\n")
        return
    colour = sys.stdout.isatty() and not os.environ.get("NO_COLOR")  # no-color.org
    sys.stdout.writelines(f"{line}\n" for line in lines(diagnosis, colour=colour))
