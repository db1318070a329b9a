"""Reading the journal: what journalctl is asked, which unit this is, and what goes wrong."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Callable
from contextlib import aclosing
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from kgo_tui.adapters.journal import JournalReader, Unit, program
from kgo_tui.adapters.journal.entries import GONE, LEFT_OUT, MAX_RECORD, UNREADABLE
from kgo_tui.adapters.journal.reader import argv
from kgo_tui.adapters.journal.unit import unit_of
from kgo_tui.core.errors import CommandFailed, DeadlineExceeded, JournalUnreadable, UsageError
from kgo_tui.core.logs import LogBatch, LogWindow
from kgo_tui.demo.daemon import eventually

UNIT = Unit("koprogo-gitops.service")
CURSOR = "s=c70e4273696b44c8adfdc030d81e4e2c;i=10c;b=978d281e48994f4d8cdb046a41bacdbc;m=2e6;t=660f;x=88cf"
FIELDS = "--output-fields=MESSAGE,PRIORITY,SYSLOG_IDENTIFIER,KGO_EVENT,KGO_DEPLOYMENT"
AT = datetime(2026, 1, 2, 4, 4, 5, 678, tzinfo=timezone(timedelta(hours=1)))
BASE = ["journalctl", "--unit=koprogo-gitops.service", "--output=json", FIELDS, "--all", "--no-pager"]
EVERY_BOOT = ["--follow", "--merge", "_MACHINE_ID=72eb"]

Fake = Callable[[str], None]


@pytest.mark.parametrize(
    ("window", "rest"),
    [
        (LogWindow(), ["--lines=200"]),
        (LogWindow(lines=0, follow=True), ["--lines=0", *EVERY_BOOT]),
        (LogWindow(lines=5, since=AT), ["--lines=5", "--since=@1767323045.000678"]),
        (LogWindow(priority=3, follow=True), ["--lines=200", "--priority=3", *EVERY_BOOT]),
        (LogWindow(after=f"journal:{CURSOR}"), [f"--cursor={CURSOR}"]),
        (
            LogWindow(after=f"journal:{CURSOR}", follow=True, since=AT),
            [f"--cursor={CURSOR}", "--no-tail", *EVERY_BOOT],
        ),
        (LogWindow(after="journal:@1767323045.000678"), ["--since=@1767323045.000678"]),
    ],
)
def test_what_journalctl_is_asked(window: LogWindow, rest: list[str]) -> None:
    assert argv(UNIT, window, "72eb") == [*BASE, *rest]


def test_a_users_unit_is_asked_for_as_such() -> None:
    assert argv(Unit("mine.service", user=True), LogWindow())[1] == "--user-unit=mine.service"


@pytest.mark.parametrize(
    "position",
    ["", "journal:", "journal:--help", f"journal:{CURSOR} x", "events:1", CURSOR, "journal:@1", "journal:x"],
)
def test_a_position_of_another_log_is_refused(position: str) -> None:
    with pytest.raises(UsageError, match="another log"):
        argv(UNIT, LogWindow(after=position))


SERVICE = "/system.slice/koprogo-gitops.service"
IN_USER = "/user.slice/user-1000.slice/user@1000.service"


@pytest.mark.parametrize(
    ("groups", "of_init", "unit"),
    [
        (f"0::{SERVICE}\n", "0::/init.scope\n", UNIT),
        (f"0::{SERVICE}/delegated/child\n", "", UNIT),
        (
            f"9:name=systemd:{SERVICE}\n8:pids:/elsewhere.service\n0::/\n",
            "9:name=systemd:/init.scope\n",
            UNIT,
        ),
        (
            "0::/system.slice/system-koprogo\\x2dgitops.slice/koprogo-gitops@dev.service\n",
            "0::/init.scope\n",
            Unit("koprogo-gitops@dev.service"),
        ),
        (f"0::{IN_USER}/app.slice/koprogo-gitops.service\n", "", Unit("koprogo-gitops.service", user=True)),
        (f"0::/docker/4f2a{SERVICE}\n", "0::/docker/4f2a/init.scope\n", UNIT),
        ("0::/user.slice/user-0.slice/session-3.scope\n", "0::/init.scope\n", None),
        (f"0::{IN_USER}/init.scope\n", "", None),
        (f"0::{IN_USER}\n", "", None),
        ("0::/\n", "0::/\n", None),
        ("0::/system.slice/docker-4f2a.scope\n", "", None),
        ("", "", None),
        ("nonsense\n::\n", "", None),
    ],
)
def test_which_unit_a_process_is(groups: str, of_init: str, unit: Unit | None) -> None:
    assert unit_of(groups, of_init) == unit


@pytest.fixture
def journalctl(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Fake:
    """Puts a script in the place of the program, for what the real one does too seldom."""

    def put(script: str) -> None:
        (tmp_path / "bin").mkdir(exist_ok=True)
        file = tmp_path / "bin" / "journalctl"
        file.write_text(f"#!/bin/sh\n{script}\n")
        file.chmod(0o755)
        monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{os.environ['PATH']}")

    return put


async def read(window: LogWindow | None = None) -> list[LogBatch]:
    async with asyncio.timeout(20), aclosing(JournalReader(UNIT).lines(window or LogWindow())) as batches:
        return [batch async for batch in batches]


def record(text: str, cursor: str = "s=1") -> str:
    return f"echo '{json.dumps({'__CURSOR': cursor, 'MESSAGE': text})}'"


def texts(batches: list[LogBatch]) -> list[str]:
    return [line.text for batch in batches for line in batch.lines]


async def test_without_journalctl_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    with pytest.raises(JournalUnreadable, match="journalctl cannot be run"):
        await read()
    assert not await JournalReader(UNIT).holds_any()


async def test_what_journalctl_complains_about_is_an_error_of_its_kind(journalctl: Fake) -> None:
    journalctl("echo 'No journal files were opened due to insufficient permissions.' >&2; exit 1")
    with pytest.raises(JournalUnreadable, match="may not read") as caught:
        await read()
    assert "systemd-journal" in caught.value.hint
    journalctl("echo 'No journal files were found.' >&2; exit 0")
    with pytest.raises(JournalUnreadable, match="no journal on this host"):
        await read()
    journalctl("printf 'Failed: \\033[31m' >&2; exit 3")
    with pytest.raises(CommandFailed) as failed:
        await read()
    assert (failed.value.exit_code, failed.value.output) == (3, "Failed: ␛[31m")


async def test_lines_before_a_failure_are_not_lost(journalctl: Fake) -> None:
    journalctl(f"{record('one')}; exit 1")
    async with aclosing(JournalReader(UNIT).lines(LogWindow())) as batches:
        assert texts([await anext(batches)]) == ["one"]
        with pytest.raises(CommandFailed):
            await anext(batches)


async def test_one_that_says_nothing_is_ended_and_leaves_nothing_behind(
    journalctl: Fake, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(program, "SILENCE_S", 0.2)
    journalctl(f"sleep 300 & echo $! >{tmp_path}/child; sleep 300")
    with pytest.raises(DeadlineExceeded, match="said nothing for"):
        await read()
    child = Path("/proc", (tmp_path / "child").read_text().strip())
    await asyncio.to_thread(eventually, lambda: not child.exists() or _is_zombie(child), "the group is gone")


def is_running(pid: str) -> bool:
    return Path("/proc", pid).exists()


def _is_zombie(process: Path) -> bool:
    return "State:\tZ" in (process / "status").read_text()


async def test_a_follower_that_is_closed_ends_its_program(journalctl: Fake, tmp_path: Path) -> None:
    journalctl(f"echo $$ >{tmp_path}/pid; {record('one')}; exec sleep 300")
    async with aclosing(JournalReader(UNIT).lines(LogWindow(follow=True))) as batches:
        assert texts([await anext(batches)]) == ["one"]
        pid = (tmp_path / "pid").read_text().strip()
        assert is_running(pid)
    assert not is_running(pid)


async def test_the_record_that_was_read_last_is_not_given_again(journalctl: Fake) -> None:
    journalctl(f"{record('last', 's=7')}; {record('next', 's=8')}")
    batches = await read(LogWindow(after="journal:s=7"))
    assert (texts(batches), batches[-1].position) == (["next"], "journal:s=8")


async def test_where_the_last_record_is_gone_a_marker_says_so(journalctl: Fake) -> None:
    journalctl(f"{record('later', 's=9')}; {record('next', 's=a')}")
    batches = await read(LogWindow(after="journal:s=7"))
    assert texts(batches) == [GONE, "later", "next"]
    assert [line.marker for batch in batches for line in batch.lines] == [True, False, False]
    assert texts(await read(LogWindow(after="journal:@1767323045.000678"))) == ["later", "next"]


async def test_what_cannot_be_shown_is_told_in_its_place(journalctl: Fake) -> None:
    long = f"head -c {MAX_RECORD + 10} /dev/zero | tr '\\0' x; echo"
    journalctl(f"echo '-- No entries --'; {record('one')}; {long}; echo '{{}}'; {record('two')}")
    assert texts(await read()) == ["one", LEFT_OUT, UNREADABLE, "two"]


async def test_following_without_the_past_has_a_place_to_go_on_from_at_once(journalctl: Fake) -> None:
    journalctl("exec sleep 300")
    before = datetime.now(UTC)
    async with (
        asyncio.timeout(5),
        aclosing(JournalReader(UNIT).lines(LogWindow(lines=0, follow=True))) as batches,
    ):
        batch = await anext(batches)
    assert batch.lines == ()
    assert before.timestamp() <= float((batch.position or "").removeprefix("journal:@")) + 1e-5
