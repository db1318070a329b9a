"""The box's fixtures: one engine for all tests here, a host to look at, and fresh ones to work on."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from kgo_tui.demo.parts import HOW_TO_INSTALL, Parts
from tests.box.runbook import Story
from tests.box.vps import Vps
from tests.box.vps_image import Prepared, prepared, with_wheel
from tests.lab.box import needs
from tests.lab.box.engine import BoxEngine
from tests.lab.fixtures import NOT_HERE

NewVps = Callable[..., Vps]
HERE = Path(__file__).parent
FIRST_S = 600  # the first test may have to prepare the host; a busy machine takes minutes for that


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Every test here needs the lab; all of them run in one process, so that one engine will do."""
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker(pytest.mark.lab)
            item.add_marker(pytest.mark.xdist_group("box"))
            if item.get_closest_marker("timeout") is None:
                item.add_marker(pytest.mark.timeout(FIRST_S))


@pytest.fixture(scope="session")
def box_engine(lab: Parts) -> Iterator[BoxEngine]:
    """The private engine that carries the boxes of this test run, or no test."""
    lacking = needs.missing()
    if lacking:
        reason = f"{NOT_HERE}{', '.join(lacking)} missing. {HOW_TO_INSTALL}"
        pytest.fail(reason, pytrace=False) if os.environ.get("CI") == "true" else pytest.skip(reason)
    with BoxEngine() as engine:
        yield engine


@pytest.fixture(scope="session")
def bare_host(box_engine: BoxEngine) -> Prepared:
    """The prepared host without kgo-tui."""
    return prepared(box_engine)


@pytest.fixture(scope="session")
def host(box_engine: BoxEngine, bare_host: Prepared) -> Prepared:
    """The prepared host with the checkout's wheel installed; nothing is configured or enabled."""
    return with_wheel(box_engine, bare_host)


@pytest.fixture(scope="session")
def box(box_engine: BoxEngine, host: Prepared) -> Iterator[Vps]:
    """One host for the whole run, for tests that only look or clean up after themselves."""
    opened = Vps(box_engine, host)
    try:
        yield opened.open()
    finally:
        opened.close()


@pytest.fixture
def new_vps(box_engine: BoxEngine, host: Prepared) -> Iterator[NewVps]:
    """Opens fresh hosts, from another prepared one if the test says so; removes them at the end."""
    made: list[Vps] = []

    def make(start_from: Prepared = host) -> Vps:
        made.append(Vps(box_engine, start_from))
        return made[-1].open()

    yield make
    for one in made:
        one.close()


@pytest.fixture
def vps(new_vps: NewVps) -> Vps:
    """A fresh host with the application at version 1.0 and kgo-tui's wheel installed; the test's own."""
    return new_vps()


@pytest.fixture(scope="module")
def taken_over(box_engine: BoxEngine, host: Prepared) -> Iterator[Story]:
    """The host of the runbook's tests in one module, where kgo-tui took the bash script's place."""
    vps = Vps(box_engine, host)
    try:
        yield Story(vps.open())
    finally:
        vps.close()


@pytest.fixture
def story(taken_over: Story) -> Iterator[Story]:
    """That host; whatever a test does to it, the next one finds it as installed, running and in sync."""
    yield taken_over
    taken_over.settle()
