"""A sandbox for the doctor: ask it, type what it says, see what became of it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from typing import Any

from kgo_tui.demo.sandbox import Sandbox

Findings = dict[str, dict[str, Any]]

OK, WARNING, FAULT, NONE = "ok", "warning", "fault", "not_applicable"
HERE_ANYWAY = {"worker.answers", "worker.group", "machine.memory", "machine.installation", "disk.images"}
"""May be worth a warning on the machine of a test run, whatever the sandbox is like."""


def environment(sandbox: Sandbox, changes: Mapping[str, str] | None = None) -> dict[str, str]:
    """The sandbox's, with kgo-tui on PATH as an admin has it."""
    folder = sandbox.root / "bin"
    if not folder.exists():
        folder.mkdir()
        program = folder / "kgo-tui"
        program.write_text(f'#!/bin/sh\nexec {sys.executable} -m kgo_tui "$@"\n')
        program.chmod(0o755)
    env = sandbox.env()
    return {**env, "PATH": f"{folder}:{env['PATH']}", **(changes or {})}


def diagnosis(sandbox: Sandbox, *options: str, env: Mapping[str, str] | None = None) -> dict[str, Any]:
    """`doctor --json`: whatever is broken, it is JSON, and its exit code is that of its findings."""
    done = subprocess.run(
        sandbox.argv("doctor", "--json", *options),
        env=environment(sandbox, env),
        cwd=sandbox.root,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.stdout != "", done.stderr) == (True, ""), (done.returncode, done.stderr)
    found: dict[str, Any] = json.loads(done.stdout)
    assert done.returncode == (1 if found["summary"]["fault"] else 0), done.stdout
    return found


def examined(sandbox: Sandbox, *options: str, env: Mapping[str, str] | None = None) -> Findings:
    """The findings by their id."""
    return {one["id"]: one for one in diagnosis(sandbox, *options, env=env)["findings"]}


def problems(findings: Findings) -> dict[str, str]:
    """What is not well, with what was found."""
    return {
        name: f"{one['status']}: {one['found']}"
        for name, one in findings.items()
        if one["status"] in (WARNING, FAULT) and name not in HERE_ANYWAY
    }


def type_as_shown(sandbox: Sandbox, finding: Mapping[str, Any]) -> str:
    """Run the command that mends it, as it stands."""
    assert finding["mend"], finding
    done = subprocess.run(
        ["sh", "-c", finding["mend"]],
        env=environment(sandbox),
        cwd=os.sep,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, f"{finding['mend']}\n{done.stdout}{done.stderr}"
    return done.stdout
