"""The worker is killed, frozen, stopped, left without Docker in mid-deployment; the deployment ends well.

As an admin does it and sees it: with systemctl, in the journal, over HTTPS, under the unit as it is shipped.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tests.box.deploying import STOP_S, Deploying, interrupted
from tests.box.vps import REGISTRY_UNIT, UNIT, Release, Vps
from tests.box.vps_image import Prepared
from tests.lab.box.engine import BoxEngine

WATCHDOG_S = 10


@pytest.fixture(scope="module")
def one(box_engine: BoxEngine, host: Prepared) -> Iterator[Deploying]:
    """One for all tests here. Its unit has less time to stop than a step takes."""
    vps = Vps(box_engine, host)
    try:
        yield Deploying(vps.open(), f"TimeoutStopSec={STOP_S - 3}s", f"WatchdogSec={WATCHDOG_S}s")
    finally:
        vps.close()


@pytest.fixture
def live(one: Deploying) -> Deploying:
    """That host, calm, whatever the test before left behind."""
    return one.calmed()


def at_once(live: Deploying, signal: str) -> None:
    live.vps.systemctl("kill", f"--signal={signal}", "--kill-whom=main", UNIT)


@pytest.mark.parametrize("state", ["pulling", "applying", "verifying", "rolling_back"])
def test_a_killed_worker_is_started_again_and_ends_what_it_began(live: Deploying, state: str) -> None:
    pid, others, good = live.pid(), live.others(), live.vps.version()
    version = live.publish("unhealthy" if state == "rolling_back" else "good")
    with ExitStack() as held:
        if state == "pulling":  # else it is over before it is seen
            held.enter_context(live.held(REGISTRY_UNIT))
        release = live.push(version)
        live.reaches(release, state)
        at_once(live, "KILL")
    entry = live.ended(release)
    assert interrupted(entry) == [state]
    assert live.pid() not in {pid, "0"}
    assert live.others() == others, "nothing else was recreated or restarted"
    if state == "rolling_back":
        assert (entry["state"], live.vps.version()) == ("rolled_back", good)
        assert live.records("commit_quarantined", f"KGO_COMMIT={release.commit}")
    else:
        assert (entry["state"], live.vps.version(), live.vps.head()) == ("succeeded", version, release.commit)


def test_a_frozen_worker_is_ended_by_the_watchdog_and_tells_where_it_stood(live: Deploying) -> None:
    others, pid, release = live.others(), live.pid(), live.release()
    live.reaches(release, "verifying")
    at_once(live, "STOP")
    entry = live.ended(release)
    assert (entry["state"], live.vps.version()) == ("succeeded", release.version)
    assert interrupted(entry) == ["verifying"]
    said = live.vps.out(["journalctl", "--no-pager", "-u", UNIT, f"_PID={pid}"])
    assert "Fatal Python error: Aborted" in said
    _, _, stack = said.partition("Current thread")
    assert ", line " in stack, f"with places in the code: {said}"
    assert "Watchdog timeout" in live.vps.out(["journalctl", "--no-pager", "-u", UNIT])
    assert live.others() == others


def test_without_docker_the_worker_says_so_and_waits(live: Deploying) -> None:
    pid, before = live.pid(), len(live.records("fault_raised", "KGO_FAULT=docker"))
    with live.vps.outage("docker.service"):
        live.tells("fault_raised", "KGO_FAULT=docker", times=before + 1)
        release = live.release()
        live.vps.wait_until(lambda: live.doing().startswith("docker: "), "systemctl status tells it")
        shown = live.vps.asked("status", code=None)
        assert (shown["verdict"], shown["deployment"]) == ("critical", None)
        assert "docker" in shown["reason"].lower()
    entry = live.ended(release)
    assert (entry["state"], live.vps.version()) == ("succeeded", release.version)
    assert live.records("fault_cleared", "KGO_FAULT=docker")
    said = [one["MESSAGE"] for one in live.records("fault_raised", "KGO_FAULT=docker")[before:]]
    assert len(said) == len(set(said)), "told once, not at each check"
    assert live.pid() == pid


def test_docker_that_goes_away_in_mid_deployment_is_waited_for(live: Deploying) -> None:
    pid, release = live.pid(), live.release()
    before = len(live.records("fault_raised", "KGO_FAULT=docker"))
    live.reaches(release, "applying")
    with live.vps.outage("docker.service"):
        live.tells("fault_raised", "KGO_FAULT=docker", times=before + 1)
        assert not live.records("deployment_ended", f"KGO_COMMIT={release.commit}")
    entry = live.ended(release)
    assert (entry["state"], live.vps.version()) == ("succeeded", release.version)
    assert (live.pid(), interrupted(entry)) == (pid, [])


def test_stopped_while_it_replaces_containers_it_finishes_that_first(live: Deploying) -> None:
    pid, release = live.pid(), live.release()
    live.reaches(release, "applying")
    live.vps.systemctl("stop", "--no-block", UNIT)
    live.vps.wait_until(lambda: live.doing().startswith("Stopping, after applying"), "systemctl status tells")
    live.vps.wait_until(lambda: live.pid() == "0", "it has ended")
    shown = live.vps.show(UNIT, "ActiveState", "Result", "ExecMainStatus")
    assert shown == {"ActiveState": "inactive", "Result": "success", "ExecMainStatus": "0"}
    assert_finished(live, release, pid)
    assert not live.records("deployment_ended", f"KGO_COMMIT={release.commit}")
    live.vps.systemctl("start", UNIT)
    entry = live.ended(release)
    assert (entry["state"], live.vps.version(), interrupted(entry)) == ("succeeded", release.version, [])


def test_restarted_while_it_replaces_containers_the_next_worker_goes_on(live: Deploying) -> None:
    others, pid, release = live.others(), live.pid(), live.release()
    live.reaches(release, "applying")
    live.vps.systemctl("restart", UNIT)
    assert_finished(live, release, pid)
    entry = live.ended(release)
    assert (entry["state"], live.vps.version(), interrupted(entry)) == ("succeeded", release.version, [])
    assert live.others() == others


def assert_finished(live: Deploying, release: Release, pid: str) -> None:
    """That worker ended its step, and by itself: systemd gave it the time that it asked for."""
    told = [(r["KGO_EVENT"], r.get("KGO_STATE")) for r in live.vps.journal("-u", UNIT, f"_PID={pid}")[-3:]]
    assert told == [("step_started", "applying"), ("worker_finishing", "applying"), ("worker_stopping", None)]
    [finishing] = live.records("worker_finishing", f"_PID={pid}")
    [stopping] = live.records("worker_stopping", f"_PID={pid}")
    assert finishing["KGO_SIGNAL"] == "SIGTERM"
    assert "(verifying) is carried on at the next start" in stopping["MESSAGE"]
    up = live.vps.containers()["backend"]
    assert up["State"]["Running"]
    assert f"VERSION={release.version}" in up["Config"]["Env"]
    assert "timed out" not in live.vps.out(["journalctl", "--no-pager", "-u", UNIT])
