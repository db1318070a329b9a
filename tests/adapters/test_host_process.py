"""Programs never hang, flood, ask or outlive their caller."""

import asyncio
import os
import threading
import time
from pathlib import Path

import pytest

from kgo_tui.adapters import process, watch
from kgo_tui.adapters.host import Identity
from kgo_tui.core.errors import DeadlineExceeded

SH = ("sh", "-c")


def sh(script: str, **options: object) -> process.Finished:
    return process.run([*SH, script], **{"deadline_s": 20.0, **options})  # type: ignore[arg-type]


def alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def gone(pid: int) -> bool:
    """Whether it ends now: a signal that was sent takes its moment on a busy machine."""
    until = time.monotonic() + 5
    while alive(pid) and time.monotonic() < until:
        time.sleep(0.01)
    return not alive(pid)


def test_output_and_exit_code() -> None:
    done = sh("echo out; echo err >&2; exit 3")
    assert (done.exit_code, done.stdout, done.stderr, done.truncated) == (3, b"out\n", b"err\n", False)
    assert done.text == "out\n"
    assert done.tail() == "err"
    assert 0 < done.duration_s < 10


def test_stdin_is_empty_or_what_is_given() -> None:
    assert sh("cat").stdout == b""
    big = os.urandom(1 << 19)
    assert sh("cat", input=big).stdout == big


def test_it_has_no_terminal_and_a_group_of_its_own() -> None:
    done = sh("(: </dev/tty) 2>/dev/null && echo tty; ps -o pgid= -p $$; echo $$")
    group, pid = done.text.split()
    assert group == pid


def test_missing_program() -> None:
    with pytest.raises(FileNotFoundError):
        process.run(["no-such-program-here"], deadline_s=1)


def test_stdout_keeps_its_beginning_and_says_so_stderr_its_end() -> None:
    done = sh("seq 100000; seq 100000 >&2", cap_bytes=1000)
    assert len(done.stdout) == len(done.stderr) == 1000
    assert done.stdout.startswith(b"1\n2\n3\n")
    assert done.stderr.endswith(b"99999\n100000\n")
    assert done.truncated


def test_lines_come_as_they_appear_and_inert() -> None:
    heard: list[str] = []
    started = time.monotonic()
    at: list[float] = []

    def hear(line: str) -> None:
        heard.append(line)
        at.append(time.monotonic() - started)

    sh(r"printf 'a\rb\n\033]52;c;eA==\007\n'; sleep 0.4; printf 'last' >&2", on_line=hear)
    assert heard[:2] == ["a", "b"]
    assert heard[3] == "last"
    assert heard[2]
    assert not any(ord(char) < 32 or 0x7F <= ord(char) < 0xA0 for line in heard for char in line)
    assert at[2] < 0.3 < at[3]


def test_a_line_without_end_is_cut_and_not_hoarded() -> None:
    heard: list[str] = []
    sh("head -c 3000000 /dev/zero | tr '\\0' x", on_line=heard.append, cap_bytes=10)
    assert heard
    assert max(map(len, heard)) <= 1 << 14


def test_deadline_ends_the_whole_group_and_keeps_what_was_said() -> None:
    started = time.monotonic()
    with pytest.raises(DeadlineExceeded, match=r"sh did not end within 0\.3 s") as caught:
        sh("sleep 60 & echo $!; sleep 60", deadline_s=0.3)
    assert time.monotonic() - started < 3
    assert gone(int(caught.value.output))


def test_a_group_that_ignores_the_request_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch, "GRACE_S", 0.3)
    with pytest.raises(DeadlineExceeded) as caught:
        sh("trap '' TERM; echo $$; while :; do sleep 1; done", deadline_s=0.3)
    assert gone(int(caught.value.output))


def test_what_it_leaves_in_its_group_ends_with_it() -> None:
    done = sh("sleep 60 >/dev/null 2>&1 & echo $!")
    assert gone(int(done.text))


def test_a_descendant_that_left_the_group_and_keeps_the_pipe_does_not_hold_us() -> None:
    done = sh("setsid sh -c 'echo $$; exec sleep 30' & sleep 0.3")
    pid = int(done.text)
    try:
        assert done.duration_s < 5
        assert alive(pid)
    finally:
        os.kill(pid, 9)


def test_a_child_that_closes_its_output_is_waited_for() -> None:
    assert sh("exec >&- 2>&-; sleep 0.3; exit 4").exit_code == 4


def test_an_error_of_the_listener_ends_the_child() -> None:
    pids: list[int] = []

    def fail(line: str) -> None:
        pids.append(int(line))
        raise RuntimeError("listener")

    with pytest.raises(RuntimeError, match="listener"):
        sh("echo $$; exec sleep 60", on_line=fail)
    assert gone(pids[0])


def test_environment_is_exactly_what_is_given() -> None:
    assert "ONLY=this" in sh("env", env={"ONLY": "this", "PATH": "/bin:/usr/bin"}).text
    assert "HOME=" not in sh("env", env={"PATH": "/bin:/usr/bin"}).text


def test_another_user(tmp_path: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can become another user")
    who = Identity(12345, 12346, (12346, 12347), "/nowhere", "12345")
    done = sh("id -u; id -g; id -G; echo $HOME $USER $LOGNAME; id -ru", identity=who, cwd="/")
    assert done.text.split() == ["12345", "12346", "12346", "12347", "/nowhere", "12345", "12345", "12345"]


async def test_async_lines_arrive_in_the_loop_before_the_result() -> None:
    here = threading.get_ident()
    heard: list[tuple[int, str]] = []
    done = await process.run_async(
        [*SH, "seq 200"], deadline_s=10, on_line=lambda line: heard.append((threading.get_ident(), line))
    )
    assert done.exit_code == 0
    assert heard == [(here, str(number)) for number in range(1, 201)]


async def test_cancel_ends_the_group_before_it_returns() -> None:
    started = asyncio.get_running_loop().create_future()
    task = asyncio.create_task(
        process.run_async([*SH, "sleep 60 & echo $!; wait"], deadline_s=60, on_line=started.set_result)
    )
    pid = int(await asyncio.wait_for(started, 10))
    assert alive(pid)
    task.cancel()
    await asyncio.sleep(0)
    task.cancel()  # an impatient second one must not leave the child behind
    with pytest.raises(asyncio.CancelledError):
        await task
    assert gone(pid)


async def test_stop_interrupts_the_blocking_form() -> None:
    stop = threading.Event()
    stop.set()
    with pytest.raises(watch.Interrupted):
        sh("sleep 60", stop=stop)
