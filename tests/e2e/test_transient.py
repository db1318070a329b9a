"""A worker for a while: it does not poll, ends when nobody needs it, and goes when a lasting one comes."""

from __future__ import annotations

import json

import pytest

from kgo_tui.demo.sandbox import Sandbox
from tests.e2e.conftest import NewWorker
from tests.e2e.host import SERVES, Running, configure, history, kgo, status

pytestmark = pytest.mark.lab

FOR_A_WHILE = ("--headless", "monitor", "--no-poll", "--until-idle")


def test_it_does_not_poll_and_ends_when_nobody_is_there(sandbox: Sandbox) -> None:
    sandbox.up()
    configure(sandbox, monitor__interval=5)
    with Running(sandbox, *FOR_A_WHILE, "3") as worker:
        worker.until(SERVES)
        shown = status(sandbox, code=1)  # nothing is recorded as deployed yet
        assert shown["worker"]["running"] is True
        assert shown["next_check_at"] is None
        assert shown["repository"]["local"]["sha"] == sandbox.head(), "what is there is looked at, offline"
        sandbox.release("1.1")
        assert worker.code() == 0
        assert "nobody is connected, and nothing runs" in worker.log
    assert worker.count("Checking for updates") == 0
    assert sandbox.version() == "1.0"


def test_a_deployment_is_not_left_when_whoever_asked_for_it_leaves(sandbox: Sandbox) -> None:
    sandbox.up()
    configure(sandbox, health__stable_for=4)
    with Running(sandbox, *FOR_A_WHILE, "1") as worker:
        worker.until(SERVES)
        sandbox.release("1.1")
        asking = Running(sandbox, "deploy").start()
        worker.until("Deployment 2 to")
        asking.kill()
        assert worker.code() == 0
    assert sandbox.version() == "1.1"
    assert [entry["state"] for entry in history(sandbox)] == ["succeeded"]


def test_a_lasting_worker_sends_it_away_and_a_connected_client_does_not_keep_it(
    sandbox: Sandbox, start_worker: NewWorker
) -> None:
    sandbox.up()
    with Running(sandbox, *FOR_A_WHILE, "60") as passing:
        passing.until(SERVES)
        with Running(sandbox, "logs", "--follow") as client:
            lasting = start_worker(sandbox)
            assert passing.code() == 0
            lasting.until("Up to date: in sync")
            assert status(sandbox)["worker"]["pid"] == lasting.pid
            assert client.running


def test_two_lasting_workers_still_refuse_each_other(sandbox: Sandbox, start_worker: NewWorker) -> None:
    sandbox.up()
    lasting = start_worker(sandbox)
    with Running(sandbox, "--headless", "monitor") as second:
        assert second.code() == 4
    with Running(sandbox, *FOR_A_WHILE, "1") as third:
        assert third.code() == 4
    assert json.loads(kgo(sandbox, "status", "--json"))["worker"]["pid"] == lasting.pid
