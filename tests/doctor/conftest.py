"""A sandbox for all tests of a module, each of which leaves it as it was; its application is deployed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from kgo_tui.demo.engine import DockerEngine
from kgo_tui.demo.sandbox import Sandbox


@pytest.fixture(scope="module")
def host(_session_engine: DockerEngine) -> Iterator[Sandbox]:
    """Version 1.1 is deployed after 1.0, so there is a release to go back to."""
    _session_engine.ensure_running()
    with Sandbox(_session_engine, ("backend",)) as sandbox:
        sandbox.up()
        assert sandbox.kgo("deploy").returncode == 0
        sandbox.release("1.1")
        assert sandbox.kgo("deploy").returncode == 0
        yield sandbox
        _session_engine.ensure_running()
