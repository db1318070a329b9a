"""The host loses its power in mid-deployment, or is rebooted: everything comes up by itself and ends well."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.box.deploying import Deploying, interrupted
from tests.box.vps import UNIT, Vps
from tests.box.vps_image import Prepared
from tests.lab.box.engine import BoxEngine

SERVICES = ["backend", "db", "frontend"]


@pytest.fixture(scope="module")
def one(box_engine: BoxEngine, host: Prepared) -> Iterator[Deploying]:
    """One for all tests here."""
    vps = Vps(box_engine, host)
    try:
        yield Deploying(vps.open())
    finally:
        vps.close()


@pytest.fixture
def live(one: Deploying) -> Deploying:
    """That host, switched on and calm, whatever the test before left behind."""
    if not one.vps.powered():
        one.vps.boot()
    return one.calmed()


@pytest.mark.parametrize("state", ["applying", "verifying", "rolling_back"])
def test_a_power_loss_in_mid_deployment_is_survived(live: Deploying, state: str) -> None:
    good, boot = live.vps.version(), boot_id(live)
    release = live.release("unhealthy" if state == "rolling_back" else "good")
    live.reaches(release, state)
    live.vps.pull_the_plug()
    live.vps.boot()
    assert boot_id(live) != boot
    entry = live.ended(release)
    assert interrupted(entry) == [state]
    if state == "rolling_back":
        assert (entry["state"], live.vps.version()) == ("rolled_back", good)
    else:
        assert (entry["state"], live.vps.version()) == ("succeeded", release.version)
        assert (live.vps.head(), deployed(live)) == (release.commit, release.commit)
    assert_everything_runs(live)


def test_after_a_reboot_everything_is_back_and_nothing_is_deployed_anew(live: Deploying) -> None:
    version, commit, history = live.vps.version(), deployed(live), live.vps.asked("history")
    ids = {service: one["Id"] for service, one in live.vps.containers().items()}
    live.vps.reboot()
    assert live.vps.state() == "running"
    live.calmed()
    live.tells("worker_started", f"_BOOT_ID={boot_id(live)}")
    assert live.vps.systemctl("is-enabled", UNIT).stdout.strip() == "enabled"
    assert_everything_runs(live)
    assert {service: one["Id"] for service, one in live.vps.containers().items()} == ids
    assert (live.vps.version(), deployed(live), live.vps.asked("history")) == (version, commit, history)
    release = live.release()
    entry = live.ended(release)
    assert (entry["state"], entry["from_commit"]) == ("succeeded", commit), "it knew what was deployed"


def test_a_reboot_in_mid_deployment_is_survived(live: Deploying) -> None:
    release = live.release()
    live.reaches(release, "verifying")
    live.vps.reboot()
    assert live.ended(release)["state"] == "succeeded"
    assert live.vps.version() == release.version
    assert live.records("worker_stopping"), "the journal was there to the end"


def boot_id(live: Deploying) -> str:
    return str(live.vps.out(["cat", "/proc/sys/kernel/random/boot_id"]).replace("-", ""))


def deployed(live: Deploying) -> Any:
    return live.vps.asked("status", code=None)["deployed"]["commit"]


def assert_everything_runs(live: Deploying) -> None:
    containers = live.vps.containers()
    assert sorted(containers) == SERVICES
    assert all(one["State"]["Running"] for one in containers.values())
    assert live.vps.is_active(UNIT)
