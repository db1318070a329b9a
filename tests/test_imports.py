"""The rules of the house: who may import whom, what is too long, what must say what it owns.

The rules stand here as tables; a package without a row is a failure, so that a new one gets its rule
on the day that it is made.
"""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "kgo_tui"
LONGEST = 250

SHARED_BY_ADAPTERS = ("adapters.host", "adapters.process", "adapters.watch")
MAIN = ("__main__", "headless", "worker", "wiring", "service", "ownlog", "phrases", "sink")

MAY_IMPORT: Mapping[str, tuple[str, ...]] = {
    "core": ("core",),
    "engine": ("engine", "core"),
    "adapters.host": ("core",),
    "adapters.process": ("core", *SHARED_BY_ADAPTERS),
    "adapters.watch": ("core", *SHARED_BY_ADAPTERS),
    "adapters.clock": ("core", "engine.ports"),
    "adapters.compose": ("adapters.compose", "core", "engine.ports", *SHARED_BY_ADAPTERS),
    "adapters.git": ("adapters.git", "core", "engine.ports", *SHARED_BY_ADAPTERS),
    "adapters.journal": ("adapters.journal", "core", "engine.ports", *SHARED_BY_ADAPTERS),
    "adapters.probe": ("adapters.probe", "core", "engine.ports", *SHARED_BY_ADAPTERS),
    "adapters.sqlite": ("adapters.sqlite", "core", "engine.ports", *SHARED_BY_ADAPTERS),
    "adapters.accounts": ("core", *SHARED_BY_ADAPTERS),
    "adapters.systemctl": ("core", *SHARED_BY_ADAPTERS),
    "adapters": (),
    "control": ("control", "core", "engine.ports", "engine.feed"),
    "config": ("config", "core"),
    "phrases": ("core",),
    "message_ids": ("core",),
    "records": ("core", "message_ids"),
    "sink": ("core", "message_ids", "phrases", "records"),
    "service": ("control", "core", "engine", "ownlog"),
    "ownlog": ("control.queries", "core", "engine", "phrases", "records"),
    "settings": ("config", "core", "engine"),
    "parts": ("adapters", "config", "core", "engine", "settings"),
    "wiring": ("adapters", "config", "core", "engine", "parts", "sink", "unit.places"),
    "statusline": ("core",),
    "supervision": ("core", "engine", "message_ids", "phrases", "statusline"),
    "reloading": ("config", "core", "engine", "phrases", "supervision", "wiring"),
    "transient": ("control.client", "core", "engine"),
    "worker": (*MAIN, "config", "control", "core", "engine", "reloading", "supervision", "transient"),
    "headless": (*MAIN, "config", "control", "core", "demo", "unit.found"),
    "__main__": ("core", "headless", "console", "sink"),
    "console.command": ("console", "config.client", "core"),
    "console": (
        "console",
        "core",
        "control.client",
        "control.protocol",
        "control.queries",
        "engine.ports",
        "phrases",
    ),
    "doctor": ("doctor", "adapters", "config", "control.client", "core", "parts"),
    "demo": ("demo", "adapters", "core"),
    "demo.scenario": ("demo.scenario", "control", "core", "engine.feed", "phrases", "records"),
    "demo.scenario.pictures": ("demo.scenario", "console"),
    "demo.scenario.show": ("demo.scenario", "config.client", "console"),
    "unit": (
        "unit",
        "adapters.accounts",
        "adapters.host",
        "adapters.process",
        "adapters.systemctl",
        "config",
        "control.client",
        "core",
        "phrases",
    ),
    "": (),
}
"""For each package of kgo_tui what of kgo_tui it may import; the longest name that fits counts. The
version in kgo_tui/__init__.py is everyone's."""

THIRD_PARTY: Mapping[str, tuple[str, ...]] = {
    "msgspec": (
        "core",
        "engine",
        "control",
        "config",
        "console",
        "demo.scenario",
        "adapters.journal",
        "adapters.sqlite",
        "headless",
        "unit",
    ),
    "git": ("adapters.git",),
    "docker": ("adapters.compose",),
    "requests": ("adapters.compose",),  # what docker's client raises
    "httpx": ("adapters.probe", "demo"),
    "certifi": ("adapters.probe",),  # the roots that httpx trusts
    "platformdirs": ("config",),
    "trustme": ("demo",),
    "cryptography": ("demo",),
    "textual": ("console",),
    "rich": ("console",),
}
"""Who may import which package from outside."""

PURE = {
    "__future__",
    "collections",
    "collections.abc",
    "dataclasses",
    "datetime",
    "enum",
    "functools",
    "itertools",
    "json",
    "math",
    "re",
    "types",
    "typing",
    "urllib.parse",
}
STANDARD: Mapping[str, set[str]] = {
    "core": PURE,
    "engine": PURE | {"asyncio", "contextlib", "logging", "statistics"},
}
"""All that the pure part and the engine need of the standard library: no I/O, no clock, no threads."""


def modules() -> dict[str, Path]:
    """Every module of the package by its name after `kgo_tui.`; the package itself is ""."""
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


MODULES = modules()


