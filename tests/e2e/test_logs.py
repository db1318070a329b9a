"""`kgo-tui logs`: the worker's lines and the services', whole, through restarts and deployments."""

from __future__ import annotations

import json
import re
import signal
import subprocess

import pytest

from kgo_tui.demo.sandbox import Sandbox
from tests.e2e.conftest import NewWorker
from tests.e2e.host import USAGE, Running, configure, kgo

pytestmark = pytest.mark.lab

COUNT = "i=0; while [ $i -lt {number} ]; do i=$((i+1)); echo n $i >/proc/1/fd/1; usleep {pause_us}; done"
INTERRUPTED = 130


def count_in(sandbox: Sandbox, service: str, number: int, pause_us: int = 0) -> subprocess.Popen[bytes]:
    """Have a service say so many numbers; returns the process that makes it."""
    script = COUNT.format(number=number, pause_us=pause_us)
    name = f"{sandbox.project}-{service}-1"
    return subprocess.Popen(["docker", "exec", name, "/bin/sh", "-c", script], env=sandbox.env())


def numbers(text: str) -> list[int]:
    return [int(found) for found in re.findall(r": n (\d+)$", text, re.MULTILINE)]


def test_the_workers_lines_are_told_without_a_worker(sandbox: Sandbox) -> None:
    sandbox.up()
    assert "nothing is in the log yet" in kgo(sandbox, "logs")
    commit = sandbox.release("1.1").commit
    kgo(sandbox, "deploy")
    said = kgo(sandbox, "logs")
    assert re.search(rf"^\w{{3}} \d\d \d\d:\d\d:\d\d kgo-tui: Deployed {commit[:7]} in", said, re.MULTILINE)
    assert len(kgo(sandbox, "logs", "-n", "2").splitlines()) == 2
    ended = json.loads(kgo(sandbox, "logs", "-n", "1", "--json", "--since", "10 minutes ago"))
    assert (ended["event"], ended["deployment"], ended["priority"]) == ("deployment_ended", 2, 5)
    assert ended["at"].endswith("Z")
    assert (ended["service"], ended["marker"]) == (None, False)
    assert "nothing is in the log" in kgo(sandbox, "logs", "-p", "err")


def test_what_is_asked_wrongly_is_said(sandbox: Sandbox) -> None:
    sandbox.up()
    assert "no time" in kgo(sandbox, "logs", "--since", "soonish", code=USAGE)
    assert "names no service" in kgo(sandbox, "logs", "--unit", "db", code=USAGE)
    assert "no priority" in kgo(sandbox, "logs", "-p", "9", code=USAGE)
    said = kgo(sandbox, "logs", "nobody", code=USAGE)
    assert "no service or container nobody" in said
    assert "backend, db" in said


def test_services_are_read_through_the_worker_and_without_it(
    sandbox: Sandbox, start_worker: NewWorker
) -> None:
    sandbox.up()
    directly = kgo(sandbox, "logs", "--all")
    start_worker(sandbox).until("Up to date")
    assert kgo(sandbox, "logs", "--all") == directly
    assert re.search(r"^\w{3} \d\d [\d:]{8} backend: 1.0 is listening on 8080$", directly, re.MULTILINE)
    assert re.search(r"^\w{3} \d\d [\d:]{8} db: starting 1 .idle.$", directly, re.MULTILINE)
    entries = [json.loads(line) for line in kgo(sandbox, "logs", "db", "--json").splitlines()]
    assert {(entry["service"], entry["stream"]) for entry in entries} == {("db", "stdout")}


def test_following_a_service_goes_on_through_deployments_and_restarts_of_the_worker(
    sandbox: Sandbox, start_worker: NewWorker
) -> None:
    sandbox.up()
    configure(sandbox, monitor__interval=3600)
    worker = start_worker(sandbox)
    worker.until("Up to date")
    with Running(sandbox, "logs", "db", "backend", "-f") as following:
        following.until("db: starting")
        counting = count_in(sandbox, "db", 400, pause_us=10_000)
        following.until(": n 20$")
        worker.kill()
        following.until("the worker does not answer")
        worker = start_worker(sandbox)
        following.until(": n 150$")
        assert worker.stop() == 0
        worker = start_worker(sandbox)
        sandbox.release("1.1")
        kgo(sandbox, "deploy")
        following.until("backend: 1.1 is listening on 8080")
        following.until(": n 400$")
        assert counting.wait(10) == 0
        new = sandbox.container_ids()["backend"][:12]
        assert following.count(f"^-- backend: new container {sandbox.project}-backend-1 {new} --$") == 1
        assert following.count("asked to stop") == 1
        assert numbers(following.log) == list(range(1, 401)), "each line once, in order"
        assert following.count("the worker does not answer") == 2, "once for each time"


def test_following_the_workers_lines_goes_on_with_the_next_worker(
    sandbox: Sandbox, start_worker: NewWorker
) -> None:
    sandbox.up()
    with Running(sandbox, "logs", "-f") as following:
        following.until("the worker does not answer")
        worker = start_worker(sandbox)
        following.until(f"kgo-tui: kgo-tui .* started, pid {worker.pid}")
        kgo(sandbox, "suspend", "--reason", "one")
        worker.kill()
        worker = start_worker(sandbox)
        kgo(sandbox, "suspend", "--reason", "two")
        following.until("suspended by root: two")
        assert worker.stop() == 0
        kgo(sandbox, "suspend", "--reason", "three")
        worker = start_worker(sandbox)
        following.until(f"started, pid {worker.pid}")
        for word in ("one", "two", "three"):
            assert following.count(f"suspended by root: {word}$") == 1
        assert following.count("started, pid") == 3


def test_an_interrupt_ends_it_quietly(sandbox: Sandbox, start_worker: NewWorker) -> None:
    sandbox.up()
    start_worker(sandbox)
    with Running(sandbox, "logs", "-f", "--all") as following:
        following.until("is listening")
        said = following.log
        following.send(signal.SIGINT)
        assert following.code() == INTERRUPTED
        assert following.log == said


@pytest.mark.parametrize("words", [["logs", "--all", "-n", "1000"], ["logs", "--all", "-f"]])
def test_a_reader_that_goes_away_ends_it_quietly_even_while_nothing_is_said(
    sandbox: Sandbox, start_worker: NewWorker, words: list[str]
) -> None:
    sandbox.up()
    assert count_in(sandbox, "db", 1000).wait(20) == 0
    start_worker(sandbox)
    line = f"{' '.join(sandbox.argv(*words))} | head -n 1"
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", line],
        env=sandbox.env(),
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert len(done.stdout.splitlines()) == 1
