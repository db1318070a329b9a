"""The lab's fixtures: a real engine, registry, remote, front and whole sandboxes for tests to use.

One private engine per pytest process, so that tests run in parallel and one may kill its engine. What the
machine lacks is an error in CI; elsewhere such tests are skipped, and the summary says how many and why.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest

from kgo_tui.demo.certificates import Certificates
from kgo_tui.demo.engine import DockerEngine
from kgo_tui.demo.front import TlsFront
from kgo_tui.demo.host import Service
from kgo_tui.demo.parts import HOW_TO_INSTALL, Parts, find_parts, lab_home
from kgo_tui.demo.registry import Registry
from kgo_tui.demo.remote import GitRemote
from kgo_tui.demo.sandbox import Sandbox
from kgo_tui.demo.slots import Ports

NOT_HERE = "the lab is not complete here: "
NewSandbox = Callable[..., Sandbox]


@pytest.fixture(scope="session")
def lab() -> Parts:
    """All parts of the lab, or no test."""
    parts = find_parts()
    lacking = [*parts.missing(), *([] if os.geteuid() == 0 else ["root"])]
    if lacking:
        reason = f"{NOT_HERE}{', '.join(lacking)} missing. {HOW_TO_INSTALL}"
        if os.environ.get("CI") == "true":
            pytest.fail(reason, pytrace=False)
        pytest.skip(reason)
    return parts


@pytest.fixture(scope="session")
def _session_engine(lab: Parts) -> Iterator[DockerEngine]:
    with DockerEngine(parts=lab) as engine:
        yield engine


@pytest.fixture
def docker_engine(_session_engine: DockerEngine) -> Iterator[DockerEngine]:
    """The private engine of this test run; whatever a test does to it, the next one finds it running."""
    yield _session_engine
    _session_engine.ensure_running()


@pytest.fixture
def engine_home() -> Iterator[Path]:
    """A home for an engine of a test's own; pytest's folders have too long names for its sockets."""
    with tempfile.TemporaryDirectory(prefix="kgo-") as folder:
        yield Path(folder)


@pytest.fixture
def ports() -> Iterator[Ports]:
    """Ports on 127.0.0.1 that are ours for the length of a test."""
    taken = Ports(lab_home())
    yield taken
    taken.release()


@pytest.fixture
def registry(lab: Parts, ports: Ports, tmp_path: Path) -> Iterator[Registry]:
    """An empty registry that runs."""
    started = Registry(tmp_path / "registry", ports.take(), parts=lab)
    started.start()
    yield started
    started.stop()


@pytest.fixture
def git_remote(tmp_path: Path) -> GitRemote:
    """An empty bare repository and a developer's clone."""
    return GitRemote(tmp_path)


@pytest.fixture
def tls_front(ports: Ports, tmp_path: Path) -> Iterator[TlsFront]:
    """An HTTPS front, before a port where nothing listens yet."""
    with TlsFront(Certificates(tmp_path / "tls"), ports.take()) as front:
        yield front


@pytest.fixture
def new_sandbox(docker_engine: DockerEngine) -> Iterator[NewSandbox]:
    """Makes sandboxes with the services and options asked for; removes them at the end."""
    made: list[Sandbox] = []

    def make(services: Iterable[Service] = ("backend", "db"), **options: object) -> Sandbox:
        made.append(Sandbox(docker_engine, services, **options))  # type: ignore[arg-type]
        return made[-1].open()

    yield make
    docker_engine.ensure_running()
    for sandbox in made:
        sandbox.close()


@pytest.fixture
def sandbox(new_sandbox: NewSandbox) -> Sandbox:
    """A fresh host with a backend and a database, not started yet."""
    return new_sandbox()


def pytest_unconfigure(config: pytest.Config) -> None:
    """Count in words what this machine could not run, as the last lines on the screen."""
    reporter = config.pluginmanager.getplugin("terminalreporter")
    skipped = reporter.getreports("skipped") if reporter is not None else []
    lacking = [str(report.longrepr) for report in skipped if NOT_HERE in str(report.longrepr)]
    if lacking:
        reason = lacking[0].partition(NOT_HERE)[2].rstrip("'\")")
        reporter.section("THE LAB IS NOT COMPLETE", sep="!", red=True, bold=True)
        reporter.line(f"{len(lacking)} tests on real parts did NOT run: {reason}", red=True, bold=True)
