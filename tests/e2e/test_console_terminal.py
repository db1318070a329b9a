"""The console in a real terminal, on a real worker: read, deploy, watch, roll back, drop the line."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator

import pytest

from kgo_tui.demo.sandbox import Sandbox
from tests.e2e.conftest import NewWorker
from tests.e2e.host import WARNING, asked, configure, history
from tests.lab.terminal import Terminal, loose_controls, sequences

pytestmark = pytest.mark.lab

Open = Callable[..., Terminal]
HOSTILE = "Fix \x1b]0;owned\x07\x1b[2J\x1b[31m [/red] [link=x] \u202egnp.exe \x9b5n \x90q\x9c"
SLOW_HEALTH = 6.0


@pytest.fixture
def console(sandbox: Sandbox) -> Iterator[Open]:
    """Opens the console in a terminal of its own, as many as are wanted."""
    opened: list[Terminal] = []

    def open_(
        size: tuple[int, int] = (80, 24), *words: str, term: str = "xterm-256color", **env: str
    ) -> Terminal:
        environment = {**sandbox.env(), "XDG_STATE_HOME": str(sandbox.root / "mine"), **env}
        opened.append(Terminal(sandbox.argv(*words), environment, size, term))
        return opened[-1]

    yield open_
    for terminal in opened:
        terminal.__exit__()


def served(sandbox: Sandbox, start_worker: NewWorker) -> None:
    """A worker that deploys only when it is told to."""
    sandbox.up()
    configure(sandbox, monitor__interval=3600)
    start_worker(sandbox).until("Up to date: in sync")


def test_a_newcomer_reads_each_pane_deploys_and_goes_back(
    sandbox: Sandbox, start_worker: NewWorker, console: Open
) -> None:
    served(sandbox, start_worker)
    terminal = console()
    terminal.shows("in sync", "U deploy now", "z rollback", "? help")
    for key, said in {
        "1": "deployed",
        "2": "backend",
        "3": "HTTP 200",
        "4": "no deployment",
        "5": "Up to date",
    }.items():
        terminal.press(key)
        terminal.shows(said)

    released = sandbox.release("1.1", message="Show the charges")
    terminal.press("U")
    terminal.shows("Show the charges", "y deploys this")
    terminal.press("y")
    terminal.shows("succeeded")
    assert sandbox.version() == "1.1"
    terminal.shows(f"main {released.commit[:7]}")

    terminal.press("Esc")
    terminal.shows("[5 Logs]")
    terminal.press("z")
    terminal.shows(f"then type {sandbox.first.commit[:7]} to go back to it")
    terminal.press("Enter")
    terminal.shows(f"Type {sandbox.first.commit[:7]} to go back to it")
    terminal.press(sandbox.first.commit[:7])
    terminal.shows("Enter goes back to")
    terminal.press("Enter")
    terminal.until(lambda: sandbox.version() == "1.0", "version 1.0")
    terminal.shows("rolled back")
    assert [entry["by"] for entry in history(sandbox)] == ["root", "root"]
    terminal.press("q", "q", "q")
    assert terminal.code() == 0


@pytest.mark.parametrize("way", ["hang up", "kill", "quit"])
def test_nothing_that_happens_to_the_console_changes_the_deployment(
    sandbox: Sandbox, start_worker: NewWorker, console: Open, way: str
) -> None:
    served(sandbox, start_worker)
    configure(sandbox, health__stable_for=SLOW_HEALTH)
    released = sandbox.release("1.1", message="Show the charges")
    terminal = console()
    terminal.shows("in sync")
    terminal.press("U")
    terminal.shows("Show the charges", "y deploys this")
    terminal.press("y")
    terminal.until(
        lambda: "applying" in terminal.text or "verifying" in terminal.text, "the deployment's steps"
    )
    if way == "quit":
        terminal.press("^c")
        assert terminal.code() == 0
    else:
        {"hang up": terminal.hang_up, "kill": terminal.kill}[way]()

    again = console((120, 40))
    again.shows("succeeded", deadline_s=90)
    again.shows(f"main {released.commit[:7]}")
    assert sandbox.version() == "1.1"
    [entry] = history(sandbox)
    assert (entry["state"], entry["by"]) == ("succeeded", "root")


def test_two_consoles_see_the_same_deployment_and_who_began_it(
    sandbox: Sandbox, start_worker: NewWorker, console: Open
) -> None:
    served(sandbox, start_worker)
    sandbox.release("1.1", message="Show the charges")
    one, other = console(), console((120, 40))
    one.shows("in sync")
    other.shows("in sync")
    one.press("U")
    one.shows("Show the charges", "y deploys this")
    one.press("y")
    one.shows("succeeded")
    other.shows("succeeded", "root")
    assert len(history(sandbox)) == 1


def test_without_a_worker_one_is_started_that_outlives_the_terminal(sandbox: Sandbox, console: Open) -> None:
    sandbox.up()
    terminal = console()
    terminal.shows("while somebody looks", "worker ✓")
    pid = asked(sandbox, "status", code=WARNING)["worker"]["pid"]
    assert os.getsid(pid) == pid, "it belongs to no terminal"
    sandbox.release("1.1", message="Show the charges")
    terminal.press("U")
    terminal.shows("Show the charges", "y deploys this")
    terminal.press("y")
    terminal.until(
        lambda: "applying" in terminal.text or "verifying" in terminal.text, "the deployment's steps"
    )
    terminal.hang_up()
    again = console()
    again.shows("worker ✓")
    again.press("4")
    again.shows("succeeded")
    assert sandbox.version() == "1.1"


def test_not_one_foreign_control_character_is_sent_to_the_terminal(
    sandbox: Sandbox, start_worker: NewWorker, console: Open
) -> None:
    served(sandbox, start_worker)
    calm = console((120, 40))
    calm.shows("in sync")
    for key in "12345?":
        calm.press(key)
        calm.read(1)
    calm.shows("Everywhere")
    known = sequences(calm.raw)
    calm.hang_up()

    sandbox.release("1.1", message=HOSTILE, author="Eve \x1b[31m")
    terminal = console((120, 40))
    terminal.shows("in sync")
    terminal.press("U")
    terminal.shows("gnp.exe", "y deploys this")
    terminal.press("y")
    terminal.shows("succeeded")
    say = "printf '\\033]0;owned\\007\\033[2J\\033[?1000l\\233 hostile line\\n' > /proc/1/fd/1"
    assert sandbox.docker("exec", sandbox.container_ids()["backend"], "sh", "-c", say).returncode == 0
    for key in "1234":
        terminal.press(key)
        terminal.read(1)
    terminal.press(":")
    terminal.shows("Commands")
    terminal.press("log: backend", "Enter")
    terminal.shows("hostile line")
    terminal.press("?")
    terminal.shows("Everywhere")
    assert loose_controls(terminal.raw) <= loose_controls(calm.raw) <= {"U+000A", "U+000D"}
    assert sequences(terminal.raw) <= known, sequences(terminal.raw) - known
    assert b"owned" in terminal.raw


@pytest.mark.parametrize(
    ("env", "forbidden"),
    [
        ({"term": "linux"}, rb"38;[25];|48;[25];"),
        ({"NO_COLOR": "1"}, rb"(?:\[|;)(?:3[0-8]|4[0-8]|9[0-7]|10[0-7])(?:;|m)"),
    ],
)
def test_a_terminal_gets_no_more_colours_than_it_wants(
    sandbox: Sandbox, start_worker: NewWorker, console: Open, env: dict[str, str], forbidden: bytes
) -> None:
    served(sandbox, start_worker)
    terminal = console((120, 40), **env)
    terminal.shows("✓ in sync", "✓ up")
    found = [s for s in re.findall(rb"\x1b\[[0-9;]*m", terminal.raw) if re.search(forbidden, s)]
    assert found == []
    assert loose_controls(terminal.raw) <= {"U+000A", "U+000D"}


def test_a_terminal_that_is_resized_shows_all_of_it_again(
    sandbox: Sandbox, start_worker: NewWorker, console: Open
) -> None:
    served(sandbox, start_worker)
    terminal = console((80, 24))
    terminal.shows("in sync")
    for size in ((120, 40), (200, 60), (80, 24)):
        terminal.resize(size)
        terminal.shows("U deploy now", "in sync")
        terminal.until(lambda: "U deploy now" in terminal.lines[-1], "the key line, at the bottom")
