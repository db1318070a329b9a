"""Logs on a real host: the journal through rotation, vacuuming and restarts of the worker, for an operator
who may read no journal."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.box.vps import UNIT, UNIT_FILE, Vps
from tests.box.vps_image import TREE

SYSTEMD = Path(__file__).parents[2] / "systemd"
NUMBERS = 3000
# Root may say something about any unit: such records are part of its journal, as systemd's own are.
COUNTER = f"""
import socket, sys, time
journal = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
journal.connect("/run/systemd/journal/socket")
for number in range(1, {NUMBERS} + 1):
    record = f"MESSAGE=n {{number}}\\nPRIORITY=6\\nOBJECT_SYSTEMD_UNIT={UNIT}\\nSYSLOG_IDENTIFIER=counter\\n"
    while True:
        try:
            journal.send(record.encode())
            break
        except OSError:
            time.sleep(0.05)  # journald is being restarted
            journal = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
            journal.connect("/run/systemd/journal/socket")
    time.sleep(0.004)
"""
READ = """
import asyncio, sys
from contextlib import aclosing
from kgo_tui.adapters.journal import JournalReader, Unit
from kgo_tui.core.logs import LogWindow
async def main(unit, user, lines, after):
    window = LogWindow(lines=int(lines), after=after or None)
    async with aclosing(JournalReader(Unit(unit, user=bool(user))).lines(window)) as batches:
        async for batch in batches:
            for line in batch.lines:
                print("--" if line.marker else "", line.text)
            print("position", batch.position)
