"""What the service manager hears, read from a real datagram socket as it would read it."""

from __future__ import annotations

import os
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from kgo_tui.adapters.systemd import KEPT, ServiceManager

NewManager = Callable[..., ServiceManager]


@pytest.fixture
def path(tmp_path: Path) -> str:
    return str(tmp_path / "notify")


@pytest.fixture
def receiver(path: str) -> Iterator[socket.socket]:
    with bound(path) as made:
        yield made


def bound(address: str) -> socket.socket:
    made = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    made.bind(address)
    made.settimeout(5)
    return made


@pytest.fixture
def manage() -> Iterator[NewManager]:
    """Makes service managers as the arguments say; closes them in the end."""
    made: list[ServiceManager] = []

    def make(*arguments: Any, **options: Any) -> ServiceManager:
        made.append(ServiceManager(*arguments, **options))
        return made[-1]

    yield make
    for manager in made:
        manager.close()


def heard(receiver: socket.socket) -> list[str]:
    """All that has arrived by now."""
    said = []
    receiver.settimeout(0)
    try:
        while True:
            said.append(receiver.recv(1 << 16).decode())
    except BlockingIOError:
        return said


def test_each_thing_said_is_one_datagram(receiver: socket.socket, path: str, manage: NewManager) -> None:
    manager = manage(path)
    manager.ready()
    manager.status("Up to date at 1a2b3c4; en bonne santé")
    manager.alive()
    manager.patience(30)
    manager.stopping()
    assert heard(receiver) == [
        "READY=1",
        "STATUS=Up to date at 1a2b3c4; en bonne santé",
        "WATCHDOG=1",
        "EXTEND_TIMEOUT_USEC=30000000",
        "STOPPING=1",
    ]
    manager.close()
    manager.ready()
    assert heard(receiver) == []


def test_reloading_says_when_in_the_clock_of_the_service_manager(
    receiver: socket.socket, path: str, manage: NewManager
) -> None:
    before = time.monotonic()
    manage(path).reloading()
    state, at = heard(receiver)[0].split("\n")
    assert state == "RELOADING=1"
    microseconds = int(at.removeprefix("MONOTONIC_USEC="))
    assert before * 1e6 - 1 <= microseconds <= time.monotonic() * 1e6


def test_a_status_is_sent_once_on_one_line_and_not_longer_than_a_screen(
    receiver: socket.socket, path: str, manage: NewManager
) -> None:
    manager = manage(path)
    for text in ("idle", "idle", "two\nREADY=1", "x" * 1000, "idle"):
        manager.status(text)
    said = heard(receiver)
    assert said[:2] == ["STATUS=idle", "STATUS=two READY=1"]
    assert len(said[2]) == len("STATUS=") + 400
    assert said[2].endswith("…")
    assert said[3:] == ["STATUS=idle"]


def test_a_name_in_the_abstract_namespace(manage: NewManager) -> None:
    name = f"kgo-{secrets.token_hex(8)}"
    with bound(f"\0{name}") as receiver:
        manage(f"@{name}").ready()
        assert heard(receiver) == ["READY=1"]


@pytest.mark.parametrize("address", [None, "", "vsock:2:1234", "relative"])
def test_without_an_address_that_is_for_us_nothing_happens(address: str | None, manage: NewManager) -> None:
    manager = manage(address, watchdog_s=30)
    manager.ready()
    manager.status("x")
    assert manager.watchdog_s is None, "nobody would hear the answer"


def test_while_it_is_away_what_is_said_is_kept_and_sent_with_what_comes_next(
    path: str, manage: NewManager
) -> None:
    manager = manage(path)
    manager.ready()
    manager.status("waiting")
    with bound(path) as receiver:
        manager.alive()
        assert heard(receiver) == ["READY=1", "STATUS=waiting", "WATCHDOG=1"]


def test_one_that_does_not_read_is_not_waited_for_and_misses_only_the_oldest(
    receiver: socket.socket, path: str, manage: NewManager
) -> None:
    manager = manage(path)
    began = time.monotonic()
    for number in range(5000):
        manager.status(str(number))
    assert time.monotonic() - began < 5
    assert heard(receiver)[0] == "STATUS=0"
    rest: list[str] = []
    while rest[-1:] != ["WATCHDOG=1"]:
        manager.alive()
        rest += heard(receiver)
    assert [said for said in rest if said != "WATCHDOG=1"][-1] == "STATUS=4999"
    assert 0 < len([said for said in rest if said != "WATCHDOG=1"]) <= KEPT


def test_the_environment_names_it_and_a_child_does_not_learn_of_it(
    receiver: socket.socket, path: str
) -> None:
    environ = {"NOTIFY_SOCKET": path, "WATCHDOG_USEC": "30000000", "WATCHDOG_PID": str(os.getpid()), "A": "b"}
    manager = ServiceManager.from_environment(environ)
    assert environ == {"A": "b"}
    assert manager.watchdog_s == 30
    manager.ready()
    manager.close()
    assert heard(receiver) == ["READY=1"]


def test_a_child_of_the_real_process_does_not_inherit_it(receiver: socket.socket, path: str) -> None:
    program = (
        "import os, subprocess, sys\n"
        "from kgo_tui.adapters.systemd import ServiceManager\n"
        "manager = ServiceManager.from_environment()\n"
        "manager.ready()\n"
        'child = \'import os; print([n for n in os.environ if n.startswith(("NOTIFY", "WATCHDOG"))])\'\n'
        "subprocess.run([sys.executable, '-c', child], check=True)\n"
    )
    env = {**os.environ, "NOTIFY_SOCKET": path, "WATCHDOG_USEC": "1000000"}
    done = subprocess.run(
        [sys.executable, "-c", program], env=env, capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout == "[]\n"
    assert heard(receiver) == ["READY=1"]


@pytest.mark.parametrize(
    ("microseconds", "pid", "expected"),
    [
        ("20000000", "", 20.0),
        ("500000", "ours", 0.5),
        ("20000000", "1", None),
        ("20000000", "x", None),
        ("", "", None),
        ("0", "", None),
        ("-5", "", None),
        ("soon", "", None),
    ],
)
def test_the_watchdog_is_ours_only_when_it_says_so(
    microseconds: str, pid: str, expected: float | None
) -> None:
    pid = str(os.getpid()) if pid == "ours" else pid
    environ = {"NOTIFY_SOCKET": "/nowhere", "WATCHDOG_USEC": microseconds, "WATCHDOG_PID": pid}
    manager = ServiceManager.from_environment(environ)
    manager.close()
    assert manager.watchdog_s == expected