def imports(source: str) -> Iterator[str]:
    """Every module that a source imports, wherever it does; a relative import begins with a dot."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = "." * node.level + (node.module or "")
            for alias in node.names:
                inner = f"{base}.{alias.name}".removeprefix("kgo_tui.")
                yield f"kgo_tui.{inner}" if base.startswith("kgo_tui") and inner in MODULES else base


def belongs(module: str, package: str) -> bool:
    return module == package or module.startswith(f"{package}.")


def row(module: str) -> str:
    """The row of the table that speaks of a module."""
    fitting = [package for package in MAY_IMPORT if belongs(module, package)]
    assert fitting, f"kgo_tui.{module} has no row in MAY_IMPORT"
    return max(fitting, key=len)


def violations(module: str, source: str) -> list[str]:
    """Each import of a module that the tables forbid, in words."""
    return [f"kgo_tui.{module} imports {name}" for name in imports(source) if not _allowed(module, name)]


def _allowed(module: str, name: str) -> bool:
    if name == "kgo_tui":
        return True
    if name.startswith("kgo_tui."):
        inner = name.removeprefix("kgo_tui.")
        return any(belongs(inner, package) for package in MAY_IMPORT[row(module)])
    top = name.partition(".")[0]
    if top in sys.stdlib_module_names:
        return all(name in allowed for package, allowed in STANDARD.items() if belongs(module, package))
    return any(belongs(module, package) for package in THIRD_PARTY.get(top, ()))


@pytest.mark.parametrize("module", MODULES)
def test_a_module_imports_only_what_its_row_allows(module: str) -> None:
    assert violations(module, MODULES[module].read_text("utf-8")) == []


@pytest.mark.parametrize("module", MODULES)
def test_a_file_is_short_and_says_what_it_owns(module: str) -> None:
    text = MODULES[module].read_text("utf-8")
    assert ast.get_docstring(ast.parse(text)), "no module docstring"
    assert len(text.splitlines()) <= LONGEST


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("core.policy", "import os"),
        ("core.policy", "import asyncio"),
        ("core.policy", "import time"),
        ("core.policy", "from kgo_tui.engine import ports"),
        ("engine.runner", "import subprocess"),
        ("engine.runner", "import threading"),
        ("engine.runner", "from kgo_tui.adapters.git import GitSource"),
        ("engine.runner", "def f():\n    import kgo_tui.config"),
        ("engine.runner", "import docker"),
        ("adapters.git.source", "from kgo_tui.adapters.compose import ComposeRuntime"),
        ("adapters.git.source", "from kgo_tui.adapters import sqlite"),
        ("adapters.git.source", "from kgo_tui.engine.engine import Engine"),
        ("adapters.git.source", "from kgo_tui.config.sections import Config"),
        ("adapters.git.source", "import httpx"),
        ("adapters.host", "from kgo_tui.adapters.git import GitSource"),
        ("control.codec", "from kgo_tui.adapters.host import owner_of"),
        ("control.codec", "from kgo_tui.config.paths import places"),
        ("control.codec", "from kgo_tui.engine.engine import Engine"),
        ("headless.acting", "from kgo_tui.adapters.sqlite import SqliteStore"),
        ("headless.acting", "import textual.app"),
        ("worker", "from kgo_tui.console.app import App"),
        ("service", "from .adapters import git"),
        ("wiring", "import requests"),
    ],
)
def test_what_is_forbidden_is_seen(module: str, source: str) -> None:
    assert len(violations(module, source)) == 1


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("core.policy", "from datetime import datetime\nimport msgspec"),
        ("adapters.git.source", "from kgo_tui.adapters import host\nfrom kgo_tui.core.model import Commit"),
        ("control.codec", "import socket\nfrom kgo_tui.engine.ports import Clock"),
        ("wiring", "from kgo_tui import __version__\nfrom kgo_tui.adapters.git import GitSource"),
        ("console.app", "from textual.app import App\nfrom kgo_tui.control.client import Client"),
    ],
)
def test_what_is_allowed_is_not(module: str, source: str) -> None:
    assert violations(module, source) == []


def test_a_package_without_a_rule_is_a_failure() -> None:
    with pytest.raises(AssertionError, match=r"kgo_tui\.brand_new\.thing has no row"):
        violations("brand_new.thing", "import kgo_tui.core")


def loaded(statement: str) -> set[str]:
    """The top names of all modules that a fresh interpreter has after a statement."""
    code = f"{statement}\nimport sys\nprint(*sorted({{m.partition('.')[0] for m in sys.modules}}))"
    done = subprocess.run(
        [sys.executable, "-I", "-c", f"import sys; sys.path.insert(0, {str(ROOT)!r})\n{code}"],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return set(done.stdout.split())


def test_headless_never_imports_textual() -> None:
    headless = [m for m in MODULES if m and not belongs(m, "console") and m != "__main__"]
    everything = "\n".join(f"import kgo_tui.{m}" for m in ["__main__", *headless])
    assert "textual" not in loaded(everything)


def test_the_command_line_itself_needs_none_of_the_heavy_packages() -> None:
    assert not loaded("import kgo_tui.__main__") & {"textual", "rich", "git", "docker", "httpx", "asyncio"}


def test_the_subprocess_would_see_textual() -> None:
    assert "textual" in loaded("import textual.app")