asyncio.run(main(*sys.argv[1:]))
"""
PYTHON = "/opt/kgo-tui/bin/python3"


@pytest.fixture
def working(vps: Vps) -> Vps:
    """A host whose worker runs under its own unit."""
    vps.configure()
    vps.put(UNIT_FILE, (SYSTEMD / UNIT).read_text())
    vps.put(f"{UNIT_FILE}.d/10-repository.conf", f"[Service]\nReadWritePaths={TREE}\n")
    vps.systemctl("daemon-reload")
    vps.systemctl("start", UNIT)
    return vps


@contextmanager
def beside(argv: list[str], output: Path) -> Iterator[Callable[[], str]]:
    """A command beside the test; what it has said so far."""
    with output.open("wb") as file:
        process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=file, stderr=file)
    try:
        yield output.read_text
    finally:
        process.kill()
        process.wait(10)


def numbers(text: str) -> list[int]:
    return [int(found) for found in re.findall(r"counter: n (\d+)$", text, re.MULTILINE)]


def test_an_operator_follows_the_journal_through_everything_each_line_once(
    working: Vps, tmp_path: Path
) -> None:
    working.put("/root/counter.py", COUNTER)
    follow = working.ssh_argv("operator", "kgo-tui", "logs", "-f", "-n", "5")
    with beside(follow, tmp_path / "followed") as said:
        working.wait_until(lambda: "kgo-tui: " in said(), "lines come")
        working.run(["systemd-run", "--unit=counter", "python3", "/root/counter.py"])
        working.wait_until(lambda: len(numbers(said())) > 100, "numbers come")
        working.systemctl("restart", UNIT)
        working.run("journalctl --rotate")
        for _ in range(3):  # what was read may go; what was not yet read may not
            before = len(numbers(said()))
            working.run("journalctl --rotate")
            working.wait_until(lambda: len(numbers(said())) > before + 50, "reading goes on")  # noqa: B023
            working.run("journalctl --vacuum-files=2")
        working.systemctl("kill", "--signal=KILL", "--kill-whom=main", UNIT)
        working.run("journalctl --rotate")
        working.systemctl("restart", UNIT)
        working.wait_until(lambda: f"n {NUMBERS}\n" in said(), "the last number", 60)
        text = said()
    assert "the journal was shortened" not in text
    assert numbers(text) == list(range(1, NUMBERS + 1))
    assert f"systemd: Started {UNIT}" in text or "systemd: Started" in text, "systemd tells of the unit too"
    assert "Main process exited, code=killed, status=9/KILL" in text
    assert 1 <= text.count("the worker does not answer") <= 3
    assert "Traceback" not in text


def test_what_a_person_may_read_depends_on_the_socket_alone(working: Vps) -> None:
    working.wait_until(lambda: working.ssh("operator", "kgo-tui", "status").returncode == 0, "it serves")
    assert working.ssh("operator", "journalctl", "--quiet", "-u", UNIT, "-n", "1").stdout == ""
    shown = working.ssh("operator", "kgo-tui", "logs", "--since", "today", "--json")
    assert shown.returncode == 0, shown.stderr
    assert '"event": "worker_started"' in shown.stdout
    assert '"identifier": "systemd"' in shown.stdout
    assert "frontend: " in working.ssh("operator", "kgo-tui", "logs", "--all").stdout
    refused = working.ssh("outsider", "kgo-tui", "logs")
    assert refused.returncode == 5
    assert "usermod -aG kgo-tui outsider" in refused.stderr


def test_without_a_worker_root_is_told_why_there_is_none(working: Vps) -> None:
    working.systemctl("stop", UNIT)
    said = working.kgo("logs", "-n", "3").stdout
    assert re.search(r"systemd: Stopped .*\n\Z", said), said


def test_what_was_vacuumed_away_is_told_and_nothing_more_is_lost(working: Vps) -> None:
    working.systemctl("stop", UNIT)
    working.put("/opt/read.py", READ)
    working.put("/root/counter.py", COUNTER)
    working.run([PYTHON, "/root/counter.py"])

    def read(lines: int, after: str = "") -> list[str]:
        return working.out([PYTHON, "/opt/read.py", UNIT, "", str(lines), after]).splitlines()

    *_, last, position = read(2)
    assert last.strip() == f"n {NUMBERS}"
    after = position.removeprefix("position ")
    assert read(5, after) == [], "there is nothing behind the last"
    working.run([PYTHON, "/root/counter.py"])
    assert read(5, after)[0].strip() == "n 1"
    working.run("journalctl --rotate; journalctl --vacuum-files=1; journalctl --rotate")
    working.run([PYTHON, "/root/counter.py"])
    marker, first, *rest = read(5, after)
    assert marker == "-- the journal was shortened: records are missing here"
    oldest = working.out(["journalctl", "--no-pager", "-u", UNIT, "--output=cat"]).splitlines()
    assert [first.strip(), *(line.strip() for line in rest if "position" not in line)] == oldest


def test_a_reader_without_the_right_to_it_is_told_which_group_has_it(working: Vps) -> None:
    working.put("/opt/read.py", READ)
    said = working.run([PYTHON, "/opt/read.py", UNIT, "", "5", ""], user="outsider", check=False)
    assert said.returncode != 0
    assert "JournalUnreadable: this user may not read the system's journal" in said.stderr
    assert "systemd-journal" in said.stderr


def test_a_users_own_unit_is_read_from_the_users_journal(vps: Vps) -> None:
    vps.put("/opt/read.py", READ)
    run = "systemd-run --user --wait --unit=mine --quiet echo hello from a user"
    assert vps.ssh("koprogo", run).returncode == 0
    vps.run(["journalctl", "--flush", "--sync"])
    said = vps.ssh("koprogo", PYTHON, "/opt/read.py", "mine.service", "user", "50", "''").stdout
    assert " hello from a user" in said.splitlines()


def test_a_worker_that_may_not_read_the_journal_tells_why_and_what_its_events_say(working: Vps) -> None:
    working.run(f"useradd --system kgo-worker; chmod o+x /home/koprogo; chown -R kgo-worker: {TREE}")
    dedicated = (SYSTEMD / "dedicated-user.conf").read_text()
    working.put(f"{UNIT_FILE}.d/20-user.conf", dedicated.replace(" systemd-journal", ""))
    working.systemctl("daemon-reload")
    working.systemctl("restart", UNIT)
    said = working.kgo("logs", "-n", "3").stdout
    assert said.startswith("-- this user may not read the system's journal --\n-- "), said
    assert "kgo-tui: kgo-tui " in said
    working.put(f"{UNIT_FILE}.d/20-user.conf", dedicated)
    working.systemctl("daemon-reload")
    working.systemctl("restart", UNIT)
    assert "systemd: Started" in working.kgo("logs", "-n", "20").stdout
